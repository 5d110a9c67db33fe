package import LedgerProjections
package import LedgerValues
package import OptionTrades

extension ViewReader {
    /// Builds the filters of a view from parameters. Throws for a filter that the view does not have, and for a value
    /// that no row can have.
    package static func filters(
        _ view: View, _ parameters: [(name: String, value: String)], _ matching: FilterMatching = .exact
    ) throws(ViewError) -> [RowFilter] {
        var filters: [RowFilter] = []
        for (name, given) in parameters {
            if let filter = view.filters.first(where: { $0.parameter == name }) {
                filters.append(try filter.condition(given, matching))
            } else if let column = view.timeColumn, name == "from" || name == "to" {
                let value = matching == .forgiving ? given.trimmed : given
                guard let instant = Instant(value) ?? CalendarDate(value)?.start else {
                    throw .badParameter(name: name, expected: "an instant such as 2026-01-31T00:00:00Z, or a date")
                }
                filters.append(name == "from" ? .from(column: column, instant) : .before(column: column, instant))
            } else if let column = view.dateColumn, name == "from" || name == "to" {
                guard let date = CalendarDate(matching == .forgiving ? given.trimmed : given) else {
                    throw .badParameter(name: name, expected: "a date such as 2026-01-30")
                }
                filters.append(name == "from" ? .fromDate(column: column, date) : .beforeDate(column: column, date))
            } else {
                throw .badParameter(
                    name: name, expected: "one of the view's filters: \(view.filterParameters.joined(separator: ", "))")
            }
        }
        return filters
    }
}

extension CalendarDate {
    /// UTC midnight. Nil outside the years 1970…2199.
    package var start: Instant? { Instant(microseconds: Int64(daysSinceEpoch) * 86_400_000_000) }
}
