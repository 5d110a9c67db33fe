import LedgerEvents
import LedgerProjections
import LedgerValues

/// When the rows of entities will next be seen otherwise without an event: a horizon matures, a position expires.
struct ComingChanges: Sendable {
    /// The largest number of entities. Beyond it the later half is forgotten.
    private static let maximum = 10_000

    private var instants: [RowKey: Instant] = [:]
    /// The first instant from which changes may have been forgotten; nil if none were.
    private(set) var end: Instant?

    var count: Int { instants.count }

    /// Whether all changes up to an instant are known.
    func isComplete(through now: Instant) -> Bool { end.map { now < $0 } ?? true }

    /// Notes that an entity's rows change at an instant, if none of them changes before it.
    mutating func note(_ instant: Instant, of entity: RowKey) {
        if let end, instant >= end { return }
        instants[entity] = min(instant, instants[entity] ?? instant)
        if instants.count > Self.maximum { forgetLaterHalf() }
    }

    /// The entities whose rows change up to an instant.
    func due(through now: Instant) -> [RowKey] { instants.compactMap { $0.value <= now ? $0.key : nil } }

    mutating func remove(_ entity: RowKey) { instants[entity] = nil }

    private mutating func forgetLaterHalf() {
        let middle = instants.values.sorted()[instants.count / 2]
        instants = instants.filter { $0.value < middle }
        end = middle
    }
}
