import LedgerEvents
import LedgerPostgres
import LedgerProjections

/// Fills the tables of some versions from the log up to a position. It reads the log once to record the touches, and
/// once to fold.
actor RebuildPass {
    private let targets: [RebuildTarget]
    private let pool: PostgresPool
    private let options: ProjectionRebuild.Options
    private let until: Int64
    /// The leaf, at or after the end position, that every server read from or written to must have.
    private let leaf: ReadLeaf?
    /// The event before which the pass ends, if there is one.
    private let poison: PoisonEvent?
    private let router: EventRouter
    private let routers: [ChunkRouter]
    private let parts: [RebuildPart]
    /// The indices of the targets that have met no event that they can't fold.
    private var places: [Int]
    private var stopped: [Int: PoisonEvent] = [:]
    private var events: [Int]
    private var pending: [RebuildTarget.Rows]
    /// The number of positions of the next chunk to be folded. The first ones are small, as nothing is known of their versions.
    private var foldedPositions: Int64
    private static let firstPositions: Int64 = 64
    /// For each target, the position up to which ended versions, and then current ones, are written or being written.
    private var written: [Int64]
    /// For each target, the write in progress or failed.
    private var writing: [Task<Void, any Error>?]
    private var writes = 0
    /// For each target, the bytes written, and the bytes up to which its tables are frozen.
    private var bytesWritten: [Int]
    private var bytesFrozen: [Int]

    /// Makes a pass over the log.
    ///
    /// - Parameters:
    ///   - targets: all to be filled up to the same position.
    ///   - leaf: the log's leaf at or beyond that position; nil for an empty log. The log is read more than once, with
    ///     writes in between, and a failover in the meantime may put other events at the same positions.
    ///   - poison: the event after that position, if the event is the reason for ending there.
    init(
        _ targets: [RebuildTarget], _ pool: PostgresPool, _ options: ProjectionRebuild.Options, until: Int64,
        of leaf: ReadLeaf?, before poison: PoisonEvent?
    ) {
        self.targets = targets
        self.pool = pool
        self.options = options
        self.until = until
        self.leaf = leaf
        self.poison = poison
        let router = EventRouter(targets.map(\.definition))
        self.router = router
        routers = (0..<options.workers).map { _ in ChunkRouter(router, parts: options.workers) }
        parts = (0..<options.workers).map {
            RebuildPart(
                $0, targets, recentByteCount: options.recentByteCount / options.workers,
                rememberedLimit: options.rememberedEntities / options.workers)
        }
        places = Array(targets.indices)
        events = targets.map { _ in 0 }
        pending = targets.map { _ in RebuildTarget.Rows() }
        foldedPositions = min(options.chunkSize, Self.firstPositions)
        written = targets.map(\.resumedFrom)
        writing = targets.map { _ in nil }
        bytesWritten = targets.map { _ in 0 }
        bytesFrozen = bytesWritten
    }

    /// Folds, writes and finishes. Returns the versions built, and those that met an event which they can't fold.
    func run(
        _ progress: @Sendable (ProjectionRebuild.Progress) -> Void
    ) async throws -> (built: [ProjectionRebuild.Built], stopped: [(RebuildTarget, PoisonEvent)]) {
        do {
            try await forEachChunk(.reading, progress) { chunk in
                for part in self.parts { await part.note(chunk) }
            }
            for part in parts { await part.complete() }
            try await forEachChunk(.folding, progress) { try await self.fold($0) }
            progress(.init(phase: .finishing, position: until, head: until))
            for place in places { try await write(place, upTo: until) }
            for task in writing { try await task?.value }
            let built = try await finishAll()
            return (built, stopped.sorted { $0.key < $1.key }.map { (target(resumedAt: $0.key), $0.value) })
        } catch {
            // The leases must not be given back while something is being written under them.
            for task in writing { _ = await task?.result }
            throw error
        }
    }

    /// A target whose tables hold what this pass has written.
    private func target(resumedAt place: Int) -> RebuildTarget {
        var target = targets[place]
        target.resumedFrom = written[place]
        return target
    }

    /// Goes through the log. While one chunk is processed, the next is decoded, and the one after that is read.
    private func forEachChunk(
        _ phase: ProjectionRebuild.Progress.Phase, _ progress: @Sendable (ProjectionRebuild.Progress) -> Void,
        _ body: (RoutedChunk) async throws -> Void
    ) async throws {
        var packed = try await read(after: 0, phase)
        var routed: RoutedChunk?
        while packed != nil || routed != nil {
            try Task.checkCancellation()
            let undecoded = packed
            async let following = read(after: undecoded?.last ?? until, phase)
            async let next = route(undecoded)
            if let chunk = routed {
                try await body(chunk)
                progress(.init(phase: phase, position: chunk.last, head: until))
            }
            routed = await next
            packed = try await following
        }
    }

    private func read(
        after position: Int64, _ phase: ProjectionRebuild.Progress.Phase
    ) async throws -> (events: [EventChunk], last: Int64)? {
        if position >= until { return nil }
        let size = phase == .folding ? foldedPositions : options.chunkSize
        let (last, decoder) = (min(until, position + size), router.decoder)
        let events = try await pool.run { [leaf] session in
            try leaf?.require(session)
            return try EventChunk.read(after: position, upTo: last, decoder, session)
        }
        return (events, last)
    }

    private func route(_ packed: (events: [EventChunk], last: Int64)?) async -> RoutedChunk? {
        guard let packed else { return nil }
        return await RoutedChunk(packed.events, upTo: packed.last, routers)
    }

    private func fold(_ chunk: RoutedChunk) async throws {
        for slice in chunk.slices {
            for (place, event) in slice.poison where stopped[place] == nil { stopped[place] = event }
        }
        places.removeAll { stopped[$0] != nil }
        let places = self.places
        let outcomes = try await ofAllParts { part in
            try await self.recall(await part.begin(chunk), in: part, places)
            return await part.fold(chunk, places: places)
        }
        var made = 0
        for place in places {
            let ended = try merged(outcomes, place)
            if stopped[place] != nil { continue }
            made += ended.byteCount
            pending[place].append(ended)
            events[place] += chunk.slices.reduce(0) { sum, slice in
                sum + slice.events.count { $0.consumers & (1 << place) != 0 }
            }
        }
        self.places.removeAll { stopped[$0] != nil }
        resizeChunks(made)
        try await writeCollected(upTo: chunk.last)
    }

    /// Makes the next chunks smaller after one of many bytes, and larger after one of few.
    private func resizeChunks(_ made: Int) {
        if made > options.chunkByteCount {
            foldedPositions = max(1, foldedPositions / 2)
        } else if made < options.chunkByteCount / 4 {
            foldedPositions = min(options.chunkSize, foldedPositions * 2)
        }
    }

    /// Writes the collected versions of projections with no write in progress. Once all projections together have
    /// collected too much, it also writes the others, largest first. The fold need not wait for the largest table as
    /// long as there is room.
    private func writeCollected(upTo position: Int64) async throws {
        for place in places where writing[place] == nil && pending[place].byteCount >= options.flushByteCount {
            try await write(place, upTo: position)
        }
        while places.reduce(0, { $0 + pending[$1].byteCount }) > options.pendingByteCount,
            let largest = places.max(by: { pending[$0].byteCount < pending[$1].byteCount })
        { try await write(largest, upTo: position) }
    }

    /// The outcomes of all parts, in the order of the parts.
    private func ofAllParts(
        _ body: @escaping @Sendable (RebuildPart) async throws -> RebuildPart.Outcome
    ) async throws -> [RebuildPart.Outcome] {
        try await withThrowingTaskGroup(of: (Int, RebuildPart.Outcome).self) { group in
            for (number, part) in parts.enumerated() { group.addTask { (number, try await body(part)) } }
            var outcomes: [(number: Int, outcome: RebuildPart.Outcome)] = []
            for try await outcome in group { outcomes.append(outcome) }
            return outcomes.sorted { $0.number < $1.number }.map(\.outcome)
        }
    }

    /// A projection's rows from all parts. Records the first event that stopped one of them.
    private func merged(_ outcomes: [RebuildPart.Outcome], _ place: Int) throws -> RebuildTarget.Rows {
        var rows = RebuildTarget.Rows()
        for outcome in outcomes {
            switch outcome[place] {
            case .success(let part)?: rows.append(part)
            case .failure(let poison as PoisonEvent)?:
                if stopped[place].map({ $0.position > poison.position }) ?? true { stopped[place] = poison }
            case .failure(let error)?: throw error
            case nil: break
            }
        }
        return rows
    }

    /// Reads the events of forgotten entities again.
    private nonisolated func recall(_ recalls: [RebuildPart.Recall], in part: RebuildPart, _ places: [Int]) async throws {
        for recall in recalls {
            let positions = recall.positions
            let records = try await pool.run { session in
                try leaf?.require(session)
                return try LogReader().events(at: positions, session)
            }
            var events: [Int64: EventRouter.Routed] = [:]
            for record in records { events[record.position] = router.route(record, poison: { _, _ in }) }
            try await part.recall(recall, events, places: places)
        }
    }

    /// Writes the collected versions while the fold goes on, after the previous write has finished.
    private func write(_ place: Int, upTo position: Int64) async throws {
        let (target, rows, old, pool, leaf) = (targets[place], pending[place], written[place], self.pool, self.leaf)
        if position <= old, rows.byteCount == 0 { return }
        try await writing[place]?.value
        try await options.beforeWrite?(writes)
        writes += 1
        pending[place] = RebuildTarget.Rows()
        bytesWritten[place] += rows.byteCount
        let new = max(old, position)
        written[place] = new
        let isLarge = bytesWritten[place] - bytesFrozen[place] >= options.freezeByteCount
        if isLarge { bytesFrozen[place] = bytesWritten[place] }
        writing[place] = Task {
            try await pool.run { session in
                try target.write(rows, after: old, upTo: new, of: leaf, session)
                if isLarge { try target.tables.freeze(session) }
            }
            self.writing[place] = nil
        }
    }

    private func finishAll() async throws -> [ProjectionRebuild.Built] {
        try await withThrowingTaskGroup(of: ProjectionRebuild.Built.self) { group in
            var built: [ProjectionRebuild.Built] = []
            // The target that takes longest goes first.
            for (number, place) in places.sorted(by: { bytesWritten[$0] > bytesWritten[$1] }).enumerated() {
                if number >= options.workers, let done = try await group.next() { built.append(done) }
                try await options.beforeWrite?(writes)
                writes += 1
                let (target, reached) = (targets[place], written[place])
                let (pool, leaf, poison, count) = (self.pool, self.leaf, self.poison, events[place])
                var ended = (rows: 0, facts: 0)
                for part in parts {
                    let more = await part.ended(place)
                    ended.rows += more.rows
                    ended.facts += more.facts
                }
                let all = ended
                group.addTask {
                    var pause = GrowingPause()
                    while try await !pool.run({ try target.finish(at: reached, of: leaf, poison: poison, $0) }) {
                        try await pause.wait()
                    }
                    let identity = target.definition.identity
                    return ProjectionRebuild.Built(
                        name: identity.name, reference: identity.reference, position: reached,
                        resumedFrom: target.resumedFrom, events: count, historyRows: all.rows,
                        historyFacts: all.facts, poison: poison)
                }
            }
            for try await done in group { built.append(done) }
            return built
        }
    }
}
