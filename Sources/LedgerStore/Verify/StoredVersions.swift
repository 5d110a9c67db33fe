import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerValues

/// Every version that a table of a projection version holds, whatever its positions, in no order.
struct StoredVersions {
    private let table: VersionTable
    let kind: DocumentKind
    /// The number of parts in an entity's key.
    private let entityParts: Int

    /// The tables of a version: its rows, and the facts behind them if these are stored apart.
    static func all(of version: ProjectionVersion, _ definition: ProjectionDefinition) -> [StoredVersions] {
        let tables = VersionTables(definition, tableName: version.tableName)
        let kinds: [(VersionTable, DocumentKind)] = [(tables.rows, .row)] + (tables.facts.map { [($0, .facts)] } ?? [])
        return kinds.map { StoredVersions(table: $0, kind: $1, entityParts: definition.entityKey.count) }
    }

    /// One version, in place: valid only during the call.
    struct Row {
        let kind: DocumentKind
        let digest: VersionDigest
        let documentDigest: Digest32
        /// The hash of the key of the version's entity, as `RowKey.stableHash`.
        let entityHash: UInt64
        /// The bucket of the version's entity in a tally.
        var bucket: Int { VersionTally.bucket(of: entityHash) }
        fileprivate let columns: BinaryCopyRow
        fileprivate let table: VersionTable
        fileprivate let entityParts: Int

        /// The entity that the version belongs to.
        func entity() throws -> RowKey { RowKey(entityOf: try key(), parts: entityParts) }

        /// The key of the version. A null, which no key has, counts as an empty text.
        func key() throws -> RowKey { RowKey(try table.key.indices.map { try columns.optionalText($0) ?? "" }) }

        /// The columns beside the document, in the server's encoding.
        func stored() throws -> [[UInt8]?] {
            try table.stored.indices.map { index in
                try columns.rawBytes(table.key.count + index).map { Array($0) }
            }
        }

        func document() throws -> [UInt8] { try columns.optionalUTF8(table.key.count + table.stored.count) ?? [] }

        /// Calls `body` with the document in place. A null, which no document is, counts as an empty text.
        func withDocument(_ body: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
            let document = try columns.rawBytes(table.key.count + table.stored.count) ?? StoredVersions.nothing
            try document.withMemoryRebound(to: UInt8.self, body)
        }
    }

    /// Which versions are visited, and in which order.
    enum Visit {
        /// All, in no order.
        case all
        /// The versions made up to a position, by key and `valid_from`.
        case inOrder(upTo: Int64)
        /// The versions that are current at a position, by key.
        case current(at: Int64)
        /// All that are not current at a position, in no order.
        case notCurrent(at: Int64)
    }

    /// Visits versions. Throws `PostgresError` for an absent table or column.
    func forEach(_ session: PostgresSession, _ visit: Visit = .all, _ body: (Row) throws -> Void) throws {
        let columns = (table.key + table.stored + ["document", "valid_from", "valid_to", "era"]).map(quoteIdentifier)
        let fields = table.key.count + table.stored.count
        var content = VersionContent()
        try session.copyOut(
            "COPY (SELECT \(columns.joined(separator: ", ")) FROM \(table.name)\(part(visit))) TO STDOUT (FORMAT binary)"
        ) { row in
            var entity = StableHash()
            content.begin(kind)
            for field in 0..<fields {
                let bytes = try row.rawBytes(field)
                content.add(bytes)
                if field < entityParts { entity.add(bytes ?? Self.nothing) }
            }
            let document = Digest32(sha256Of: try row.rawBytes(fields) ?? Self.nothing)
            content.addDocument(document)
            let digest = VersionDigest(
                content: content.digest, from: try row.optionalInt8(fields + 1) ?? 0, to: try row.optionalInt8(fields + 2),
                era: try row.optionalInt4(fields + 3).map { Int16(truncatingIfNeeded: $0) })
            try body(
                Row(
                    kind: kind, digest: digest, documentDigest: document, entityHash: entity.value, columns: row, table: table,
                    entityParts: entityParts))
        }
    }

    private func part(_ visit: Visit) -> String {
        func order(_ columns: [String]) -> String { columns.map(quoteIdentifier).joined(separator: ", ") }
        return switch visit {
        case .all: ""
        case .inOrder(let position): " WHERE valid_from <= \(position) ORDER BY \(order(table.key + ["valid_from"]))"
        case .current(let position): " WHERE \(VersionTable.isValid(at: position)) ORDER BY \(order(table.key))"
        // A null, which no position is, makes a version that is not current.
        case .notCurrent(let position): " WHERE (\(VersionTable.isValid(at: position))) IS NOT TRUE"
        }
    }

    private static var nothing: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }
}
