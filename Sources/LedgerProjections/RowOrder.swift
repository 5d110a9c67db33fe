public import LedgerEvents
public import LedgerJSON
public import LedgerValues

/// An order of rows by one column. Rows without a value come last. Rows of equal value, and rows without one, are in key
/// order. Both hold whichever way the column goes, so the order is total.
public struct RowOrder: Sendable {
    public let column: ColumnSet.Column
    /// Whether the largest value comes first.
    public let isDescending: Bool

    /// Parses `column`, or `-column` for the largest value first. The name is compared by its bytes.
    ///
    /// Throws unless the column is one of ``ColumnSet/sortable``.
    public init(parsing text: String, _ columns: ColumnSet) throws(RowOrderError) {
        let isDescending = text.hasPrefix("-")
        let name = isDescending ? String(text.dropFirst()) : text
        guard let column = columns.sortable.first(where: { $0.name.isBytewiseEqual(to: name) }) else {
            throw .unknownColumn(found: text, known: columns.sortable.map(\.name))
        }
        self.column = column
        self.isDescending = isDescending
    }

    /// What rows are ordered by. All values of a column are of one case.
    public enum Value: Sendable, Hashable, Comparable {
        /// Ordered by bytes. Dates and truth values stand as their texts: the texts of dates are in the order of the dates,
        /// and `false` comes before `true`.
        case text(ByteKey)
        /// Ordered by the exact number.
        case number(FixedDecimal)
        case instant(Instant)
    }

    /// The value of a row's document; nil if the row has none. Throws ``RowProblem`` for a value that is not of the column's
    /// type.
    public func value(of row: JSONValue) throws(RowProblem) -> Value? {
        guard let member = row[column.name], !member.isNull else { return nil }
        let value: Value? =
            switch column.kind {
            case .text, .date: member.string.map { .text(ByteKey($0)) }
            case .boolean: member.bool.map { .text($0 ? "true" : "false") }
            case .decimal: member.publishedDecimal.map { .number($0) }
            case .integer: member.integer.map { .number(FixedDecimal(Int($0))) }
            case .instant: member.string.flatMap { Instant($0) }.map { .instant($0) }
            case .texts, .object: nil
            }
        guard let value else { throw RowProblem(description: "the column `\(column.name)` of a row holds no \(column.kind.rawValue)") }
        return value
    }

    /// The place of a row.
    public struct Place: Sendable, Hashable {
        /// Nil for a row without a value.
        public let value: Value?
        public let key: RowKey

        public init(value: Value?, key: RowKey) {
            self.value = value
            self.key = key
        }
    }

    /// Whether one place comes before another.
    public func precedes(_ left: Place, _ right: Place) -> Bool {
        switch (left.value, right.value) {
        case (let one?, let other?) where one != other: isDescending ? one > other : one < other
        case (.some, nil): true
        case (nil, .some): false
        default: left.key < right.key
        }
    }
}

/// Why a text names no order.
public enum RowOrderError: Error, Equatable, CustomStringConvertible {
    /// Rows can be ordered by the known columns only.
    case unknownColumn(found: String, known: [String])

    /// What was expected instead.
    public var description: String {
        switch self {
        case .unknownColumn(let text, let names):
            let hint = Suggestion.question(text, among: text.hasPrefix("-") ? names.map { "-\($0)" } : names)
            return "one of \(names.joined(separator: ", ")), with `-` before it for the largest first, found `\(text)`\(hint)"
        }
    }
}

extension ColumnSet.Kind {
    /// Whether a value is one that can be compared with others, unlike a list or an object.
    public var isComparable: Bool {
        switch self {
        case .text, .instant, .date, .decimal, .integer, .boolean: true
        case .texts, .object: false
        }
    }
}

extension ColumnSet {
    /// The columns that rows can be ordered by.
    public var sortable: [Column] { columns.filter(\.kind.isComparable) }
}
