import LedgerEvents
public import LedgerJSON
public import LedgerProjections
import LedgerValues

extension BundleManifest {
    /// Reads a manifest of a program in exactly the form that ``encode()`` writes. Any other order, space or member is
    /// refused.
    public init(decoding bytes: [UInt8], of names: LedgerNames) throws(BundleManifestError) {
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: bytes)
        } catch {
            throw .notJSON(error)
        }
        let root = document.root
        guard let format = root["format"]?.string, format.isBytewiseEqual(to: names.bundleFormat) else {
            throw .badMember("format", expected: names.bundleFormat)
        }
        guard let ledgerID = root["ledger_id"]?.string.flatMap({ UniqueID($0) }) else {
            throw .badMember("ledger_id", expected: "a UUID")
        }
        guard let position = root["position"]?.integer, position >= 0 else {
            throw .badMember("position", expected: "a whole number, 0 or more")
        }
        var files: [File] = []
        for value in root["files"]?.elements.map({ $0 }) ?? [] {
            guard let path = value["path"]?.string, let length = value["bytes"]?.integer,
                let sha256 = value["sha256"]?.string
            else { throw .badMember("files", expected: "`bytes`, `path` and `sha256` in each") }
            files.append(File(path: path, bytes: length, sha256: sha256))
        }
        var views: [View] = []
        for value in root["views"]?.elements.map({ $0 }) ?? [] { views.append(try View(value)) }
        self.init(
            names: names, ledgerID: ledgerID, position: position, root: try Self.digest(root, "root_hash"), files: files,
            views: views)
        guard encode() == bytes else { throw .notCanonical }
    }

    fileprivate static func digest(_ value: JSONValue, _ name: StaticString) throws(BundleManifestError) -> Digest32 {
        guard let digest = value["\(name)"]?.string.flatMap({ Digest32(hex: $0) }) else {
            throw .badMember("\(name)", expected: "64 hexadecimal digits")
        }
        return digest
    }
}

extension BundleManifest.View {
    fileprivate init(_ value: JSONValue) throws(BundleManifestError) {
        guard let projection = value["projection"]?.string, let version = value["version"]?.string,
            let codeVersion = value["code_version"]?.integer.flatMap({ Int(exactly: $0) }),
            let rows = value["rows"]?.integer, let digest = value["digest"]?.string
        else {
            throw .badMember("views", expected: "`code_version`, `digest`, `projection`, `rows` and `version` in each")
        }
        var rules: [ProjectionPromotedPayload.Rule] = []
        for rule in value["rules"]?.elements.map({ $0 }) ?? [] {
            guard let file = rule["file"]?.string, let digest = rule["digest"]?.string,
                let version = rule["version"]?.integer.flatMap({ Int(exactly: $0) })
            else { throw .badMember("rules", expected: "`digest`, `file` and `version` in each") }
            rules.append(ProjectionPromotedPayload.Rule(file: file, version: version, digest: digest))
        }
        let root = try BundleManifest.digest(value, "rows_root_hash")
        self.init(
            projection: projection, version: version, codeVersion: codeVersion, rules: rules,
            tree: RowTree.Summary(rows: rows, digest: digest, root: root))
    }
}

/// Why a manifest can't be read.
public enum BundleManifestError: Error, Equatable, CustomStringConvertible {
    case notJSON(JSONError)
    /// A member is absent or malformed.
    case badMember(String, expected: String)
    /// It has the members of a manifest in another form, or more than these.
    case notCanonical

    public var description: String {
        switch self {
        case .notJSON(let error): "not JSON: \(error)"
        case .badMember(let name, let expected): "`\(name)`: expected \(expected)"
        case .notCanonical: "not in canonical form, or with members that a manifest does not have"
        }
    }
}
