import Events
import Postgres
import Projections

/// A part of the entities of all projections, those whose key's hash falls to it, with their folds.
///
/// Memory is bounded by forgetting: of an entity that was not touched for long only the positions of its events are kept, and
/// these events are read again before it is touched. One with many events is never forgotten, so that none is read
/// again too often.
actor RebuildPart {
    /// Entities to be recalled before a chunk is folded, at most so many events at a time.
    struct Recall: Sendable {
        var entities: [Int] = []
        /// Of all their events, ascending.
        var positions: [Int64] = []
    }

    /// By place: the rows of COPY made, or the event that stopped the projection.
    typealias Outcome = [Int: Result<RebuildTarget.Rows, any Error>]

    private struct Entity {
        let key: RowKey
        var positions: [Int64] = []
        /// The chunk that touched it last.
        var chunk = 0
        var isForgotten = false
    }

    private let number: Int
    private let rememberedLimit: Int
    private var folds: [RebuildFold] = []
    private var numbers: [RowKey: Int] = [:]
    private var entities: [Entity] = []
    /// Entities in the order in which they were touched, with the chunk; one that was touched since stands here again.
    private var touched: [(entity: Int, chunk: Int)] = []
    private var oldest = 0
    private var remembered = 0
    private var chunk = 0
    private static let recalledEvents = 4_096
    private static let neverForgottenEvents = 64

    /// - Parameter number: the part's, among as many as the chunks are routed to.
    init(_ number: Int, _ targets: [RebuildTarget], recentByteLimit: Int, rememberedLimit: Int) {
        self.number = number
        self.rememberedLimit = rememberedLimit
        folds = targets.map { RebuildFold($0, recentByteLimit: recentByteLimit) }
    }

    /// How many entities there are.
    var count: Int { entities.count }

    /// Counts of a projection's versions.
    func counts(_ place: Int) -> RebuildFold.Counts { folds[place].counts }

    /// What must be recalled before a chunk can be folded.
    func recalls(for chunk: RoutedChunk) -> [Recall] {
        var known: Set<Int> = []
        var forgotten: [Int] = []
        for slice in chunk.slices {
            for touch in slice.touches[number] {
                let entity = entity(of: slice.events[touch.event].touched[touch.entity].key)
                if entities[entity].isForgotten, known.insert(entity).inserted { forgotten.append(entity) }
            }
        }
        return recalls(of: forgotten)
    }

    /// What must be recalled before the current versions of some entities can be added.
    func recalls(for range: Range<Int>) -> [Recall] {
        recalls(of: range.clamped(to: entities.indices).filter { entities[$0].isForgotten })
    }

    private func recalls(of forgotten: [Int]) -> [Recall] {
        var recalls: [Recall] = []
        for entity in forgotten {
            if recalls.last.map({ $0.positions.count >= Self.recalledEvents }) ?? true { recalls.append(Recall()) }
            recalls[recalls.count - 1].entities.append(entity)
            recalls[recalls.count - 1].positions += entities[entity].positions
        }
        return recalls.map { Recall(entities: $0.entities, positions: Set($0.positions).sorted()) }
    }

    private func entity(of key: RowKey) -> Int {
        if let known = numbers[key] { return known }
        numbers[key] = entities.count
        entities.append(Entity(key: key))
        return entities.count - 1
    }

    /// Folds the events of forgotten entities again, in the projections at some places.
    func recall(_ recall: Recall, _ events: [Int64: EventRouter.Routed], places: [Int]) throws {
        for entity in recall.entities {
            let key = entities[entity].key
            for position in entities[entity].positions {
                guard let routed = events[position], let touched = routed.touched.first(where: { $0.key == key }) else {
                    throw LedgerError.corrupt(position: position, problem: "the event is not what it was a moment ago")
                }
                for place in places where touched.places & (1 << place) != 0 {
                    try folds[place].recall(routed.event, to: key, entity: entity)
                }
            }
            entities[entity].isForgotten = false
        }
    }

    /// Folds a chunk into the projections at some places; gives the versions that ended.
    func fold(_ chunk: RoutedChunk, places: [Int]) -> Outcome {
        self.chunk += 1
        var entities: [Int] = []
        for slice in chunk.slices {
            for touch in slice.touches[number] {
                let event = slice.events[touch.event]
                let entity = entity(of: event.touched[touch.entity].key)
                entities.append(entity)
                remember(entity, event.event.record.position)
            }
        }
        var outcome: Outcome = [:]
        for place in places { outcome[place] = Result { try fold(chunk, entities, place) } }
        forgetOldest()
        return outcome
    }

    private func remember(_ entity: Int, _ position: Int64) {
        entities[entity].positions.append(position)
        if entities[entity].chunk == chunk { return }
        entities[entity].chunk = chunk
        touched.append((entity, chunk))
        remembered += 1
    }

    private func fold(_ chunk: RoutedChunk, _ entities: [Int], _ place: Int) throws -> RebuildTarget.Rows {
        let mask: EventRouter.Places = 1 << place
        let fold = folds[place]
        var index = 0
        for slice in chunk.slices {
            for touch in slice.touches[number] {
                let entity = entities[index]
                index += 1
                let touched = slice.events[touch.event].touched[touch.entity]
                if touched.places & mask == 0 { continue }
                try fold.apply(slice.events[touch.event].event, to: touched.key, entity: entity)
            }
        }
        return try fold.take()
    }

    /// Forgets what was touched longest ago, down to the limit; counted are touches, an entity once a chunk.
    private func forgetOldest() {
        while remembered > rememberedLimit, oldest < touched.count {
            let (entity, chunk) = touched[oldest]
            oldest += 1
            remembered -= 1
            if entities[entity].chunk != chunk || entities[entity].positions.count > Self.neverForgottenEvents { continue }
            forget(entity)
        }
        if oldest > 4_096, oldest * 2 > touched.count {
            touched.removeFirst(oldest)
            oldest = 0
        }
    }

    private func forget(_ entity: Int) {
        for fold in folds { fold.forget(entity) }
        entities[entity].isForgotten = true
    }

    /// Adds what is current of some entities, and forgets them: nothing comes after that.
    func current(_ range: Range<Int>, places: [Int]) throws -> Outcome {
        let range = range.clamped(to: entities.indices)
        var outcome: Outcome = [:]
        for place in places {
            for entity in range { folds[place].addCurrent(entity, entities[entity].key) }
            outcome[place] = .success(try folds[place].take())
        }
        for entity in range { forget(entity) }
        return outcome
    }
}
