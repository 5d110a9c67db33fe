import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerStore
import LedgerValues

extension AuditRecord {
    static let format = "alpha-ledger-audit-record/1"

    /// Canonical JSON.
    func encode() -> [UInt8] {
        JSONNode.object([
            ("format", .string(Self.format)), ("ledger_id", .string(ledgerID.description)), ("position", .integer(position)),
            ("root_hash", .string(root.description)), ("recorded_at", recordedAt.map { .string($0.description) } ?? .null),
            ("key", .string(key.bytes.description)), ("projections", .array(projections.map(Self.node))),
        ]).canonicalBytes()
    }

    private static func node(_ version: RecordedVersion) -> JSONNode {
        .object([
            ("name", .string(version.name)), ("version", .string(version.version)),
            ("code_version", .integer(Int64(version.codeVersion))), ("position", .integer(version.position)),
            ("rows", .integer(Int64(version.rows))), ("versions", .integer(version.tally.count)),
            (
                "rules",
                .array(
                    version.rules.map {
                        .object([("file", .string($0.path)), ("version", .integer(Int64($0.version))), ("digest", .string($0.digest))])
                    })
            ),
            ("sums", .string(version.tally.sumsText)),
        ])
    }

    /// Reads a record in exactly the form of ``encode()``. Any other order, spacing or member is refused.
    init(decoding bytes: [UInt8]) throws(AuditRecordError) {
        let document: JSONDocument
        do { document = try JSONDocument(parsing: bytes) } catch { throw .notJSON(error) }
        let root = document.root
        guard let format = root["format"]?.string, format.isBytewiseEqual(to: Self.format) else {
            throw .badMember("format", expected: Self.format)
        }
        guard let ledgerID = root["ledger_id"]?.string.flatMap({ UniqueID($0) }) else { throw .badMember("ledger_id", expected: "a UUID") }
        guard let position = root["position"]?.integer, position >= 0 else {
            throw .badMember("position", expected: "a whole number, 0 or more")
        }
        let hash = try Self.digest(root, "root_hash")
        let recordedAt = root["recorded_at"]?.string.flatMap { Instant($0) }
        guard recordedAt != nil || root["recorded_at"]?.isNull ?? false else {
            throw .badMember("recorded_at", expected: "an instant or null")
        }
        let key = TallyKey(try Self.digest(root, "key"))
        guard let values = root["projections"], values.kind == .array else { throw .badMember("projections", expected: "an array") }
        var projections: [RecordedVersion] = []
        for value in values.elements { projections.append(try Self.version(value, key, upTo: position)) }
        self.init(
            ledgerID: ledgerID, position: position, root: hash, recordedAt: recordedAt, key: key, projections: projections)
        guard encode() == bytes else { throw .notCanonical }
    }

    private static func version(_ value: JSONValue, _ key: TallyKey, upTo head: Int64) throws(AuditRecordError) -> RecordedVersion {
        guard let name = value["name"]?.string, let version = value["version"]?.string,
            let codeVersion = value["code_version"]?.integer.flatMap({ Int(exactly: $0) })
        else { throw .badMember("projections", expected: "`code_version`, `name` and `version` in each") }
        guard let position = value["position"]?.integer, (0...head).contains(position) else {
            throw .badMember("projections", expected: "a `position` from 0 to that of the log in each")
        }
        guard let rows = value["rows"]?.integer.flatMap({ Int(exactly: $0) }), let count = value["versions"]?.integer else {
            throw .badMember("projections", expected: "`rows` and `versions` in each")
        }
        var rules: [RuleFile] = []
        for rule in value["rules"]?.elements.map({ $0 }) ?? [] {
            guard let file = rule["file"]?.string, let digest = rule["digest"]?.string,
                let version = rule["version"]?.integer.flatMap({ Int(exactly: $0) })
            else { throw .badMember("rules", expected: "`digest`, `file` and `version` in each") }
            rules.append(RuleFile(path: file, version: version, digest: digest))
        }
        guard let tally = value["sums"]?.string.flatMap({ VersionTally(key, sums: $0, count: count) }) else {
            throw .badMember("sums", expected: "\(VersionTally.buckets) sums of 32 hexadecimal digits each")
        }
        return RecordedVersion(
            name: name, version: version, codeVersion: codeVersion, rules: rules, position: position, rows: rows, tally: tally)
    }

    private static func digest(_ value: JSONValue, _ name: StaticString) throws(AuditRecordError) -> Digest32 {
        guard let digest = value["\(name)"]?.string.flatMap({ Digest32(hex: $0) }) else {
            throw .badMember("\(name)", expected: "64 hexadecimal digits")
        }
        return digest
    }
}

/// Why a text is not a record.
enum AuditRecordError: Error, Equatable, CustomStringConvertible {
    case notJSON(JSONError)
    /// A member is absent or malformed.
    case badMember(String, expected: String)
    /// It has the members of a record in another form, or more than these.
    case notCanonical

    var description: String {
        switch self {
        case .notJSON(let error): "not JSON: \(error)"
        case .badMember(let name, let expected): "`\(name)`: expected \(expected)"
        case .notCanonical: "not in canonical form, or with members that a record does not have"
        }
    }
}
