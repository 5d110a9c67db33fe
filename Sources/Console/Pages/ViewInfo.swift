/// The views as the console knows them: where their rows are, what identifies a row, and how they are filtered.
public struct ViewInfo: Sendable {
    /// As the command line and `explain` name it.
    public let name: String
    public let title: String
    /// The path of its list.
    public let path: [String]
    /// The members that identify a row, in the order of the list.
    public let key: [String]
    /// The filters of its list.
    public let filters: [String]
    /// States, qualities and labels to choose from, by filter.
    let choices: [(filter: String, label: String, values: [String])]

    private init(
        _ name: String, _ title: String, _ path: String?, key: [String], filters: [String],
        choices: [(filter: String, label: String, values: [String])] = []
    ) {
        self.name = name
        self.title = title
        self.path = ["api", "internal", "trades"] + (path.map { [$0] } ?? [])
        self.key = key
        self.filters = filters
        self.choices = choices
    }

    private static let shared = ["portfolio", "underlying", "from", "to"]

    public static let trades = ViewInfo(
        "trades", "Trades", nil, key: ["source", "source_trade_id"], filters: shared + ["state", "quality"],
        choices: [
            ("state", "Status", ["FILLED", "PARTIALLY_FILLED", "PENDING", "CANCELLED", "REJECTED", "BUSTED"]),
            ("quality", "Mapping", ["available", "proxy_mapped", "unmapped"]),
        ])
    public static let lifecycles = ViewInfo(
        "lifecycles", "Lifecycles", "positions", key: ["source", "position_id"], filters: shared + ["state", "quality"],
        choices: [
            ("state", "State", ["closed", "open_long", "open_short", "indeterminate"]),
            ("quality", "Quality", ["clean", "open", "incomplete_economics", "ambiguous"]),
        ])
    public static let context = ViewInfo(
        "context", "Market context", "context", key: ["source", "source_trade_id", "context_key"],
        filters: shared + ["state", "quality"],
        choices: [
            ("state", "Gamma regime", ["long_gamma", "neutral", "short_gamma"]),
            ("quality", "Quality", ["available", "proxy_mapped", "stale", "unavailable", "unmapped"]),
        ])
    public static let executionQuality = ViewInfo(
        "execution-quality", "Execution quality", "execution-quality", key: ["source", "source_trade_id"],
        filters: shared + ["state", "quality"],
        choices: [
            ("quality", "Benchmark", ["quoted", "stale", "estimated", "unavailable"]),
            ("state", "Liquidity", ["available", "partial", "stale", "unavailable", "not_entitled", "not_sourced"]),
        ])
    public static let alignment = ViewInfo(
        "alignment", "Alignment", "opportunity-alignment", key: ["source", "source_trade_id"],
        filters: shared + ["label", "quality"],
        choices: [("label", "Label", AlignmentLabels.all), ("quality", "Confidence", ["high", "medium", "low"])])
    public static let outcomes = ViewInfo(
        "outcomes", "Outcomes", "outcomes", key: ["source", "source_trade_id", "horizon_key"],
        filters: shared + ["label", "state", "quality", "horizons"],
        choices: [
            ("state", "Outcome", ["unrealized_mark", "terminal_mark", "pending", "unavailable"]),
            ("quality", "Mark", ["quoted", "stale", "unavailable"]), ("label", "Alignment", AlignmentLabels.all),
        ])
    public static let syncState = ViewInfo(
        "sync-state", "Sync state", "sync-state", key: ["source_name", "scope_key"], filters: [])

    public static let all = [trades, lifecycles, context, executionQuality, alignment, outcomes, syncState]
    /// Those that the performance pages show.
    public static let performance = [lifecycles, alignment, executionQuality, outcomes, context]

    /// The view of that name; nil where there is none.
    public static func named(_ name: String) -> ViewInfo? { all.first { $0.name == name } }

    var filterFields: [FilterForm.Field] {
        var fields: [FilterForm.Field] = []
        if filters.contains("portfolio") {
            fields.append(.text(name: "portfolio", label: "Portfolio", placeholder: "IMST"))
            fields.append(.text(name: "underlying", label: "Underlying", placeholder: "MSTR"))
        }
        for choice in choices { fields.append(.choice(name: choice.filter, label: choice.label, values: choice.values)) }
        if filters.contains("horizons") { fields.append(.text(name: "horizons", label: "Horizons", placeholder: "1,7,30,expiry")) }
        if filters.contains("from") {
            fields.append(.text(name: "from", label: "Traded from", placeholder: "2025-09-01"))
            fields.append(.text(name: "to", label: "before", placeholder: "2026-02-01"))
        }
        return fields
    }

    func explained(_ context: PageContext) -> Explained { Explained(view: name, key: key, pin: context.time.pin) }
}

/// The labels of alignment, best first.
enum AlignmentLabels {
    static let all = ["aligned", "partially_aligned", "mixed", "weak_alignment", "misaligned", "insufficient_data"]
}
