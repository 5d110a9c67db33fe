import CLedgerLibPQ
import Glibc

extension PostgresSession {
    /// Streams rows into `COPY … FROM STDIN (FORMAT binary)`, and returns the number of rows that the server took.
    ///
    /// Rows are sent in chunks while `body` writes them, so memory stays bounded. If `body` throws, the COPY is abandoned
    /// without a row and the error is passed on.
    public func copyIn(_ sql: String, _ body: (inout BinaryCopyWriter) throws -> Void) throws -> Int64 {
        try checkCancelled()
        try beginCopy(sql, PGRES_COPY_IN)
        var writer = BinaryCopyWriter { [connection, signal] chunk in
            !signal.isRequested
                && PQputCopyData(
                    connection, chunk.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(chunk.count)) == 1
        }
        do {
            try body(&writer)
        } catch {
            _ = PQputCopyEnd(connection, "the program gave up")
            drainResults()
            throw error
        }
        writer.finish()
        if let failure = writer.failure {
            _ = PQputCopyEnd(connection, "a value can't be written")
            drainResults()
            throw failure
        }
        if signal.isRequested {
            _ = PQputCopyEnd(connection, "the program gave up")
            drainResults()
            throw PostgresError.cancelled
        }
        _ = PQputCopyEnd(connection, nil)
        return Int64(try finishCopy().affectedRows)
    }

    /// Streams the rows of `COPY … TO STDOUT (FORMAT binary)` through `row`, one at a time.
    ///
    /// A row's bytes are valid only during the call. If `row` throws, the statement is cancelled (with its transaction)
    /// and the error is passed on.
    ///
    /// - Parameters:
    ///   - sql: the statement.
    ///   - settings: server settings, in SQL, for this statement alone.
    ///   - row: receives each row.
    public func copyOut(
        _ sql: String, settings: KeyValuePairs<String, String> = [:], row: (BinaryCopyRow) throws -> Void
    ) throws {
        try checkCancelled()
        // Statements sent together form one transaction if none is open.
        let (set, reset) = (settings.map { "SET LOCAL \($0) = \($1); " }, settings.map { "; RESET \($0.key)" })
        try beginCopy(set.joined() + sql + reset.joined(), PGRES_COPY_OUT)
        var parser = BinaryCopyParser()
        do {
            while let chunk = nextChunk() {
                defer { PQfreemem(chunk.baseAddress) }
                try parser.parse(UnsafeRawBufferPointer(chunk), row)
            }
        } catch {
            signal.askServer()
            var chunk: UnsafeMutablePointer<CChar>?
            while PQgetCopyData(connection, &chunk, 0) > 0 { PQfreemem(chunk) }
            drainResults()
            throw error
        }
        _ = try finishCopy()
        guard parser.isComplete else { throw PostgresError.decoding("the COPY stream ended within a row") }
    }

    /// The next chunk of the server's copy, or nil at the end and if the connection was lost.
    ///
    /// The server sends eight kilobytes at a time. If these do not keep this thread busy, the thread sleeps for a fixed
    /// moment instead of waiting for the next chunk. The server goes on filling the socket, and need not wake the
    /// thread for each chunk.
    private func nextChunk() -> UnsafeMutableBufferPointer<CChar>? {
        var chunk: UnsafeMutablePointer<CChar>?
        var length = PQgetCopyData(connection, &chunk, 1)
        if length == 0 {
            guard PQconsumeInput(connection) == 1 else { return nil }
            length = PQgetCopyData(connection, &chunk, 1)
        }
        if length == 0 {
            usleep(Self.breather)
            length = PQgetCopyData(connection, &chunk, 0)
        }
        return length > 0 ? UnsafeMutableBufferPointer(start: chunk, count: Int(length)) : nil
    }

    /// The length of the sleep in microseconds. In that time a server fills part of the socket's buffer, but not all of
    /// it.
    private static var breather: UInt32 { 150 }

    private func beginCopy(_ sql: String, _ direction: ExecStatusType) throws(PostgresError) {
        guard let result = PQexec(connection, sql) else { throw lostConnection() }
        let status = PQresultStatus(result)
        guard status == direction, PQbinaryTuples(result) == 1 else {
            if status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH {
                PQclear(result)
                endUnexpectedCopy(status)
            } else {
                _ = try checked(result)
            }
            throw .misuse(
                direction == PGRES_COPY_IN
                    ? "copyIn needs COPY … FROM STDIN (FORMAT binary)"
                    : "copyOut needs COPY … TO STDOUT (FORMAT binary)")
        }
        PQclear(result)
    }

    private func finishCopy() throws(PostgresError) -> PostgresResult {
        let result = PQgetResult(connection)
        do throws(PostgresError) {
            let answer = PostgresResult(try checked(result))
            drainResults()
            return answer
        } catch {
            drainResults()
            throw error
        }
    }
}
