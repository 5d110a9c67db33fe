import CLedgerLibPQ

/// The protocol's letters for the parts of an error.
private enum DiagnosticField: UInt8 {
    case severity = 0x56  // V, not translated
    case sqlState = 0x43  // C
    case message = 0x4D  // M
    case detail = 0x44  // D
    case hint = 0x48  // H
    case schema = 0x73  // s
    case table = 0x74  // t
    case column = 0x63  // c
    case constraint = 0x6E  // n
    case sourceFunction = 0x52  // R
}

extension PostgresSession {
    /// The error that a failed result reports.
    func error(of result: OpaquePointer) -> PostgresError {
        func field(_ code: DiagnosticField) -> String? {
            PQresultErrorField(result, Int32(code.rawValue)).map { String(cString: $0) }
        }
        guard let state = field(.sqlState).map(SQLState.init(rawValue:)) else {
            let text = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
            // A statement that could not be sent leaves libpq's status unchanged. The server may have sent a message
            // before it closed, as in an immediate shutdown, and only the next read finds the end.
            return isDead() ? lostConnection(text) : PostgresError(.misuse, PostgresError.singleLine(text))
        }
        let severity = field(.severity) ?? ""
        let isFatal = severity == "FATAL" || severity == "PANIC" || PQstatus(connection) == CONNECTION_BAD
        let isCancelled = state == .queryCanceled && signal.isRequested
        return PostgresError(
            isFatal ? .connectionLost : isCancelled ? .cancelled : .server,
            field(.message) ?? "", sqlState: state,
            detail: field(.detail), hint: field(.hint),
            schemaName: field(.schema), tableName: field(.table),
            columnName: field(.column), constraintName: field(.constraint),
            breaksConnection: isFatal,
            // The message is translated; the function that reports it isn't.
            isStalePlan: state == .invalidStatementName
                || (state == .featureNotSupported && field(.sourceFunction) == "RevalidateCachedQuery"))
    }

    /// The connection's own error, if no result reports one.
    func lostConnection(_ text: String? = nil) -> PostgresError {
        let text = text ?? PQerrorMessage(connection).map { String(cString: $0) } ?? ""
        let line = text.split(separator: "\n").first { !$0.hasPrefix("\t") }.map(String.init) ?? ""
        return PostgresError(
            .connectionLost, line.isEmpty ? "the server closed it" : PostgresError.singleLine(line),
            breaksConnection: true)
    }
}
