import LedgerPostgres
import LedgerProjections
import LedgerValues

/// A projection version that is being rebuilt: the tables being filled, and the lease that protects them.
///
/// Every transaction starts with an UPDATE of the catalog's row that names the lease's epoch and the position up to
/// which the tables are filled, so a rebuild that slept past its lease writes nothing. A transaction that writes folded
/// results also checks that the log still has what was read.
struct RebuildTarget: Sendable {
    let definition: ProjectionDefinition
    private(set) var tables: VersionTables
    let lease: ProjectionLease
    /// The position up to which the rebuild folds. An entity's current versions are written with the last event up to
    /// this position that touches the entity. Nil before ``aimed(at:_:)``.
    private(set) var until: Int64?
    /// The position up to and including which every version that ended or became final was in the tables when the fold
    /// began.
    var resumedFrom: Int64
    /// The version as it was found, whose tables these tables replace.
    private let found: ProjectionVersion

    /// Takes the version's lease and makes its tables, or takes over the tables of a stopped rebuild with that
    /// rebuild's target position. If the version was followed beyond that position in the meantime, the tables are
    /// filled anew, so that readers never see the version go back.
    ///
    /// Throws `LedgerError.versionHeld` while another process writes the version. Throws `.viewInUse` for a served
    /// version whose view could not be moved to the new tables.
    static func begin(
        _ definition: ProjectionDefinition, owner: String, _ session: PostgresSession
    ) throws -> RebuildTarget {
        let catalog = ProjectionCatalog()
        let identity = definition.identity
        return try session.transaction {
            let fresh = VersionTables(definition, tableName: try catalog.freeTableName(of: identity, session))
            if try catalog.version(of: identity, session) == nil {
                try catalog.insert(definition, state: .building, fresh, session)
            }
            guard
                let (lease, _) = try ProjectionLease.acquire(
                    identity.name, identity.version, codeVersion: identity.codeVersion, owner: owner, session),
                let version = try catalog.version(of: identity, session)
            else {
                throw LedgerError.versionHeld(
                    projection: identity.name, version: identity.reference.description,
                    owner: try catalog.version(of: identity, session)?.leaseOwner ?? "unknown")
            }
            if version.isServed { try ServedView(definition).requireReplaceable(session) }
            if let rebuild = version.rebuild {
                let target = RebuildTarget(
                    definition: definition, tables: VersionTables(definition, tableName: rebuild.tableName), lease: lease,
                    until: rebuild.until, resumedFrom: rebuild.position, found: version)
                return version.position > rebuild.until ?? 0 ? try target.emptied(session) : target
            }
            let target = RebuildTarget(
                definition: definition, tables: fresh, lease: lease, until: nil, resumedFrom: 0, found: version)
            try target.makeTables(session)
            return target
        }
    }

    /// Makes the tables, and records in the catalog that they are being filled.
    private func makeTables(_ session: PostgresSession) throws {
        try tables.create(session)
        try tables.setFilling(true, session)
        _ = try session.execute(
            """
            UPDATE ledger.projection_versions
            SET rebuild_table = $4, rebuild_position = 0,
                table_name = CASE WHEN state = 'building' THEN $4 ELSE table_name END
            WHERE name = $1 AND version = $2 AND code_version = $3
            """, found.keyParameters + [.text(tables.tableName)])
    }

    /// Sets the position up to which the tables are to be filled, unless an earlier run has set it.
    func aimed(at head: Int64, _ session: PostgresSession) throws -> RebuildTarget {
        if until != nil { return self }
        var target = self
        target.until = head
        try session.transaction { try target.setUntil(session) }
        return target
    }

    /// Starts over with new tables, to be filled up to an earlier position, because other events are then the last ones.
    func startedAnew(upTo until: Int64, _ session: PostgresSession) throws -> RebuildTarget {
        try session.transaction {
            var target = try emptied(session)
            target.until = until
            try target.setUntil(session)
            return target
        }
    }

    private func emptied(_ session: PostgresSession) throws -> RebuildTarget {
        try fence(from: resumedFrom, to: 0, session)
        let name = try ProjectionCatalog().freeTableName(of: definition.identity, session)
        var target = self
        target.tables = VersionTables(definition, tableName: name)
        target.until = nil
        target.resumedFrom = 0
        try target.makeTables(session)
        try LeftoverTables.add(tables.tableName, session)
        try target.setUntil(session)
        return target
    }

    private func setUntil(_ session: PostgresSession) throws {
        try fence(from: resumedFrom, to: resumedFrom, session)
        _ = try session.execute(
            "UPDATE ledger.projection_versions SET rebuild_until = $4 WHERE name = $1 AND version = $2 AND code_version = $3",
            found.keyParameters + [until.map { .int8($0) } ?? .null])
    }

    /// Versions as COPY rows.
    struct Rows: Sendable {
        var rows: [[UInt8]] = []
        var facts: [[UInt8]] = []

        var byteCount: Int { rows.reduce(0) { $0 + $1.count } + facts.reduce(0) { $0 + $1.count } }

        mutating func append(_ other: Rows) {
            rows += other.rows
            facts += other.facts
        }
    }

    /// Adds the versions that ended or became final after one position, up to another.
    func write(
        _ rows: Rows, after old: Int64, upTo new: Int64, of leaf: ReadLeaf?, _ session: PostgresSession
    ) throws {
        try session.transaction {
            try leaf?.require(session)
            try fence(from: old, to: new, session)
            try copy(rows.rows, to: tables.rows, session)
            if let facts = tables.facts { try copy(rows.facts, to: facts, session) }
        }
    }

    /// Makes the indexes and puts the complete tables in place: from then on the version is folded up to a position and
    /// can be followed. False, with nothing done, if somebody reads the new tables, because making the indexes would
    /// have to wait.
    ///
    /// It waits neither for readers of the old tables, who continue, nor for readers of the view; ``VersionUpkeep``
    /// does the rest.
    func finish(
        at position: Int64, of leaf: ReadLeaf?, poison: PoisonEvent?, _ session: PostgresSession
    ) throws -> Bool {
        try session.transaction {
            try leaf?.require(session)
            try fence(from: position, to: position, session)
            guard try session.withShortLocks({ try tables.lock(session) }) != nil else { return false }
            try tables.createIndexes(session)
            try tables.setFilling(false, session)
            _ = try session.execute(
                """
                UPDATE ledger.projection_versions
                SET position = $4, poison_position = $5, poison_error = $6, table_name = rebuild_table, state = 'ready',
                    rebuild_table = NULL, rebuild_position = NULL, rebuild_until = NULL,
                    lease_expires_at = clock_timestamp() + interval '\(ProjectionLease.duration)'
                WHERE name = $1 AND version = $2 AND code_version = $3
                """,
                found.keyParameters + [
                    .int8(position), poison.map { .int8($0.position) } ?? .null,
                    poison.map { .text($0.problem) } ?? .null,
                ])
            if found.state == .building { return true }
            try LeftoverTables.add(found.tableName, session)
            let catalog = ProjectionCatalog()
            if try catalog.version(of: definition.identity, session)?.isServed ?? false {
                _ = try catalog.putView(of: definition, session)
            }
            return true
        }
    }

    /// Removes the tables that were being filled and, if the version is new, its row in the catalog. Does nothing if
    /// the version is complete by now, or another process holds it.
    func abandon(_ session: PostgresSession) throws {
        try session.transaction {
            let held = try session.execute(
                """
                SELECT FROM ledger.projection_versions
                WHERE name = $1 AND version = $2 AND code_version = $3 AND epoch = $4 AND lease_owner = $5
                  AND rebuild_table = $6 FOR UPDATE
                """, found.keyParameters + [.int8(lease.epoch), .text(lease.owner), .text(tables.tableName)])
            if held.rowCount == 0 { return }
            let isNew = found.state == .building
            _ = try session.execute(
                isNew
                    ? "DELETE FROM ledger.projection_versions WHERE name = $1 AND version = $2 AND code_version = $3"
                    : """
                    UPDATE ledger.projection_versions
                    SET rebuild_table = NULL, rebuild_position = NULL, rebuild_until = NULL
                    WHERE name = $1 AND version = $2 AND code_version = $3
                    """, found.keyParameters)
            try LeftoverTables.add(tables.tableName, session)
        }
    }

    private func fence(from old: Int64, to new: Int64, _ session: PostgresSession) throws {
        let changed = try session.execute(
            """
            UPDATE ledger.projection_versions
            SET rebuild_position = $4, lease_expires_at = clock_timestamp() + interval '\(ProjectionLease.duration)'
            WHERE name = $1 AND version = $2 AND code_version = $3 AND epoch = $5 AND lease_owner = $6
              AND rebuild_position = $7
            """,
            found.keyParameters + [.int8(new), .int8(lease.epoch), .text(lease.owner), .int8(old)]
        ).affectedRows
        guard changed == 1 else { throw LedgerError.leaseLost(projection: lease.name) }
    }

    private func copy(_ rows: [[UInt8]], to table: VersionTable, _ session: PostgresSession) throws {
        if rows.isEmpty { return }
        _ = try session.copyIn(table.copyStatement) { writer in
            for part in rows { writer.append(part) }
        }
    }
}
