import Events
import JSON
public import Postgres
public import Projections
import Rules
public import Values

/// A projection version as the database knows it.
public struct ProjectionVersion: Sendable {
    public let name: String
    public let version: String
    public let codeVersion: Int
    /// Rule file path → (version, digest), canonical JSON.
    public let rules: String
    public let tableName: String
    /// Everything up to and including this position is folded in.
    public let position: Int64
    public let epoch: Int64
    public let leaseOwner: String?
    public let leaseExpiresAt: Instant?
    public let poison: PoisonEvent?
    public let isServed: Bool
}

/// The projection versions of a ledger: which exist, which is served, and who may write them.
public struct ProjectionCatalog: Sendable {
    public init() {}

    private static let columns =
        """
        v.name, v.version, v.code_version, v.rules, v.table_name, v.position, v.epoch, v.lease_owner,
        v.lease_expires_at, v.poison_position, v.poison_error, s.version IS NOT NULL
        """
    private static let source =
        "ledger.projection_versions v LEFT JOIN ledger.served_projections s ON s.name = v.name AND s.version = v.version"

    /// All versions by name, then version, bytewise.
    public func versions(_ session: PostgresSession) throws -> [ProjectionVersion] {
        try session.execute("SELECT \(Self.columns) FROM \(Self.source) ORDER BY v.name, v.version")
            .map(ProjectionVersion.init(row:))
    }

    /// The served version of a projection; nil before its first activation.
    public func served(_ name: String, _ session: PostgresSession) throws -> ProjectionVersion? {
        try session.execute(
            "SELECT \(Self.columns) FROM \(Self.source) WHERE v.name = $1 AND s.version IS NOT NULL", [.text(name)]
        ).first.map(ProjectionVersion.init(row:))
    }

    public func version(_ name: String, _ version: String, _ session: PostgresSession) throws -> ProjectionVersion? {
        try session.execute(
            "SELECT \(Self.columns) FROM \(Self.source) WHERE v.name = $1 AND v.version = $2",
            [.text(name), .text(version)]
        ).first.map(ProjectionVersion.init(row:))
    }

    /// Records each rule file's digest on first use, and refuses one that changed since.
    public func recordRules(of registry: ProjectionRegistry, _ session: PostgresSession) throws {
        var files: [RuleFile] = []
        for file in registry.definitions.flatMap(\.identity.rules) where !files.contains(file) { files.append(file) }
        _ = try session.execute(
            """
            INSERT INTO ledger.rule_files (file, version, digest)
            SELECT * FROM unnest($1::text[], $2::int[], $3::text[]) ON CONFLICT DO NOTHING
            """,
            [
                .textArray(files.map(\.path)), .int4Array(files.map { Int32($0.version) }),
                .textArray(files.map(\.digest)),
            ])
        var recorded: [ByteKey: String] = [:]
        for row in try session.execute("SELECT file, version, digest FROM ledger.rule_files") {
            recorded[ByteKey("\(try row.text(0))|\(try row.int4(1))")] = try row.text(2)
        }
        for file in files {
            guard let digest = recorded[ByteKey("\(file.path)|\(file.version)")], digest != file.digest else { continue }
            throw LedgerError.fileChanged(file: "projections/\(file.path)", recorded: digest, found: file.digest)
        }
    }

    /// Makes the first version of every projection that serves none yet, and says so in the log.
    ///
    /// Table, pointer and `ProjectionPromoted` event come in one transaction each; two programs that start
    /// together activate once.
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
                        "INSERT INTO ledger.served_projections (name, version) VALUES ($1, $2)",
                        [.text(name), .text(definition.identity.version)])
                    try session.executeScript(servedView(of: definition))
                }
            } catch is AlreadyActive {
                continue
            }
        }
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

    /// Makes a version's table and its row in the catalog, at position 0.
    func create(_ definition: ProjectionDefinition, _ session: PostgresSession) throws {
        let identity = definition.identity
        let table = "\(identity.name)_\(identity.version)_c\(identity.codeVersion)"
        let ddl = definition.tableSQL.replacing("{table}", with: "projection.\(quoteIdentifier(table))")
        try session.executeScript(ddl)
        if !definition.rowsAreFacts { try session.executeScript(factsTable(of: definition, "\(table)_facts")) }
        _ = try session.execute(
            """
            INSERT INTO ledger.projection_versions (name, version, code_version, rules, table_name)
            VALUES ($1, $2, $3, $4, $5)
            """,
            [
                .text(identity.name), .text(identity.version), .int4(Int32(identity.codeVersion)),
                .utf8(Self.rulesDocument(identity)), .text(table),
            ])
    }

    /// The facts behind the rows, versioned by position like these.
    private func factsTable(of definition: ProjectionDefinition, _ name: String) -> String {
        let table = "projection.\(quoteIdentifier(name))"
        let key = definition.columns.entityKey.map(quoteIdentifier)
        return """
            CREATE TABLE \(table) (
                valid_from bigint NOT NULL,
                valid_to   bigint,
                \(key.map { "\($0) text COLLATE \"C\" NOT NULL," }.joined(separator: "\n    "))
                document   text COLLATE "C" NOT NULL,
                PRIMARY KEY (\(key.joined(separator: ", ")), valid_from)
            );
            CREATE UNIQUE INDEX ON \(table) (\(key.joined(separator: ", "))) WHERE valid_to IS NULL;
            """
    }

    /// `{"<file>":{"digest":…,"version":…},…}`, canonical.
    private static func rulesDocument(_ identity: ProjectionIdentity) -> [UInt8] {
        JSONNode.object(
            identity.rules.map { file in
                (
                    file.path,
                    .object([("digest", .string(file.digest)), ("version", .integer(Int64(file.version)))])
                )
            }
        ).canonicalBytes()
    }

    /// The view `projection.<name>`: the served version's current rows with typed columns, for people with `psql`.
    func servedView(of definition: ProjectionDefinition) -> String {
        let identity = definition.identity
        let table = quoteIdentifier("\(identity.name)_\(identity.version)_c\(identity.codeVersion)")
        let columns = definition.columns.columns.map { column in
            let text = "(document::jsonb ->> '\(column.name)')"
            let value =
                switch column.kind {
                case .text: text
                case .instant: "\(text)::timestamptz"
                case .date: "\(text)::date"
                case .decimal: "\(text)::numeric"
                case .integer: "\(text)::bigint"
                case .boolean: "\(text)::boolean"
                case .texts, .object: "(document::jsonb -> '\(column.name)')"
                }
            return "\(value) AS \(quoteIdentifier(column.name))"
        }
        let view = "projection.\(quoteIdentifier(identity.name))"
        return """
            DROP VIEW IF EXISTS \(view);
            CREATE VIEW \(view) AS
            SELECT valid_from, \(columns.joined(separator: ", "))
            FROM projection.\(table) WHERE valid_to IS NULL;
            """
    }
}

extension ProjectionVersion {
    init(row: PostgresRow) throws {
        let expires = try row.optionalTimestamptz(8)
        let poisonPosition = try row.optionalInt8(9)
        let poisonError = try row.optionalText(10)
        self.init(
            name: try row.text(0), version: try row.text(1), codeVersion: Int(try row.int4(2)),
            rules: try row.text(3), tableName: try row.text(4), position: try row.int8(5), epoch: try row.int8(6),
            leaseOwner: try row.optionalText(7), leaseExpiresAt: try expires.map { try Instant(stored: $0) },
            poison: poisonPosition.map { PoisonEvent(position: $0, problem: poisonError ?? "") },
            isServed: try row.bool(11))
    }

    /// The version's table, quoted.
    var table: String { "projection.\(quoteIdentifier(tableName))" }

    /// The table of the facts behind its rows, quoted.
    var factsTable: String { "projection.\(quoteIdentifier("\(tableName)_facts"))" }
}
