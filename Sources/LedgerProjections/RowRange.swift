public import LedgerValues

/// Rows of a projection that somebody needs, as a pure description: those of some entities whose time lies in a range.
///
/// Its conditions are on the entity's key, so that the rows are found by it.
public struct RowRange: Sendable, Equatable {
    public let projection: String
    /// What columns of the entity's key are equal to.
    public let equals: [String: String]
    /// The column of the entity's key that holds the time.
    public let time: String
    /// Inclusive. If the range has no row, the rows of the second of the last one before it are given instead.
    public let from: Instant
    /// Inclusive.
    public let through: Instant
    /// The columns by whose texts the rows are counted, if only their numbers are needed; empty if the rows are. The documents of
    /// ``RowCounts`` stand for rows that are counted, and rows before the range are not counted.
    public let countedBy: [String]

    public init(
        _ projection: String, equals: [String: String], time: String, from: Instant, through: Instant, countedBy: [String] = []
    ) {
        self.projection = projection
        self.equals = equals
        self.time = time
        self.from = from
        self.through = through
        self.countedBy = countedBy
    }

    /// The conditions on the key alone, in the order of the columns' names.
    public var entities: [RowFilter] {
        equals.sorted { $0.key.isBytewiseLess(than: $1.key) }.map { .equals(column: $0.key, value: $0.value) }
    }

    /// All conditions.
    public var filters: [RowFilter] { filters(through: through) }

    /// All conditions, and that no time is after an instant.
    public func filters(through instant: Instant) -> [RowFilter] {
        entities + Self.filters(time, from: from, before: min(instant, through).advanced(byMicroseconds: 1))
    }

    /// The conditions on the second of an instant that comes before the range.
    public func filters(inSecondOf last: Instant) -> [RowFilter] {
        let second = last.advanced(byMicroseconds: -(last.microseconds % 1_000_000)) ?? last
        return entities + Self.filters(time, from: second, before: from)
    }

    /// - Parameter end: nil if every instant is before it.
    private static func filters(_ time: String, from: Instant, before end: Instant?) -> [RowFilter] {
        [.from(column: time, from)] + (end.map { [.before(column: time, $0)] } ?? [])
    }
}
