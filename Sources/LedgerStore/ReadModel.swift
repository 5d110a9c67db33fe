public import LedgerEvents
public import LedgerPostgres
public import LedgerProjections
public import LedgerValues

/// Reads a projection version's documents as of a position. In key order each read is an index range.
public struct ReadModel: Sendable {
    private let rows: VersionTable
    private let facts: VersionTable

    /// - Parameters:
    ///   - version: the version whose tables are read.
    ///   - definition: a version of the same projection, whose columns the tables have.
    public init(_ version: ProjectionVersion, _ definition: ProjectionDefinition) {
        rows = VersionTable(name: version.table, key: definition.columns.key, stored: definition.columns.stored)
        facts =
            definition.rowsAreFacts
            ? rows : VersionTable(name: version.factsTable, key: definition.entityKey, stored: [])
    }

    /// The rows valid at a position that pass every filter, after a key.
    public func rows(
        at position: Int64, filters: [RowFilter], after key: RowKey?, limit: Int, _ session: PostgresSession
    ) throws -> [(key: RowKey, document: [UInt8])] {
        try rows.page(at: position, filters, key.map { ($0, ">") }, limit: limit, session)
    }

    /// The rows valid at a position that pass every filter, in an order, after a place in it.
    ///
    /// Reads every row that passes, because no index has this order, and holds as many as are wanted.
    public func rows(
        at position: Int64, filters: [RowFilter], in order: RowOrder, after place: RowOrder.Place?, limit: Int,
        _ session: PostgresSession
    ) throws -> [(key: RowKey, document: [UInt8])] {
        try rows.page(at: position, filters, in: order, after: place, limit: limit, session)
    }

    /// Streams the documents of the rows valid at a position that pass every filter, in key order, without holding them.
    ///
    /// A document's bytes are valid only during the call.
    package func forEachRow(
        at position: Int64, filters: [RowFilter], _ session: PostgresSession, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try session.copyOut(rows.copyOut(at: position, filters)) { row in
            if let document = try row.rawBytes(0) { try body(document) }
        }
    }

    /// The numbers of the rows valid at a position that pass every filter, by the texts of some columns. The database counts, and
    /// reads from the documents what is not stored beside them.
    public func counts(
        by columns: [String], at position: Int64, filters: [RowFilter], _ session: PostgresSession
    ) throws -> RowCounts {
        try rows.counts(by: columns, at: position, filters, session)
    }

    /// The row of a key valid at a position; nil if there is none.
    public func row(of key: RowKey, at position: Int64, _ session: PostgresSession) throws -> [UInt8]? {
        try rows.documents(of: [key], at: position, session)[0]
    }

    /// The facts valid at a position, starting with the entity of a row's key, or after an entity.
    ///
    /// - Parameters:
    ///   - position: the position at which the facts are valid.
    ///   - filters: on columns of the entity's key only.
    ///   - key: the key of a row, or of an entity; nil to start with the first entity.
    ///   - isIncluded: whether the entity of that key is the first one; otherwise the next one is.
    ///   - limit: the largest number of entities.
    ///   - session: a session on the ledger's database.
    public func facts(
        at position: Int64, filters: [RowFilter] = [], from key: RowKey?, isIncluded: Bool, limit: Int,
        _ session: PostgresSession
    ) throws -> [(key: RowKey, document: [UInt8])] {
        try facts.page(
            at: position, filters, key.map { (RowKey(entityOf: $0, parts: facts.key.count), isIncluded ? ">=" : ">") },
            limit: limit, session)
    }

    /// The rows with some keys valid at a position, in the order of the keys. Keys without a row are left out.
    public func rows(
        of keys: [RowKey], at position: Int64, _ session: PostgresSession
    ) throws -> [(key: RowKey, document: [UInt8])] {
        zip(keys, try rows.documents(of: keys, at: position, session)).compactMap { key, document in document.map { (key, $0) } }
    }

    /// The newest time in each group of the rows valid at a position that pass every filter, in the order of the groups.
    ///
    /// If the group is the first columns of the key and the time comes next, groups and times are found by the key's index.
    /// Otherwise every row that passes is read.
    ///
    /// - Parameters:
    ///   - group: columns of the key; rows with equal values are a group.
    ///   - time: the column of the time, in the key or beside the document.
    ///   - position: the position at which the rows are valid.
    ///   - filters: what the rows have to pass.
    ///   - session: a session on the ledger's database.
    /// - Returns: the parts of each group's key, and its newest time.
    public func newest(
        in group: [String], by time: String, at position: Int64, filters: [RowFilter], _ session: PostgresSession
    ) throws -> [(group: [String], time: Instant)] {
        try rows.newest(in: group, by: time, at: position, filters, session)
    }

    /// The last row, or the last facts, valid at a position that pass every filter on the key.
    public func last(at position: Int64, filters: [RowFilter], isFacts: Bool, _ session: PostgresSession) throws -> [UInt8]? {
        try (isFacts ? facts : rows).last(at: position, filters, session)
    }

    /// The facts of some entities valid at a position; nil for an entity without facts.
    public func facts(of entities: [RowKey], at position: Int64, _ session: PostgresSession) throws -> [[UInt8]?] {
        try facts.documents(of: entities, at: position, session)
    }

    /// The database's number of the table of facts. A table made by a rebuild has another one.
    package func factsTable(_ session: PostgresSession) throws -> Int64 {
        try session.execute("SELECT \(quoteLiteral(facts.name))::regclass::oid::bigint")[0].int8(0)
    }

    /// The first positions, up to one, at which an entity's facts changed, in order. An index range of the entity's own
    /// versions, whose documents are not read.
    ///
    /// - Parameters:
    ///   - entity: the key of the entity.
    ///   - position: the last position that counts.
    ///   - limit: the largest number of versions that are read; each begins at one position and may end at another.
    ///   - session: a session on the ledger's database.
    public func changes(
        of entity: RowKey, upTo position: Int64, limit: Int, _ session: PostgresSession
    ) throws -> [Int64] {
        try facts.changes(of: entity, upTo: position, limit: limit, session)
    }
}
