import Events
import OptionTrades
import Rules
import Values

/// A view that users read by name, over the rows of one projection.
public struct View: Sendable {
    /// Its name on the command line, for example `sync-state`.
    public let name: String
    /// Its address over HTTP.
    public let path: StaticString
    public let projection: String
    /// Without those on time.
    public let filters: [ViewFilter]
    /// The column that `from` and `to` compare; nil where they do not apply.
    public let timeColumn: String?
    /// Whether a reader asks for horizons, and its rows depend on the reader's now.
    public let hasHorizons: Bool
    /// A remark that every answer carries, beside the rows.
    public let remark: (name: String, text: String)?

    private init(
        _ name: String, path: StaticString, projection: String, own filters: [ViewFilter],
        timeColumn: String? = "trade_date", hasHorizons: Bool = false,
        remark: (name: String, text: String)? = nil
    ) {
        self.name = name
        self.path = path
        self.projection = projection
        self.filters =
            [
                .text("source", "source", "Source"), .text("portfolio", "source_portfolio", "Portfolio"),
                .text("underlying", "underlying_symbol", "Underlying"),
            ] + filters
        self.timeColumn = timeColumn
        self.hasHorizons = hasHorizons
        self.remark = remark
    }

    private init(unfiltered name: String, path: StaticString, projection: String) {
        self.name = name
        self.path = path
        self.projection = projection
        filters = []
        timeColumn = nil
        hasHorizons = false
        remark = nil
    }

    public static let trades = View(
        "trades", path: "/api/internal/trades", projection: "trades",
        own: [
            .choice("state", "trade_status", "Status", TradeStatus.self),
            .choice("quality", "mapping_quality", "Mapping", ["available", "proxy_mapped", "unmapped"]),
        ])
    public static let syncState = View(
        unfiltered: "sync-state", path: "/api/internal/trades/sync-state", projection: "sync_state")
    public static let lifecycles = View(
        "lifecycles", path: "/api/internal/trades/positions", projection: "lifecycles",
        own: [
            .choice("state", "lifecycle_state", "State", Lifecycle.State.self),
            .choice("quality", "lifecycle_quality", "Quality", ["clean", "open", "incomplete_economics", "ambiguous"]),
        ], timeColumn: "opened_at",
        remark: ("realized_pnl_authority", "derived_unvalidated"))
    public static let context = View(
        "context", path: "/api/internal/trades/context", projection: "context",
        own: [
            .choice("state", "gamma_regime", "Gamma regime", ["long_gamma", "neutral", "short_gamma"]),
            .choice(
                "quality", "context_quality", "Quality", ["available", "proxy_mapped", "stale", "unavailable", "unmapped"]),
        ])
    public static let executionQuality = View(
        "execution-quality", path: "/api/internal/trades/execution-quality", projection: "execution_quality",
        own: [
            .choice("quality", "benchmark_quality", "Benchmark", BenchmarkQuality.self),
            .choice("state", "execution_liquidity_quality", "Liquidity", ExecutionLiquidityQuality.self),
        ])
    public static let alignment = View(
        "alignment", path: "/api/internal/trades/opportunity-alignment", projection: "alignment",
        own: [
            .choice("label", "alignment_label", "Label", AlignmentLabel.self),
            .choice("quality", "confidence_label", "Confidence", ConfidenceLabel.self),
        ])
    public static let outcomes = View(
        "outcomes", path: "/api/internal/trades/outcomes", projection: "outcomes",
        own: [
            .choice("state", "outcome_state", "Outcome", OutcomeState.self),
            .choice("quality", "mark_quality", "Mark", MarkQuality.self),
            .choice("label", "alignment_label", "Alignment", AlignmentLabel.self),
        ], hasHorizons: true)

    public static let all = [
        trades, lifecycles, context, executionQuality, alignment, outcomes, syncState,
    ]

    /// The view that a user names, by its own name (`execution-quality`) or its projection's (`execution_quality`).
    public static func named(_ name: String) -> View? {
        all.first { $0.name.isBytewiseEqual(to: name) || $0.projection.isBytewiseEqual(to: name) }
    }

    /// What is expected in the place of a name that no view has.
    public static func expected(insteadOf name: String) -> String {
        "one of \(all.map(\.name).joined(separator: ", "))\(Suggestion.question(name, among: all.map(\.name)))"
    }

    /// The filter of a parameter; nil for one that the view does not have.
    public func filter(_ parameter: String) -> ViewFilter? { filters.first { $0.parameter == parameter } }

    /// The parameters that select rows.
    public var filterParameters: [String] { filters.map(\.parameter) + (timeColumn == nil ? [] : ["from", "to"]) }
}
