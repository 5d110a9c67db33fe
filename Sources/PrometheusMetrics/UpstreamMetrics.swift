/// Counts of calls to upstreams for the whole process, whoever makes them.
package enum UpstreamMetrics {
    package static let calls = Counter(
        "alpha_ledger_upstream_calls_total", help: "Requests sent to an upstream, by how they ended.",
        labels: ["upstream", "outcome"])

    /// Counts one request. `outcome` is a status class such as `2xx`, or the reason for a missing answer, such as
    /// `timed_out`.
    package static func count(_ upstream: String, outcome: String) { calls.increment([upstream, outcome]) }
}
