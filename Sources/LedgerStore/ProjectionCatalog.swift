import LedgerEvents
import LedgerJSON
public import LedgerPostgres
public import LedgerProjections
public import LedgerRules
public import LedgerValues

/// The projection versions of a ledger: which ones exist, which one is served, and who may write them.
public struct ProjectionCatalog: Sendable {
    public init() {}

    private static let columns =
        """
        v.name, v.version, v.code_version, v.rules, v.table_name, v.position, v.epoch, v.lease_owner,
        v.lease_expires_at, v.poison_position, v.poison_error, v.state, v.rebuild_table, v.rebuild_position,
        v.rebuild_until,
        s.version IS NOT DISTINCT FROM v.version AND s.code_version IS NOT DISTINCT FROM v.code_version,
        s.previous_version IS NOT DISTINCT FROM v.version AND s.previous_code_version IS NOT DISTINCT FROM v.code_version,
        s.previous_version, s.previous_code_version
        """
    private static let source = "ledger.projection_versions v LEFT JOIN ledger.served_projections s ON s.name = v.name"

    /// All versions by name, rules version and code version; names and rules versions bytewise.
    public func versions(_ session: PostgresSession) throws -> [ProjectionVersion] {
        try session.execute("SELECT \(Self.columns) FROM \(Self.source) ORDER BY v.name, v.version, v.code_version")
            .map(ProjectionVersion.init(row:))
    }

    /// The versions of one projection, in the same order.
    public func versions(of name: String, _ session: PostgresSession) throws -> [ProjectionVersion] {
        try session.execute(
            "SELECT \(Self.columns) FROM \(Self.source) WHERE v.name = $1 ORDER BY v.version, v.code_version",
            [.text(name)]
        ).map(ProjectionVersion.init(row:))
    }

    /// The served version of a projection, which knows the version before it; nil before the first activation.
    public func served(_ name: String, _ session: PostgresSession) throws -> ProjectionVersion? {
        try session.execute(
            """
            SELECT \(Self.columns) FROM \(Self.source)
            WHERE v.name = $1 AND s.version = v.version AND s.code_version = v.code_version
            """, [.text(name)]
        ).first.map(ProjectionVersion.init(row:))
    }

    /// One version, or nil if the ledger does not have it.
    public func version(
        _ name: String, _ version: String, codeVersion: Int, _ session: PostgresSession
    ) throws -> ProjectionVersion? {
        try session.execute(
            "SELECT \(Self.columns) FROM \(Self.source) WHERE v.name = $1 AND v.version = $2 AND v.code_version = $3",
            [.text(name), .text(version), .int4(Int32(codeVersion))]
        ).first.map(ProjectionVersion.init(row:))
    }

    /// The version that this program's code and rules make, or nil if the ledger does not have it.
    public func version(of identity: ProjectionIdentity, _ session: PostgresSession) throws -> ProjectionVersion? {
        try version(identity.name, identity.version, codeVersion: identity.codeVersion, session)
    }

    /// The version of a projection that a user's reference names; see ``VersionReference/resolve(among:of:installed:)``.
    public func resolve(
        _ reference: VersionReference, of name: String, _ registry: ProjectionRegistry, _ session: PostgresSession
    ) throws -> ProjectionVersion {
        try reference.resolve(
            among: try versions(of: name, session), of: name,
            installed: registry.codes(of: name, version: reference.version))
    }

    /// Records each rule file's digest at its first use, and refuses a file that has changed since.
    public func recordRules(of registry: ProjectionRegistry, _ session: PostgresSession) throws {
        try recordRules(Set(registry.definitions.flatMap(\.identity.rules)), session)
    }

    /// Records each rule file's digest on first use, and refuses one that changed since.
    public func recordRules(_ files: Set<RuleFile>, _ session: PostgresSession) throws {
        let ordered = files.sorted { ByteKey($0.path) < ByteKey($1.path) }
        _ = try session.execute(
            """
            INSERT INTO ledger.rule_files (file, version, digest)
            SELECT * FROM unnest($1::text[], $2::int[], $3::text[]) ON CONFLICT DO NOTHING
            """,
            [
                .textArray(ordered.map(\.path)), .int4Array(ordered.map { Int32($0.version) }),
                .textArray(ordered.map(\.digest)),
            ])
        if let changed = try changedRules(among: files, session).first {
            throw LedgerError.fileChanged(
                file: RuleFile.location(of: changed.file.path), recorded: changed.recorded, found: changed.file.digest)
        }
    }

    /// The rule files of a registry's versions whose digests differ from the recorded ones. Writes nothing.
    public func changedRules(of registry: ProjectionRegistry, _ session: PostgresSession) throws -> [ChangedRuleFile] {
        try changedRules(among: Set(registry.definitions.flatMap(\.identity.rules)), session)
    }

    /// The files that are not those whose digests were recorded; writes nothing.
    public func changedRules(among files: Set<RuleFile>, _ session: PostgresSession) throws -> [ChangedRuleFile] {
        var recorded: [ByteKey: String] = [:]
        for row in try session.execute("SELECT file, version, digest FROM ledger.rule_files") {
            recorded[ByteKey("\(try row.text(0))|\(try row.int4(1))")] = try row.text(2)
        }
        return files.compactMap { file in
            guard let digest = recorded[ByteKey("\(file.path)|\(file.version)")], digest != file.digest else { return nil }
            return ChangedRuleFile(file, recorded: digest)
        }.sorted { ByteKey($0.file.path) < ByteKey($1.file.path) }
    }

    /// Makes the first version of every projection that serves none yet, and records it in the log. Brings the views and
    /// functions of auditors up to date.
    ///
    /// Each projection's table, pointer and `ProjectionPromoted` event are made in one transaction. Two programs that
    /// start together activate once.
    public func activate(
        _ registry: ProjectionRegistry, log: EventLog, pool: PostgresPool, runID: UniqueID
    ) async throws {
        try await pool.run { session in try recordRules(of: registry, session) }
        for name in registry.names {
            guard let definition = registry.firstDefinition(name) else { continue }
            if try await pool.run({ session in try served(name, session) != nil }) { continue }
            let event = Self.promotion(of: definition, runID: runID)
            do {
                try await log.append([event], runID: runID) { session, _ in
                    if try served(name, session) != nil { throw AlreadyActive() }
                    try create(definition, session)
                    _ = try session.execute(
                        "INSERT INTO ledger.served_projections (name, version, code_version) VALUES ($1, $2, $3)",
                        [
                            .text(name), .text(definition.identity.version),
                            .int4(Int32(definition.identity.codeVersion)),
                        ])
                    _ = try putView(of: definition, session)
                }
            } catch is AlreadyActive {
                continue
            }
        }
        let events = AuditedEvents(log.schemas)
        try await pool.run { session in
            _ = try VersionUpkeep(registry.definitions).attemptAuditorViews(session)
            try events.attempt(session)
        }
    }

    /// Points the view `projection.<name>` at the tables of a version, in the transaction that makes the version the
    /// served one, and gives auditors the version's columns.
    ///
    /// False if a transaction that has read the view is still open: ``VersionUpkeep`` then moves the view later. Throws
    /// `LedgerError.viewInUse` if the view would lose columns or change their types, and other objects depend on it.
    func putView(of definition: ProjectionDefinition, _ session: PostgresSession) throws -> Bool {
        guard let version = try version(of: definition.identity, session) else { return true }
        let done: Void? = try session.withShortLocks {
            try ServedView(definition).put(over: version.tableName, session)
            try AuditedView(definition).put(session)
        }
        return done != nil
    }

    private struct AlreadyActive: Error {}

    private static func promotion(of definition: ProjectionDefinition, runID: UniqueID) -> NewEvent {
        let identity = definition.identity
        let payload = ProjectionPromotedPayload(
            projection: identity.name, oldVersion: nil, newVersion: identity.version,
            codeVersion: identity.codeVersion,
            rules: identity.rules.map { .init(file: $0.path, version: $0.version, digest: $0.digest) }, position: 0,
            diffDigest: nil)
        return payload.event(runID: runID)
    }

    /// Makes a version's tables and its row in the catalog, at position 0.
    func create(_ definition: ProjectionDefinition, _ session: PostgresSession) throws {
        let tables = VersionTables(definition, tableName: Self.tableName(of: definition.identity))
        try tables.create(session)
        try tables.createIndexes(session)
        try insert(definition, state: .ready, tables, session)
    }

    /// Drops a version with its tables, and with its stopped rebuild if there is one.
    ///
    /// Its tables are gone afterwards if nobody reads them; otherwise ``VersionUpkeep`` drops them once nobody does.
    /// Throws `LedgerError.versionInUse` for the served version, for the previously served version unless asked for,
    /// and for a version that somebody's view depends on. Throws `.versionHeld` while a rebuild of it runs. Its
    /// follower loses its lease.
    ///
    /// - Parameters:
    ///   - version: the version to drop.
    ///   - includingPrevious: whether the previously served version, the target of a rollback, may be dropped.
    ///   - session: a session on the ledger's database.
    public func drop(_ version: ProjectionVersion, includingPrevious: Bool = false, _ session: PostgresSession) throws {
        let tables: [String] = try session.transaction {
            // The row is locked first, as in every transaction that writes the version.
            let locked = try session.execute(
                """
                SELECT rebuild_table IS NOT NULL AND lease_expires_at >= clock_timestamp(), lease_owner
                FROM ledger.projection_versions WHERE name = $1 AND version = $2 AND code_version = $3 FOR UPDATE
                """, version.keyParameters)
            guard let row = locked.first,
                let current = try self.version(version.name, version.version, codeVersion: version.codeVersion, session)
            else {
                throw LedgerError.versionUnknown(
                    projection: version.name, version: version.reference.description, isAmbiguous: false,
                    known: try versions(of: version.name, session).map { $0.reference.description })
            }
            func refuse(_ problem: String) -> LedgerError {
                .versionInUse(projection: current.name, version: current.reference.description, problem: problem)
            }
            if current.isServed { throw refuse("is the served version: promote another first") }
            if current.isPrevious && !includingPrevious {
                throw refuse("was served before the one that is: dropping it takes away the way back")
            }
            if try row.optionalBool(0) ?? false {
                throw LedgerError.versionHeld(
                    projection: current.name, version: current.reference.description,
                    owner: try row.optionalText(1) ?? "")
            }
            _ = try session.execute(
                """
                UPDATE ledger.served_projections SET previous_version = NULL, previous_code_version = NULL
                WHERE name = $1 AND previous_version = $2 AND previous_code_version = $3
                """, version.keyParameters)
            _ = try session.execute(
                "DELETE FROM ledger.projection_versions WHERE name = $1 AND version = $2 AND code_version = $3",
                version.keyParameters)
            let tables = [current.tableName] + (current.rebuild.map { [$0.tableName] } ?? [])
            for table in tables {
                let dependents = try session.dependents(
                    of: [table, "\(table)_facts"].map { "projection.\(quoteIdentifier($0))" },
                    besides: ["projection.\(quoteIdentifier(current.name))"])
                if !dependents.isEmpty { throw refuse("is used by \(dependents.joined(separator: ", ")): drop that first") }
                try LeftoverTables.add(table, session)
            }
            return tables
        }
        for table in tables { _ = try LeftoverTables.drop(table, session) }
    }

    /// Adds a version's row to the catalog, at position 0, unless another process has done so at the same moment.
    func insert(
        _ definition: ProjectionDefinition, state: ProjectionVersion.State, _ tables: VersionTables,
        _ session: PostgresSession
    ) throws {
        let identity = definition.identity
        _ = try session.execute(
            """
            INSERT INTO ledger.projection_versions (name, version, code_version, rules, table_name, state)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
            """,
            [
                .text(identity.name), .text(identity.version), .int4(Int32(identity.codeVersion)),
                .text(Self.rulesText(identity)), .text(tables.tableName), .text(state.rawValue),
            ])
    }

    /// `<name>_<version>_c<code>`: the name of the first tables of a version.
    private static func tableName(of identity: ProjectionIdentity) -> String {
        "\(identity.name)_\(identity.version)_c\(identity.codeVersion)"
    }

    /// A table name that no other tables of the version had or will have: the version's name followed by the number of
    /// the transaction that makes the tables.
    ///
    /// A reader that looked up the old name before these tables replaced it finds no table, and looks the name up
    /// again. Under a reused name it would read tables whose rows its snapshot does not see.
    func freeTableName(of identity: ProjectionIdentity, _ session: PostgresSession) throws -> String {
        let number = try session.execute("SELECT pg_current_xact_id()::text")[0].text(0)
        return "\(Self.tableName(of: identity))_\(number)"
    }

    /// The catalog's record of a version's rules: `{"<file>":{"digest":…,"version":…},…}`, canonical.
    static func rulesText(_ identity: ProjectionIdentity) -> String {
        rulesText(identity.rules.map { .init(file: $0.path, version: $0.version, digest: $0.digest) })
    }

    static func rulesText(_ rules: [ProjectionPromotedPayload.Rule]) -> String {
        let files = rules.map { rule in
            (rule.file, JSONNode.object([("digest", .string(rule.digest)), ("version", .integer(Int64(rule.version)))]))
        }
        return String(decoding: JSONNode.object(files).canonicalBytes(), as: UTF8.self)
    }
}
