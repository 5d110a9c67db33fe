import LedgerProjections
import LedgerStore
package import OptionTrades

/// The reason why a list has no rows.
package enum Emptiness: Sendable, Equatable, CustomStringConvertible {
    /// There are rows without the filters.
    case filtered
    /// There are rows now, but there were none at the requested moment.
    case notYet
    /// The log has no trade.
    case nothingSynced
    /// There is nothing yet that gives this view a row.
    case nothingRecorded(String)

    package var description: String {
        switch self {
        case .filtered: "No row matches the filters; without them there are rows."
        case .notYet: "Nothing was known at this moment; there are rows by now."
        case .nothingSynced: "Nothing was synced yet."
        case .nothingRecorded(let text): text
        }
    }

    package static func == (left: Emptiness, right: Emptiness) -> Bool { left.description == right.description }
}

extension ViewReader {
    /// The reason why a request got no rows. It reads a row of one or two views.
    package func emptiness(of view: View, _ request: ViewRequest) async throws -> Emptiness {
        let isFiltered = request.filters.contains { $0 != .equals(column: "source", value: TradeLedger.standardSource) }
        var open = request
        open.filters = []
        if isFiltered, try await hasRows(view, open) { return .filtered }
        if request.asOfPosition != nil || request.asOf != nil || request.effectiveAt != nil {
            var latest = open
            (latest.asOfPosition, latest.asOf, latest.effectiveAt, latest.rules) = (nil, nil, nil, .served)
            if try await hasRows(view, latest) { return .notYet }
        }
        guard let whenEmpty = view.whenEmpty else { return .nothingSynced }
        if !view.isOfTrades { return .nothingRecorded(whenEmpty) }
        var trades = open
        (trades.rules, trades.horizons) = (.served, nil)
        return try await hasRows(.trades, trades) ? .nothingRecorded(whenEmpty) : .nothingSynced
    }

    private func hasRows(_ view: View, _ request: ViewRequest) async throws -> Bool {
        var one = request
        (one.limit, one.cursor, one.sort, one.hasReceipt, one.hasAggregates) = (1, nil, nil, false, false)
        return try await !page(view, one).rows.isEmpty
    }
}
