import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerValues

/// A projection version under a lease, with its fold.
///
/// As long as the lease fences every write, the entities in the fold's memory equal those in the tables. They are read
/// once and kept, up to a bound. A fold whose changes were not written is unusable.
actor ProjectionMember {
    /// The outcome of folding a batch.
    enum Outcome: Sendable {
        case folded(FoldChanges)
        /// An event can't be folded. A new member must fold the part of the batch before it again.
        case poisoned(PoisonEvent)
        /// Stored facts can't be read back.
        case failed(any Error)
    }

    nonisolated let definition: ProjectionDefinition
    nonisolated let tables: VersionTables
    nonisolated let lease: ProjectionLease
    private let fold: any Fold
    /// The bytes of documents that the fold keeps from batch to batch.
    private let cachedBytes: Int
    private var events: [DecodedEvent] = []
    private var missing: [RowKey] = []
    private var poison: PoisonEvent?

    init(_ definition: ProjectionDefinition, _ tables: VersionTables, _ lease: ProjectionLease, cachedBytes: Int) {
        self.definition = definition
        self.tables = tables
        self.lease = lease
        self.cachedBytes = cachedBytes
        fold = definition.liveFold()
    }

    /// Takes the lease of a definition's version, with the version's checkpoint; nil if another process holds the lease
    /// or the version is not ready.
    static func acquire(
        _ definition: ProjectionDefinition, owner: String, cachedBytes: Int, _ session: PostgresSession
    ) throws -> (member: ProjectionMember, position: Int64)? {
        let identity = definition.identity
        guard
            let (lease, position) = try ProjectionLease.acquire(
                identity.name, identity.version, codeVersion: identity.codeVersion, owner: owner, session)
        else { return nil }
        // Read under the lease: a rebuild that held the lease before may have put other tables in place.
        guard let version = try ProjectionCatalog().version(of: identity, session), version.state == .ready else {
            try lease.release(session)
            return nil
        }
        let tables = VersionTables(definition, tableName: version.tableName)
        return (ProjectionMember(definition, tables, lease, cachedBytes: cachedBytes), position)
    }

    /// The same version with nothing in memory.
    nonisolated func restarted() -> ProjectionMember {
        ProjectionMember(definition, tables, lease, cachedBytes: cachedBytes)
    }

    /// Begins a batch, and returns the entities whose facts it needs and does not have, each once.
    func begin(_ batch: EventBatch) -> [RowKey] {
        events.removeAll(keepingCapacity: true)
        missing.removeAll(keepingCapacity: true)
        poison = nil
        var seen: Set<RowKey> = []
        do throws(PoisonEvent) {
            for read in batch.events {
                guard let event = try definition.event(read) else { continue }
                for key in try fold.missingEntities(for: event) where seen.insert(key).inserted { missing.append(key) }
                events.append(event)
            }
        } catch {
            poison = error
        }
        return missing
    }

    /// Folds the begun batch, given the current facts of its missing entities and the events that these refer to.
    func finish(_ documents: [[UInt8]?], _ referred: [ReferredEvents]) -> Outcome {
        do {
            for (index, key) in missing.enumerated() where index < documents.count {
                try fold.load(key, facts: documents[index], referring: referred.isEmpty ? .none : referred[index])
            }
            for event in events { try fold.apply(event) }
        } catch let error as PoisonEvent {
            return .poisoned(error)
        } catch {
            return .failed(error)
        }
        if let poison { return .poisoned(poison) }
        let changes = fold.takeChanges()
        fold.forget(beyond: cachedBytes)
        return .folded(changes)
    }

    /// The statement that reads the current facts of some entities.
    nonisolated func lookup(_ entities: [RowKey]) -> VersionTable.Statement {
        (tables.facts ?? tables.rows).lookup(entities)
    }

    /// The write that a folded batch makes in the database.
    nonisolated func write(_ changes: FoldChanges, from: Int64, reached: Int64, poison: PoisonEvent? = nil) -> VersionWrite {
        VersionWrite(tables: tables, lease: lease, from: from, reached: reached, changes: changes, poison: poison)
    }
}
