import LedgerJSON
import LedgerValues

/// The exact sum of a column's published amounts, and their number. A row without an amount adds nothing.
struct MoneySum: Sendable {
    private(set) var total = ExactNumber.zero
    private(set) var count: Int64 = 0

    mutating func add(_ value: JSONValue?) {
        guard let value = value?.publishedDecimal else { return }
        total += ExactNumber(value)
        count += 1
    }
}
