/// A failure between this program and Postgres.
///
/// `description` is one sentence without parameter values and without passwords. `String(reflecting:)` adds the server's
/// full report, which may quote data.
public struct PostgresError: Error, Sendable {
    enum Kind: Sendable, Equatable {
        case unreachable
        case serverTooOld
        case authenticationFailed
        case unknownDatabase
        case invalidConfiguration
        case connectionLost
        case commitOutcomeUnknown
        case notReplicated
        case rolledBack
        case cancelled
        case server
        case decoding
        case encoding
        case misuse
        case closed
    }

    let kind: Kind

    /// The code of the condition, if the server reported one.
    public let sqlState: SQLState?

    /// The primary message: the server's if the server reported the error, otherwise ours. It may quote data.
    public let message: String

    /// The server's DETAIL. It may quote data.
    public let detail: String?

    /// The server's HINT.
    public let hint: String?

    /// The schema, table, column and constraint that the server names.
    public let schemaName: String?
    public let tableName: String?
    public let columnName: String?
    public let constraintName: String?

    /// Whether the connection can no longer be used.
    let breaksConnection: Bool

    /// Whether the prepared statement is gone or its plan no longer fits, so that preparing it again helps.
    let isStalePlan: Bool

    init(
        _ kind: Kind, _ message: String, sqlState: SQLState? = nil, detail: String? = nil, hint: String? = nil,
        schemaName: String? = nil, tableName: String? = nil, columnName: String? = nil,
        constraintName: String? = nil, breaksConnection: Bool = false, isStalePlan: Bool = false
    ) {
        self.kind = kind
        self.message = message
        self.sqlState = sqlState
        self.detail = detail
        self.hint = hint
        self.schemaName = schemaName
        self.tableName = tableName
        self.columnName = columnName
        self.constraintName = constraintName
        self.breaksConnection = breaksConnection
        self.isStalePlan = isStalePlan
    }

    /// Whether the server could not be reached, or accepts no connections now; no session was ever established.
    public var isUnreachable: Bool { kind == .unreachable }

    /// Whether there is no usable connection: it was never established, was lost, or did not last until a COMMIT was
    /// replicated.
    public var isConnectionFailure: Bool {
        switch kind {
        case .unreachable, .connectionLost, .commitOutcomeUnknown, .notReplicated: true
        default: breaksConnection
        }
    }

    /// Whether a transaction may or may not have happened for good: the connection was lost while a COMMIT waited for its
    /// answer, or its wait for the synchronous standbys was cut short.
    public var isCommitOutcomeUnknown: Bool { kind == .commitOutcomeUnknown || kind == .notReplicated }

    /// Whether the task, and with it the statement, was cancelled.
    public var isCancelled: Bool { kind == .cancelled }

    public var isServerTooOld: Bool { kind == .serverTooOld }
    public var isAuthenticationFailure: Bool { kind == .authenticationFailed }
    public var isUnknownDatabase: Bool { kind == .unknownDatabase }
    public var isInvalidConfiguration: Bool { kind == .invalidConfiguration }
    /// Whether a column was read as a type that it does not have, or held a value that the type can't represent.
    public var isDecodingFailure: Bool { kind == .decoding }
    /// Whether a parameter can't be sent: it is too large, or an instant beyond what Postgres stores.
    public var isEncodingFailure: Bool { kind == .encoding }
    public var isUniqueViolation: Bool { sqlState == .uniqueViolation }
    public var isDiskFull: Bool { sqlState == .diskFull }
    /// Whether running the same transaction again may succeed.
    public var isSerializationFailure: Bool { sqlState == .serializationFailure || sqlState == .deadlockDetected }
}

extension PostgresError {
    static func decoding(_ message: String) -> PostgresError { PostgresError(.decoding, message) }
    static func encoding(_ message: String) -> PostgresError { PostgresError(.encoding, message) }
    static func misuse(_ message: String) -> PostgresError { PostgresError(.misuse, message) }
    static let cancelled = PostgresError(.cancelled, "the statement was cancelled", sqlState: .queryCanceled)
    static let poolClosed = PostgresError(.closed, "the connection pool is closed")
    static let connectionClosed = PostgresError(.closed, "the connection is closed", breaksConnection: true)

    /// The same error under another kind.
    func reclassified(as kind: Kind) -> PostgresError {
        PostgresError(
            kind, message, sqlState: sqlState, detail: detail, hint: hint, schemaName: schemaName,
            tableName: tableName, columnName: columnName, constraintName: constraintName,
            breaksConnection: breaksConnection)
    }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    /// One sentence without parameter values or passwords.
    public var description: String {
        let code = sqlState.map { " (SQLSTATE \($0))" } ?? ""
        switch kind {
        case .unreachable: return "Postgres cannot be reached: \(messageWithoutData)"
        case .serverTooOld, .authenticationFailed, .unknownDatabase, .invalidConfiguration: return messageWithoutData
        case .connectionLost: return "the connection to Postgres was lost: \(messageWithoutData)"
        case .commitOutcomeUnknown:
            return "the connection to Postgres was lost during COMMIT, so whether the transaction happened is unknown"
        case .notReplicated:
            return
                "Postgres committed a transaction without waiting for its synchronous standbys, so whether it outlasts a failover is unknown"
        case .cancelled: return "the statement was cancelled"
        case .server:
            if isDiskFull { return "the disk of the Postgres server is full: \(messageWithoutData)\(code)" }
            return "Postgres refused a statement: \(messageWithoutData)\(code)"
        case .rolledBack, .decoding, .encoding, .misuse, .closed: return messageWithoutData
        }
    }

    /// Everything known about the error, for debugging; it may quote data.
    public var debugDescription: String {
        var text = "PostgresError(\(kind), \(sqlState.map(\.rawValue) ?? "-"): \(message)"
        if let detail { text += "; detail: \(detail)" }
        if let hint { text += "; hint: \(hint)" }
        if let tableName { text += "; table: \(tableName)" }
        if let columnName { text += "; column: \(columnName)" }
        if let constraintName { text += "; constraint: \(constraintName)" }
        return text + ")"
    }

    /// The message on one line. For data exceptions (class 22) the quoted value is removed.
    private var messageWithoutData: String {
        var line = PostgresError.singleLine(message)
        if sqlState?.conditionClass == "22", let quote = line.firstRange(of: ": \"") {
            line = String(line[..<quote.lowerBound])
        }
        return line
    }

    /// The lines of a message joined by `; `, trimmed.
    static func singleLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline)
            .map { $0.drop(while: \.isWhitespace) }
            .filter { !$0.isEmpty }
            .joined(separator: "; ")
    }
}
