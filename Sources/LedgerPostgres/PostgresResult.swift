import CLedgerLibPQ

/// The result of a statement: its rows in binary form, and the number of rows it affected.
///
/// Rows are read in place. The memory is freed with the last row or result that refers to it.
public struct PostgresResult: Sendable {
    private let storage: ResultStorage

    init(_ storage: ResultStorage) {
        self.storage = storage
    }

    public var rowCount: Int { storage.rowCount }

    public var columnCount: Int { storage.columnCount }

    /// The columns' names in order.
    public var columnNames: [String] {
        (0..<storage.columnCount).map { column in
            PQfname(storage.result, Int32(column)).map { String(cString: $0) } ?? ""
        }
    }

    /// The number of rows that the statement inserted, changed, removed or returned; 0 for any other statement.
    public var affectedRows: Int {
        Int(String(cString: PQcmdTuples(storage.result))) ?? 0
    }

    /// The server's tag for the completed command, e.g. `INSERT 0 1`.
    public var commandTag: String { String(cString: PQcmdStatus(storage.result)) }
}

extension PostgresResult: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { storage.rowCount }

    /// A row by its index.
    public subscript(row: Int) -> PostgresRow {
        precondition(row >= 0 && row < storage.rowCount, "there is no such row")
        return PostgresRow(storage, row: Int32(row))
    }
}

/// One row of a result.
public struct PostgresRow: Sendable, PostgresFields {
    private let storage: ResultStorage
    private let row: Int32

    init(_ storage: ResultStorage, row: Int32) {
        self.storage = storage
        self.row = row
    }

    public var columnCount: Int { storage.columnCount }

    public func withField<R>(_ column: Int, _ body: (PostgresField) throws(PostgresError) -> R) throws(PostgresError) -> R {
        guard column >= 0, column < storage.columnCount else {
            throw .decoding("there is no column \(column) in a row of \(storage.columnCount)")
        }
        let result = storage.result
        let index = Int32(column)
        let type = PQftype(result, index)
        guard PQgetisnull(result, row, index) == 0, let start = PQgetvalue(result, row, index) else {
            return try body(PostgresField(bytes: nil, type: type, column: column))
        }
        guard PQfformat(result, index) == 1 else {
            throw .decoding("column \(column) did not come in binary form")
        }
        let length = Int(PQgetlength(result, row, index))
        defer { withExtendedLifetime(storage) {} }
        return try body(
            PostgresField(bytes: UnsafeRawBufferPointer(start: start, count: length), type: type, column: column))
    }
}

/// Owns a `PGresult`, which libpq lets every thread read once it is complete.
///
/// Unchecked: an `OpaquePointer` is never Sendable. Nothing here changes after `init`, and libpq's getters only read.
final class ResultStorage: @unchecked Sendable {
    let result: OpaquePointer
    let rowCount: Int
    let columnCount: Int

    init(_ result: OpaquePointer) {
        self.result = result
        rowCount = Int(PQntuples(result))
        columnCount = Int(PQnfields(result))
    }

    deinit {
        PQclear(result)
    }
}
