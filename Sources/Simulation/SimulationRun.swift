import EmbeddedPostgres
import Foundation
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import Logging
import MarketData
import Operations
import OptionTrades
import RandomSupport

/// One history on one ledger: its steps, driven through the operations that users have.
final class SimulationRun {
    private let seed: UInt64
    private let settings: Settings
    private let home: SimulationHome
    private let logger: Logger
    private var ledger: Ledger
    private var feed = SimulatedFeed()
    private var model = SimulationModel()
    /// The watermark that the next incremental sync starts at.
    private var watermark: Instant?
    /// The number of checks that the ledger passed.
    private(set) var checks = 0

    private init(seed: UInt64, _ settings: Settings, _ home: SimulationHome, _ logger: Logger, _ ledger: Ledger) {
        (self.seed, self.settings, self.home, self.logger, self.ledger) = (seed, settings, home, logger, ledger)
    }

    /// Opens a new ledger in an empty database.
    static func begin(seed: UInt64, uri: String, _ home: SimulationHome, _ logger: Logger) async throws -> SimulationRun {
        let settings = try Settings(
            environment: [
                "DATABASE_URL": uri, "ALPHA_LEDGER_DATA_DIR": home.path,
                "ALPHA_TRADE_FEED_PORTFOLIOS": SimulatedRow.portfolios.joined(separator: ","),
            ])
        let ledger = try await Ledger.open(settings, Resources(root: home.path), migration: .always, logger: logger)
        return SimulationRun(seed: seed, settings, home, logger, ledger)
    }

    func end() async { await ledger.close() }

    var position: Int64 { model.position }

    /// Does a step, and compares the log with what was acknowledged before. Throws `SimulationFailure`.
    func run(_ number: Int) async throws {
        var random = SeededGenerator(seed: seed, step: number)
        let step = SimulationStep.random(&random)
        do {
            try await run(step, &random)
            try await model.checkLog(ledger)
            checks += 1
        } catch {
            throw failure(number, step, error)
        }
    }

    /// All checks, after the last step.
    func finish(_ number: Int) async throws {
        do {
            try await ledger.bringUpToDate(ledger.registry.names)
            try await model.checkTrades(ledger)
            try await model.recall(ledger)
            try await replay()
            try await audit()
            checks += 4
        } catch {
            throw failure(number, .audit, error)
        }
    }

    private func failure(_ number: Int, _ step: SimulationStep, _ error: any Error) -> any Error {
        if error is CancellationError { return error }
        return SimulationFailure(seed: seed, number: number, step: step, problem: "\(error)")
    }

    private func run(_ step: SimulationStep, _ random: inout SeededGenerator) async throws {
        switch step {
        case .changeAndSync:
            for _ in 0..<random.number(1...8) { feed.change(&random) }
            _ = try await sync(fully: false)
        case .syncFully:
            _ = try await sync(fully: true)
            try await ledger.bringUpToDate(["trades"])
            try await model.checkTrades(ledger)
        case .failToSync: try await failToSync()
        case .syncAgain: try await syncAgain(fully: random.chance(1, in: 2))
        case .observe: try await observe(&random)
        case .stamp: _ = try await ContextBackfill(ledger: ledger).run(ContextBackfillOptions(apply: true, force: random.chance(1, in: 3)))
        case .benchmark:
            let options = BenchmarksBackfillOptions(apply: true, retry: random.chance(1, in: 2))
            _ = try await BenchmarksBackfill(ledger: ledger, quotes: .log).run(options)
        case .mark:
            let options = MarksBackfillOptions(apply: true, retry: random.chance(1, in: 2))
            _ = try await MarksBackfill(ledger: ledger, quotes: .log, now: SimulatedRow.end).run(options)
        case .fold: try await ledger.bringUpToDate(ledger.registry.names.filter { _ in random.chance(1, in: 2) })
        case .remember: try await model.remember(ledger, &random)
        case .recall: try await model.recall(ledger)
        case .replay: try await replay()
        case .rebuild: try await rebuild(random.pick(ledger.registry.names))
        case .promote: try await promote()
        case .rollBack: try await rollBack()
        case .sign: _ = try await ledger.signCheckpoint()
        case .reopen:
            await ledger.close()
            ledger = try await Ledger.open(settings, Resources(root: home.path), migration: .always, logger: logger)
        case .audit: try await audit()
        }
    }

    // MARK: What comes in

    private func source(failsLate: Bool = false) throws -> SimulatedSource {
        // The reader of a row is asked for before there is one.
        let empty = try JSONDocument(parsing: Array("{}".utf8)).root
        return feed.source(try Ingestion.executions.standard.reader(settings.values, empty), failsLate: failsLate)
    }

    private func sync(fully: Bool) async throws -> RunSummary {
        let run = try await SyncOperation(ledger: ledger, source: source()).run(SyncOptions(apply: true, fullScope: fully))
        model.synced(feed.rows(since: fully ? nil : watermark), all: fully)
        if feed.time > 0 { watermark = SimulatedRow.instant(feed.time) }
        return run.summary
    }

    private func failToSync() async throws {
        let before = try await ledger.head().head.position
        do {
            _ = try await SyncOperation(ledger: ledger, source: source(failsLate: true)).run(SyncOptions(apply: true, fullScope: true))
            throw Broken("a sync from a feed that failed went through")
        } catch SyncError.source {}
        let after = try await ledger.head().head.position
        guard after == before + 1 else { throw Broken("a failed sync appended \(after - before) events instead of its end alone") }
    }

    private func syncAgain(fully: Bool) async throws {
        _ = try await sync(fully: fully)
        let before = try await ledger.head().head.position
        let summary = try await sync(fully: fully)
        let after = try await ledger.head().head.position
        guard after == before + 1, summary.inserted == 0, summary.updated == 0 else {
            throw Broken("the same sync again appended \(after - before) events instead of its end alone")
        }
    }

    private func observe(_ random: inout SeededGenerator) async throws {
        let lines = SimulatedMarket.lines(random.number(1...30), around: feed.rows, &random)
        let file = home.path + "/observations.ndjson"
        try Data(lines).write(to: URL(filePath: file))
        let summary = try await importFile(file)
        guard summary.rejected == 0 else { throw Broken("an import refused lines: \(summary.faults.first?.reason ?? "unknown")") }
        let before = try await ledger.head().head.position
        _ = try await importFile(file)
        let after = try await ledger.head().head.position
        guard after == before else { throw Broken("the same import again appended \(after - before) events") }
    }

    private func importFile(_ path: String) async throws -> ImportSummary {
        try await ObservationImport(
            pool: ledger.pool, log: ledger.log, configuration: ledger.serviceConfiguration, temporaryDirectory: home.path
        ).run([path], ObservationImportOptions(apply: true))
    }

    // MARK: Versions

    private func replay() async throws {
        for verification in try await ledger.verifyProjections() {
            if let problem = verification.problem { throw Broken("\(verification.name) \(verification.label) \(problem)") }
        }
    }

    private func digest(_ name: String) async throws -> String? {
        try await ledger.verifyProjections(name).first?.storedDigest
    }

    private func rebuild(_ name: String) async throws {
        try await ledger.bringUpToDate([name])
        let served = try await ledger.pool.run { [ledger] session in try ledger.catalog.served(name, session) }
        guard let served else { throw Broken("\(name) is not served") }
        let before = try await digest(name)
        _ = try await ledger.rebuild([(name, served.reference)], workers: 2)
        let after = try await digest(name)
        guard before == after else { throw Broken("\(name) had the digest \(before ?? "none"), and rebuilt it has \(after ?? "none")") }
    }

    private func promote() async throws {
        let name = SimulationHome.changedProjection
        let served = try await ledger.pool.run { [ledger] session in try ledger.catalog.served(name, session) }
        guard let served else { throw Broken("\(name) is not served") }
        let other = VersionReference(version: served.version == "v1" ? "v2" : "v1", codeVersion: served.codeVersion)
        try await ledger.bringUpToDate([name])
        _ = try await ledger.rebuild([(name, other)], workers: 1)
        let diff = try await ledger.diff(name, from: served.reference, to: other)
        _ = try await ledger.promote(name, other, position: diff.position, digest: diff.digest)
    }

    private func rollBack() async throws {
        let name = SimulationHome.changedProjection
        let served = try await ledger.pool.run { [ledger] session in try ledger.catalog.served(name, session) }
        guard let previous = served?.previous else { return }
        // No service has folded it since.
        _ = try await ledger.rebuild([(name, previous)], workers: 1)
        _ = try await ledger.rollback(name)
    }

    private func audit() async throws {
        let report = try await ledger.audit()
        if let problem = report.problems.first { throw Broken("the audit found: \(problem)") }
    }
}
