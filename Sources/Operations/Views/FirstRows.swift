import LedgerJSON
import LedgerProjections

/// The first rows of an order, among rows that come in any other. Holds at most twice as many as are wanted.
struct FirstRows {
    typealias Row = (place: RowOrder.Place, document: JSONDocument)

    private let order: RowOrder
    private let limit: Int
    private var found: [Row] = []
    /// No later row is among the first ones. Nil as long as fewer rows than wanted have been sorted.
    private var last: RowOrder.Place?

    init(in order: RowOrder, limit: Int) {
        precondition(limit > 0, "nobody asks for no row")
        self.order = order
        self.limit = limit
    }

    mutating func add(_ row: Row) {
        if let last, !order.precedes(row.place, last) { return }
        found.append(row)
        if found.count == 2 * limit { sort() }
    }

    /// The first rows, in order.
    mutating func rows() -> [Row] {
        sort()
        return found
    }

    private mutating func sort() {
        found.sort { order.precedes($0.place, $1.place) }
        if found.count < limit { return }
        found.removeLast(found.count - limit)
        last = found.last?.place
    }
}
