import Logging

/// The facts about a request and its answer, for logs and metrics.
struct Exchange {
    let id: String
    let method: String
    let path: String
    let peer: String
    /// The pattern of the route that answered, or `none` without a route.
    var route = Exchange.noRoute
    static let noRoute = "none"
    /// Nil if the request was refused before the caller was known.
    var caller: AccessPolicy.Caller?
    /// The name of the caller's key; nil for a key without a name.
    var actor: String?
    var problem: Problem.Code?
    /// Whether the request has a body that was not read to its end.
    var leavesBody = false

    private static let knownMethods: Set<String> = ["GET", "HEAD", "POST", "OPTIONS"]

    init(id: String, request: APIRequest) {
        self.id = id
        method = request.method
        path = request.path
        peer = request.peer
    }

    /// The method as a metric's label. All invented methods share one value.
    var methodLabel: String { Self.knownMethods.contains(method) ? method : "other" }

    /// Logs the text of an internal error, which only the operator may see.
    func logFailure(_ reason: String, _ logger: Logger) {
        logger.error("request failed", metadata: ["request_id": "\(id)", "path": "\(path)", "reason": "\(reason)"])
    }

    /// Writes the audit line of a POST. Other requests are logged at the level `debug`.
    func log(status: Int, _ duration: Duration, _ logger: Logger) {
        let isPost = method == "POST"
        logger.log(
            level: isPost ? .notice : .debug, isPost ? "POST" : "request",
            metadata: [
                "request_id": "\(id)", "method": "\(method)", "path": "\(path)", "caller": "\(caller?.rawValue ?? "unknown")",
                "actor": "\(actor ?? "-")", "peer": "\(peer)", "status": "\(status)", "code": "\(problem?.rawValue ?? "ok")",
                "milliseconds": "\(duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000)",
            ])
    }
}
