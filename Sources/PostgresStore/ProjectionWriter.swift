import Events
public import Postgres
public import Projections
import Values

/// Folds a batch of events into a version's table, rows, history and checkpoint in one fenced transaction.
public struct ProjectionWriter: Sendable {
    public struct Step: Sendable, Equatable {
        /// The checkpoint after the batch.
        public let position: Int64
        /// Events folded, those of other types not counted.
        public let events: Int
        /// Set where the projection stopped before an event that it can't fold.
        public let poison: String?
    }

    public let definition: ProjectionDefinition
    private let rows: VersionTable
    /// Where entities' facts are read from: the rows' own table where a row is its entity's facts.
    private let facts: VersionTable
    private let types: [String]

    public init(_ definition: ProjectionDefinition, version: ProjectionVersion) {
        self.definition = definition
        rows = VersionTable(name: version.table, key: definition.columns.key, stored: definition.columns.stored)
        facts =
            definition.rowsAreFacts
            ? rows : VersionTable(name: version.factsTable, key: definition.columns.entityKey, stored: [])
        types = definition.consumes.keys.map(\.rawValue).sorted()
    }

    /// Events that were read and decoded, ready to be folded.
    public struct Batch: Sendable {
        let from: Int64
        let events: [DecodedEvent]
        /// Everything up to here is in the batch, or of types that the projection does not consume.
        let reached: Int64
        /// The event after the batch that does not decode.
        let poison: PoisonEvent?
    }

    /// Reads and decodes at most `limit` events after `position`, up to `head`; needs no lease.
    public func read(from position: Int64, upTo head: Int64, limit: Int, _ session: PostgresSession) throws -> Batch {
        let records = try LogReader().events(after: position, upTo: head, types: types, limit: limit, session)
        var reached = records.count < limit ? head : records[records.count - 1].position
        var events: [DecodedEvent] = []
        events.reserveCapacity(records.count)
        var poison: PoisonEvent?
        do throws(PoisonEvent) {
            for record in records {
                if let event = try definition.decode(record) { events.append(event) }
            }
        } catch {
            poison = error
            reached = error.position - 1
        }
        return Batch(from: position, events: events, reached: reached, poison: poison)
    }

    /// Folds a batch and writes what it changed, in one transaction with the checkpoint.
    ///
    /// Where an event of the batch can't be folded the step ends before it, and the next one, which starts with it,
    /// stops the projection there. Throws `LedgerError.leaseLost`, having written nothing, where the lease is not the
    /// caller's any more or the checkpoint is not at the batch's start.
    public func write(_ batch: Batch, lease: ProjectionLease, _ session: PostgresSession) throws -> Step {
        let fold = definition.partialFold()
        try load(batch.events, into: fold, session)
        var folded = 0
        do throws(PoisonEvent) {
            for event in batch.events {
                try fold.apply(event)
                folded += 1
            }
        } catch {
            // Half of an event may have touched rows: what was folded before it is folded again, alone.
            if folded > 0 {
                let before = Batch(
                    from: batch.from, events: Array(batch.events[..<folded]), reached: error.position - 1, poison: nil)
                return try write(before, lease: lease, session)
            }
            try write(FoldChanges(), from: batch.from, to: error.position - 1, poison: error, lease: lease, session)
            return Step(position: error.position - 1, events: 0, poison: error.description)
        }
        try write(
            fold.takeChanges(), from: batch.from, to: batch.reached, poison: batch.poison, lease: lease, session)
        return Step(position: batch.reached, events: folded, poison: batch.poison?.description)
    }

    /// Reads, folds and writes at most `limit` events after `position`, up to `head`.
    public func step(
        from position: Int64, upTo head: Int64, limit: Int, lease: ProjectionLease, _ session: PostgresSession
    ) throws -> Step {
        try write(try read(from: position, upTo: head, limit: limit, session), lease: lease, session)
    }

    /// Loads the entities that the events touch, one query for all of them.
    private func load(_ events: [DecodedEvent], into fold: any Fold, _ session: PostgresSession) throws {
        var keys: [RowKey] = []
        var seen: Set<RowKey> = []
        for event in events {
            // One that can't be read stops the fold where it is applied.
            guard let missing = try? fold.missingEntities(for: event) else { break }
            for key in missing where seen.insert(key).inserted { keys.append(key) }
        }
        for (key, document) in zip(keys, try facts.current(keys, session)) { try fold.load(key, facts: document) }
    }

    private func write(
        _ changes: FoldChanges, from old: Int64, to new: Int64, poison: PoisonEvent?, lease: ProjectionLease,
        _ session: PostgresSession
    ) throws {
        if new == old && poison == nil { return }
        try session.transaction {
            let fence = try session.execute(
                """
                UPDATE ledger.projection_versions
                SET position = $1, poison_position = $2, poison_error = $3,
                    lease_expires_at = clock_timestamp() + interval '\(ProjectionLease.duration)'
                WHERE name = $4 AND version = $5 AND epoch = $6 AND position = $7 AND lease_owner = $8
                """,
                [
                    .int8(new), poison.map { .int8($0.position) } ?? .null, poison.map { .text($0.problem) } ?? .null,
                    .text(lease.name), .text(lease.version), .int8(lease.epoch), .int8(old), .text(lease.owner),
                ])
            guard fence.affectedRows == 1 else { throw LedgerError.leaseLost(projection: lease.name) }
            if !definition.rowsAreFacts { try facts.write(changes.facts, session) }
            try rows.write(changes.rows, session)
        }
    }
}
