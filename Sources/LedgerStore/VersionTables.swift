import LedgerPostgres
import LedgerProjections

/// The tables of one projection version: its rows, and the facts behind them if these are stored apart.
///
/// Tables and indexes are made in separate steps, so that a rebuild can fill the tables first.
struct VersionTables: Sendable {
    let tableName: String
    let rows: VersionTable
    /// The table of facts; nil if a row is its entity's facts.
    let facts: VersionTable?
    private let stored: [ColumnSet.StoredColumn]

    init(_ definition: ProjectionDefinition, tableName: String) {
        let columns = definition.columns
        self.tableName = tableName
        rows = VersionTable(
            name: "projection.\(quoteIdentifier(tableName))", key: columns.key, stored: columns.stored)
        facts =
            definition.rowsAreFacts
            ? nil
            : VersionTable(
                name: "projection.\(quoteIdentifier("\(tableName)_facts"))", key: definition.entityKey, stored: [])
        stored = columns.storedColumns
    }

    /// Makes the tables, without indexes.
    func create(_ session: PostgresSession) throws {
        try create(rows, stored, session)
        if let facts { try create(facts, [], session) }
    }

    /// Makes a table: the positions at which a version begins and ends (null: current), its era, the key, the columns beside
    /// the document, and the document. Texts compare by their bytes.
    private func create(_ table: VersionTable, _ stored: [ColumnSet.StoredColumn], _ session: PostgresSession) throws {
        let text = #"text COLLATE "C""#
        let columns =
            ["valid_from bigint NOT NULL", "valid_to bigint", "era smallint"]
            + table.key.map { "\(quoteIdentifier($0)) \(text) NOT NULL" }
            + stored.map {
                "\(quoteIdentifier($0.name)) \($0.isInstant ? "timestamptz" : text)\($0.isRequired ? " NOT NULL" : "")"
            } + ["document \(text) NOT NULL"]
        try session.executeScript("CREATE TABLE \(table.name) (\(columns.joined(separator: ", ")))")
        try compress(table, session)
    }

    /// Compresses long documents with LZ4 if the server was built with it, which is several times as fast as its own
    /// method.
    private func compress(_ table: VersionTable, _ session: PostgresSession) throws {
        let hasLZ4 = try session.execute(
            "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'")
        guard try hasLZ4.first?.bool(0) ?? false else { return }
        _ = try session.execute("ALTER TABLE \(table.name) ALTER COLUMN document SET COMPRESSION lz4")
    }

    /// Keeps autovacuum from tables that are being filled, or lets it back. It would read and rewrite freshly written
    /// data several times.
    func setFilling(_ isFilling: Bool, _ session: PostgresSession) throws {
        let option = isFilling ? "SET (autovacuum_enabled = off)" : "RESET (autovacuum_enabled)"
        for table in [rows, facts].compactMap({ $0 }) {
            _ = try session.execute("ALTER TABLE \(table.name) \(option)")
        }
    }

    /// Freezes the rows of the tables, which have no indexes yet and are still in memory. Otherwise the first reader,
    /// usually the making of an index, would have to write each page again.
    func freeze(_ session: PostgresSession) throws {
        for table in [rows, facts].compactMap({ $0 }) {
            try session.executeScript("VACUUM (FREEZE, TRUNCATE FALSE) \(table.name)")
        }
    }

    /// Makes the indexes: the primary key, and the index of each key's first version.
    func createIndexes(_ session: PostgresSession) throws {
        for table in [rows, facts].compactMap({ $0 }) { try session.executeScript(table.indexes) }
    }

    /// Takes the lock that making the indexes needs. Throws if another open transaction, such as a backup's, has read
    /// the tables.
    func lock(_ session: PostgresSession) throws {
        let names = [rows, facts].compactMap { $0?.name }
        try session.executeScript("LOCK TABLE \(names.joined(separator: ", ")) IN ACCESS EXCLUSIVE MODE")
    }
}
