import LedgerEvents
import LedgerPostgres
import LedgerProjections

/// The events of a range of positions, each decoded once, with the entities that they touch, by part.
struct RoutedChunk: Sendable {
    /// One of a slice's events, and one of the entities that it touches.
    struct Touch: Sendable {
        let event: Int
        let entity: Int
    }

    /// Consecutive events, routed by one worker.
    struct Slice: Sendable {
        var events: [EventRouter.Routed] = []
        /// The touches by part, in the order of the events.
        var touches: [[Touch]]
        var poison: [(place: Int, event: PoisonEvent)] = []
    }

    /// The slices, in the order of positions.
    let slices: [Slice]
    /// The last position of the chunk. Every event up to it is in the chunk, or has a type that no projection consumes.
    let last: Int64

    /// Decodes and routes the events read up to a position.
    ///
    /// - Parameter routers: share the events among them.
    init(_ packed: [EventChunk], upTo last: Int64, _ routers: [ChunkRouter]) async {
        let size = max(1, (packed.count + routers.count - 1) / routers.count)
        slices = await withTaskGroup(of: (Int, Slice).self) { group in
            for (number, start) in stride(from: 0, to: packed.count, by: size).enumerated() {
                let part = packed[start..<min(start + size, packed.count)]
                group.addTask { (number, await routers[number].route(part)) }
            }
            var slices: [(Int, Slice)] = []
            for await slice in group { slices.append(slice) }
            return slices.sorted { $0.0 < $1.0 }.map(\.1)
        }
        self.last = last
    }
}

/// Decodes and routes events; keeps the texts that they share from one chunk to the next.
actor ChunkRouter {
    private let router: EventRouter
    private let parts: Int
    private let texts = TextPool()

    /// Makes a router for a number of parts.
    ///
    /// - Parameter parts: the number of parts into which the entities are split, by a hash of their keys that never
    ///   changes.
    init(_ router: EventRouter, parts: Int) {
        self.router = router
        self.parts = parts
    }

    func route(_ packed: ArraySlice<EventChunk>) -> RoutedChunk.Slice {
        var slice = RoutedChunk.Slice(touches: Array(repeating: [], count: parts))
        for chunk in packed {
            for read in chunk.decode(router.decoder, texts) {
                guard let routed = router.route(read, poison: { slice.poison.append(($0, $1)) }) else { continue }
                for (entity, touched) in routed.touched.enumerated() {
                    let part = parts == 1 ? 0 : Int(touched.key.stableHash % UInt64(parts))
                    slice.touches[part].append(RoutedChunk.Touch(event: slice.events.count, entity: entity))
                }
                slice.events.append(routed)
            }
        }
        return slice
    }
}
