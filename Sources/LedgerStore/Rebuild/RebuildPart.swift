import LedgerEvents
import LedgerPostgres
import LedgerProjections

/// A part of the entities of all projections, selected by the hash of the key, with their folds.
///
/// The log is read twice: first to record which events touch which entity, then to fold the events. An entity's current
/// versions can therefore be written with the last event that touches the entity, and its facts need not be kept any
/// longer. Memory is also bounded by forgetting other entities. For an entity that was not touched for long, only the
/// positions of its events are kept; the events already folded are read again before it is next touched. An entity with
/// many events is never forgotten, so that no entity is read again too often.
actor RebuildPart {
    /// Entities to recall before a chunk is folded, in groups of a limited number of events.
    struct Recall: Sendable {
        struct Forgotten: Sendable {
            let entity: Int
            /// The number of its events that were folded.
            let folded: Int
        }

        var entities: [Forgotten] = []
        /// The positions of all these events, ascending.
        var positions: [Int64] = []
    }

    /// The COPY rows made, or the event that stopped the projection, by the projection's index.
    typealias Outcome = [Int: Result<RebuildTarget.Rows, any Error>]

    /// An event that touches an entity.
    private struct Touch {
        let position: Int64
        /// The projections in which the event touches the entity. After ``complete()``, the projections in which it is
        /// the last event that does.
        var places: EventRouter.Places
    }

    private struct Entity {
        let key: RowKey
        /// All touches, ascending.
        var touches: [Touch] = []
        /// The number of touches that have been folded.
        var folded = 0
        /// The projections in which the entity has no more events.
        var finished: EventRouter.Places = 0
        /// The number of the latest chunk's touch; 0 if the entity's facts are not in memory.
        var latest = 0
        var isForgotten: Bool { latest == 0 && folded > 0 }
        /// Whether it has too many events to be read again.
        var isKept = false
    }

    /// One touch of the current chunk.
    private struct Step {
        let entity: Int
        /// The projections in which the touch is the entity's last.
        let last: EventRouter.Places
    }

    private let number: Int
    private let rememberedLimit: Int
    /// The folds of the projections, and what they emit.
    private let folds: [HistoryFold]
    private let buffers: [VersionBuffer]
    private var numbers: [RowKey: Int32] = [:]
    private var entities: [Entity] = []
    /// The entities of all touches in the order of the log, and the number of touches that have been folded.
    private var sequence: [Int32] = []
    private var folded = 0
    /// The steps of the chunk to be folded next.
    private var steps: [Step] = []
    /// Entities in the order in which chunks touched them, with the number of the touch. An entity touched again is
    /// listed again.
    private var touched: [(entity: Int, touch: Int)] = []
    private var oldest = 0
    private var touches = 0
    /// The number of entities with their facts in memory, not counting those that are always kept.
    private var remembered = 0
    private static let recalledEvents = 4_096
    private static let neverForgottenEvents = 64

    /// Makes a part.
    ///
    /// - Parameter number: the part's index among the parts to which the chunks are routed.
    init(_ number: Int, _ targets: [RebuildTarget], recentByteCount: Int, rememberedLimit: Int) {
        self.number = number
        self.rememberedLimit = rememberedLimit
        let recent = RecentDocuments(byteCount: recentByteCount)
        let buffers = targets.map { VersionBuffer($0) }
        self.buffers = buffers
        folds = zip(targets, buffers).map { $0.definition.historyFold(into: $1, recent: recent) }
    }

    /// The numbers of a projection's versions that ended.
    func ended(_ place: Int) -> (rows: Int, facts: Int) { buffers[place].ended }

    // MARK: Before folding

    /// Records the touches of a chunk. Call it with all chunks in order.
    func note(_ chunk: RoutedChunk) {
        for slice in chunk.slices {
            for touch in slice.touches[number] {
                let event = slice.events[touch.event]
                let entity = number(of: event.touched[touch.entity].key)
                sequence.append(entity)
                entities[Int(entity)].touches.append(
                    Touch(position: event.event.record.position, places: event.touched[touch.entity].places))
            }
        }
    }

    private func number(of key: RowKey) -> Int32 {
        if let known = numbers[key] { return known }
        let number = Int32(entities.count)
        numbers[key] = number
        entities.append(Entity(key: key))
        return number
    }

    /// Determines the last touches, after all chunks are recorded.
    func complete() {
        numbers = [:]
        for entity in entities.indices {
            var later: EventRouter.Places = 0
            for touch in entities[entity].touches.indices.reversed() {
                let places = entities[entity].touches[touch].places
                entities[entity].touches[touch].places = places & ~later
                later |= places
            }
        }
    }

    // MARK: Chunk by chunk

    /// Begins the next chunk, and returns the entities to recall before it can be folded.
    func begin(_ chunk: RoutedChunk) -> [Recall] {
        steps.removeAll(keepingCapacity: true)
        var forgotten: [Recall.Forgotten] = []
        let before = touches
        for slice in chunk.slices {
            for _ in slice.touches[number] {
                let entity = Int(sequence[folded])
                folded += 1
                let next = entities[entity].folded
                if entities[entity].isForgotten { forgotten.append(Recall.Forgotten(entity: entity, folded: next)) }
                if entities[entity].latest == 0 { remembered += 1 }
                if entities[entity].latest <= before {
                    touches += 1
                    entities[entity].latest = touches
                    touched.append((entity, touches))
                }
                steps.append(Step(entity: entity, last: entities[entity].touches[next].places))
                entities[entity].folded += 1
            }
        }
        var recalls: [Recall] = []
        for known in forgotten {
            if recalls.last.map({ $0.positions.count >= Self.recalledEvents }) ?? true { recalls.append(Recall()) }
            recalls[recalls.count - 1].entities.append(known)
            recalls[recalls.count - 1].positions += entities[known.entity].touches[..<known.folded].map(\.position)
        }
        return recalls.map { Recall(entities: $0.entities, positions: Set($0.positions).sorted()) }
    }

    /// Folds the events of forgotten entities again, in the given projections.
    func recall(_ recall: Recall, _ events: [Int64: EventRouter.Routed], places: [Int]) throws {
        for known in recall.entities {
            let entity = entities[known.entity]
            for touch in entity.touches[..<known.folded] {
                guard let routed = events[touch.position],
                    let touched = routed.touched.first(where: { $0.key == entity.key })
                else {
                    throw LedgerError.corrupt(
                        position: touch.position, problem: "the event is not what it was a moment ago")
                }
                let needed = touched.places & ~entity.finished
                for place in places where needed & (1 << place) != 0 {
                    try folds[place].recall(routed.event, to: entity.key, entity: known.entity)
                }
            }
        }
    }

    /// Folds the begun chunk into the given projections. Returns the versions that ended, and the current versions of the
    /// entities that have no more events.
    func fold(_ chunk: RoutedChunk, places: [Int]) -> Outcome {
        var outcome: Outcome = [:]
        for place in places { outcome[place] = Result { try fold(chunk, place) } }
        for step in steps {
            entities[step.entity].finished |= step.last
            if entities[step.entity].folded == entities[step.entity].touches.count { drop(step.entity) }
        }
        forgetOldest()
        return outcome
    }

    private func fold(_ chunk: RoutedChunk, _ place: Int) throws -> RebuildTarget.Rows {
        let mask: EventRouter.Places = 1 << place
        let (fold, buffer) = (folds[place], buffers[place])
        var next = 0
        for slice in chunk.slices {
            for touch in slice.touches[number] {
                let step = steps[next]
                next += 1
                let touched = slice.events[touch.event].touched[touch.entity]
                if touched.places & mask == 0 { continue }
                let event = slice.events[touch.event].event
                try fold.apply(event, to: touched.key, entity: step.entity)
                if step.last & mask != 0 {
                    // An earlier run may have written the entity's current versions.
                    fold.finish(step.entity, touched.key, emitting: event.record.position > buffer.resumedFrom)
                }
            }
        }
        return try buffer.take()
    }

    /// Forgets an entity that has no more events.
    private func drop(_ entity: Int) {
        if entities[entity].latest == 0 { return }
        entities[entity].latest = 0
        entities[entity].touches = []
        if !entities[entity].isKept { remembered -= 1 }
    }

    /// Forgets the least recently touched entities, down to the limit.
    private func forgetOldest() {
        while remembered > rememberedLimit, oldest < touched.count {
            let (entity, touch) = touched[oldest]
            oldest += 1
            if entities[entity].latest != touch || entities[entity].isKept { continue }
            remembered -= 1
            if entities[entity].folded > Self.neverForgottenEvents {
                entities[entity].isKept = true
                continue
            }
            for fold in folds { fold.forget(entity) }
            entities[entity].latest = 0
        }
        if oldest > 4_096, oldest * 2 > touched.count {
            touched.removeFirst(oldest)
            oldest = 0
        }
    }
}
