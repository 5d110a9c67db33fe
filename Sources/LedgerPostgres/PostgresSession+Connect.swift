import BlockingThreads
import CLedgerLibPQ
import Glibc

extension PostgresSession {
    /// The oldest supported server version.
    static let minimumServerVersion: Int32 = 150_000

    /// Connects, blocking the thread, and sets the session up with the configured role.
    ///
    /// Of several servers one that says nothing within the time limit is passed over, as libpq's own blocking call does.
    static func connect(
        _ configuration: PostgresConfiguration, _ signal: CancellationSignal
    ) throws(PostgresError) -> PostgresSession {
        _ = try configuration.parsed()
        var servers: NamedServers?
        while true {
            guard let connection = start(configuration, servers) else {
                throw PostgresError(.unreachable, "libpq is out of memory")
            }
            // From here on the session owns the connection, and ends it when the session is deallocated.
            let session = PostgresSession(connection, signal, configuration)
            if let silence = try establish(connection, session, configuration, signal) {
                servers = (servers ?? NamedServers(of: connection))?.others(than: connection)
                if servers == nil { throw silence }
                continue
            }
            signal.connect(to: connection)
            try session.setUp(configuration)
            return session
        }
    }

    /// Establishes a connection. The result is the error for a server that said nothing, which another one may make good.
    private static func establish(
        _ connection: OpaquePointer, _ session: PostgresSession, _ configuration: PostgresConfiguration, _ signal: CancellationSignal
    ) throws(PostgresError) -> PostgresError? {
        session.notices.watch(connection)
        // Verbose, because only the verbose text shows the SQLSTATE of a refused connection.
        PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        do throws(PostgresError) {
            if let silence = try finishConnecting(connection, configuration, signal) { return silence }
        } catch let error where error.kind == .unreachable && error.message.isEmpty {
            throw failure(connection, configuration)
        }
        PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
        guard PQserverVersion(connection) >= minimumServerVersion else {
            let version = PQparameterStatus(connection, "server_version").map { String(cString: $0) } ?? "unknown"
            throw PostgresError(
                .serverTooOld, "the Postgres server is version \(version), and at least version 15 is needed")
        }
        return nil
    }

    private func setUp(_ configuration: PostgresConfiguration) throws(PostgresError) {
        var script = """
            SET client_min_messages = warning; SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; \
            SET standard_conforming_strings = on;
            """
        if let limit = configuration.statementTimeoutMilliseconds {
            script += " SET statement_timeout = \(limit);"
        }
        for (name, value) in configuration.settings.sorted(by: { $0.key < $1.key }) {
            script += " SET \(quoteIdentifier(name)) = \(quoteLiteral(value));"
        }
        if let role = configuration.role {
            script += " SET ROLE \(quoteIdentifier(role));"
        }
        try executeScript(script)
    }

    /// Starts connecting. Parameters before the URI are defaults; parameters after it override the URI.
    private static func start(_ configuration: PostgresConfiguration, _ servers: NamedServers?) -> OpaquePointer? {
        let parameters =
            [
                ("connect_timeout", String(configuration.connectTimeoutSeconds)),
                ("application_name", configuration.applicationName),
                ("keepalives_idle", "30"),
                ("dbname", configuration.uri),
                ("client_encoding", "UTF8"),
            ] + (servers?.parameters ?? [])
        let keywords = parameters.map { strdup($0.0) }
        let values = parameters.map { strdup($0.1) }
        defer {
            for text in keywords + values { free(text) }
        }
        return (keywords.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { keywords in
            (values.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { values in
                PQconnectStartParams(keywords.baseAddress, values.baseAddress, 1)
            }
        }
    }

    /// Drives the connection until it is established. Each address has the time limit for itself; the result is the error
    /// for one that let it pass. An error without a message stands for libpq's own error.
    private static func finishConnecting(
        _ connection: OpaquePointer, _ configuration: PostgresConfiguration, _ signal: CancellationSignal
    ) throws(PostgresError) -> PostgresError? {
        let failed = PostgresError(.unreachable, "")
        if PQstatus(connection) == CONNECTION_BAD { throw failed }
        let limit = effectiveTimeoutSeconds(connection, configuration)
        func nextDeadline() -> Int64? { limit.map { monotonicMilliseconds() + Int64($0) * 1000 } }
        var deadline = nextDeadline()
        var tried = trial(connection)
        var events = Int16(POLLOUT)
        while true {
            var descriptors = [
                pollfd(fd: PQsocket(connection), events: events, revents: 0),
                pollfd(fd: signal.wakeDescriptor, events: Int16(POLLIN), revents: 0),
            ]
            let remaining = deadline.map { Int32(clamping: max(0, $0 - monotonicMilliseconds())) } ?? -1
            let ready = poll(&descriptors, 2, remaining)
            if ready < 0 && errno == EINTR { continue }
            if signal.isRequested { throw .cancelled }
            if ready == 0 {
                return PostgresError(
                    .unreachable,
                    "\(address(connection)) did not answer within \(limit ?? 0) seconds")
            }
            switch PQconnectPoll(connection) {
            case PGRES_POLLING_OK: return nil
            case PGRES_POLLING_READING: events = Int16(POLLIN)
            case PGRES_POLLING_WRITING: events = Int16(POLLOUT)
            default: throw failed
            }
            let now = trial(connection)
            if now != tried { (tried, deadline) = (now, nextDeadline()) }
        }
    }

    /// What tells one address that libpq tries from the next.
    private static func trial(_ connection: OpaquePointer) -> [String] {
        [PQhost(connection), PQport(connection), PQhostaddr(connection)].map { $0.map { String(cString: $0) } ?? "" }
    }

    /// The time limit for connecting; nil for no limit, which libpq writes as 0.
    private static func effectiveTimeoutSeconds(
        _ connection: OpaquePointer, _ configuration: PostgresConfiguration
    ) -> Int? {
        var limit = configuration.connectTimeoutSeconds
        if let options = PQconninfo(connection) {
            var next = options
            while let keyword = next.pointee.keyword {
                if strcmp(keyword, "connect_timeout") == 0, let value = next.pointee.val {
                    limit = Int(String(cString: value)) ?? limit
                }
                next += 1
            }
            PQconninfoFree(options)
        }
        return limit > 0 ? min(limit, 86400) : nil
    }

    private static func address(_ connection: OpaquePointer) -> String {
        let host = PQhost(connection).map { String(cString: $0) } ?? ""
        let port = PQport(connection).map { String(cString: $0) } ?? ""
        return host.hasPrefix("/") ? "the socket \(host)/.s.PGSQL.\(port)" : "\(host):\(port)"
    }

    /// Why a connection was not established, in one sentence.
    private static func failure(_ connection: OpaquePointer, _ configuration: PostgresConfiguration) -> PostgresError {
        let text = configuration.redacted(PQerrorMessage(connection).map { String(cString: $0) } ?? "")
        let user = PQuser(connection).map { String(cString: $0) } ?? ""
        let database = PQdb(connection).map { String(cString: $0) } ?? ""
        if PQconnectionNeedsPassword(connection) != 0 {
            return PostgresError(
                .authenticationFailed,
                "the Postgres server at \(address(connection)) asks for a password of user \"\(user)\", and none is set"
            )
        }
        guard let (state, reason) = serverReport(in: text) else {
            let line = PostgresError.singleLine(withoutHints(text))
            if line.hasPrefix("invalid ") {
                return PostgresError(.invalidConfiguration, "the Postgres connection parameters are not valid: \(line)")
            }
            return PostgresError(.unreachable, line)
        }
        switch state {
        case .invalidPassword:
            return PostgresError(
                .authenticationFailed,
                "the Postgres server at \(address(connection)) refused the password of user \"\(user)\"",
                sqlState: state)
        case .invalidAuthorization, .insufficientPrivilege:
            return PostgresError(
                .authenticationFailed,
                "the Postgres server at \(address(connection)) refused user \"\(user)\": \(reason)", sqlState: state)
        case .invalidCatalogName:
            return PostgresError(
                .unknownDatabase,
                "the Postgres server at \(address(connection)) has no database \"\(database)\"", sqlState: state)
        case _ where state.conditionClass == "22" || state.conditionClass == "42":
            return PostgresError(
                .invalidConfiguration, "the Postgres connection parameters are not valid: \(reason)", sqlState: state)
        default:
            return PostgresError(.unreachable, "\(address(connection)): \(reason)", sqlState: state)
        }
    }

    /// The last `SEVERITY:  CODE: message` in libpq's text. The server translates severities.
    static func serverReport(in text: String) -> (SQLState, String)? {
        for line in text.split(separator: "\n").reversed() {
            for separator in line.ranges(of: ":  ").reversed() {
                let rest = line[separator.upperBound...]
                let code = rest.prefix(5)
                guard code.utf8.count == 5, rest.dropFirst(5).hasPrefix(": "),
                    code.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x41 && $0 <= 0x5A) })
                else { continue }
                return (SQLState(rawValue: String(code)), String(rest.dropFirst(7)))
            }
        }
        return nil
    }

    /// A text without libpq's guesses, which are the lines that begin with a tab.
    private static func withoutHints(_ text: String) -> String {
        text.split(separator: "\n").filter { !$0.hasPrefix("\t") }.joined(separator: "\n")
    }
}
