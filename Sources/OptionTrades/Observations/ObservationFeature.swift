import LedgerExplanations
import LedgerProjections

extension TradeFeature {
    /// The observations of one kind as a view.
    init(view: View, of table: ObservationTable) {
        self.init(
            view: view,
            projection: ProjectionSource(table.name) { version, read in
                try ObservationsProjection(table, rulesVersion: version, read: read)
            },
            explainer: ExplainerSource(table.name) { _, _, _ in ObservationsExplainer(table: table) })
    }
}

extension View {
    /// What a list of observations is called, filtered and reduced by.
    static func ofObservations(
        _ name: String, title: String, path: StaticString, of table: ObservationTable, latest: LatestRows = .ofMarket
    ) -> View {
        View(
            name, title: title, path: path, projection: table.name, key: table.key,
            filters: [.text("currency", table.subject, "Currency")], timeColumn: "timestamp", latest: latest,
            whenEmpty: "No observation of this kind is recorded yet: `alpha-ledger observe import FILE --apply` does that.")
    }
}
