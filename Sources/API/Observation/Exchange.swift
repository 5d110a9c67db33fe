import Logging

/// What is known of a request and its answer, for logs and metrics.
struct Exchange {
    let id: String
    let method: String
    let path: String
    let peer: String
    /// The pattern of the route that answered; `none` where none did.
    var route = Exchange.noRoute
    static let noRoute = "none"
    /// Nil where the request was refused before that was known.
    var caller: AccessPolicy.Caller?
    var problem: Problem.Code?
    /// There is a body that was not read, or not to its end.
    var leavesBody = false

    private static let knownMethods: Set<String> = ["GET", "HEAD", "POST", "OPTIONS"]

    init(id: String, request: APIRequest) {
        self.id = id
        method = request.method
        path = request.path
        peer = request.peer
    }

    /// The method as a metric's label: what clients make up is one value.
    var methodLabel: String { Self.knownMethods.contains(method) ? method : "other" }

    /// What an internal error said, for the operator only.
    func logFailure(_ reason: String, _ logger: Logger) {
        logger.error("request failed", metadata: ["request_id": "\(id)", "path": "\(path)", "reason": "\(reason)"])
    }

    /// The audit line of a POST; other requests show at the level `debug`.
    func log(status: Int, _ duration: Duration, _ logger: Logger) {
        let isPost = method == "POST"
        logger.log(
            level: isPost ? .notice : .debug, isPost ? "POST" : "request",
            metadata: [
                "request_id": "\(id)", "method": "\(method)", "path": "\(path)", "caller": "\(caller?.rawValue ?? "unknown")",
                "peer": "\(peer)", "status": "\(status)", "code": "\(problem?.rawValue ?? "ok")",
                "milliseconds": "\(duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000)",
            ])
    }
}
