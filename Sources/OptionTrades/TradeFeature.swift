public import Explanations
public import Projections

/// A view of option trades or of the market beside them: its folder makes it, and its line in ``TradeFeature/all`` registers it.
public struct TradeFeature: Sendable {
    public let view: View
    public let projection: ProjectionSource
    public let explainer: ExplainerSource

    public static let all: [TradeFeature] = [
        .trades, .lifecycles, .context, .executionQuality, .alignment, .outcomes, .syncState, .volMetricsSnapshots, .gexHourly,
    ]
}

/// The ledger of option trades, as a program opens it.
public enum TradeLedger {
    public static let model = LedgerModel(events: TradeEvents.registry, projections: TradeFeature.all.map(\.projection))
    public static let explainers = TradeFeature.all.map(\.explainer)
}
