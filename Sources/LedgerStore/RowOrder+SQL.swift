import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerValues

extension RowOrder {
    /// The value of a row in SQL, with the type that compares as ``RowOrder/Value`` does; null for a row without one.
    ///
    /// - Parameter columns: the table's columns beside the document, those of the key included. A value that has none is read
    ///   from the document.
    func sql(columns: [String]) -> String {
        let isColumn = columns.contains { $0.isBytewiseEqual(to: column.name) }
        let member = VersionTable.member(column.name)
        let value = isColumn ? quoteIdentifier(column.name) : member
        switch column.kind {
        // A key holds figures as texts that are no numbers.
        case .decimal, .integer: return "\(member)::numeric"
        // A key holds instants as their texts, which are not in the order of time.
        case .instant: return "\(value)::timestamptz"
        case .text, .date, .boolean: return "\(value) COLLATE \"C\""
        case .texts, .object: preconditionFailure("an order is by a column of single values")
        }
    }

    /// The condition that a row comes after a place.
    ///
    /// - Parameters:
    ///   - place: the place.
    ///   - value: the SQL of the row's value.
    ///   - key: the SQL of the row's key, its parts comma-separated.
    ///   - bind: the SQL of a bound value.
    func sql(after place: Place, value: String, key: String, bind: (PostgresValue) -> String) -> String {
        let isLater = "(\(key)) > (\(place.key.parts.map { bind(.text($0.text)) }.joined(separator: ", ")))"
        guard let last = place.value else { return "\(value) IS NULL AND \(isLater)" }
        let bound: String =
            switch last {
            case .text(let text): bind(.text(text.text))
            case .number(let number): "\(bind(.text(number.description)))::numeric"
            case .instant(let instant): bind(.timestamptz(microsecondsSince1970: instant.microseconds))
            }
        return "(\(value) IS NULL OR \(value) \(isDescending ? "<" : ">") \(bound) OR \(value) = \(bound) AND \(isLater))"
    }
}
