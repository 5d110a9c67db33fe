import LedgerValues

/// What the latest rows of a view of observations are.
package enum LatestRows: Sendable {
    /// Those of each market at its newest time: one coherent snapshot.
    case ofMarket
    /// The newest of each identity.
    case ofIdentity
}

/// A named view over the rows of one projection.
///
/// The folder of its feature alone declares its name and filters. The HTTP list and its refusals, the command line's
/// options, help and completions, and the console's forms all follow from this declaration.
package struct View: Sendable {
    /// The name on the command line, for example `sync-state`.
    package let name: String
    package let title: String
    /// The address over HTTP.
    package let path: StaticString
    package let projection: String
    /// The members that identify a row, in the order of the list. They are the key in `columns.json`.
    package let key: [String]
    /// The filters, except those on time.
    package let filters: [ViewFilter]
    /// The column that `from` and `to` compare. Nil if these do not apply.
    package let timeColumn: String?
    /// The column of dates that `from` and `to` compare in place of a time. Nil if these are not dates.
    package let dateColumn: String?
    /// Whether readers ask for horizons, and the rows depend on the reader's current time.
    package let hasHorizons: Bool
    /// The rows that are the latest ones. Nil if readers can't ask for them.
    package let latest: LatestRows?
    /// A remark that every answer carries beside the rows.
    package let remark: (name: String, text: String)?
    /// A note for people who look at the rows. Nil if the rows speak for themselves.
    package let note: String?

    /// What is said of a list in which no event has made a row yet; nil if only a sync is missing.
    package let whenEmpty: String?

    init(
        _ name: String, title: String, path: StaticString, projection: String, key: [String], filters: [ViewFilter] = [],
        timeColumn: String? = nil, dateColumn: String? = nil, hasHorizons: Bool = false, latest: LatestRows? = nil,
        whenEmpty: String? = nil, remark: (name: String, text: String)? = nil, note: String? = nil
    ) {
        self.name = name
        self.title = title
        self.path = path
        self.projection = projection
        self.key = key
        self.filters = filters
        self.timeColumn = timeColumn
        self.dateColumn = dateColumn
        self.hasHorizons = hasHorizons
        self.latest = latest
        self.whenEmpty = whenEmpty
        self.remark = remark
        self.note = note
    }

    /// What views of executions say while there are none.
    static let noExecution = "No trade that was synced is an execution yet."

    package static let all = TradeFeature.all.map(\.view)
    /// The views that show how trades turned out, in the order in which people go through them.
    package static let performance = [lifecycles, alignment, executionQuality, outcomes, context]

    /// The view with the given name: its own (`execution-quality`) or its projection's (`execution_quality`).
    package static func named(_ name: String) -> View? {
        all.first { $0.name.isBytewiseEqual(to: name) || $0.projection.isBytewiseEqual(to: name) }
    }

    /// The expected names, for an error about an unknown name.
    package static func expected(insteadOf name: String) -> String {
        "one of \(all.map(\.name).joined(separator: ", "))\(Suggestion.question(name, among: all.map(\.name)))"
    }

    /// Whether its rows are those of synced trades, which are selected by their source, portfolio and underlying.
    package var isOfTrades: Bool { ["source", "portfolio", "underlying"].allSatisfy { filter($0) != nil } }

    /// The filter with the given parameter. Nil if the view does not have it.
    package func filter(_ parameter: String) -> ViewFilter? { filters.first { $0.parameter == parameter } }

    /// Whether readers can ask for points: the rows of an identity at different times are a series.
    package var hasPoints: Bool { latest != nil && key.contains { $0.isBytewiseEqual(to: timeColumn ?? "") } }

    /// The parameters that ask for something else than the rows.
    package var seriesParameters: [String] { (latest == nil ? [] : ["latest"]) + (hasPoints ? ["bucket", "agg"] : []) }

    /// The parameters that select rows.
    package var filterParameters: [String] { filters.map(\.parameter) + (timeColumn == nil && dateColumn == nil ? [] : ["from", "to"]) }

    /// Whether readers can ask for another valid time. Rows of research are as of a position and a moment alone.
    package var hasValidTime: Bool { dateColumn == nil }
}
