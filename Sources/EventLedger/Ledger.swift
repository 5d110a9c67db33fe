import Foundation
public import LedgerEvents
public import LedgerJSON
import LedgerMerkle
public import LedgerPostgres
public import LedgerProjections
public import LedgerStore
import LedgerValues

/// A ledger of one domain in a database: its log, and its projections in every installed rules version.
///
/// Programs that need more find it in the modules that `EventLedger` exports.
public final class Ledger: Sendable {
    /// The log, for appends under a run's own id or together with other statements.
    public let log: EventLog
    /// Connections with the service's role, for everything that this type has no method for.
    public let pool: PostgresPool
    /// The model's projections in every installed version.
    public let registry: ProjectionRegistry
    private let writer: PostgresPool
    private let configuration: PostgresConfiguration
    private let catalog = ProjectionCatalog()
    private let files: LedgerFiles
    private let names: LedgerNames

    /// The name of this program among all that share the database.
    private let owner = "\(ProcessInfo.processInfo.processIdentifier)-\(newID())"

    /// Opens the ledger of a model, migrates its database, and activates the projections that serve no version yet.
    ///
    /// - Parameters:
    ///   - uri: a libpq connection URI of a role that may create roles and schemas.
    ///   - model: the program's names, event types and projections.
    ///   - files: the migrations, event schemas and rule files.
    public static func open(_ uri: String, _ model: LedgerModel, _ files: LedgerFiles) async throws -> Ledger {
        let migrator = Migrator(try files.migrations(), model.names)
        let owner = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
        do {
            _ = try await owner.run { try migrator.migrate($0) }
            await owner.close()
        } catch {
            await owner.close()
            throw error
        }
        let ledger = try Ledger(uri, model, files, migrator)
        do {
            try await ledger.catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: newID())
        } catch {
            await ledger.close()
            throw error
        }
        return ledger
    }

    private init(_ uri: String, _ model: LedgerModel, _ files: LedgerFiles, _ migrator: Migrator) throws {
        self.files = files
        names = model.names
        configuration = .service(uri, names, schemaVersion: migrator.latest)
        pool = PostgresPool(configuration, maximumConnections: 8)
        writer = PostgresPool(configuration, maximumConnections: 1)
        log = EventLog(writer: writer, schemas: try EventSchemas(files: try files.eventSchemas(), patterns: model.patterns), names: names)
        registry = try ProjectionRegistry(model, files: try files.projectionFiles(), read: files.projectionFile)
    }

    /// Ends all connections.
    public func close() async {
        await writer.close()
        await pool.close()
    }

    // MARK: Events

    /// Appends events in one commit; an event that the log already has is not appended again.
    @discardableResult
    public func append(_ events: [NewEvent]) async throws -> [AppendedEvent] {
        try await log.append(events, runID: newID())
    }

    /// The last position of the log.
    public func head() async throws -> Int64 { try await pool.run { try LogReader().head($0).position } }

    // MARK: Projections

    /// Folds the new events into every ready version.
    public func catchUp() async throws {
        for definition in registry.definitions {
            guard try await version(of: definition) != nil else { continue }
            let outcome = try await ProjectionFollower(definition, pool: pool, owner: owner).catchUp()
            if let poison = outcome?.poison { throw poison }
        }
    }

    /// Builds a rules version of a projection beside the served one.
    public func rebuild(_ projection: String, rules version: String) async throws {
        let definition = try definition(projection, version)
        _ = try await ProjectionRebuild([definition], configuration, owner: owner).run()
        _ = try await ProjectionFollower(definition, pool: pool, owner: owner).catchUp()
    }

    /// The rows of a projection in key order.
    ///
    /// - Parameters:
    ///   - projection: the projection's name.
    ///   - rules: a rules version, for example `v2`; without it, the served version.
    ///   - position: the event after which the rows are shown; without it, the last folded event.
    public func rows(of projection: String, rules: String? = nil, at position: Int64? = nil) async throws -> [JSONDocument] {
        let (definition, version) = try await stored(projection, rules)
        return try await pool.run { session in
            var rows: [JSONDocument] = []
            try StoredRows(version, definition.columns).forEach(at: min(position ?? version.position, version.position), session) {
                rows.append(try JSONDocument(parsing: $1))
            }
            return rows
        }
    }

    /// The differences to another rules version: every row that differs from the served version's row, at the same
    /// position.
    public func differences(_ projection: String, to rules: String) async throws -> [RowChange] {
        let (definition, served) = try await stored(projection, nil)
        let (_, other) = try await stored(projection, rules)
        return try await pool.run { session in
            var changes: [RowChange] = []
            try VersionComparison(
                from: served, to: other, columns: definition.columns, position: min(served.position, other.position)
            ).forEachRow(session) { old, new in
                let (old, new) = (try old.map { try JSONDocument(parsing: $0) }, try new.map { try JSONDocument(parsing: $0) })
                if let change = definition.columns.change(from: old, to: new) { changes.append(change) }
            }
            return changes
        }
    }

    private func stored(_ projection: String, _ rules: String?) async throws -> (ProjectionDefinition, ProjectionVersion) {
        if let rules {
            let definition = try definition(projection, rules)
            if let version = try await version(of: definition) { return (definition, version) }
        } else if let version = try await pool.run({ [catalog] in try catalog.served(projection, $0) }),
            let definition = registry.definition(of: version)
        {
            return (definition, version)
        }
        throw LedgerError.notMigrated(problem: "projection \(projection) \(rules ?? "") is not built")
    }

    private func version(of definition: ProjectionDefinition) async throws -> ProjectionVersion? {
        try await pool.run { [catalog] in try catalog.version(of: definition.identity, $0) }.flatMap { $0.state == .ready ? $0 : nil }
    }

    private func definition(_ projection: String, _ rules: String) throws -> ProjectionDefinition {
        guard let definition = registry.newestDefinition(projection, version: rules) else {
            throw LedgerError.notMigrated(problem: "no rules \(rules) of \(projection) are installed")
        }
        return definition
    }

    // MARK: Proofs

    /// Verifies everything. It recomputes every leaf and node of the log, compares the catalog with the promotions in
    /// the log and with the installed files, and compares every stored version of every row with a fold of the events.
    ///
    /// - Returns: the faults and the failed checks, one sentence each; empty if everything was checked and is right.
    public func verify() async throws -> [String] {
        let views = try await CatalogVerifier(registry).settledViews(pool, patience: .seconds(2))
        let migrator = Migrator(try files.migrations(), names)
        var isRepeated = false
        return try await withFreshCatalog {
            defer { isRepeated = true }
            return try await pool.run { [registry, isRepeated] session in
                do {
                    return try session.transaction(.snapshot) {
                        try Self.findings(registry, migrator, skipsMissing: isRepeated, session) + views.map(\.description)
                    }
                } catch let altered as AlteredLog {
                    return [altered.fault]
                }
            }
        }
    }

    /// The log has a fault. Reading ended there, and with it the transaction.
    private struct AlteredLog: Error { let fault: String }

    private static func findings(
        _ registry: ProjectionRegistry, _ migrator: Migrator, skipsMissing: Bool, _ session: PostgresSession
    ) throws -> [String] {
        let catalog = CatalogVerifier(registry)
        try catalog.holdTables(skipsMissing: skipsMissing, session)
        if let fault = try LogVerifier().verify(session).fault {
            throw AlteredLog(fault: "position \(fault.position): \(fault.problem)")
        }
        let findings = try SchemaVerifier(migrator).findings(session) + catalog.findings(session)
        let rows = try ProjectionVerifier.verify(catalog.comparable(session), session)
        return findings.map(\.description)
            + rows.compactMap { found in found.problem.map { "projection \(found.name) \(found.label) \($0)" } }
    }

    /// A proof that the event at a position is in the log of a size.
    public func inclusionProof(of position: Int64, size: Int64) async throws -> InclusionProof {
        try await pool.run { session in
            try session.transaction(.snapshot) { try LogProofs().inclusion(position: position, size: size, session) }
        }
    }
}

/// A new random id of a run, or of a program.
private func newID() -> UniqueID {
    var random = SystemRandomNumberGenerator()
    return UniqueID(random: &random)
}
