package import EmbeddedPostgres
import Glibc
import LedgerAnalyses
import LedgerEvents
package import LedgerPostgres
package import LedgerProjections
package import LedgerStore
package import LedgerValues
import LedgerWitness
package import Logging
package import OptionTrades
import Synchronization

/// An open ledger: the database's pools, the log, and the projections that this program can fold.
package final class Ledger: Sendable {
    package let settings: Settings
    package let resources: Resources
    package let logger: Logger
    /// Sessions with the service's role.
    package let pool: PostgresPool
    package let log: EventLog
    package let registry: ProjectionRegistry
    /// The event types and the projections of the program, for rules that are tried.
    let model: LedgerModel
    /// The sources that a sync may ask.
    package let sources: ExecutionSources
    let analyses: AnalysisRegistry
    package let catalog = ProjectionCatalog()
    /// The configuration of separate connections, for example to listen or to hold a lock.
    package let serviceConfiguration: PostgresConfiguration
    /// Identifies this process among all that share the database.
    package let owner: String
    /// The directory for the runs' spool files. The system cleans it.
    package let temporaryDirectory: String
    let folds = FoldGate()
    let kept = KeptFolds()
    let rules = ReadRules()
    /// What the captures of this process came to.
    package let captures = CaptureStatus()
    let heads: HeadSigner
    /// Nil without a witness policy.
    let witnesses: Witnesses?
    /// Sessions of the projectors.
    package let projectorPool: PostgresPool
    /// The replica at `DATABASE_READ_URL`.
    package let replica: ReadReplica?
    let shown = ShownPositions()
    let primaryState: LedgerStateReader
    private let writer: PostgresPool
    private let embedded: EmbeddedPostgresHandle?
    private let redactor: Redactor

    /// The treatment of a database without a ledger, or with an older one, on opening.
    package enum MigrationPolicy: Sendable {
        /// Migrate an embedded server, but refuse another: its owner decides when to migrate.
        case embeddedOnly
        case always
    }

    /// Opens a ledger. Without `DATABASE_URL` this starts or joins the embedded server. It checks the schema, the rule
    /// files and their recorded digests, and activates projections that serve no version yet.
    /// - Parameter writes: false for read-only work such as a dry run. Nothing is activated then, because an activation
    ///   is an event.
    package static func open(
        _ settings: Settings, _ resources: Resources, model: LedgerModel = TradeLedger.model,
        sources: ExecutionSources = Ingestion.executions, migration: MigrationPolicy = .embeddedOnly, writes: Bool = true,
        logger: Logger = Logger(label: "alpha-ledger")
    ) async throws -> Ledger {
        let schemas = try EventSchemas(files: try resources.files.eventSchemas(), patterns: model.patterns)
        let installed = try InstalledRules(resources, model: model)
        let policy = try settings.witnessPolicy.map { try WitnessPolicy(file: $0) }
        let migrator = Migrator(try resources.files.migrations(), TradeLedger.names)
        let (uri, embedded) = try await server(settings, logger)
        do {
            if embedded != nil || migration == .always {
                try await migrate(uri, migrator, logger)
            }
            try await requireCurrent(migrator, uri)
            var service = PostgresConfiguration.service(uri, TradeLedger.names, schemaVersion: migrator.latest)
                .allowingUnsafeDurability(settings.allowsUnsafeDurability, TradeLedger.names)
            service.context = RecordedBuckets(settings)
            let pool = PostgresPool(service, maximumConnections: 8)
            let usable: (projections: ProjectionRegistry, analyses: AnalysisRegistry)
            do {
                usable = (try await installed.projections.usable(pool), try await installed.analyses.usable(pool))
            } catch {
                await pool.close()
                throw error
            }
            let ledger = Ledger(
                settings: settings, resources: resources, pool: pool, schemas: schemas, registry: usable.projections, model: model,
                sources: sources, analyses: usable.analyses, policy: policy, embedded: embedded, logger: logger)
            do {
                if writes {
                    try await ledger.warnOfDurability()
                    try await ledger.warnOfArchives()
                    try await pool.run { session in try PartitionVerifier(TradeLedger.names).require(session) }
                    try await ledger.catalog.activate(
                        ledger.registry, log: ledger.log, pool: ledger.pool, runID: ledger.newID())
                    try await pool.run { session in try ledger.catalog.recordRules(ledger.analyses.usedFiles, session) }
                }
            } catch {
                await ledger.closePools()
                throw error
            }
            return ledger
        } catch {
            await embedded?.stop()
            throw error
        }
    }

    private init(
        settings: Settings, resources: Resources, pool: PostgresPool, schemas: EventSchemas, registry: ProjectionRegistry,
        model: LedgerModel,
        sources: ExecutionSources, analyses: AnalysisRegistry, policy: WitnessPolicy?, embedded: EmbeddedPostgresHandle?, logger: Logger
    ) {
        self.settings = settings
        self.resources = resources
        self.registry = registry
        self.model = model
        self.sources = sources
        self.analyses = analyses
        self.embedded = embedded
        self.logger = logger
        redactor = Redactor(settings.secrets)
        self.pool = pool
        serviceConfiguration = pool.configuration
        primaryState = LedgerStateReader(pool)
        var generator = SystemRandomNumberGenerator()
        owner = "\(getpid())-\(UniqueID(random: &generator))"
        heads = HeadSigner(SigningKeyFile(settings), pool, owner: owner)
        witnesses = policy.map { Witnesses($0, SigningKeyFile(settings), pool) }
        replica = settings.databaseReadURL.map { ReadReplica(uri: $0, context: pool.configuration.context) }
        writer = PostgresPool(serviceConfiguration, maximumConnections: 1)
        var projectors = serviceConfiguration
        // A projector's statements are index ranges and point reads for all parameters. Planning each one again would
        // cost more than running it. A plan made while a table was young must not scan it later, so sequential scans
        // are off. Rows and checkpoint are derived data and commit together. If a crash of the server loses the last of
        // them, they are folded again, so their commits do not wait for the disk.
        projectors.settings.merge([
            "plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "synchronous_commit": "off",
        ]) { _, own in own }
        projectorPool = PostgresPool(projectors, maximumConnections: 10)
        log = EventLog(writer: writer, schemas: schemas, names: TradeLedger.names)
        temporaryDirectory = "/tmp"
    }

    /// The database's URI. Without a configured database, the embedded server is started or joined.
    package static func server(_ settings: Settings, _ logger: Logger) async throws -> (
        uri: String, embedded: EmbeddedPostgresHandle?
    ) {
        if let url = settings.databaseURL { return (url, nil) }
        let handle = try await EmbeddedPostgres.start(
            EmbeddedPostgres.Configuration(dataDirectory: settings.dataDirectory, binaries: settings.postgresBinaries),
            log: logger)
        return (handle.uri, handle)
    }

    /// Applies missing migrations as the URI's own user. Returns their numbers.
    @discardableResult
    package static func migrate(_ uri: String, _ migrator: Migrator, _ logger: Logger) async throws -> [Int] {
        let connection = try await PostgresConnection.open(
            PostgresConfiguration(uri: uri, applicationName: "alpha-ledger migrate"))
        do {
            let applied = try await connection.run { session in try migrator.migrate(session) }
            await connection.close()
            for number in applied { logger.info("migrated", metadata: ["migration": "\(number)"]) }
            return applied
        } catch {
            await connection.close()
            throw error
        }
    }

    static func requireCurrent(_ migrator: Migrator, _ uri: String) async throws {
        // The schema is checked before the session takes the service's role, because a database without a ledger lacks
        // the role.
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: uri, applicationName: "alpha-ledger"))
        do {
            try await connection.run { session in try migrator.requireCurrent(session) }
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Warns at each start about data that the server may lose.
    private func warnOfDurability() async throws {
        let durability = try await pool.run { session in try Durability.read(TradeLedger.names, session) }
        for problem in durability.problems { logger.warning("\(problem)") }
    }

    /// Says at each start which payloads are read from archives, because that is slow and may fail.
    private func warnOfArchives() async throws {
        for range in try await pool.run({ session in try ArchivedRange.all(session) }) {
            logger.warning(
                "payloads of positions \(range.first) to \(range.last) are read from archives",
                metadata: ["copies": "\(range.copies.joined(separator: ", "))"])
        }
    }

    private func closePools() async {
        await writer.close()
        await projectorPool.close()
        await pool.close()
        await replica?.pool.close()
    }

    /// Closes all connections. If this was the embedded server's last user, the server stops too.
    package func close() async {
        await closePools()
        await embedded?.stop()
    }

    /// The system clock, for values outside folds: run times and look-up windows.
    package func now() -> Instant { Self.systemClock() }

    package static func systemClock() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000) ?? .minimum
    }

    package func newID() -> UniqueID {
        var generator = SystemRandomNumberGenerator()
        return UniqueID(random: &generator)
    }

    package func redact(_ text: String) -> String { redactor.redact(text) }
}
