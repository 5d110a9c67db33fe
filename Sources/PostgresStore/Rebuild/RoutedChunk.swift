import Events
import Postgres
import Projections

/// The events of a range of positions, each decoded once, with the parts of the entities that they touch.
struct RoutedChunk: Sendable {
    /// One of a slice's events, and one of the entities that it touches.
    struct Touch: Sendable {
        let event: Int
        let entity: Int
    }

    /// Consecutive events, routed by one worker.
    struct Slice: Sendable {
        var events: [EventRouter.Routed] = []
        /// By part, in the order of the events.
        var touches: [[Touch]]
        var poison: [(place: Int, event: PoisonEvent)] = []
    }

    /// In the order of positions.
    let slices: [Slice]
    /// Everything up to here is in the chunk, or of types that no projection consumes.
    let last: Int64

    /// Reads and routes the events after one position up to another.
    ///
    /// - Parameter parts: how many parts the entities are cut into, by a hash of their keys that never changes.
    static func read(
        after position: Int64, upTo last: Int64, _ router: EventRouter, parts: Int, workers: Int, _ pool: PostgresPool
    ) async throws -> RoutedChunk {
        let types = router.types
        let records = try await pool.run { session in
            var records: [RecordedEvent] = []
            records.reserveCapacity(Int(last - position))
            try LogReader().forEach(after: position, upTo: last, types: types, session) { records.append($0) }
            return records
        }
        let size = max(1, (records.count + workers - 1) / workers)
        let slices = await withTaskGroup(of: (Int, Slice).self) { group in
            for (number, start) in stride(from: 0, to: records.count, by: size).enumerated() {
                let part = records[start..<min(start + size, records.count)]
                group.addTask { (number, route(part, router, parts: parts)) }
            }
            var slices: [(Int, Slice)] = []
            for await slice in group { slices.append(slice) }
            return slices.sorted { $0.0 < $1.0 }.map(\.1)
        }
        return RoutedChunk(slices: slices, last: last)
    }

    private static func route(_ records: ArraySlice<RecordedEvent>, _ router: EventRouter, parts: Int) -> Slice {
        var slice = Slice(touches: Array(repeating: [], count: parts))
        slice.events.reserveCapacity(records.count)
        for record in records {
            guard let routed = router.route(record, poison: { slice.poison.append(($0, $1)) }) else { continue }
            for (entity, touched) in routed.touched.enumerated() {
                let part = parts == 1 ? 0 : Int(touched.key.stableHash % UInt64(parts))
                slice.touches[part].append(Touch(event: slice.events.count, entity: entity))
            }
            slice.events.append(routed)
        }
        return slice
    }
}
