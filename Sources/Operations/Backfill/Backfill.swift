import LedgerEvents
package import LedgerPostgres
import LedgerRules
import LedgerStore
import LedgerValues
import Logging
import OptionTrades

/// The kinds of backfill. Each appends one kind of event.
package enum BackfillKind: String, Sendable, CaseIterable {
    /// `ContextStamped`
    case context
    /// `ExecutionBenchmarkRecorded`
    case benchmarks
    /// `ForwardMarkRecorded`
    case marks
}

/// The reason why a backfill did not complete. The events appended by then stay, and the next run handles only the rest.
package enum BackfillError: Error, CustomStringConvertible {
    /// Another backfill of the same kind is in progress.
    case alreadyRunning(BackfillKind)
    /// The source of quotes did not answer at all.
    case unreachable(String)
    /// An option is invalid.
    case badOptions(String)
    /// The source needs a key that is not configured.
    case notConfigured(String)

    package var description: String {
        switch self {
        case .alreadyRunning(let kind): "a backfill of \(kind.rawValue) is already running"
        case .unreachable(let problem), .badOptions(let problem), .notConfigured(let problem): problem
        }
    }
}

/// The progress of a backfill.
package struct BackfillProgress: Sendable, Equatable {
    /// The number of settled stamps, benchmarks or marks.
    package var done: Int
    package var of: Int
    /// The number of requests sent to a vendor.
    package var calls = 0

    package init(done: Int, of: Int, calls: Int = 0) {
        self.done = done
        self.of = of
        self.calls = calls
    }
}

/// Permits one backfill of a kind at a time across all programs.
package struct BackfillLock: Sendable {
    private let lock: AdvisoryLock

    /// Throws `BackfillError.alreadyRunning` if another backfill holds the lock.
    package static func acquire(
        _ kind: BackfillKind, _ configuration: PostgresConfiguration
    ) async throws -> BackfillLock {
        guard let lock = try await AdvisoryLock.acquire("backfill|\(kind.rawValue)", configuration) else {
            throw BackfillError.alreadyRunning(kind)
        }
        return BackfillLock(lock: lock)
    }

    /// Releases the lock, even if the caller is cancelled.
    package func release() async { await lock.release() }
}

/// A backfill in progress. Its reads are pinned to the head at its start, and its events carry its run id.
struct BackfillRun: Sendable {
    let ledger: Ledger
    let kind: BackfillKind
    let runID: UniqueID
    /// The last position to read.
    let position: Int64
    let startedAt: Instant
    let apply: Bool

    /// The number of events in a transaction.
    private static let chunkSize = 2_000

    static func check(limit: Int?) throws(BackfillError) {
        if let limit, limit < 1 { throw .badOptions("limit: expected a number above 0") }
    }

    /// Runs a body under the kind's lock and releases the lock in every case.
    ///
    /// - Parameter actor: who started the run; the event of its end says so. Nil if that is not known: then it has no such event
    static func run(
        _ kind: BackfillKind, ledger: Ledger, apply: Bool, actor: String?,
        _ body: (BackfillRun, inout BackfillSummary) async throws -> Void
    ) async throws -> BackfillSummary {
        let lock = try await BackfillLock.acquire(kind, ledger.serviceConfiguration)
        do {
            let summary = try await runLocked(kind, ledger, apply, actor, body)
            await lock.release()
            return summary
        } catch {
            await lock.release()
            throw error
        }
    }

    private static func runLocked(
        _ kind: BackfillKind, _ ledger: Ledger, _ apply: Bool, _ actor: String?,
        _ body: (BackfillRun, inout BackfillSummary) async throws -> Void
    ) async throws -> BackfillSummary {
        let position = try await position(ledger)
        let run = BackfillRun(
            ledger: ledger, kind: kind, runID: ledger.newID(), position: position, startedAt: ledger.now(), apply: apply
        )
        var summary = BackfillSummary(kind: kind, runID: run.runID, dryRun: !apply, startedAt: run.startedAt)
        ledger.logger.info(
            "backfill started",
            metadata: ["kind": "\(kind.rawValue)", "run_id": "\(run.runID)", "dry_run": "\(!apply)"])
        try await body(run, &summary)
        summary.finishedAt = ledger.now()
        if let actor, summary.appended > 0 { try await run.append([summary.completed(by: actor).event()]) }
        ledger.logger.info(
            "backfill finished",
            metadata: [
                "kind": "\(kind.rawValue)", "run_id": "\(run.runID)", "wanted": "\(summary.wanted)",
                "appended": "\(summary.appended)", "failed": "\(summary.failed)",
            ])
        return summary
    }

    /// The last position of the log.
    static func position(_ ledger: Ledger) async throws -> Int64 {
        try await ledger.pool.run { session in try LogReader().head(session).position }
    }

    /// Appends events in transactions of bounded size. A dry run appends nothing.
    func append(_ events: [NewEvent]) async throws {
        guard apply else { return }
        for start in stride(from: 0, to: events.count, by: Self.chunkSize) {
            let part = Array(events[start..<min(start + Self.chunkSize, events.count)])
            try await ledger.log.append(part, runID: runID)
        }
    }
}

extension Ledger {
    /// The rules version of the projection's served version. 1 before its first activation.
    func servedRulesVersion(_ projection: String) async throws -> Int {
        let served = try await pool.run { [catalog] session in try catalog.served(projection, session)?.version }
        return served.flatMap { Int($0.dropFirst()) } ?? 1
    }

    var ruleFiles: RuleFileReader { { [resources] in try resources.files.projectionFile($0) } }
}
