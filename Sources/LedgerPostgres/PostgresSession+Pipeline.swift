import CLedgerLibPQ

extension PostgresSession {
    /// Sends all statements at once and then reads their results, for one round trip.
    ///
    /// Outside a transaction the statements form one, unless they say otherwise. If a statement fails, the statements
    /// after it are skipped, and its error is thrown. COPY is not possible here. Memory: all parameters and all
    /// results.
    ///
    /// - Parameters:
    ///   - statements: the statements with their parameters, in order.
    ///   - hint: sent after the other statements, which end their transaction; its failure is ignored.
    public func pipeline(
        _ statements: [(sql: String, parameters: [PostgresValue])],
        hint: (sql: String, parameters: [PostgresValue])? = nil
    ) throws(PostgresError) -> [PostgresResult] {
        if statements.isEmpty { return [] }
        var commands: [PipelinedCommand] = []
        commands.reserveCapacity(statements.count + 1)
        for statement in statements + [hint].compactMap({ $0 }) {
            let parameters = try EncodedParameters(statement.parameters)
            let key = StatementCache.Key(sql: statement.sql, types: parameters.types)
            commands.append(PipelinedCommand(key: key, parameters: parameters))
        }
        let wasInTransaction = isInTransaction
        var outcome = try pipelineOnce(commands)
        if let error = outcome.error, error.isStalePlan {
            self.statements.remove(commands[outcome.results.count].key)
            // The statements before it were undone with it, unless one of them ended a transaction of its own.
            let controls = ["BEGIN", "COMMIT", "ROLLBACK", "START TRANSACTION", "SAVEPOINT", "RELEASE"]
            let mayRepeat =
                !wasInTransaction && !isInTransaction
                && !outcome.results.contains { controls.contains($0.commandTag) }
            if mayRepeat { outcome = try pipelineOnce(commands) }
        }
        // First: a commit that no standby has matters more than the statement after it.
        try checkReplicated()
        if let error = outcome.error, outcome.results.count < statements.count { throw error }
        return Array(outcome.results.prefix(statements.count))
    }

    private struct PipelinedCommand {
        let key: StatementCache.Key
        let parameters: EncodedParameters
    }

    private func pipelineOnce(
        _ commands: [PipelinedCommand]
    ) throws(PostgresError) -> (results: [PostgresResult], error: PostgresError?) {
        try checkCancelled()
        deallocateDiscarded()
        guard PQenterPipelineMode(connection) == 1 else { throw lostConnection() }
        do throws(PostgresError) {
            let preparations = try send(commands)
            let outcome = try receive(commands, preparations)
            guard PQexitPipelineMode(connection) == 1 else { throw lostConnection() }
            return outcome
        } catch {
            // Only a broken conversation ends here: failed statements are part of the outcome.
            isBroken = true
            throw error
        }
    }

    /// Sends everything. Returns, for each command, the name under which this call prepares it, or nil.
    private func send(_ commands: [PipelinedCommand]) throws(PostgresError) -> [String?] {
        var preparations: [String?] = []
        preparations.reserveCapacity(commands.count)
        var names: [StatementCache.Key: String] = [:]
        for command in commands {
            let key = command.key
            let known = names[key] ?? statements.name(for: key)
            let name = known ?? statements.newName()
            if known == nil {
                guard PQsendPrepare(connection, name, key.sql, Int32(key.types.count), key.types) == 1 else {
                    throw lostConnection()
                }
            }
            names[key] = name
            preparations.append(known == nil ? name : nil)
            let isSent = command.parameters.withPointers { values, lengths, formats in
                PQsendQueryPrepared(connection, name, Int32(command.parameters.count), values, lengths, formats, 1)
            }
            guard isSent == 1 else { throw lostConnection() }
        }
        guard PQpipelineSync(connection) == 1 else { throw lostConnection() }
        return preparations
    }

    private func receive(
        _ commands: [PipelinedCommand], _ preparations: [String?]
    ) throws(PostgresError) -> (results: [PostgresResult], error: PostgresError?) {
        var results: [PostgresResult] = []
        results.reserveCapacity(commands.count)
        var failure: PostgresError?
        for (command, preparation) in zip(commands, preparations) {
            if let preparation {
                let (result, error) = try receiveOne()
                if result != nil { statements.insert(command.key, name: preparation) }
                failure = failure ?? error
            }
            let (result, error) = try receiveOne()
            if failure == nil, let result { results.append(PostgresResult(result)) }
            failure = failure ?? error
        }
        guard let end = PQgetResult(connection) else { throw lostConnection() }
        defer { PQclear(end) }
        guard PQresultStatus(end) == PGRES_PIPELINE_SYNC else { throw error(of: end) }
        return (results, failure)
    }

    /// One command's result: a result, an error, or neither if an earlier error made the server skip the command.
    private func receiveOne() throws(PostgresError) -> (ResultStorage?, PostgresError?) {
        guard let result = PQgetResult(connection) else { throw lostConnection() }
        let storage = ResultStorage(result)
        let status = PQresultStatus(result)
        let failure = status == PGRES_FATAL_ERROR ? error(of: result) : nil
        if let failure, failure.breaksConnection { throw failure }
        if status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH {
            isBroken = true
            throw .misuse("COPY can't be pipelined")
        }
        while let extra = PQgetResult(connection) {
            PQclear(extra)
            if PQstatus(connection) == CONNECTION_BAD { throw lostConnection() }
        }
        switch status {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return (storage, nil)
        case PGRES_PIPELINE_ABORTED: return (nil, nil)
        default: return (nil, failure ?? lostConnection())
        }
    }
}
