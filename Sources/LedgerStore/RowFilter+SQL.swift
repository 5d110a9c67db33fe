import LedgerPostgres
import LedgerProjections
import LedgerValues

extension RowFilter {
    /// The condition in SQL with its values bound; the column's name comes from a compiled list and is quoted.
    ///
    /// - Parameter isKey: whether the column is a part of the key, where instants too stand as their texts.
    func sql(isKey: Bool, bind: (PostgresValue) -> String) -> String {
        let name = quoteIdentifier(column)
        switch self {
        case .equals(_, let value): return "\(name) = \(bind(.text(value)))"
        // This collation knows the case of ASCII letters alone, on every server.
        case .equalsIgnoringCase(_, let value): return "lower(\(name) COLLATE \"C\") = \(bind(.text(value.asciiFolded)))"
        case .from(_, let instant):
            let bound = ">= \(bind(instant.value))"
            if !isKey { return "\(name) \(bound)" }
            // Only a text of the same second has to be read as an instant.
            let isLater = "\(name) > \(bind(.text(instant.second + "Z")))"
            return "\(name) >= \(bind(.text(instant.second))) AND (\(isLater) OR \(name)::timestamptz \(bound))"
        // The texts of dates are in the order of time.
        case .fromDate(_, let date): return "\(name) >= \(bind(.text(date.description)))"
        case .beforeDate(_, let date): return "\(name) < \(bind(.text(date.description)))"
        case .before(_, let instant):
            let bound = "< \(bind(instant.value))"
            if !isKey { return "\(name) \(bound)" }
            let isEarlier = "\(name) < \(bind(.text(instant.second)))"
            return "\(name) <= \(bind(.text(instant.second + "Z"))) AND (\(isEarlier) OR \(name)::timestamptz \(bound))"
        }
    }
}

extension Instant {
    fileprivate var value: PostgresValue { .timestamptz(microsecondsSince1970: microseconds) }

    /// The text up to the second: no text of that second or a later one is smaller, and none of an earlier one is larger. Texts
    /// of one second are not in the order of time, with a fraction or without, but the key's index finds their range.
    fileprivate var second: String { String(description.prefix(19)) }
}
