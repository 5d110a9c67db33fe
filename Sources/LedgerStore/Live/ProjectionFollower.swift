import LedgerEvents
public import LedgerPostgres
public import LedgerProjections

/// Brings one projection version up to the log's head when no service does.
public struct ProjectionFollower: Sendable {
    /// The state of a version after catching up.
    public struct Outcome: Sendable {
        public let position: Int64
        /// The event that stopped the version, if it can't fold an event; it stopped before that event.
        public let poison: PoisonEvent?
    }

    private let definition: ProjectionDefinition
    private let pool: PostgresPool
    private let owner: String
    private let batchSize: Int
    private let cachedBytes: Int

    /// Makes a follower of one version.
    ///
    /// - Parameters:
    ///   - definition: the version to bring up to date.
    ///   - pool: connections with the service's role.
    ///   - owner: names this process among all that share the database.
    ///   - batchSize: the number of positions per transaction.
    ///   - cachedBytes: the bytes of documents kept in memory from batch to batch.
    public init(
        _ definition: ProjectionDefinition, pool: PostgresPool, owner: String,
        batchSize: Int = ProjectionGroup.batchSize, cachedBytes: Int = ProjectionGroup.cachedBytes
    ) {
        self.definition = definition
        self.pool = pool
        self.owner = owner
        self.batchSize = batchSize
        self.cachedBytes = cachedBytes
    }

    /// Folds up to the current head and gives the lease back; nil if another process holds the lease.
    ///
    /// Throws `LedgerError.leaseLost` if another process takes the lease in the meantime, and `.historyReplaced` if the
    /// log lost events that were read. Called again, it continues from what the server has.
    /// - Parameters:
    ///   - last: the last position to fold.
    ///   - progress: receives the position reached and the position to reach.
    public func catchUp(
        upTo last: Int64 = .max, progress: @Sendable (Int64, Int64) -> Void = { _, _ in }
    ) async throws -> Outcome? {
        let acquired = try await pool.run { [definition, owner, cachedBytes] session in
            if let acquired = try ProjectionMember.acquire(definition, owner: owner, cachedBytes: cachedBytes, session) {
                return Optional((acquired, try LogReader().head(session).position))
            }
            let identity = definition.identity
            if try ProjectionCatalog().version(of: identity, session) != nil { return nil }
            throw LedgerError.notMigrated(
                problem: "projection \(identity.name) has no version \(identity.reference) in this ledger")
        }
        guard let ((member, start), head) = acquired else { return nil }
        let group = FoldingGroup(at: start, pool, batchSize: batchSize)
        await group.join([member])
        do {
            try await group.advance(upTo: min(head, last), progress: progress)
        } catch {
            await group.release()
            throw error
        }
        await group.release()
        guard let departure = await group.takeDepartures().first else {
            return Outcome(position: await group.position, poison: nil)
        }
        switch departure.reason {
        case .poison(let poison): return Outcome(position: departure.position, poison: poison)
        case .leaseLost: throw LedgerError.leaseLost(projection: definition.identity.name)
        case .failed(let error): throw error
        }
    }
}
