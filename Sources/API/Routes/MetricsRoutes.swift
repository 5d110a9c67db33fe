import Operations
import OptionTrades
import PrometheusMetrics

extension Route {
    static let metrics = [
        Route("GET", "/metrics", isUngated: true) { api, request, _ in try await api.metricsText(request) }
    ]
}

extension API {
    /// The time for the database to report the state of the projections.
    private static let databaseSeconds = 3

    /// All metrics in the Prometheus text format. If the database cannot be reached, its metrics are omitted and
    /// `alpha_ledger_database_up` is 0.
    func metricsText(_ request: APIRequest) async throws -> APIResponse {
        _ = try Parameters(request.query, allowed: [])
        var families = await logFamilies() + poolFamilies() + [UpstreamMetrics.calls.family] + metrics.families
        families += await streamFamilies() + ProcessFigures.families + captureFamilies()
        families.append(.gauge("alpha_ledger_connections", help: "Open connections of clients.", Double(connections.count)))
        let status = try? await withDeadline(.seconds(Self.databaseSeconds)) { [ledger] in
            try await ProjectionStatus.all(ledger)
        }
        families.append(
            .gauge("alpha_ledger_database_up", help: "1 where the database answers.", status == nil ? 0 : 1))
        if let status {
            families += Self.projectionFamilies(status)
            families += (try? await withDeadline(.seconds(Self.databaseSeconds)) { try await brokerFamilies() }) ?? []
        }
        var response = APIResponse.json(PrometheusText.bytes(families), cache: "no-store")
        response.headers[0].value = PrometheusText.contentType
        return response
    }

    private func logFamilies() async -> [MetricFamily] {
        let appends = await ledger.appendCounts()
        return [
            .counter(
                "alpha_ledger_appends_total", help: "Append requests answered without an error by this process.",
                Double(appends.requests)),
            .counter(
                "alpha_ledger_append_batches_total", help: "Commits that appended events by this process.",
                Double(appends.commits)),
            .counter(
                "alpha_ledger_events_appended_total", help: "Events appended by this process.", Double(appends.events)),
        ]
    }

    private func brokerFamilies() async throws -> [MetricFamily] {
        var summaries: [SourceSummary] = []
        for source in BrokerSource.allCases { summaries.append(try await brokers.summary(of: source)) }
        return BrokerMetrics.families(summaries, now: ledger.now())
    }

    private func captureFamilies() -> [MetricFamily] {
        let counts = ledger.captures.counts
        return [
            MetricFamily(
                "alpha_ledger_capture_hours_total", .counter, help: "Hours of series that this process asked for, by what became of them.",
                counts.hours.map { .init(Double($0.count), labels: [("series", $0.series.rawValue), ("outcome", $0.outcome.rawValue)]) }),
            MetricFamily(
                "alpha_ledger_capture_observations_total", .counter, help: "Observations that captures of this process appended.",
                counts.rows.map { .init(Double($0.count), labels: [("series", $0.series.rawValue)]) }),
        ]
    }

    private func poolFamilies() -> [MetricFamily] {
        let pools = ledger.poolUsage
        func family(_ name: String, _ help: String, _ value: KeyPath<PoolUsage, Int>) -> MetricFamily {
            MetricFamily(
                "alpha_ledger_pool_\(name)", .gauge, help: help,
                pools.map { .init(Double($0[keyPath: value]), labels: [("pool", $0.name)]) })
        }
        return [
            family("in_use", "Database connections in use.", \.inUse), family("idle", "Open ones nobody uses.", \.idle),
            family("waiting", "Who waits for a connection.", \.waiting), family("maximum", "Connections at most.", \.maximum),
        ]
    }

    private func streamFamilies() async -> [MetricFamily] {
        let load = load
        return [
            .gauge("alpha_ledger_event_streams", help: "Open event streams.", Double(await feed.streamCount)),
            .counter(
                "alpha_ledger_event_stream_queries_total", help: "Queries made for all event streams together.",
                Double(await feed.queries)),
            .gauge("alpha_ledger_http_requests_running", help: "Requests being answered.", Double(load.running)),
            .gauge("alpha_ledger_http_requests_waiting", help: "Requests that wait for their turn.", Double(load.waiting)),
        ]
    }

    private static func projectionFamilies(_ status: ProjectionStatus.List) -> [MetricFamily] {
        func family(_ name: String, _ help: String, _ value: (ProjectionStatus) -> Double) -> MetricFamily {
            MetricFamily(
                name, .gauge, help: help,
                status.versions.map { one in
                    .init(
                        value(one),
                        labels: [
                            ("projection", one.name), ("version", one.version), ("code_version", "\(one.codeVersion)"),
                        ])
                })
        }
        return [
            .gauge("alpha_ledger_head_position", help: "The log's last position.", Double(status.headPosition)),
            family("alpha_ledger_projection_position", "Position up to which a version is folded.") { Double($0.position) },
            family("alpha_ledger_projection_lag_events", "Events in the log that a version has not folded.") { Double($0.lag) },
            family("alpha_ledger_projection_served", "1 for the version that answers.") { $0.isServed ? 1 : 0 },
            family("alpha_ledger_projection_rebuilding", "1 while a rebuild is under way, or can be resumed.") {
                $0.rebuildPosition == nil ? 0 : 1
            },
            family("alpha_ledger_projection_rebuild_position", "How far a rebuild has come; 0 where there is none.") {
                Double($0.rebuildPosition ?? 0)
            },
            family("alpha_ledger_projection_poisoned", "1 where an event stopped a version.") { $0.poison == nil ? 0 : 1 },
        ]
    }
}
