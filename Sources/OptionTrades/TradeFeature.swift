package import LedgerExplanations
package import LedgerProjections

/// A view of option trades. Its folder defines it, and its line in ``TradeFeature/all`` registers it.
package struct TradeFeature: Sendable {
    package let view: View
    package let projection: ProjectionSource
    package let explainer: ExplainerSource

    package static let all: [TradeFeature] = [
        .trades, .lifecycles, .context, .executionQuality, .alignment, .outcomes, .syncState, .assertions, .volMetricsSnapshots, .gexHourly,
        .gexSnapshots, .ivSurfaceSnapshots, .spotSnapshots, .oiSnapshots, .termStructures, .optionPrints, .fundingRates, .futuresBasis,
        .liquidations, .putCall, .volumes, .volCones, .snapshots, .bars, .optionChains, .ivSurface, .exposure, .dispatches,
        .brokerPositions, .intradayFlow, .alerts,
    ]
}

/// The model and the explainers of the option trade ledger, for a program that opens one.
package enum TradeLedger {
    /// The stored `source` of the Alpha feed's executions: the one that is meant if a reader names none.
    package static let standardSource = "alpha_sync"
    /// What the events of its runs call the Alpha feed.
    package static let standardFeed = "alpha_trade_feed"
    package static let names = LedgerNames("alpha-ledger", unsafeDurability: "ALPHA_LEDGER_ALLOW_UNSAFE_DURABILITY=true")
    package static let model = LedgerModel(
        names: names, events: TradeEvents.registry, projections: TradeFeature.all.map(\.projection), patterns: [.optionSymbol])
    package static let explainers = TradeFeature.all.map(\.explainer)
}
