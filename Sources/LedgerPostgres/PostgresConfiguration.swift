import CLedgerLibPQ

/// The address of a Postgres server, and the setup of a session on it.
///
/// The URI is libpq's (`postgresql://user:password@host:port/database?sslmode=…`, or keyword/value form). libpq fills
/// anything that the URI omits from its environment variables and defaults, including TLS.
public struct PostgresConfiguration: Sendable {
    public let uri: String

    /// The role that the session assumes (`SET ROLE`) right after it connects.
    public var role: String?

    /// The name of the session in `pg_stat_activity`.
    public var applicationName: String

    /// The time limit for connecting, unless the URI has a `connect_timeout` of its own.
    public var connectTimeoutSeconds: Int

    /// The time limit after which the server cancels a statement; nil for no limit.
    public var statementTimeoutMilliseconds: Int?

    /// Server settings for the session, by name.
    public var settings: [String: String] = [:]

    /// The largest number of prepared statements that a session keeps on the server.
    public var preparedStatementLimit: Int

    /// What the program gives its sessions to carry, for code that knows nothing but the session.
    package var context: (any Sendable)?

    public init(
        uri: String, role: String? = nil, applicationName: String = "postgres-client",
        connectTimeoutSeconds: Int = 10, statementTimeoutMilliseconds: Int? = nil,
        preparedStatementLimit: Int = 128
    ) {
        self.uri = uri
        self.role = role
        self.applicationName = applicationName
        self.connectTimeoutSeconds = connectTimeoutSeconds
        self.statementTimeoutMilliseconds = statementTimeoutMilliseconds
        self.preparedStatementLimit = max(1, preparedStatementLimit)
    }

    /// The parameters given in the URI, without passwords, by libpq's keyword (`host`, `port`, `dbname`, `user`…).
    ///
    /// Throws if libpq can't read the URI.
    public func parameters() throws(PostgresError) -> [String: String] {
        try parsed().filter { !$0.isSecret }.reduce(into: [:]) { $0[$1.keyword] = $1.value }
    }

    /// A message with every secret of the URI replaced.
    func redacted(_ text: String) -> String {
        guard let parameters = try? parsed() else { return text }
        var text = text
        for parameter in parameters where parameter.isSecret && parameter.value.utf8.count >= 4 {
            text.replace(parameter.value, with: "***")
        }
        return text
    }

    struct Parameter {
        let keyword: String
        let value: String
        let isSecret: Bool
    }

    /// The URI's parameters as libpq reads them.
    func parsed() throws(PostgresError) -> [Parameter] {
        var failure: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(uri, &failure) else {
            // libpq quotes the URI, and so perhaps its password, after the last colon.
            let text = failure.map { String(cString: $0) } ?? "out of memory"
            PQfreemem(failure)
            let reason = text.firstRange(of: ": \"").map { String(text[..<$0.lowerBound]) } ?? ""
            let safe = reason.contains("\"") || reason.isEmpty ? "" : ": \(reason)"
            throw PostgresError(
                .invalidConfiguration, "the Postgres connection URI is not valid\(PostgresError.singleLine(safe))")
        }
        defer { PQconninfoFree(options) }
        var parameters: [Parameter] = []
        var next = options
        while let keyword = next.pointee.keyword {
            if let value = next.pointee.val {
                let isSecret = next.pointee.dispchar.map { $0.pointee == 0x2A } ?? false
                parameters.append(
                    Parameter(
                        keyword: String(cString: keyword), value: String(cString: value), isSecret: isSecret))
            }
            next += 1
        }
        return parameters
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible {
    /// The URI's parameters without passwords.
    public var description: String {
        guard let parameters = try? parsed() else { return "an invalid Postgres connection URI" }
        return parameters.filter { !$0.isSecret }.map { "\($0.keyword)=\($0.value)" }.joined(separator: " ")
    }

    public var debugDescription: String { description }
}

extension PostgresConfiguration: CustomReflectable {
    /// A mirror without the URI, so that `dump` shows no password.
    public var customMirror: Mirror {
        Mirror(self, children: ["parameters": description, "role": role as Any, "applicationName": applicationName])
    }
}
