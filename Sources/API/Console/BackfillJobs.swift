import LedgerJSON
import LedgerValues
import Logging
import Operations
import Synchronization

/// The real backfills that a service runs beside its requests, one of a kind at a time: a look-up of many quotes takes longer
/// than a request may.
final class BackfillJobs: Sendable {
    /// A backfill that runs, or the last one of its kind.
    struct Job: Sendable {
        let kind: BackfillKind
        /// Who started it; nil for a key without a name.
        let actor: String?
        let startedAt: Instant
        /// Nil before the first figures are settled.
        var progress: BackfillProgress?
        var finishedAt: Instant?
        /// Nil while it runs.
        var outcome: Result<BackfillSummary, Problem>?

        /// The job as a JSON object.
        func node(redact: (String) -> String) -> JSONNode {
            let state: String
            var (summary, problem): (JSONNode, JSONNode) = (.null, .null)
            switch outcome {
            case nil: state = "running"
            case .success(let found):
                state = "completed"
                summary = found.node
            case .failure(let error):
                state = "failed"
                problem = .object([("code", .string(error.code.rawValue)), ("detail", .string(redact(error.detail)))])
            }
            func count(_ count: Int?) -> JSONNode { count.map { .integer(Int64($0)) } ?? .null }
            return .object([
                ("kind", .string(kind.rawValue)), ("state", .string(state)), ("actor", actor.map(JSONNode.string) ?? .null),
                ("started_at", .string(startedAt.description)),
                ("finished_at", finishedAt.map { .string($0.description) } ?? .null),
                ("done", count(progress?.done)), ("of", count(progress?.of)), ("calls", count(progress?.calls)),
                ("summary", summary), ("problem", problem),
            ])
        }
    }

    private struct State {
        var jobs: [BackfillKind: Job] = [:]
        var tasks: [BackfillKind: Task<Void, Never>] = [:]
        var isStopping = false
    }

    private let state = Mutex(State())

    /// By kind, in the order of the kinds.
    var all: [Job] { state.withLock { state in BackfillKind.allCases.compactMap { state.jobs[$0] } } }

    subscript(kind: BackfillKind) -> Job? { state.withLock { $0.jobs[kind] } }

    /// Starts a real run. Throws a conflict while one of the kind runs here; one that runs elsewhere is found by the run itself.
    func start(_ request: BackfillRequest, actor: String?, _ ledger: Ledger) throws(Problem) {
        let kind = request.kind
        let job = Job(kind: kind, actor: actor, startedAt: ledger.now())
        let isFree = state.withLock { state in
            guard !state.isStopping, state.jobs[kind].map({ $0.outcome != nil }) ?? true else { return false }
            state.jobs[kind] = job
            return true
        }
        guard isFree else { throw Problem(.conflict, "\(BackfillError.alreadyRunning(kind))") }
        let task = Task {
            let outcome: Result<BackfillSummary, Problem>
            do {
                outcome = .success(
                    try await request.run(ledger, apply: true, actor: actor) { progress in
                        self.state.withLock { $0.jobs[kind]?.progress = progress }
                    })
            } catch {
                outcome = .failure(Problem(error))
                ledger.logger.warning(
                    "a backfill ended", metadata: ["kind": "\(kind.rawValue)", "reason": "\(ledger.redact("\(error)"))"])
            }
            let end = ledger.now()
            self.state.withLock { state in
                state.jobs[kind]?.outcome = outcome
                state.jobs[kind]?.finishedAt = end
                state.tasks[kind] = nil
            }
        }
        state.withLock { state in
            // It may have ended by now.
            if state.jobs[kind]?.outcome == nil { state.tasks[kind] = task }
            if state.isStopping { task.cancel() }
        }
    }

    /// Cancels what runs and waits for its end. What was appended stays, and the next run asks for the rest.
    func stop() async {
        let tasks = state.withLock { state in
            state.isStopping = true
            return Array(state.tasks.values)
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }
}
