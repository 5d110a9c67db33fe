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

    /// A filter whose values are chosen from.
    public struct Choice: Sendable {
        public var parameter: String
        public var title: String
        public var values: [String]

        public init(_ parameter: String, _ title: String, _ values: [String]) {
            self.parameter = parameter
            self.title = title
            self.values = values
        }
    }

    private init(
        _ name: String, _ title: String, _ path: String?, key: [String], filters: [String]
    ) {
        self.name = name
        self.title = title
        self.path = ["api", "internal", "trades"] + (path.map { [$0] } ?? [])
        self.key = key
        self.filters = filters
    }

    private static let shared = ["portfolio", "underlying", "from", "to"]

    public static let trades = ViewInfo(
        "trades", "Trades", nil, key: ["source", "source_trade_id"], filters: shared + ["state", "quality"])
    public static let lifecycles = ViewInfo(
        "lifecycles", "Lifecycles", "positions", key: ["source", "position_id"], filters: shared + ["state", "quality"])
    public static let context = ViewInfo(
        "context", "Market context", "context", key: ["source", "source_trade_id", "context_key"],
        filters: shared + ["state", "quality"])
    public static let executionQuality = ViewInfo(
        "execution-quality", "Execution quality", "execution-quality", key: ["source", "source_trade_id"],
        filters: shared + ["state", "quality"])
    public static let alignment = ViewInfo(
        "alignment", "Alignment", "opportunity-alignment", key: ["source", "source_trade_id"],
        filters: shared + ["label", "quality"])
    public static let outcomes = ViewInfo(
        "outcomes", "Outcomes", "outcomes", key: ["source", "source_trade_id", "horizon_key"],
        filters: shared + ["label", "state", "quality", "horizons"])
    public static let syncState = ViewInfo(
        "sync-state", "Sync state", "sync-state", key: ["source_name", "scope_key"], filters: [])

    public static let all = [trades, lifecycles, context, executionQuality, alignment, outcomes, syncState]
    /// Those that the performance pages show.
    public static let performance = [lifecycles, alignment, executionQuality, outcomes, context]

    /// The view of that name, its words joined by `-` or by `_`; nil where there is none.
    public static func named(_ name: String) -> ViewInfo? { all.first { $0.name == name.replacing("_", with: "-") } }

    /// - Parameter choices: the filters whose values are chosen from.
    func filterFields(_ choices: [Choice]) -> [FilterForm.Field] {
        var fields: [FilterForm.Field] = []
        if filters.contains("portfolio") {
            fields.append(.text(name: "portfolio", label: "Portfolio", placeholder: "IMST"))
            fields.append(.text(name: "underlying", label: "Underlying", placeholder: "MSTR"))
        }
        for choice in choices { fields.append(.choice(name: choice.parameter, label: choice.title, values: choice.values)) }
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
