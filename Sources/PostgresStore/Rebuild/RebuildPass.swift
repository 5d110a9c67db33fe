import Events
import Postgres
import Projections

/// One pass over the log that fills the tables of some versions.
actor RebuildPass {
    private let targets: [RebuildTarget]
    private let pool: PostgresPool
    private let options: ProjectionRebuild.Options
    /// Where set, the event before which the pass ends.
    private let poison: PoisonEvent?
    private let router: EventRouter
    private let routers: [ChunkRouter]
    private let parts: [RebuildPart]
    /// The targets' places that have met no event that they can't fold.
    private var places: [Int]
    private var stopped: [Int: PoisonEvent] = [:]
    private var events: [Int]
    private var pending: [RebuildTarget.Rows]
    /// Up to where what ended is written, or being written; then what is current is.
    private var written: [Int64]
    private var writing: [Task<Void, any Error>?]
    private var writes = 0
    /// Of each target, all that was written.
    private var bytesWritten: [Int]
    private static let entitiesAtATime = 512

    init(_ targets: [RebuildTarget], _ pool: PostgresPool, _ options: ProjectionRebuild.Options, last poison: PoisonEvent?) {
        self.targets = targets
        self.pool = pool
        self.options = options
        self.poison = poison
        let router = EventRouter(targets.map(\.definition))
        self.router = router
        routers = (0..<options.workers).map { _ in ChunkRouter(router, parts: options.workers) }
        let recent = options.recentByteCount / options.workers / max(1, targets.count)
        parts = (0..<options.workers).map {
            RebuildPart(
                $0, targets, recentByteLimit: recent, rememberedLimit: options.rememberedEntities / options.workers)
        }
        places = Array(targets.indices)
        events = targets.map { _ in 0 }
        pending = targets.map { _ in RebuildTarget.Rows() }
        written = targets.map(\.resumedFrom)
        writing = targets.map { _ in nil }
        bytesWritten = targets.map { _ in 0 }
    }

    /// Folds, writes and finishes; gives what was built, and the versions that met an event which they can't fold.
    func run(
        _ progress: @Sendable (ProjectionRebuild.Progress) -> Void
    ) async throws -> (built: [ProjectionRebuild.Built], stopped: [(RebuildTarget, PoisonEvent)]) {
        do {
            let position = try await foldAll(progress)
            progress(.init(phase: .finishing, position: position, head: position))
            try await writeCurrent(at: position)
            let built = try await finishAll(at: position)
            return (built, stopped.sorted { $0.key < $1.key }.map { (target(resumedAt: $0.key), $0.value) })
        } catch {
            // The leases are not given back while something is being written under them.
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

    private func head() async throws -> Int64 {
        if let poison { return poison.position - 1 }
        return try await pool.run { try LogReader().head($0).position }
    }

    /// Folds up to the head; while one chunk is folded the next is read and decoded.
    private func foldAll(_ progress: @Sendable (ProjectionRebuild.Progress) -> Void) async throws -> Int64 {
        var head = try await head()
        var position: Int64 = 0
        var next = try await read(after: 0, upTo: head)
        while let chunk = next {
            try Task.checkCancellation()
            if chunk.last == head { head = try await self.head() }
            let (from, end) = (chunk.last, head)
            async let following = read(after: from, upTo: end)
            try await fold(chunk)
            position = chunk.last
            progress(.init(phase: .folding, position: position, head: head))
            next = try await following
        }
        return position
    }

    private func read(after position: Int64, upTo head: Int64) async throws -> RoutedChunk? {
        if position >= head { return nil }
        return try await RoutedChunk.read(
            after: position, upTo: min(head, position + options.chunkSize), routers, pool)
    }

    private func fold(_ chunk: RoutedChunk) async throws {
        for slice in chunk.slices {
            for (place, event) in slice.poison where stopped[place] == nil { stopped[place] = event }
        }
        places.removeAll { stopped[$0] != nil }
        let places = self.places
        let outcomes = try await ofAllParts { part in
            try await self.recall(await part.recalls(for: chunk), in: part, places)
            return await part.fold(chunk, places: places)
        }
        for place in places {
            let ended = try merged(outcomes, place)
            if stopped[place] != nil { continue }
            pending[place].append(ended)
            events[place] += chunk.slices.reduce(0) { sum, slice in
                sum + slice.events.count { $0.consumers & (1 << place) != 0 }
            }
            if pending[place].byteCount >= options.flushByteCount { try await write(place, upTo: chunk.last) }
        }
        self.places.removeAll { stopped[$0] != nil }
    }

    /// What all parts did, in their order.
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

    /// A projection's rows of all parts; notes the first event that stopped one of them.
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
            let records = try await pool.run { try LogReader().events(at: positions, $0) }
            var events: [Int64: EventRouter.Routed] = [:]
            for record in records { events[record.position] = router.route(record, poison: { _, _ in }) }
            try await part.recall(recall, events, places: places)
        }
    }

    /// Writes what is current, after the last of what ended.
    private func writeCurrent(at position: Int64) async throws {
        for place in places { try await write(place, upTo: position) }
        let places = self.places
        var counts: [Int] = []
        for part in parts { counts.append(await part.count) }
        for start in stride(from: 0, to: counts.max() ?? 0, by: Self.entitiesAtATime) {
            try Task.checkCancellation()
            let range = start..<start + Self.entitiesAtATime
            let outcomes = try await ofAllParts { part in
                try await self.recall(await part.recalls(for: range), in: part, places)
                return try await part.current(range, places: places)
            }
            for place in places {
                pending[place].append(try merged(outcomes, place))
                if pending[place].byteCount >= options.flushByteCount { try await write(place, upTo: position) }
            }
        }
        for place in places { try await write(place, upTo: position) }
        for task in writing { try await task?.value }
    }

    /// Writes what is collected while the fold goes on; waits for the write before it.
    private func write(_ place: Int, upTo position: Int64) async throws {
        let (target, rows, old, pool) = (targets[place], pending[place], written[place], self.pool)
        if position <= old, rows.byteCount == 0 { return }
        try await writing[place]?.value
        try await options.beforeWrite?(writes)
        writes += 1
        pending[place] = RebuildTarget.Rows()
        bytesWritten[place] += rows.byteCount
        let new = max(old, position)
        written[place] = new
        writing[place] = Task {
            try await pool.run { try target.write(rows, after: old, upTo: new, $0) }
        }
    }

    private func finishAll(at position: Int64) async throws -> [ProjectionRebuild.Built] {
        try await withThrowingTaskGroup(of: ProjectionRebuild.Built.self) { group in
            var built: [ProjectionRebuild.Built] = []
            // The one that takes longest first.
            for (number, place) in places.sorted(by: { bytesWritten[$0] > bytesWritten[$1] }).enumerated() {
                if number >= options.workers, let done = try await group.next() { built.append(done) }
                try await options.beforeWrite?(writes)
                writes += 1
                let (target, reached) = (targets[place], written[place])
                let (pool, poison, count) = (self.pool, self.poison, events[place])
                var counts = RebuildFold.Counts()
                for part in parts {
                    let more = await part.counts(place)
                    counts.historyRows += more.historyRows
                    counts.historyFacts += more.historyFacts
                }
                let all = counts
                group.addTask {
                    try await pool.run { try target.finish(at: reached, poison: poison, $0) }
                    let identity = target.definition.identity
                    return ProjectionRebuild.Built(
                        name: identity.name, reference: identity.reference, position: reached,
                        resumedFrom: target.resumedFrom, events: count, historyRows: all.historyRows,
                        historyFacts: all.historyFacts, poison: poison)
                }
            }
            for try await done in group { built.append(done) }
            return built
        }
    }
}
