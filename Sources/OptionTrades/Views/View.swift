import Values

/// A view that users read by name, over the rows of one projection.
///
/// What a view is called and how it is filtered is declared here alone, in the folder of its feature: the HTTP list and its refusals,
/// the command line's options, help and completions, and the console's forms follow.
public struct View: Sendable {
    /// Its name on the command line, for example `sync-state`.
    public let name: String
    public let title: String
    /// Its address over HTTP.
    public let path: StaticString
    public let projection: String
    /// The members that identify a row, in the order of the list: the key in `columns.json`.
    public let key: [String]
    /// Without those on time.
    public let filters: [ViewFilter]
    /// The column that `from` and `to` compare; nil if they do not apply.
    public let timeColumn: String?
    /// Whether a reader asks for horizons, and its rows depend on the reader's now.
    public let hasHorizons: Bool
    /// A remark that every answer carries, beside the rows.
    public let remark: (name: String, text: String)?
    /// What somebody who looks at the rows should know; nil if they speak for themselves.
    public let note: String?

    /// What is said of a list in which no event has made a row yet; nil if only a sync is missing.
    public let whenEmpty: String?

    init(
        _ name: String, title: String, path: StaticString, projection: String, key: [String], filters: [ViewFilter] = [],
        timeColumn: String? = nil, hasHorizons: Bool = false, whenEmpty: String? = nil, remark: (name: String, text: String)? = nil,
        note: String? = nil
    ) {
        self.name = name
        self.title = title
        self.path = path
        self.projection = projection
        self.key = key
        self.filters = filters
        self.timeColumn = timeColumn
        self.hasHorizons = hasHorizons
        self.whenEmpty = whenEmpty
        self.remark = remark
        self.note = note
    }

    /// What views of executions say while there are none.
    static let noExecution = "No trade that was synced is an execution yet."

    public static let all = TradeFeature.all.map(\.view)
    /// Those that say how trades turned out, as people look through them.
    public static let performance = [lifecycles, alignment, executionQuality, outcomes, context]

    /// The view that a user names, by its own name (`execution-quality`) or its projection's (`execution_quality`).
    public static func named(_ name: String) -> View? {
        all.first { $0.name.isBytewiseEqual(to: name) || $0.projection.isBytewiseEqual(to: name) }
    }

    /// What is expected in the place of a name that no view has.
    public static func expected(insteadOf name: String) -> String {
        "one of \(all.map(\.name).joined(separator: ", "))\(Suggestion.question(name, among: all.map(\.name)))"
    }

    /// Whether its rows are about synced trades, which are selected by their source.
    public var isOfTrades: Bool { filter("source") != nil }

    /// The filter of a parameter; nil for one that the view does not have.
    public func filter(_ parameter: String) -> ViewFilter? { filters.first { $0.parameter == parameter } }

    /// The parameters that select rows.
    public var filterParameters: [String] { filters.map(\.parameter) + (timeColumn == nil ? [] : ["from", "to"]) }
}
