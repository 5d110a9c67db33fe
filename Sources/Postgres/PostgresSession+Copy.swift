import CLibPQ
import Glibc

extension PostgresSession {
    /// Streams rows into `COPY … FROM STDIN (FORMAT binary)`, and returns how many the server took.
    ///
    /// Rows go out in chunks while `body` writes them, so that memory stays bounded. When `body` throws, the COPY is
    /// given up without a row and the error passed on.
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
    /// A row's bytes live no longer than the call. When `row` throws, the statement is cancelled (with the transaction
    /// it is in) and the error passed on.
    ///
    /// - Parameter settings: of the server, in SQL, for this statement alone.
    public func copyOut(
        _ sql: String, settings: KeyValuePairs<String, String> = [:], row: (BinaryCopyRow) throws -> Void
    ) throws {
        try checkCancelled()
        // Statements that are sent together are one transaction where none is open.
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

    /// The next part of what the server copies out; nil at the end and where the connection was lost.
    ///
    /// The server sends eight kilobytes at a time. Where these don't keep this thread busy it sleeps for a moment rather than
    /// until the next ones: the server goes on filling the socket, and need not wake it for each of them.
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

    /// Microseconds: in these a server fills a part of the socket's buffer, not all of it.
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
