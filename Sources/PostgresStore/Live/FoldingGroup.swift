import Postgres
import Projections
import Values

/// Projection versions that stand at the same position and are folded together: each event is read and decoded once, and
/// each batch is one transaction.
actor FoldingGroup {
    /// A version that is not folded any further, and why. Its lease is given back.
    struct Departure: Sendable {
        enum Reason: Sendable {
            case poison(PoisonEvent)
            /// The lease went to another process, or the checkpoint is not where it was left.
            case leaseLost
            case failed(any Error)
        }

        let member: ProjectionMember
        /// Its checkpoint.
        let position: Int64
        let reason: Reason
    }

    private(set) var members: [ProjectionMember] = []
    /// What every member has folded.
    private(set) var position: Int64
    private let pool: PostgresPool
    /// Positions a transaction.
    private let batchSize: Int
    private var decoder = EventDecoder([])
    private var departures: [Departure] = []
    private var renewed = ContinuousClock.now
    private static let renewalSeconds = 3

    init(at position: Int64, _ pool: PostgresPool, batchSize: Int) {
        self.position = position
        self.pool = pool
        self.batchSize = batchSize
    }

    /// Takes in versions that stand where the group does.
    func join(_ newcomers: [ProjectionMember]) {
        members = (members + newcomers).sorted { $0.lease.precedes($1.lease) }
        decoder = EventDecoder(members.map(\.definition))
    }

    /// Moves a group that has no members.
    func move(to position: Int64) {
        precondition(members.isEmpty, "a group moves by folding")
        self.position = position
    }

    /// Those that left since the last call.
    func takeDepartures() -> [Departure] {
        defer { departures = [] }
        return departures
    }

    /// Gives back the leases of all members that a condition names, and lets these go.
    func release(where isLeaving: @Sendable (ProjectionMember) -> Bool = { _ in true }) async {
        let leaving = members.filter(isLeaving)
        members.removeAll(where: isLeaving)
        if leaving.isEmpty { return }
        let pool = pool
        // Even where this task is cancelled already. A lease that can't be given back ends by itself.
        await Task { try? await pool.run { session in for member in leaving { try member.lease.release(session) } } }.value
    }

    /// Moves the leases' ends where nothing was written for a while.
    func renew() async throws {
        if members.isEmpty || ContinuousClock.now - renewed < .seconds(Self.renewalSeconds) { return }
        let (leases, position) = (members.map(\.lease), position)
        let isHeld = try await pool.run { session in try leases.map { try $0.renew(at: position, session) } }
        renewed = .now
        for (member, isHeld) in zip(members, isHeld) where !isHeld {
            await depart(Departure(member: member, position: position, reason: .leaseLost))
        }
    }

    /// Folds batch after batch up to the log's head; true where there was something to fold.
    ///
    /// While one batch is written the next is folded, and the one after that is read. After an error the members are of
    /// no more use: what they have in memory may not be what is stored. One of these is `LedgerError.historyReplaced`, where a
    /// batch was read before a failover that lost some of its events.
    /// - Parameters:
    ///   - last: not beyond this position.
    ///   - deadline: no batch is begun after this moment but the first.
    @discardableResult
    func advance(
        upTo last: Int64 = .max, until deadline: ContinuousClock.Instant? = nil,
        progress: @Sendable (Int64, Int64) -> Void = { _, _ in }
    ) async throws -> Bool {
        guard !members.isEmpty, var batch = try await read(after: position, upTo: last) else { return false }
        var writing: Task<[Departure], any Error>?
        do {
            while true {
                try Task.checkCancellation()
                let goesOn = batch.isFollowed && (deadline.map { $0 > .now } ?? true)
                let (reached, current) = (batch.reached, batch)
                async let following = goesOn ? read(after: reached, upTo: last) : nil
                let outcomes = try await outcomes(of: current, members)
                if let earlier = try await writing?.value { await depart(earlier) }
                writing = nil
                progress(position, last)
                let writes = try await writes(outcomes, of: current)
                let pool = pool
                writing = Task { try await Self.write(writes, of: current, pool) }
                position = reached
                guard let next = try await following else { break }
                batch = next
            }
            if let last = try await writing?.value { await depart(last) }
        } catch {
            // The leases are not given back while a batch is being written under them.
            _ = await writing?.result
            throw error
        }
        renewed = .now
        progress(position, last)
        return true
    }

    private func read(after position: Int64, upTo last: Int64) async throws -> EventBatch? {
        let (decoder, batchSize) = (decoder, batchSize)
        return try await pool.run { session in
            try EventBatch.read(after: position, upTo: last, limit: batchSize, decoder, session)
        }
    }

    private struct MemberWrite: Sendable {
        let member: ProjectionMember
        let write: VersionWrite
    }

    /// What members have to write of a batch. Those that could not fold it leave, with the batch before written.
    private func writes(
        _ outcomes: [(ProjectionMember, ProjectionMember.Outcome)], of batch: EventBatch
    ) async throws -> [MemberWrite] {
        var writes: [MemberWrite] = []
        for (member, outcome) in outcomes where members.contains(where: { $0 === member }) {
            switch outcome {
            case .folded(let changes):
                let write = member.write(changes, from: batch.from, reached: batch.reached)
                writes.append(MemberWrite(member: member, write: write))
            case .poisoned(let poison):
                await depart(try await stop(member, at: poison, in: batch))
            case .failed(let error):
                await depart(Departure(member: member, position: batch.from, reason: .failed(error)))
            }
        }
        return writes
    }

    /// What the members, each on its own, make of a batch. Whatever facts they lack is read in one round trip.
    private func outcomes(
        of batch: EventBatch, _ members: [ProjectionMember]
    ) async throws -> [(ProjectionMember, ProjectionMember.Outcome)] {
        let missing = await each(of: members) { member, _ in await member.begin(batch) }
        var documents = [[[UInt8]?]](repeating: [], count: members.count)
        let asking = members.indices.filter { !missing[$0].isEmpty }
        if !asking.isEmpty {
            let found = try await pool.run { session in
                let answers = try session.pipeline(asking.map { members[$0].lookup(missing[$0]) })
                return try zip(asking, answers).map { try VersionTable.documents($1, count: missing[$0].count) }
            }
            for (index, found) in zip(asking, found) { documents[index] = found }
        }
        let facts = documents
        return await each(of: members) { member, index in (member, await member.finish(facts[index])) }
    }

    private func each<T: Sendable>(
        of members: [ProjectionMember], _ body: @escaping @Sendable (ProjectionMember, Int) async -> T
    ) async -> [T] {
        await withTaskGroup(of: (Int, T).self) { group in
            for (index, member) in members.enumerated() { group.addTask { (index, await body(member, index)) } }
            var results = [T?](repeating: nil, count: members.count)
            for await (index, result) in group { results[index] = result }
            return results.compactMap { $0 }
        }
    }

    /// Writes what comes before an event that a member can't fold, with the event's error.
    ///
    /// Half of the event may have touched its entities: what came before it is folded again, from what is stored.
    private func stop(
        _ member: ProjectionMember, at poison: PoisonEvent, in batch: EventBatch
    ) async throws -> Departure {
        let before = batch.before(poison.position)
        switch try await outcomes(of: before, [member.restarted()])[0].1 {
        case .folded(let changes):
            let write = member.write(changes, from: before.from, reached: before.reached, poison: poison)
            return try await Self.write([MemberWrite(member: member, write: write)], of: before, pool).first
                ?? Departure(member: member, position: before.reached, reason: .poison(poison))
        case .poisoned(let earlier):
            return try await stop(member, at: earlier, in: before)
        case .failed(let error):
            return Departure(member: member, position: batch.from, reason: .failed(error))
        }
    }

    private func depart(_ leaving: [Departure]) async {
        for departure in leaving { await depart(departure) }
    }

    private func depart(_ departure: Departure) async {
        departures.append(departure)
        await release { $0 === departure.member }
    }

    /// Writes a batch: in one transaction or, where that fails for another reason than a lost connection, each version in one
    /// of its own. Those that fail then are returned; the others have been written.
    ///
    /// Throws `LedgerError.historyReplaced` where the batch was read from another history than the log's: nothing is written.
    private static func write(
        _ writes: [MemberWrite], of batch: EventBatch, _ pool: PostgresPool
    ) async throws -> [Departure] {
        if writes.isEmpty { return [] }
        do {
            try await pool.run { session in try FencedTransaction.commit(writes.map(\.write), foldedUpTo: batch.leaf, session) }
            return []
        } catch is CancellationError {
            throw CancellationError()
        } catch let error as PostgresError where error.isConnectionFailure {
            throw error
        } catch {
            try await pool.run { session in try batch.leaf.require(session) }
            guard writes.count == 1 else {
                var failures: [Departure] = []
                for write in writes { failures += try await Self.write([write], of: batch, pool) }
                return failures
            }
            let (member, from) = (writes[0].member, writes[0].write.from)
            let isHeld = try await pool.run { session in try member.lease.renew(at: from, session) }
            let problem = FencedTransaction.problem(error, writes[0].write)
            return [Departure(member: member, position: from, reason: isHeld ? .failed(problem) : .leaseLost)]
        }
    }
}
