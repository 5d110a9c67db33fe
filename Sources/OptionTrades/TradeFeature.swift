public import Explanations
public import Projections

/// A view of option trades. Its folder defines it, and its line in ``TradeFeature/all`` registers it.
public struct TradeFeature: Sendable {
    public let view: View
    public let projection: ProjectionSource
    public let explainer: ExplainerSource

    public static let all: [TradeFeature] = [
        .trades, .lifecycles, .context, .executionQuality, .alignment, .outcomes, .syncState, .volMetricsSnapshots, .gexHourly,
    ]
}

/// The model and the explainers of the option trade ledger, for a program that opens one.
public enum TradeLedger {
    /// The stored `source` of the Alpha feed's executions: the one that is meant if a reader names none.
    public static let standardSource = "alpha_sync"
    /// What the events of its runs call the Alpha feed.
    public static let standardFeed = "alpha_trade_feed"
    public static let model = LedgerModel(events: TradeEvents.registry, projections: TradeFeature.all.map(\.projection))
    public static let explainers = TradeFeature.all.map(\.explainer)
}
