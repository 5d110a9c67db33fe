public import LedgerJSON
public import LedgerValues

/// A condition on a column that is stored beside the document, and that the document has under the same name.
public enum RowFilter: Sendable, Equatable {
    case equals(column: String, value: String)
    /// Ignores the case of ASCII letters; the value is as it was typed.
    case equalsIgnoringCase(column: String, value: String)
    /// At or after an instant.
    case from(column: String, Instant)
    /// Before an instant.
    case before(column: String, Instant)
    /// At or after a date.
    case fromDate(column: String, CalendarDate)
    /// Before a date.
    case beforeDate(column: String, CalendarDate)

    public var column: String {
        switch self {
        case .equals(let column, _), .equalsIgnoringCase(let column, _), .from(let column, _), .before(let column, _),
            .fromDate(let column, _), .beforeDate(let column, _):
            column
        }
    }

    /// Whether a row's document meets the condition; the result equals that of the SQL condition on the stored column.
    public func passes(_ document: JSONValue) -> Bool {
        guard let text = document[column]?.string else { return false }
        switch self {
        case .equals(_, let value): return text.isBytewiseEqual(to: value)
        case .equalsIgnoringCase(_, let value): return text.asciiFolded.isBytewiseEqual(to: value.asciiFolded)
        case .from(_, let instant): return Instant(text).map { $0 >= instant } ?? false
        case .before(_, let instant): return Instant(text).map { $0 < instant } ?? false
        case .fromDate(_, let date): return CalendarDate(text).map { $0 >= date } ?? false
        case .beforeDate(_, let date): return CalendarDate(text).map { $0 < date } ?? false
        }
    }
}
