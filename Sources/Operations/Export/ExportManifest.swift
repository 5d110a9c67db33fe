import LedgerJSON
import LedgerValues

/// What an export wrote: `_manifest.json`, the last file.
package struct ExportManifest: Sendable, Equatable {
    package struct File: Sendable, Equatable {
        /// Below the export's directory.
        package let path: String
        package let rows: Int64
        package let bytes: Int64
        /// Lower-case hex.
        package let sha256: String
        /// The keys of the first and the last row as JSON; nil without rows.
        let firstKey: String?
        let lastKey: String?
    }

    package let basis: ExportBasis
    package let rows: Int64
    /// `digest` of all rows in key order.
    package let digest: String
    package let createdBy: String
    /// In the order in which they were written.
    package let files: [File]

    /// One JSON object, and a newline.
    package func encode() -> [UInt8] {
        func text(_ value: String?) -> JSONNode { value.map(JSONNode.string) ?? .null }
        func json(_ value: String?) -> JSONNode { value.flatMap { JSONNode(parsing: $0) } ?? .null }
        let node = JSONNode.object([
            ("format", .string(ExportBasis.format)), ("table", .string(basis.table)), ("ledger_id", .string(basis.ledgerID)),
            ("position", .integer(basis.position)), ("root_hash", .string(basis.root)), ("now", .string(basis.now)),
            ("projection", text(basis.projection)), ("version", text(basis.version)), ("rules", json(basis.rules)),
            ("filters", json(basis.filters)), ("partition_by", text(basis.partitionBy)), ("complete", .bool(basis.isComplete)),
            ("rows", .integer(rows)), ("digest", .string(digest)), ("created_by", .string(createdBy)),
            (
                "files",
                .array(
                    files.map {
                        .object([
                            ("path", .string($0.path)), ("rows", .integer($0.rows)), ("bytes", .integer($0.bytes)),
                            ("sha256", .string($0.sha256)), ("first_key", json($0.firstKey)), ("last_key", json($0.lastKey)),
                        ])
                    })
            ),
        ])
        return node.httpBytes() + [UInt8(ascii: "\n")]
    }
}

extension JSONNode {
    /// The tree of a JSON text whose numbers are whole. Nil for any other text.
    fileprivate init?(parsing text: String) {
        guard let root = try? JSONDocument(parsing: Array(text.utf8)).root else { return nil }
        self.init(root)
    }

    private init?(_ value: JSONValue) {
        switch value.kind {
        case .object: self = .object(value.members.compactMap { key, value in JSONNode(value).map { (key, $0) } })
        case .array: self = .array(value.elements.compactMap { JSONNode($0) })
        case .string: self = .string(value.string ?? "")
        default:
            guard let whole = value.integer else { return nil }
            self = .integer(whole)
        }
    }
}
