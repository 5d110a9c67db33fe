import Events
import Postgres
import Projections

/// A part of the entities of all projections, those whose key's hash falls to it, with their folds.
///
/// The log is read twice: first it is noted which events touch which entity, then they are folded. So what is current of an
/// entity can be written with the last event that touches it, and its facts need not be kept any longer. Memory is bounded by
/// forgetting others too: of an entity that was not touched for long only the positions of its events are kept, and
/// those that were folded are read again before it is touched. One with many events is never forgotten, so that none is read
/// again too often.
actor RebuildPart {
    /// Entities to be recalled before a chunk is folded, at most so many events at a time.
    struct Recall: Sendable {
        struct Forgotten: Sendable {
            let entity: Int
            /// How many of its events were folded.
            let folded: Int
        }

        var entities: [Forgotten] = []
        /// Of all these events, ascending.
        var positions: [Int64] = []
    }

    /// By place: the rows of COPY made, or the event that stopped the projection.
    typealias Outcome = [Int: Result<RebuildTarget.Rows, any Error>]

    /// An event that touches an entity.
    private struct Touch {
        let position: Int64
        /// The projections in which it touches the entity; after ``complete()`` those in which it is the last that does.
        var places: EventRouter.Places
    }

    private struct Entity {
        let key: RowKey
        /// All, ascending.
        var touches: [Touch] = []
        /// How many of these have been folded.
        var folded = 0
        /// The projections in which nothing more comes.
        var finished: EventRouter.Places = 0
        /// The touch of a chunk that was the latest; 0 where its facts are not in memory.
        var latest = 0
        var isForgotten: Bool { latest == 0 && folded > 0 }
        /// Whether it has too many events to be read again.
        var isKept = false
    }

    /// One of a chunk's touches.
    private struct Step {
        let entity: Int
        /// The projections in which it is the entity's last.
        let last: EventRouter.Places
    }

    private let number: Int
    private let rememberedLimit: Int
    private var folds: [RebuildFold] = []
    private var numbers: [RowKey: Int32] = [:]
    private var entities: [Entity] = []
    /// The entities of all touches in the order of the log, and how many of them have been folded.
    private var sequence: [Int32] = []
    private var folded = 0
    /// Those of the chunk that is folded next.
    private var steps: [Step] = []
    /// Entities in the order in which chunks touched them, with the number of the touch; one that was touched since stands
    /// here again.
    private var touched: [(entity: Int, touch: Int)] = []
    private var oldest = 0
    private var touches = 0
    /// How many entities have their facts in memory, without those that are kept.
    private var remembered = 0
    private static let recalledEvents = 4_096
    private static let neverForgottenEvents = 64

    /// - Parameter number: the part's, among as many as the chunks are routed to.
    init(_ number: Int, _ targets: [RebuildTarget], recentByteCount: Int, rememberedLimit: Int) {
        self.number = number
        self.rememberedLimit = rememberedLimit
        let recent = RecentDocuments(byteCount: recentByteCount)
        folds = targets.map { RebuildFold($0, recent: recent) }
    }

    /// Counts of a projection's versions.
    func counts(_ place: Int) -> RebuildFold.Counts { folds[place].counts }

    // MARK: Before anything is folded

    /// Notes what a chunk touches; call it with all chunks in order.
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

    /// Works out which touches are the last ones, once all chunks are noted.
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

    /// Takes the next chunk up; gives what must be recalled before it can be folded.
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

    /// Folds the events of forgotten entities again, in the projections at some places.
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

    /// Folds the chunk that was taken up into the projections at some places; gives the versions that ended, and what is
    /// current of the entities for which nothing more comes.
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
        let fold = folds[place]
        var next = 0
        for slice in chunk.slices {
            for touch in slice.touches[number] {
                let step = steps[next]
                next += 1
                let touched = slice.events[touch.event].touched[touch.entity]
                if touched.places & mask == 0 { continue }
                let event = slice.events[touch.event].event
                try fold.apply(event, to: touched.key, entity: step.entity)
                if step.last & mask != 0 { fold.finish(step.entity, touched.key, at: event.record.position) }
            }
        }
        return try fold.take()
    }

    /// Forgets an entity for which nothing more comes.
    private func drop(_ entity: Int) {
        if entities[entity].latest == 0 { return }
        entities[entity].latest = 0
        entities[entity].touches = []
        if !entities[entity].isKept { remembered -= 1 }
    }

    /// Forgets what was touched longest ago, down to the limit.
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
