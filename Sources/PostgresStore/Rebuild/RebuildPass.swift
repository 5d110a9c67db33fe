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
    private let parts: [RebuildPart]
    /// The targets' places that have met no event that they can't fold.
    private var places: [Int]
    private var stopped: [Int: PoisonEvent] = [:]
    private var events: [Int]
    private var pending: [RebuildTarget.Ended]
    /// Up to where what ended is written, or being written.
    private var written: [Int64]
    private var writing: [Task<Void, any Error>?]
    private var writes = 0

    init(_ targets: [RebuildTarget], _ pool: PostgresPool, _ options: ProjectionRebuild.Options, last poison: PoisonEvent?) {
        self.targets = targets
        self.pool = pool
        self.options = options
        self.poison = poison
        router = EventRouter(targets.map(\.definition))
        let recent = options.recentByteCount / options.workers / max(1, targets.count)
        parts = (0..<options.workers).map { _ in RebuildPart(targets, recentByteLimit: recent) }
        places = Array(targets.indices)
        events = targets.map { _ in 0 }
        pending = targets.map { _ in RebuildTarget.Ended() }
        written = targets.map(\.resumedFrom)
        writing = targets.map { _ in nil }
    }

    /// Folds, writes and finishes; gives what was built, and the versions that met an event which they can't fold.
    func run(
        _ progress: @Sendable (ProjectionRebuild.Progress) -> Void
    ) async throws -> (built: [ProjectionRebuild.Built], stopped: [(RebuildTarget, PoisonEvent)]) {
        do {
            let position = try await foldAll(progress)
            progress(.init(phase: .finishing, position: position, head: position))
            for task in writing { try await task?.value }
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
            after: position, upTo: min(head, position + options.chunkSize), router, parts: parts.count,
            workers: options.workers, pool)
    }

    private func fold(_ chunk: RoutedChunk) async throws {
        for slice in chunk.slices {
            for (place, event) in slice.poison where stopped[place] == nil { stopped[place] = event }
        }
        places.removeAll { stopped[$0] != nil }
        let (places, parts) = (self.places, self.parts)
        let outcomes = await withTaskGroup(of: RebuildPart.Outcome.self) { group in
            for (number, part) in parts.enumerated() {
                group.addTask { part.fold(chunk, part: number, places: places) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        for place in places {
            var ended = RebuildTarget.Ended()
            for outcome in outcomes {
                switch outcome[place] {
                case .success(let (rows, facts))?: ended.append(rows: rows, facts: facts)
                case .failure(let poison as PoisonEvent)?:
                    // Parts stop at events of their own: the first of all counts.
                    if stopped[place].map({ $0.position > poison.position }) ?? true { stopped[place] = poison }
                case .failure(let error)?: throw error
                case nil: break
                }
            }
            if stopped[place] != nil { continue }
            for rows in ended.rows { pending[place].rows.append(rows) }
            for facts in ended.facts { pending[place].facts.append(facts) }
            events[place] += chunk.slices.reduce(0) { sum, slice in
                sum + slice.events.count { $0.consumers & (1 << place) != 0 }
            }
            if pending[place].byteCount >= options.flushByteCount { try await write(place, upTo: chunk.last) }
        }
        self.places.removeAll { stopped[$0] != nil }
    }

    /// Writes what has ended while the fold goes on; waits for the write before it.
    private func write(_ place: Int, upTo position: Int64) async throws {
        let (target, ended, old, pool) = (targets[place], pending[place], written[place], self.pool)
        if position <= old { return }
        try await writing[place]?.value
        try await options.beforeWrite?(writes)
        writes += 1
        pending[place] = RebuildTarget.Ended()
        written[place] = position
        writing[place] = Task {
            try await pool.run { try target.write(ended, after: old, upTo: position, $0) }
        }
    }

    private func finishAll(at position: Int64) async throws -> [ProjectionRebuild.Built] {
        try await withThrowingTaskGroup(of: ProjectionRebuild.Built.self) { group in
            var built: [ProjectionRebuild.Built] = []
            for (number, place) in places.enumerated() {
                if number >= options.workers, let done = try await group.next() { built.append(done) }
                try await options.beforeWrite?(writes)
                writes += 1
                let (target, ended, old) = (targets[place], pending[place], written[place])
                let (pool, poison, count) = (self.pool, self.poison, events[place])
                let folds = parts.map { $0.folds[place] }
                pending[place] = RebuildTarget.Ended()
                group.addTask {
                    try await pool.run {
                        try target.finish(ended, after: old, upTo: position, poison: poison, folds, $0)
                    }
                    let counts = folds.map(\.counts)
                    let identity = target.definition.identity
                    return ProjectionRebuild.Built(
                        name: identity.name, reference: identity.reference, position: position,
                        resumedFrom: target.resumedFrom, events: count,
                        historyRows: counts.reduce(0) { $0 + $1.historyRows },
                        historyFacts: counts.reduce(0) { $0 + $1.historyFacts }, poison: poison)
                }
            }
            for try await done in group { built.append(done) }
            return built
        }
    }
}
