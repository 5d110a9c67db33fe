import LedgerEvents
import LedgerJSON
package import LedgerValues
import OptionTrades

/// The file `manifest.json` of a report pack: its files with their digests, what it stands on, and what it lacks.
package struct ReportManifest: Sendable, Equatable {
    static let path = "manifest.json"
    static let schema = "alpha-ledger/report-pack/v1"

    package struct File: Sendable, Equatable {
        package let path: String
        package let bytes: Int64
        package let sha256: String

        init(_ file: ReportPack.File) {
            path = file.path
            bytes = Int64(file.bytes.count)
            sha256 = Digest32(sha256Of: file.bytes).description
        }

        /// Nil for what is no file of a pack: a path must stay below the directory.
        init?(_ value: JSONValue) {
            guard let path = value["path"]?.string, let bytes = value["bytes"]?.integer, bytes >= 0, let sha256 = value["sha256"]?.string,
                Digest32(hex: sha256) != nil
            else { return nil }
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            if parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) || path.unicodeScalars.contains("\0") { return nil }
            (self.path, self.bytes, self.sha256) = (path, bytes, sha256)
        }
    }

    package let asOf: Instant
    /// In the order of their paths; without the manifest itself.
    package let files: [File]
    package let position: Int64
    package let hasPositions: Bool
    package let underlyings: [String]
    package let warnings: [String]

    init(asOf: Instant, files: [File], position: Int64, hasPositions: Bool, underlyings: [String], warnings: [String]) {
        self.asOf = asOf
        self.files = files
        self.position = position
        self.hasPositions = hasPositions
        self.underlyings = underlyings
        self.warnings = warnings
    }

    /// Why bytes are no manifest.
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// Reads a manifest, which has to be canonical: so two that say the same have one digest.
    init(decoding bytes: [UInt8]) throws(Problem) {
        let root: JSONValue
        do {
            root = try JSONDocument(parsing: bytes).root
        } catch {
            throw Problem(description: "it is not JSON: \(error)")
        }
        guard root["schema"]?.string == Self.schema else { throw Problem(description: "`schema`: expected \(Self.schema)") }
        guard let asOf = root["as_of"]?.string.flatMap({ Instant($0) }) else {
            throw Problem(description: "`as_of`: expected an instant")
        }
        guard let position = root["ledger"]?["position"]?.integer, position >= 0 else {
            throw Problem(description: "`ledger.position`: expected a position")
        }
        let listed = root["files"]?.elements.map { File($0) } ?? []
        let files = listed.compactMap { $0 }
        guard !files.isEmpty, files.count == listed.count else {
            throw Problem(description: "`files`: expected a list of {bytes, path, sha256} below the directory")
        }
        guard let hasPositions = root["positions"]?.bool else { throw Problem(description: "`positions`: expected true or false") }
        self.init(
            asOf: asOf, files: files, position: position, hasPositions: hasPositions,
            underlyings: root["underlyings"]?.elements.compactMap(\.string) ?? [],
            warnings: root["warnings"]?.elements.compactMap(\.string) ?? [])
        guard encode() == bytes else { throw Problem(description: "it has members, or an order, that no manifest has") }
    }

    /// Canonical JSON with a line break at its end.
    package func encode() -> [UInt8] {
        let files = files.map { file in
            JSONNode.object([("bytes", .integer(file.bytes)), ("path", .string(file.path)), ("sha256", .string(file.sha256))])
        }
        let node = JSONNode.object([
            ("as_of", .string(asOf.description)), ("disclaimer", .string(Research.disclaimer)), ("files", .array(files)),
            ("ledger", .object([("position", .integer(position))])), ("positions", .bool(hasPositions)), ("schema", .string(Self.schema)),
            ("underlyings", .array(underlyings.map { .string($0) })), ("warnings", .array(warnings.map { .string($0) })),
        ])
        return node.canonicalBytes() + [UInt8(ascii: "\n")]
    }

    /// SHA-256 of the file.
    package var digest: Digest32 { Digest32(sha256Of: encode()) }
}
