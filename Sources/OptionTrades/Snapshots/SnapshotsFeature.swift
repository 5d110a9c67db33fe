import LedgerExplanations
import LedgerProjections

extension TradeFeature {
    static let snapshots = TradeFeature(
        view: .snapshots,
        projection: ProjectionSource(SnapshotsProjection.name) { version, read in
            try SnapshotsProjection(rulesVersion: version, read: read)
        },
        explainer: ExplainerSource(SnapshotsProjection.name) { _, _, _ in SnapshotsExplainer() })
}

extension View {
    package static let snapshots = View(
        "snapshots", title: "Snapshots", path: "/api/market/series/snapshots", projection: SnapshotsProjection.name,
        key: ["currency", "snapshot_date", "snapshot_type"],
        filters: [.text("currency", "currency", "Currency"), .text("snapshot_type", "snapshot_type", "Type")],
        timeColumn: "last_capture", latest: .ofMarket,
        whenEmpty: "Nothing was captured yet: `alpha-ledger capture SERIES --currency BTC --apply` does that.")
}
