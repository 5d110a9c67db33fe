extension TradeFeature {
    static let ivSurfaceSnapshots = TradeFeature(view: .ivSurfaceSnapshots, of: .ivSurfaceSnapshots)
}

extension ObservationTable {
    static let ivSurfaceSnapshots = ObservationTable("iv_surface_snapshots", of: .ivSurface, snapshots: "iv_surface")
}

extension View {
    package static let ivSurfaceSnapshots = View.ofObservations(
        "iv-surface-snapshots", title: "Implied volatility surfaces", path: "/api/market/series/iv_surface_snapshots",
        of: .ivSurfaceSnapshots)
}
