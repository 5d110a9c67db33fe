public import LedgerPostgres
public import LedgerProjections

/// Why a version did not become the served one.
public enum ServingError: Error, Equatable {
    /// The candidate's checkpoint is below that of the served version.
    case behind(position: Int64, served: Int64)
    /// Another version is served by now.
    case changed(found: String)
    /// Another transaction, such as the end of a rebuild, has locked a row of the catalog that this one needs.
    case busy
}

extension ProjectionCatalog {
    /// Makes a version the served one inside the caller's transaction, with the view `projection.<name>` over its rows.
    ///
    /// Both versions' checkpoints are locked until the transaction ends, so that readers never see the served position
    /// go back. It waits for nobody, because the transaction holds the head of the log and with it everybody who
    /// appends. If a transaction that has read the view is still open, the view follows later
    /// (``VersionUpkeep``). Throws `ServingError` and `LedgerError.viewInUse`, after which the transaction must be
    /// rolled back.
    public func serve(
        _ candidate: ProjectionVersion, insteadOf served: ProjectionVersion, _ definition: ProjectionDefinition,
        _ session: PostgresSession
    ) throws {
        let isDone = try session.withShortLocks { try point(at: candidate, insteadOf: served, session) } != nil
        if !isDone { throw ServingError.busy }
        _ = try putView(of: definition, session)
    }

    private func point(
        at candidate: ProjectionVersion, insteadOf served: ProjectionVersion, _ session: PostgresSession
    ) throws {
        let pointer = try session.execute(
            "SELECT version, code_version FROM ledger.served_projections WHERE name = $1 FOR UPDATE",
            [.text(candidate.name)])
        guard let row = pointer.first else { throw ServingError.changed(found: "nothing") }
        let found = VersionReference(version: try row.text(0), codeVersion: Int(try row.int4(1)))
        guard found == served.reference else { throw ServingError.changed(found: "\(found)") }
        let positions = try session.execute(
            """
            SELECT version, code_version, position FROM ledger.projection_versions
            WHERE name = $1 AND (version, code_version) IN (($2, $3), ($4, $5)) AND state = 'ready'
            ORDER BY version, code_version FOR UPDATE
            """,
            [
                .text(candidate.name), .text(candidate.version), .int4(Int32(candidate.codeVersion)),
                .text(served.version), .int4(Int32(served.codeVersion)),
            ])
        var position: Int64 = 0
        var servedPosition: Int64 = 0
        for row in positions {
            let reference = VersionReference(version: try row.text(0), codeVersion: Int(try row.int4(1)))
            if reference == candidate.reference { position = try row.int8(2) }
            if reference == served.reference { servedPosition = try row.int8(2) }
        }
        guard positions.rowCount == 2, position >= servedPosition else {
            throw ServingError.behind(position: position, served: servedPosition)
        }
        _ = try session.execute(
            """
            UPDATE ledger.served_projections
            SET version = $2, code_version = $3, previous_version = $4, previous_code_version = $5 WHERE name = $1
            """,
            [
                .text(candidate.name), .text(candidate.version), .int4(Int32(candidate.codeVersion)),
                .text(served.version), .int4(Int32(served.codeVersion)),
            ])
    }
}
