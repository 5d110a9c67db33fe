public import JSON
public import Values

/// A condition on a column that is stored beside the document and stands in it under the same name.
public enum RowFilter: Sendable, Equatable {
    case equals(column: String, value: String)
    /// Without regard to the case of ASCII letters; the value is as it was typed.
    case equalsIgnoringCase(column: String, value: String)
    /// Inclusive.
    case from(column: String, Instant)
    /// Exclusive.
    case before(column: String, Instant)

    public var column: String {
        switch self {
        case .equals(let column, _), .equalsIgnoringCase(let column, _), .from(let column, _), .before(let column, _): column
        }
    }

    /// Whether a row's document meets the condition: what the SQL condition says of the column beside it.
    public func passes(_ document: JSONValue) -> Bool {
        guard let text = document[column]?.string else { return false }
        switch self {
        case .equals(_, let value): return text.isBytewiseEqual(to: value)
        case .equalsIgnoringCase(_, let value): return text.asciiFolded.isBytewiseEqual(to: value.asciiFolded)
        case .from(_, let instant): return Instant(text).map { $0 >= instant } ?? false
        case .before(_, let instant): return Instant(text).map { $0 < instant } ?? false
        }
    }
}
