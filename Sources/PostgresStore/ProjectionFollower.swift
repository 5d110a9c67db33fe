import Logging
public import Postgres
public import Projections
import Values

/// Keeps one projection version up to the log's head for as long as it runs.
public struct ProjectionFollower: Sendable {
    private let definition: ProjectionDefinition
    private let pool: PostgresPool
    private let owner: String
    private let logger: Logger
    /// Positions a transaction.
    private let batchSize: Int
    private static let renewalSeconds = 3
    /// Between two steps: what comes meanwhile shares the next one. An event after a quiet moment does not wait.
    private static let paceMilliseconds = 10

    /// - Parameter owner: names this process among all that share the database.
    public init(_ definition: ProjectionDefinition, pool: PostgresPool, owner: String, batchSize: Int = 5_000) {
        self.batchSize = batchSize
        self.definition = definition
        self.pool = pool
        self.owner = owner
        var logger = Logger(label: "alpha-ledger.projection")
        logger[metadataKey: "projection"] = "\(definition.identity.name)"
        logger[metadataKey: "version"] = "\(definition.identity.version)"
        self.logger = logger
    }

    /// Follows until cancelled: waits for the lease, folds what is new, gives the lease back.
    ///
    /// A poison event stops it at that event, with the error kept in the catalog; other projections go on. A lost
    /// connection or lease is taken up again.
    public func run(_ signal: LogSignal) async {
        while !Task.isCancelled {
            do {
                if try await follow(signal) { return }
            } catch is CancellationError {
                return
            } catch LedgerError.leaseLost {
                logger.warning("the lease went to another process")
            } catch {
                if Task.isCancelled { return }
                logger.warning("folding was interrupted", metadata: ["reason": "\(error)"])
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Folds up to the head of this moment and gives the lease back.
    ///
    /// - Returns: the checkpoint reached; nil where another process holds the lease.
    public func catchUp(progress: @Sendable (Int64, Int64) -> Void = { _, _ in }) async throws -> ProjectionWriter.Step? {
        guard let (writer, lease, start) = try await acquire() else { return nil }
        do {
            let head = try await pool.run { session in try LogReader().head(session).position }
            let step = try await fold(writer, lease, from: start, upTo: head, progress)
            await releaseUncancelled(lease)
            return step
        } catch {
            await releaseUncancelled(lease)
            throw error
        }
    }

    /// Folds up to a position; while one batch is written the next is folded, and the one after that is read.
    ///
    /// The fold keeps the entities of the batch that is being written, so that the next never reads a row which that
    /// one has yet to replace.
    private func fold(
        _ writer: ProjectionWriter, _ lease: ProjectionLease, from start: Int64, upTo head: Int64,
        _ progress: @Sendable (Int64, Int64) -> Void
    ) async throws -> ProjectionWriter.Step {
        let (pool, batchSize) = (self.pool, self.batchSize)
        func read(from position: Int64) async throws -> ProjectionWriter.Batch? {
            if position >= head { return nil }
            return try await pool.run { session in
                try writer.read(from: position, upTo: head, limit: batchSize, session)
            }
        }
        let fold = definition.partialFold()
        var step = ProjectionWriter.Step(position: start, events: 0, poison: nil)
        var batch = try await read(from: start)
        var writing: Task<Void, any Error>?
        do {
            while let current = batch {
                try Task.checkCancellation()
                async let following = current.poison == nil ? read(from: current.reached) : nil
                let missing = writer.entities(of: current, missingIn: fold)
                let documents = missing.isEmpty ? [] : try await pool.run { try writer.current(missing, $0) }
                try writer.load(missing, documents, into: fold)
                do throws(PoisonEvent) {
                    for event in current.events { try fold.apply(event) }
                } catch {
                    // The fold is of no more use: this batch goes alone, and ends before the event.
                    try await writing?.value
                    writing = nil
                    step = try await pool.run { session in try writer.write(current, lease: lease, session) }
                    if step.poison == nil {
                        let before = step.position
                        step = try await pool.run { session in
                            try writer.step(from: before, upTo: head, limit: 1, lease: lease, session)
                        }
                    }
                    break
                }
                let changes = fold.takeChanges()
                fold.forgetUntouched()
                try await writing?.value
                progress(step.position, head)
                writing = Task { try await pool.run { session in try writer.commit(changes, of: current, lease: lease, session) } }
                step = ProjectionWriter.Step(
                    position: current.reached, events: current.events.count, poison: current.poison?.description)
                batch = try await following
            }
            try await writing?.value
        } catch {
            // The lease is not given back while a batch is being written under it.
            _ = await writing?.result
            throw error
        }
        progress(step.position, head)
        return step
    }

    private func acquire() async throws -> (ProjectionWriter, ProjectionLease, Int64)? {
        let identity = definition.identity
        return try await pool.run { session in
            guard
                let (lease, position) = try ProjectionLease.acquire(
                    identity.name, identity.version, codeVersion: identity.codeVersion, owner: owner, session)
            else {
                guard try ProjectionCatalog().version(of: identity, session) != nil else {
                    throw LedgerError.notMigrated(
                        problem: "projection \(identity.name) has no version \(identity.reference) in this ledger")
                }
                return nil
            }
            // Read under the lease: a rebuild that held it before may have put other tables in place.
            guard let version = try ProjectionCatalog().version(of: identity, session), version.state == .ready else {
                try lease.release(session)
                return nil
            }
            return (ProjectionWriter(definition, version: version), lease, position)
        }
    }

    /// One lease's life; true where the projection is poisoned and following ends.
    private func follow(_ signal: LogSignal) async throws -> Bool {
        guard let (writer, lease, start) = try await acquire() else { return false }
        var position = start
        var renewed = ContinuousClock.now
        do {
            while !Task.isCancelled {
                let seen = await signal.seen
                let (from, limit) = (position, batchSize)
                let step = try await pool.run { session -> ProjectionWriter.Step? in
                    try writer.readNext(after: from, limit: limit, session)
                        .map { try writer.write($0, lease: lease, session) }
                }
                if let step {
                    position = step.position
                    renewed = .now
                    if let poison = step.poison {
                        logger.error("stopped at an event that can't be folded", metadata: ["event": "\(poison)"])
                        try await pool.run { session in try lease.release(session) }
                        return true
                    }
                    if step.events < batchSize / 2 { try await Task.sleep(for: .milliseconds(Self.paceMilliseconds)) }
                    continue
                }
                if ContinuousClock.now - renewed > .seconds(Self.renewalSeconds) {
                    guard try await pool.run({ session in try lease.renew(session) }) else {
                        throw LedgerError.leaseLost(projection: lease.name)
                    }
                    renewed = .now
                }
                await signal.wait(after: seen)
            }
        } catch {
            await releaseUncancelled(lease)
            throw error
        }
        await releaseUncancelled(lease)
        return false
    }

    /// Releases the lease even where this task is cancelled already.
    private func releaseUncancelled(_ lease: ProjectionLease) async {
        await Task { try? await pool.run { session in try lease.release(session) } }.value
    }
}
