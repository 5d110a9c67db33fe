import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerValues

/// What follows from the rows that a request selects, whatever their order. A row can be taken away again.
protocol RowFold: Sendable {
    /// Adds a row as readers see it, or takes away a row that was added.
    ///
    /// - Parameters:
    ///   - row: the row's document.
    ///   - key: the row's key.
    ///   - times: 1 to add the row, -1 to take it away.
    mutating func add(_ row: JSONValue, _ key: RowKey, times: Int64) throws

    /// Whether nobody can use the result, so that further rows need not be read.
    var isUseless: Bool { get }

    /// Whether so much was taken away that readers need a new pass over all rows.
    var isWorn: Bool { get }

    /// The approximate size in memory.
    var bytes: Int { get }

    /// The fold of all rows and their number, made without a pass over them; nil if it takes one.
    func found(in rows: ViewRows, _ session: PostgresSession) throws -> (fold: any RowFold, rowCount: Int)?
}

extension RowFold {
    func found(in rows: ViewRows, _ session: PostgresSession) -> (fold: any RowFold, rowCount: Int)? { nil }
}

/// Sums over rows.
struct SummedRows: RowFold {
    private(set) var sums: any RowAggregates

    mutating func add(_ row: JSONValue, _ key: RowKey, times: Int64) { sums.add(row, times: times) }

    var isUseless: Bool { sums.hasTooManyGroups }
    var isWorn: Bool { false }
    var bytes: Int { 512 + sums.groupCount * 512 }
}

/// The places of the first rows of an order, among rows that come and go in any other. Holds at most twice as many as are wanted.
struct LeadingRows: RowFold {
    private let order: RowOrder
    private let limit: Int
    private var places: [RowOrder.Place] = []
    private var isSorted = true
    /// The rows after this place are not known; nil if all are.
    private var end: RowOrder.Place?

    init(in order: RowOrder, limit: Int) {
        precondition(limit > 0, "nobody asks for no row")
        self.order = order
        self.limit = limit
    }

    /// The order as text.
    var name: String { "\(order.isDescending ? "-" : "")\(order.column.name)" }

    mutating func add(_ row: JSONValue, _ key: RowKey, times: Int64) throws {
        let place = RowOrder.Place(value: try order.value(of: row), key: key)
        if times > 0 { add(place) } else { remove(place) }
    }

    mutating func add(_ place: RowOrder.Place) {
        if let end, order.precedes(end, place) { return }
        places.append(place)
        isSorted = false
        if places.count >= 2 * limit { sort() }
    }

    private mutating func remove(_ place: RowOrder.Place) {
        if let end, order.precedes(end, place) { return }
        sort()
        let index = firstIndex(notBefore: place)
        if index < places.endIndex, places[index] == place { places.remove(at: index) }
    }

    /// The places after one, in order, and at most so many. Nil if there may be more than are known.
    mutating func first(_ count: Int, after start: RowOrder.Place?) -> [RowOrder.Place]? {
        sort()
        var index = start.map { firstIndex(notBefore: $0) } ?? 0
        if let start, index < places.endIndex, places[index] == start { index += 1 }
        let found = places[index...].prefix(count)
        return found.count < count && end != nil ? nil : Array(found)
    }

    var isUseless: Bool { false }
    var isWorn: Bool { end != nil && places.count < limit / 2 }
    var bytes: Int { 512 + places.count * 160 }

    private mutating func sort() {
        if isSorted { return }
        places.sort { order.precedes($0, $1) }
        isSorted = true
        if places.count <= limit { return }
        places.removeLast(places.count - limit)
        end = places.last
    }

    private func firstIndex(notBefore place: RowOrder.Place) -> Int {
        var (low, high) = (places.startIndex, places.endIndex)
        while low < high {
            let middle = (low + high) / 2
            if order.precedes(places[middle], place) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
