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
    private let table: String
    private let types: [String]
    private static let copyThreshold = 256

    public init(_ definition: ProjectionDefinition, version: ProjectionVersion) {
        self.definition = definition
        table = version.table
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
            try write(RowChanges(), from: batch.from, to: error.position - 1, poison: error, lease: lease, session)
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

    /// Loads the current rows that the events touch, one query for all of them.
    private func load(_ events: [DecodedEvent], into fold: any Fold, _ session: PostgresSession) throws {
        var keys: [RowKey] = []
        var seen: Set<RowKey> = []
        for event in events {
            for key in fold.missingKeys(for: event) where seen.insert(key).inserted { keys.append(key) }
        }
        if keys.isEmpty { return }
        let names = definition.columns.key
        let arrays = names.indices.map { "$\($0 + 1)::text[]" }.joined(separator: ", ")
        let matches = names.map { "t.\(quoteIdentifier($0)) = k.\(quoteIdentifier($0))" }.joined(separator: " AND ")
        let found = try session.execute(
            """
            SELECT k.ord, t.document
            FROM unnest(\(arrays)) WITH ORDINALITY AS k (\(names.map(quoteIdentifier).joined(separator: ", ")), ord)
            CROSS JOIN LATERAL (SELECT document FROM \(table) t WHERE \(matches) AND t.valid_to IS NULL LIMIT 1) t
            """, names.indices.map { column in .textArray(keys.map { $0.parts[column].text }) })
        var isThere = [Bool](repeating: false, count: keys.count)
        for row in found {
            let index = Int(try row.int8(0)) - 1
            isThere[index] = true
            try fold.load(keys[index], document: try row.utf8(1))
        }
        for (index, key) in keys.enumerated() where !isThere[index] { try fold.load(key, document: nil) }
    }

    private func write(
        _ changes: RowChanges, from old: Int64, to new: Int64, poison: PoisonEvent?, lease: ProjectionLease,
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
            try end(changes.ended, session)
            try insert(changes.made, session)
        }
    }

    private func end(_ ended: [(key: RowKey, validTo: Int64)], _ session: PostgresSession) throws {
        if ended.isEmpty { return }
        let names = definition.columns.key
        let arrays = names.indices.map { "$\($0 + 2)::text[]" }.joined(separator: ", ")
        let matches = names.map { "t.\(quoteIdentifier($0)) = k.\(quoteIdentifier($0))" }.joined(separator: " AND ")
        let result = try session.execute(
            """
            UPDATE \(table) t SET valid_to = k.valid_to
            FROM unnest($1::bigint[], \(arrays)) AS k (valid_to, \(names.map(quoteIdentifier).joined(separator: ", ")))
            WHERE \(matches) AND t.valid_to IS NULL
            """,
            [.int8Array(ended.map(\.validTo))]
                + names.indices.map { column in .textArray(ended.map { $0.key.parts[column].text }) })
        guard result.affectedRows == ended.count else {
            throw LedgerError.corrupt(
                position: ended[0].validTo,
                problem: "projection \(definition.identity.name) has lost rows: rebuild it")
        }
    }

    private func insert(_ made: [RowVersion], _ session: PostgresSession) throws {
        if made.isEmpty { return }
        let keys = definition.columns.key
        let stored = definition.columns.stored
        let names = (["valid_from", "valid_to"] + keys + stored + ["document"]).map(quoteIdentifier)
        if made.count >= Self.copyThreshold {
            _ = try session.copyIn("COPY \(table) (\(names.joined(separator: ", "))) FROM STDIN (FORMAT binary)") { writer in
                for version in made {
                    writer.startRow(columns: names.count)
                    writer.int8(version.validFrom)
                    if let validTo = version.validTo { writer.int8(validTo) } else { writer.null() }
                    for part in version.key.parts { writer.text(part.text) }
                    for value in version.stored {
                        switch value {
                        case .text(let text?): writer.text(text)
                        case .instant(let instant?): writer.timestamptz(instant.microseconds)
                        case .text(nil), .instant(nil): writer.null()
                        }
                    }
                    writer.utf8(version.document)
                }
            }
            return
        }
        var parameters: [PostgresValue] = [
            .int8Array(made.map(\.validFrom)), .nullableInt8Array(made.map(\.validTo)),
        ]
        var casts = ["bigint[]", "bigint[]"]
        for column in keys.indices {
            parameters.append(.textArray(made.map { $0.key.parts[column].text }))
            casts.append("text[]")
        }
        for column in stored.indices {
            if case .instant = made[0].stored[column] {
                parameters.append(
                    .nullableTimestamptzArray(
                        made.map { if case .instant(let value) = $0.stored[column] { value?.microseconds } else { nil } }))
                casts.append("timestamptz[]")
            } else {
                parameters.append(
                    .nullableTextArray(
                        made.map { if case .text(let value) = $0.stored[column] { value } else { nil } }))
                casts.append("text[]")
            }
        }
        parameters.append(.utf8Array(made.map(\.document)))
        casts.append("text[]")
        let arrays = casts.enumerated().map { "$\($0.offset + 1)::\($0.element)" }.joined(separator: ", ")
        _ = try session.execute(
            "INSERT INTO \(table) (\(names.joined(separator: ", "))) SELECT * FROM unnest(\(arrays))", parameters)
    }
}
