import PrometheusMetrics

/// The counters of requests and streams while the service runs.
final class ServiceMetrics: Sendable {
    private let requests = Histogram(
        "alpha_ledger_http_request_seconds", help: "Time from a request to its answer, or to a stream's first byte.",
        labels: ["route", "method", "status"])
    private let authentication = Counter(
        "alpha_ledger_http_refused_keys_total", help: "Requests refused for their key, or for too many wrong ones before.",
        labels: ["code"])
    let droppedStreams = Counter(
        "alpha_ledger_event_streams_dropped_total", help: "Event streams ended because their reader left a piece unread.")

    let closedConnections = Counter(
        "alpha_ledger_connections_closed_total",
        help: "Connections that the service ended: for a request or a reader that was too slow, or because there were too many.",
        labels: ["reason"])

    func observe(_ exchange: Exchange, status: Int, _ duration: Duration) {
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        requests.observe(seconds, [exchange.route, exchange.methodLabel, "\(status)"])
        switch exchange.problem {
        case .unauthorized, .tooManyFailures: authentication.increment([exchange.problem?.rawValue ?? ""])
        default: break
        }
    }

    var families: [MetricFamily] { [requests.family, authentication.family, droppedStreams.family, closedConnections.family] }
}
