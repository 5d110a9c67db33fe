import LedgerPostgres
import LedgerProjections
import LedgerValues

/// Projection versions at the same position that are folded together: each event is read and decoded once, and each
/// batch is one transaction.
actor FoldingGroup {
    /// A version that the group no longer folds, and why. Its lease is given back.
    struct Departure: Sendable {
        enum Reason: Sendable {
            case poison(PoisonEvent)
            /// Another process took the lease, or the checkpoint is not where it was left.
            case leaseLost
            case failed(any Error)
        }

        let member: ProjectionMember
        /// The version's checkpoint.
        let position: Int64
        let reason: Reason
    }

    private(set) var members: [ProjectionMember] = []
    /// The position up to which every member has folded.
    private(set) var position: Int64
    private let pool: PostgresPool
    /// The number of positions per transaction.
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

    /// Adds versions whose checkpoint is the group's position.
    func join(_ newcomers: [ProjectionMember]) {
        members = (members + newcomers).sorted { $0.lease.precedes($1.lease) }
        decoder = EventDecoder(members.map(\.definition))
    }

    /// Moves a group without members.
    func move(to position: Int64) {
        precondition(members.isEmpty, "a group moves by folding")
        self.position = position
    }

    /// The versions that left since the last call.
    func takeDepartures() -> [Departure] {
        defer { departures = [] }
        return departures
    }

    /// Gives back the leases of all members that meet a condition, and removes these members.
    func release(where isLeaving: @Sendable (ProjectionMember) -> Bool = { _ in true }) async {
        let leaving = members.filter(isLeaving)
        members.removeAll(where: isLeaving)
        if leaving.isEmpty { return }
        let pool = pool
        // This runs even if this task is already cancelled. A lease that can't be given back expires.
        await Task { try? await pool.run { session in for member in leaving { try member.lease.release(session) } } }.value
    }

    /// Extends the leases if nothing was written for a while.
    func renew() async throws {
        if members.isEmpty || ContinuousClock.now - renewed < .seconds(Self.renewalSeconds) { return }
        let (leases, position) = (members.map(\.lease), position)
        let isHeld = try await pool.run { session in try leases.map { try $0.renew(at: position, session) } }
        renewed = .now
        for (member, isHeld) in zip(members, isHeld) where !isHeld {
            await depart(Departure(member: member, position: position, reason: .leaseLost))
        }
    }

    /// Folds batch after batch up to the log's head; false if there was nothing to fold.
    ///
    /// While one batch is written, the next is folded and the one after that is read. After an error the members are
    /// unusable, because their state in memory may differ from what is stored. One such error is
    /// `LedgerError.historyReplaced`, if a batch was read before a failover that lost some of its events.
    /// - Parameters:
    ///   - last: the last position to fold.
    ///   - deadline: the moment after which no batch is begun, except the first.
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
            // The leases must not be given back while a batch is being written under them.
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

    /// The members' writes for a batch. A member that could not fold the batch leaves, after the batch before is written.
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

    /// The members' outcomes of a batch, each folded independently. All missing facts are read in one round trip.
    private func outcomes(
        of batch: EventBatch, _ members: [ProjectionMember]
    ) async throws -> [(ProjectionMember, ProjectionMember.Outcome)] {
        let missing = await each(of: members) { member, _ in await member.begin(batch) }
        var documents = [[[UInt8]?]](repeating: [], count: members.count)
        var referred = [[ReferredEvents]](repeating: [], count: members.count)
        let asking = members.indices.filter { !missing[$0].isEmpty }
        if !asking.isEmpty {
            let found = try await pool.run { session in
                let answers = try session.pipeline(asking.map { members[$0].lookup(missing[$0]) })
                return try zip(asking, answers).map { index, answer in
                    let documents = try VersionTable.documents(answer, count: missing[index].count)
                    return (documents, try LogReader().referred(by: documents, members[index].definition, session))
                }
            }
            for (index, found) in zip(asking, found) { (documents[index], referred[index]) = found }
        }
        let (facts, events) = (documents, referred)
        return await each(of: members) { member, index in (member, await member.finish(facts[index], events[index])) }
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

    /// Writes the part of a batch before an event that a member can't fold, with the event's error.
    ///
    /// The event may already have changed some of its entities, so the part before it is folded again from what is
    /// stored.
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

    /// Writes a batch in one transaction. If that fails for another reason than a lost connection, each version is
    /// written in a transaction of its own. The versions that then fail are returned; the others have been written.
    ///
    /// Throws `LedgerError.historyReplaced`, with nothing written, if the batch was read from another history than the
    /// log's.
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
