import Events
import Logging
public import Postgres
import PostgresStore
import Rules
import Values

/// What is filled in afterwards: one kind of event each.
public enum BackfillKind: String, Sendable, CaseIterable {
    /// `ContextStamped`
    case context
    /// `ExecutionBenchmarkRecorded`
    case benchmarks
    /// `ForwardMarkRecorded`
    case marks
}

/// Why a backfill did not complete. What it had appended by then stays, and the next run asks only for the rest.
public enum BackfillError: Error, CustomStringConvertible {
    /// Another backfill of the kind is under way.
    case alreadyRunning(BackfillKind)
    /// The quotes' source gave no answer at all.
    case unreachable(String)
    /// What was asked for can't be.
    case badOptions(String)
    /// A source that needs a key that is not configured.
    case notConfigured(String)

    public var description: String {
        switch self {
        case .alreadyRunning(let kind): "a backfill of \(kind.rawValue) is already running"
        case .unreachable(let problem), .badOptions(let problem), .notConfigured(let problem): problem
        }
    }
}

/// How far a backfill has come.
public struct BackfillProgress: Sendable, Equatable {
    /// Stamps, benchmarks or marks that are settled.
    public var done: Int
    public var of: Int
    /// Requests that went to a vendor.
    public var calls = 0

    public init(done: Int, of: Int, calls: Int = 0) {
        self.done = done
        self.of = of
        self.calls = calls
    }
}

/// One backfill of a kind at a time, whatever the number of programs.
public struct BackfillLock: Sendable {
    private let lock: RunLock

    /// Throws `BackfillError.alreadyRunning` where another holds it.
    public static func acquire(
        _ kind: BackfillKind, _ configuration: PostgresConfiguration
    ) async throws -> BackfillLock {
        guard let lock = try await RunLock.acquire("backfill|\(kind.rawValue)", configuration) else {
            throw BackfillError.alreadyRunning(kind)
        }
        return BackfillLock(lock: lock)
    }

    /// Gives the lock back, also where the caller is cancelled.
    public func release() async { await lock.release() }
}

/// A backfill under way: what it reads is pinned to the head at its start, and what it appends bears its run id.
struct BackfillRun: Sendable {
    let ledger: Ledger
    let kind: BackfillKind
    let runID: UniqueID
    /// The last position that is read.
    let position: Int64
    let startedAt: Instant
    let apply: Bool

    /// Events a transaction.
    private static let chunkSize = 2_000

    static func check(limit: Int?) throws(BackfillError) {
        if let limit, limit < 1 { throw .badOptions("limit: expected a number above 0") }
    }

    /// Runs a body under the kind's lock, and releases it however the body ends.
    static func run(
        _ kind: BackfillKind, ledger: Ledger, apply: Bool,
        _ body: (BackfillRun, inout BackfillSummary) async throws -> Void
    ) async throws -> BackfillSummary {
        let lock = try await BackfillLock.acquire(kind, ledger.serviceConfiguration)
        do {
            let summary = try await runLocked(kind, ledger, apply, body)
            await lock.release()
            return summary
        } catch {
            await lock.release()
            throw error
        }
    }

    private static func runLocked(
        _ kind: BackfillKind, _ ledger: Ledger, _ apply: Bool,
        _ body: (BackfillRun, inout BackfillSummary) async throws -> Void
    ) async throws -> BackfillSummary {
        let position = try await ledger.pool.run { session in try LogReader().head(session).position }
        let run = BackfillRun(
            ledger: ledger, kind: kind, runID: ledger.newID(), position: position, startedAt: ledger.now(), apply: apply
        )
        var summary = BackfillSummary(kind: kind, runID: run.runID, dryRun: !apply, startedAt: run.startedAt)
        ledger.logger.info(
            "backfill started",
            metadata: ["kind": "\(kind.rawValue)", "run_id": "\(run.runID)", "dry_run": "\(!apply)"])
        try await body(run, &summary)
        summary.finishedAt = ledger.now()
        ledger.logger.info(
            "backfill finished",
            metadata: [
                "kind": "\(kind.rawValue)", "run_id": "\(run.runID)", "wanted": "\(summary.wanted)",
                "appended": "\(summary.appended)", "failed": "\(summary.failed)",
            ])
        return summary
    }

    /// Appends events in transactions of a bounded size; nothing in a dry run.
    func append(_ events: [NewEvent]) async throws {
        guard apply else { return }
        for start in stride(from: 0, to: events.count, by: Self.chunkSize) {
            let part = Array(events[start..<min(start + Self.chunkSize, events.count)])
            try await ledger.log.append(part, runID: runID)
        }
    }
}

extension Ledger {
    /// The version of a projection's rules that its served version was made by; 1 before its first activation.
    func servedRulesVersion(_ projection: String) async throws -> Int {
        let served = try await pool.run { [catalog] session in try catalog.served(projection, session)?.version }
        return served.flatMap { Int($0.dropFirst()) } ?? 1
    }

    var ruleFiles: RuleFileReader { { [resources] in try resources.files.projectionFile($0) } }
}
