import CLedgerLibPQ

/// A session on a server, whose calls block. It is confined to the thread of its `PostgresConnection`.
///
/// After an error outside a transaction, the session goes on. After an error inside a transaction, Postgres has aborted
/// the transaction.
public final class PostgresSession {
    let connection: OpaquePointer
    let signal: CancellationSignal
    var statements: StatementCache
    var isListening = false
    /// Whether the protocol is in a state from which it can't be recovered.
    var isBroken = false
    let notices = NoticeWatch()
    /// ``PostgresConfiguration/context``
    package let context: (any Sendable)?

    /// Takes ownership of a libpq connection, and finishes it on deallocation.
    init(_ connection: OpaquePointer, _ signal: CancellationSignal, _ configuration: PostgresConfiguration) {
        self.connection = connection
        self.signal = signal
        statements = StatementCache(limit: configuration.preparedStatementLimit)
        context = configuration.context
    }

    deinit {
        signal.disconnect()
        PQfinish(connection)
    }

    /// The server's version in libpq's numbering: 150004 is 15.4.
    public var serverVersion: Int { Int(PQserverVersion(connection)) }

    /// The process that serves this session.
    public var backendPID: Int32 { PQbackendPID(connection) }

    /// Whether a transaction is open, failed or not.
    public var isInTransaction: Bool { PQtransactionStatus(connection) != PQTRANS_IDLE }

    /// The address that another client needs to connect to the same database, without the password.
    public var address: (host: String, port: String, database: String, user: String) {
        func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }
        return (text(PQhost(connection)), text(PQport(connection)), text(PQdb(connection)), text(PQuser(connection)))
    }

    /// Runs one statement with binary parameters, and returns its rows in binary form.
    ///
    /// The statement is prepared on the server at its first use, and cached by its text and the parameters' types.
    public func execute(
        _ sql: String, _ parameters: [PostgresValue] = []
    ) throws(PostgresError) -> PostgresResult {
        let encoded = try EncodedParameters(parameters)
        let key = StatementCache.Key(sql: sql, types: encoded.types)
        let canRepeat = !isInTransaction
        do throws(PostgresError) {
            return try executeOnce(key, encoded)
        } catch let error where error.isStalePlan {
            statements.remove(key)
            // Outside a transaction nothing has happened yet, so the statement can be prepared again.
            guard canRepeat else { throw error }
            return try executeOnce(key, encoded)
        }
    }

    private func executeOnce(
        _ key: StatementCache.Key, _ parameters: EncodedParameters
    ) throws(PostgresError) -> PostgresResult {
        try checkCancelled()
        let name = try prepare(key)
        let result = parameters.withPointers { values, lengths, formats in
            PQexecPrepared(connection, name, Int32(parameters.count), values, lengths, formats, 1)
        }
        return PostgresResult(try checked(result))
    }

    private func prepare(_ key: StatementCache.Key) throws(PostgresError) -> String {
        if let name = statements.name(for: key) { return name }
        deallocateDiscarded()
        let name = statements.newName()
        _ = try checked(PQprepare(connection, name, key.sql, Int32(key.types.count), key.types))
        statements.insert(key, name: name)
        return name
    }

    /// Frees replaced statements on the server. It runs only between transactions, where a failure does no harm.
    func deallocateDiscarded() {
        guard !isInTransaction, !statements.discarded.isEmpty else { return }
        for name in statements.takeDiscarded() {
            PQclear(PQexec(connection, "DEALLOCATE \(name)"))
        }
    }

    /// Runs statements without parameters one after the other, in one implicit transaction unless they say otherwise.
    public func executeScript(_ sql: String) throws(PostgresError) {
        try checkCancelled()
        _ = try checked(PQexec(connection, sql))
    }

    func checkCancelled() throws(PostgresError) {
        if signal.isRequested { throw .cancelled }
    }

    /// Takes ownership of a result, and throws the error that it reports.
    func checked(_ result: OpaquePointer?) throws(PostgresError) -> ResultStorage {
        guard let result else { throw lostConnection() }
        let storage = ResultStorage(result)
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            try checkReplicated()
            return storage
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            endUnexpectedCopy(PQresultStatus(result))
            throw .misuse("COPY needs copyIn or copyOut")
        default:
            throw error(of: result)
        }
    }

    /// Ends a COPY that nobody asked for.
    func endUnexpectedCopy(_ status: ExecStatusType) {
        if status == PGRES_COPY_IN {
            _ = PQputCopyEnd(connection, "COPY is not used this way")
        } else {
            var chunk: UnsafeMutablePointer<CChar>?
            while PQgetCopyData(connection, &chunk, 0) > 0 { PQfreemem(chunk) }
        }
        drainResults()
    }

    /// Reads and discards the rest of a command's results.
    func drainResults() {
        while let result = PQgetResult(connection) {
            let status = PQresultStatus(result)
            PQclear(result)
            if PQstatus(connection) == CONNECTION_BAD { return }
            if status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH {
                isBroken = true
                return
            }
        }
    }
}
