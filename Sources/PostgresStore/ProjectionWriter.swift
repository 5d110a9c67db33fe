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

    /// Reads and decodes the events at the `limit` positions after `position`, up to `head`; needs no lease.
    public func read(from position: Int64, upTo head: Int64, limit: Int, _ session: PostgresSession) throws -> Batch {
        let records = try LogReader().events(after: position, upTo: head, types: types, limit: limit, session)
        return batch(records, from: position, upTo: min(head, position + Int64(limit)))
    }

    /// The same up to the head of this moment, in one round trip; nil where nothing follows.
    func readNext(after position: Int64, limit: Int, _ session: PostgresSession) throws -> Batch? {
        let (head, records) = try LogReader().headAndEvents(after: position, types: types, limit: limit, session)
        if head <= position { return nil }
        return batch(records, from: position, upTo: min(head, position + Int64(limit)))
    }

    private func batch(_ records: [RecordedEvent], from position: Int64, upTo end: Int64) -> Batch {
        var reached = end
        var events: [DecodedEvent] = []
        events.reserveCapacity(records.count)
        var poison: PoisonEvent?
        do throws(PoisonEvent) {
            for record in records where record.position <= end {
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
        let missing = entities(of: batch, missingIn: fold)
        try load(missing, try current(missing, session), into: fold)
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
            try commit(FoldChanges(), from: batch.from, to: error.position - 1, poison: error, lease: lease, session)
            return Step(position: error.position - 1, events: 0, poison: error.description)
        }
        try commit(fold.takeChanges(), of: batch, lease: lease, session)
        return Step(position: batch.reached, events: folded, poison: batch.poison?.description)
    }

    /// Reads, folds and writes the events at the `limit` positions after `position`, up to `head`.
    public func step(
        from position: Int64, upTo head: Int64, limit: Int, lease: ProjectionLease, _ session: PostgresSession
    ) throws -> Step {
        try write(try read(from: position, upTo: head, limit: limit, session), lease: lease, session)
    }

    // The parts of `write`, for a follower that folds one batch while it writes another.

    /// The entities that a batch touches and a fold does not have yet, each once.
    func entities(of batch: Batch, missingIn fold: any Fold) -> [RowKey] {
        var keys: [RowKey] = []
        var seen: Set<RowKey> = []
        for event in batch.events {
            // One that can't be read stops the fold where it is applied.
            guard let missing = try? fold.missingEntities(for: event) else { break }
            for key in missing where seen.insert(key).inserted { keys.append(key) }
        }
        return keys
    }

    /// The current facts of some entities, one query for all of them.
    func current(_ entities: [RowKey], _ session: PostgresSession) throws -> [[UInt8]?] {
        try facts.current(entities, session)
    }

    func load(_ entities: [RowKey], _ documents: [[UInt8]?], into fold: any Fold) throws {
        for (key, document) in zip(entities, documents) { try fold.load(key, facts: document) }
    }

    /// Writes what a batch changed, with the checkpoint after it, in one fenced transaction.
    func commit(_ changes: FoldChanges, of batch: Batch, lease: ProjectionLease, _ session: PostgresSession) throws {
        try commit(changes, from: batch.from, to: batch.reached, poison: batch.poison, lease: lease, session)
    }

    private func commit(
        _ changes: FoldChanges, from old: Int64, to new: Int64, poison: PoisonEvent?, lease: ProjectionLease,
        _ session: PostgresSession
    ) throws {
        if new == old && poison == nil { return }
        let tables = definition.rowsAreFacts ? [(rows, changes.rows)] : [(facts, changes.facts), (rows, changes.rows)]
        let fence = VersionTable.Statement(
            sql: """
                UPDATE ledger.projection_versions
                SET position = $1, poison_position = $2, poison_error = $3,
                    lease_expires_at = clock_timestamp() + interval '\(ProjectionLease.duration)'
                WHERE name = $4 AND version = $5 AND code_version = $6 AND epoch = $7 AND position = $8 AND lease_owner = $9
                """,
            parameters: [
                .int8(new), poison.map { .int8($0.position) } ?? .null, poison.map { .text($0.problem) } ?? .null,
                .text(lease.name), .text(lease.version), .int4(Int32(lease.codeVersion)), .int8(lease.epoch), .int8(old),
                .text(lease.owner),
            ], rows: 1)
        let begin = [VersionTable.Statement(sql: "BEGIN", parameters: [], rows: nil)]
        do {
            let statements = begin + [fence] + tables.flatMap { $0.0.statements($0.1) }
            let results = try session.pipeline(statements.map { (sql: $0.sql, parameters: $0.parameters) })
            guard results[begin.count].affectedRows == 1 else { throw LedgerError.leaseLost(projection: lease.name) }
            for (statement, result) in zip(statements, results) {
                if let expected = statement.rows, result.affectedRows != expected {
                    throw LedgerError.corrupt(
                        position: new, problem: "projection \(lease.name) has lost rows: rebuild it")
                }
            }
            for (table, changes) in tables { try table.copy(changes, session) }
            _ = try session.execute("COMMIT")
        } catch {
            // The session may be gone; then there is nothing to roll back.
            try? session.executeScript("ROLLBACK")
            throw error
        }
    }
}
