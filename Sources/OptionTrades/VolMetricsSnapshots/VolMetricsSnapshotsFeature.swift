extension TradeFeature {
    static let volMetricsSnapshots = TradeFeature(view: .volMetricsSnapshots, of: .volMetricsSnapshots)
}

extension ObservationTable {
    static let volMetricsSnapshots = ObservationTable(
        "vol_metrics_snapshots", of: .volMetrics, snapshots: "vol_metrics", hasMissingSources: true)
}

extension View {
    package static let volMetricsSnapshots = View.ofObservations(
        "vol-metrics-snapshots", title: "Volatility figures", path: "/api/market/series/vol_metrics_snapshots",
        of: .volMetricsSnapshots)
}
