import LedgerEvents
import LedgerProjections
import LedgerValues
import OptionTrades
import Synchronization
import TestSupport
import Testing

@testable import LedgerPostgres
@testable import LedgerStore

/// Runs statements on the thread at hand: what is called between reading and writing can't wait in another way.
func runAtOnce(_ configuration: PostgresConfiguration, _ body: (PostgresSession) throws -> Void) {
    do {
        let signal = try #require(CancellationSignal())
        try body(try PostgresSession.connect(configuration, signal))
    } catch {
        Issue.record(error)
    }
}

/// Projections whose events were read, and then others took their place before what was folded was written.
@Suite struct LostEventsTests {
    private let run = UniqueID(high: 4, low: 4)
    private let catalog = ProjectionCatalog()

    private func withActiveLedger(_ body: (LedgerDatabase) async throws -> Void) async throws {
        try await withLedger { ledger in
            try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            try await body(ledger)
        }
    }

    private func append(_ names: [String], _ ledger: LedgerDatabase) async throws {
        for name in names { try await ledger.log.append([recorded(try sampleRow(name))], runID: run) }
    }

    /// Puts executions that nobody has read in the place of those after a position.
    private func swap(after position: Int64, _ ledger: LedgerDatabase) {
        runAtOnce(PostgresConfiguration(uri: ledger.uri)) { session in
            try SwappedHistory.prepare(session)
            try SwappedHistory(session: session).replace(after: position) {
                recorded(try sampleRow("other \($0)", quantity: Int($0)))
            }
        }
    }

    private func group(_ ledger: LedgerDatabase, batchSize: Int) async throws -> FoldingGroup {
        let members = try await ledger.pool.run { session in
            try ledger.registry.firstDefinitions.compactMap {
                try ProjectionMember.acquire($0, owner: "g", cachedBytes: 1 << 20, session)
            }
        }
        let group = FoldingGroup(at: try #require(members.first).position, ledger.pool, batchSize: batchSize)
        await group.join(members.map(\.member))
        return group
    }

    /// Each version as the catalog has it, and whether it is what a fold of the log gives.
    private func expectSound(at position: Int64, _ ledger: LedgerDatabase, _ comment: Comment) async throws {
        for version in try await ledger.pool.run({ try catalog.versions($0) }) {
            #expect(version.position == position && version.poison == nil, "\(comment): \(version.name)")
            let definition = try #require(ledger.registry.definition(of: version))
            let verification = try await ledger.pool.run { try ProjectionVerifier(definition, version: version).verify($0) }
            #expect(verification.matches, "\(comment): \(version.name)")
        }
    }

    /// In the first batch, in a later one, and where one of the events that are lost could not be folded.
    @Test(arguments: [(1, false), (2, false), (3, false), (2, true)])
    func `a projector writes nothing of events that are not in the log any more, and starts again from what is`(
        batch: Int, hasPoison: Bool
    ) async throws {
        try await withActiveLedger { ledger in
            let first = try await group(ledger, batchSize: 3)
            try await append(["a", "b"], ledger)
            try await first.advance()
            let start = await first.position
            try await append(["c", "d", "e", "f"], ledger)
            let orphan = PresencePayload(source: "alpha_sync", sourceTradeID: "never", scopeKey: "s", isMissing: true)
            if hasPoison { try await ledger.log.append([orphan.event(previousVersion: 0)], runID: run) }
            try await append(["g", "h", "i", "j"], ledger)
            let head = try await ledger.pool.run { try LogReader().head($0).position }

            // What was written before is of events that stay, as on a standby.
            let written = start + Int64(3 * (batch - 1))
            let calls = Atomic<Int>(0)
            let lost = LedgerError.historyReplaced(position: min(head, written + 3))
            await #expect(throws: lost) {
                try await first.advance { position, _ in
                    if calls.add(1, ordering: .relaxed).newValue == batch { swap(after: position, ledger) }
                }
            }
            try await expectSound(at: written, ledger, "batch \(batch), written")
            await first.release()
            let second = try await group(ledger, batchSize: 3)
            try await second.advance()
            try await expectSound(at: head, ledger, "batch \(batch), again")
            await second.release()
        }
    }

    /// Where a rebuild meets another history.
    enum Moment: CaseIterable {
        /// It has noted which events touch what, and reads them again.
        case betweenReadings
        /// All is folded and nothing is written.
        case beforeWriting
        /// Rows are written, and the tables are to be put in place.
        case beforeFinishing
        /// The version stopped at an event that is lost by now, and is built up to the one before.
        case afterPoison
    }

    @Test(arguments: Moment.allCases)
    func `a rebuild writes nothing of events that are not in the log any more`(moment: Moment) async throws {
        try await withActiveLedger { ledger in
            let start = try await ledger.pool.run { try LogReader().head($0).position }
            try await append((0..<20).map { "t\($0)" }, ledger)
            if moment == .afterPoison {
                let orphan = PresencePayload(source: "alpha_sync", sourceTradeID: "never", scopeKey: "s", isMissing: true)
                try await ledger.log.append([orphan.event(previousVersion: 0)], runID: run)
            }
            try await append(["last"], ledger)
            let head = try await ledger.pool.run { try LogReader().head($0).position }
            // Rows from before the swap would stay, as no standby has them.
            let kept = moment == .beforeFinishing ? head - 1 : start

            var options = ProjectionRebuild.Options()
            options.chunkSize = 5
            options.beforeWrite = { write in
                switch moment {
                case .beforeWriting where write == 0: swap(after: kept, ledger)
                case .beforeFinishing where write == 1: swap(after: kept, ledger)
                default: break
                }
            }
            let definition = try #require(ledger.registry.firstDefinition("trades"))
            let isSwapped = Atomic<Bool>(false)
            @Sendable func see(_ progress: ProjectionRebuild.Progress) {
                let isDue =
                    switch moment {
                    case .betweenReadings: progress.phase == .reading && progress.position == head
                    case .afterPoison: progress.phase == .finishing
                    case .beforeWriting, .beforeFinishing: false
                    }
                if isDue, !isSwapped.exchange(true, ordering: .relaxed) { swap(after: kept, ledger) }
            }
            await #expect(throws: LedgerError.historyReplaced(position: head)) {
                _ = try await ProjectionRebuild([definition], ledger.configuration, owner: "r", options: options).run(see)
            }
            let stored = try await ledger.pool.run { try #require(try catalog.version(of: definition.identity, $0)) }
            #expect(stored.position == 0 && stored.poison == nil)

            if moment == .beforeFinishing { return }
            let built = try await ProjectionRebuild([definition], ledger.configuration, owner: "r").run()
            #expect(built.count == 1 && built[0].poison == nil)
            let version = try await ledger.pool.run { try #require(try catalog.version(of: definition.identity, $0)) }
            let verification = try await ledger.pool.run { try ProjectionVerifier(definition, version: version).verify($0) }
            #expect(verification.matches && verification.rows > 0)
        }
    }
}
