import LedgerJSON
import LedgerValues

/// The exact sum of a column's published amounts, and their number. A row without an amount adds nothing.
struct MoneySum: Sendable {
    private(set) var total = ExactNumber.zero
    private(set) var count: Int64 = 0

    mutating func add(_ value: JSONValue?, times: Int64) {
        guard let value = value?.publishedDecimal else { return }
        total.add(ExactNumber(value), times: times)
        count += times
    }
}
