import Values

/// A view that users read by name, over the rows of one projection.
public struct View: Sendable {
    /// Its name on the command line, for example `sync-state`.
    public let name: String
    /// Its address over HTTP.
    public let path: StaticString
    public let projection: String
    /// Filter parameter → column.
    public let filters: [(parameter: String, column: String)]
    /// The column that `from` and `to` compare; nil where they do not apply.
    public let timeColumn: String?
    /// Whether a reader asks for horizons, and its rows depend on the reader's now.
    public let hasHorizons: Bool
    /// A remark that every answer carries, beside the rows.
    public let remark: (name: String, text: String)?

    private init(
        _ name: String, path: StaticString, projection: String, own filters: [(parameter: String, column: String)],
        timeColumn: String? = "trade_date", hasHorizons: Bool = false,
        remark: (name: String, text: String)? = nil
    ) {
        self.name = name
        self.path = path
        self.projection = projection
        self.filters =
            [("source", "source"), ("portfolio", "source_portfolio"), ("underlying", "underlying_symbol")] + filters
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
        own: [("state", "trade_status"), ("quality", "mapping_quality")])
    public static let syncState = View(
        unfiltered: "sync-state", path: "/api/internal/trades/sync-state", projection: "sync_state")
    public static let lifecycles = View(
        "lifecycles", path: "/api/internal/trades/positions", projection: "lifecycles",
        own: [("state", "lifecycle_state"), ("quality", "lifecycle_quality")], timeColumn: "opened_at",
        remark: ("realized_pnl_authority", "derived_unvalidated"))
    public static let context = View(
        "context", path: "/api/internal/trades/context", projection: "context",
        own: [("state", "gamma_regime"), ("quality", "context_quality")])
    public static let executionQuality = View(
        "execution-quality", path: "/api/internal/trades/execution-quality", projection: "execution_quality",
        own: [("state", "execution_liquidity_quality"), ("quality", "benchmark_quality")])
    public static let alignment = View(
        "alignment", path: "/api/internal/trades/opportunity-alignment", projection: "alignment",
        own: [("label", "alignment_label"), ("quality", "confidence_label")])
    public static let outcomes = View(
        "outcomes", path: "/api/internal/trades/outcomes", projection: "outcomes",
        own: [("label", "alignment_label"), ("state", "outcome_state"), ("quality", "mark_quality")],
        hasHorizons: true)

    public static let all = [
        trades, lifecycles, context, executionQuality, alignment, outcomes, syncState,
    ]

    /// The view that a user names, by its own name (`execution-quality`) or its projection's (`execution_quality`).
    public static func named(_ name: String) -> View? {
        all.first { $0.name.isBytewiseEqual(to: name) || $0.projection.isBytewiseEqual(to: name) }
    }

    /// The parameters that select rows.
    public var filterParameters: [String] { filters.map(\.parameter) + (timeColumn == nil ? [] : ["from", "to"]) }
}
