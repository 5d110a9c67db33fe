import LedgerJSON
import Operations
import OptionTrades

/// An error in the form for clients: RFC 9457 with a stable code, and never a statement, a path or a secret.
struct Problem: Error {
    enum Code: String {
        case badRequest = "bad_request"
        case badParameter = "bad_parameter"
        case unknownParameter = "unknown_parameter"
        case badCursor = "bad_cursor"
        case badBody = "bad_body"
        case positionUnknown = "position_unknown"
        case uriTooLong = "uri_too_long"
        case requestTimeout = "request_timeout"
        case tooManyConnections = "too_many_connections"
        case bodyTooLarge = "body_too_large"
        case unauthorized
        case forbidden
        case notFound = "not_found"
        case noCheckpoint = "no_checkpoint"
        case methodNotAllowed = "method_not_allowed"
        case conflict
        case tooManyFailures = "too_many_failures"
        case tooManyRequests = "too_many_requests"
        case tooManyStreams = "too_many_streams"
        case overloaded
        case deadlineExceeded = "deadline_exceeded"
        case forkDetected = "fork_detected"
        case forkSuspected = "fork_suspected"
        case feedFailed = "feed_failed"
        case feedTimedOut = "feed_timed_out"
        case feedNotConfigured = "feed_not_configured"
        case adminKeyNotConfigured = "admin_key_not_configured"
        case tradeKeyNotConfigured = "trade_key_not_configured"
        case brokerNotConfigured = "broker_not_configured"
        case brokerFailed = "broker_failed"
        case projectionBehind = "projection_behind"
        case rulesUnavailable = "rules_unavailable"
        case foldTooLarge = "fold_too_large"
        case asOfUndecided = "as_of_undecided"
        case databaseUnreachable = "database_unreachable"
        case archiveUnreachable = "archive_unreachable"
        case clockRegressed = "clock_regressed"
        case notReady = "not_ready"
        case notYetPublished = "not_yet_published"
        case stopping
        case leafTooLarge = "leaf_too_large"
        case internalError = "internal"

        var status: Int {
            switch self {
            case .badRequest, .badParameter, .unknownParameter, .badCursor, .badBody, .positionUnknown: 400
            case .unauthorized: 401
            case .forbidden: 403
            case .notFound, .noCheckpoint: 404
            case .methodNotAllowed: 405
            case .requestTimeout: 408
            case .conflict, .forkDetected, .forkSuspected, .rulesUnavailable: 409
            case .bodyTooLarge: 413
            case .uriTooLong: 414
            case .tooManyFailures, .tooManyConnections, .tooManyRequests: 429
            case .internalError, .leafTooLarge: 500
            case .feedFailed, .brokerFailed: 502
            case .feedNotConfigured, .adminKeyNotConfigured, .tradeKeyNotConfigured, .brokerNotConfigured,
                .projectionBehind, .databaseUnreachable, .archiveUnreachable, .clockRegressed, .notReady,
                .notYetPublished, .stopping, .tooManyStreams, .overloaded, .deadlineExceeded, .foldTooLarge, .asOfUndecided:
                503
            case .feedTimedOut: 504
            }
        }
    }

    let code: Code
    /// The code's own status, unless the place of the error implies another: an unknown position in a path is a 404.
    let status: Int
    let detail: String
    var headers: [(name: String, value: String)] = []

    init(_ code: Code, status: Int? = nil, _ detail: String) {
        self.code = code
        self.status = status ?? code.status
        self.detail = detail
        switch code {
        case .unauthorized: headers = [("WWW-Authenticate", "Bearer")]
        case .projectionBehind, .overloaded, .deadlineExceeded, .asOfUndecided, .notYetPublished: headers = [("Retry-After", "1")]
        case .tooManyStreams, .tooManyConnections: headers = [("Retry-After", "5")]
        case .databaseUnreachable, .archiveUnreachable, .notReady, .stopping: headers = [("Retry-After", "2")]
        default: break
        }
    }

    /// The queue of waiting requests is full.
    static let overloaded = Problem(.overloaded, "too many requests wait already")

    /// The service ends, and with it the request.
    static let stopping = Problem(.stopping, "the service is stopping")

    /// An address has its maximum number of connections, each with a request in progress.
    static let tooManyConnections = Problem(.tooManyConnections, "too many connections of this address are open")

    /// A request did not arrive in time.
    static func requestTimeout(_ limit: Duration) -> Problem {
        Problem(.requestTimeout, "the request did not come within \(limit.components.seconds) seconds")
    }

    /// A body exceeds the limit.
    static func bodyTooLarge(_ limit: Int) -> Problem {
        Problem(.bodyTooLarge, "the body is longer than \(limit) bytes, or broke off")
    }

    /// An address sent too many wrong keys.
    static func tooManyFailures(waitSeconds: Int) -> Problem {
        var problem = Problem(.tooManyFailures, "too many wrong keys came from this address")
        problem.headers = [("Retry-After", "\(waitSeconds)")]
        return problem
    }

    /// An address asked too often for the open log.
    static func tooManyRequests(waitSeconds: Int) -> Problem {
        var problem = Problem(.tooManyRequests, "too many requests without a key came from this address")
        problem.headers = [("Retry-After", "\(waitSeconds)")]
        return problem
    }

    /// Translates an error from an operation. An unknown error reveals nothing about internals.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as ViewError:
            switch error {
            case .badCursor: self.init(.badCursor, "\(error)")
            case .badParameter: self.init(.badParameter, "\(error)")
            case .notActivated: self.init(.notReady, "\(error)")
            case .rulesUnavailable: self.init(.rulesUnavailable, "\(error)")
            case .unknownTrade: self.init(.notFound, "\(error)")
            case .foldTooLarge: self.init(.foldTooLarge, "\(error)")
            case .asOfUndecided: self.init(.asOfUndecided, "\(error)")
            }
        case let error as BrokerError:
            switch error {
            case .badField: self.init(.badBody, "\(error)")
            case .unknownIntent: self.init(.notFound, "\(error)")
            case .differentIntent, .ended, .refused, .otherDispatcher: self.init(.conflict, "\(error)")
            case .notConfigured: self.init(.brokerNotConfigured, "\(error)")
            case .unreachable: self.init(.brokerFailed, "\(error)")
            }
        case let error as SyncError:
            switch error {
            case .alreadyRunning: self.init(.conflict, "\(error)")
            case .badOptions(let problem): self.init(.badBody, problem)
            case .source(let failure):
                self.init(failure.kind == .timedOut ? .feedTimedOut : .feedFailed, "\(failure)")
            }
        case let error as BackfillError:
            switch error {
            case .alreadyRunning: self.init(.conflict, "\(error)")
            case .badOptions: self.init(.badBody, "\(error)")
            case .unreachable: self.init(.feedFailed, "\(error)")
            case .notConfigured: self.init(.feedNotConfigured, "\(error)")
            }
        case let error as TileError:
            switch error {
            case .noCheckpoint: self.init(.noCheckpoint, "no head of this ledger is published yet")
            case .noSuchTile, .directory: self.init(.notFound, "there is nothing at this path")
            case .notYetPublished: self.init(.notYetPublished, "\(error)")
            case .entryTooLong: self.init(.leafTooLarge, "\(error)")
            }
        case is DeadlineExceeded: self.init(.deadlineExceeded, "the request took longer than it may, and was cancelled")
        case is CancellationError: self = .stopping
        default:
            self = LedgerFailure(error).map { Problem($0) } ?? Problem(.internalError, "the request failed; the log says why")
        }
    }

    private init(_ failure: LedgerFailure) {
        switch failure.kind {
        case .positionUnknown: self.init(.positionUnknown, failure.reason)
        case .projectionBehind: self.init(.projectionBehind, failure.reason)
        case .conflict: self.init(.conflict, failure.reason)
        case .versionUnknown: self.init(.badParameter, failure.reason)
        case .clockRegressed: self.init(.clockRegressed, failure.reason)
        case .otherSchema: self.init(.notReady, "the database's schema is not this program's")
        case .unsafeServer: self.init(.notReady, "the database may lose what it acknowledges: nothing is written to it")
        case .unreachable: self.init(.databaseUnreachable, "the database can't be reached")
        case .archiveUnreachable:
            self.init(.archiveUnreachable, "an event that the answer needs is in an archive, and the archive can't be read")
        case .cancelled: self = .stopping
        }
    }

    /// - Parameter redact: replaces configured secrets.
    func response(redact: (String) -> String = { $0 }) -> APIResponse {
        let body = JSONNode.object([
            ("type", .string("about:blank")), ("title", .string(title)), ("status", .integer(Int64(status))),
            ("detail", .string(redact(detail))), ("code", .string(code.rawValue)),
        ]).httpBytes()
        var response = APIResponse.json(body, status: status, cache: "no-store")
        response.headers[0].value = "application/problem+json"
        response.headers += headers
        return response
    }

    private var title: String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 429: "Too Many Requests"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: "Internal Server Error"
        }
    }
}
