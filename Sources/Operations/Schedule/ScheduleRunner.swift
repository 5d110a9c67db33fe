import LedgerStore
package import LedgerValues
import Logging
import OptionTrades

/// Runs the jobs of the schedule, in one of all services that share the database.
///
/// Whoever holds the lease runs them. The lease is an advisory lock of a session: it ends with the session, and another service
/// takes it at its next attempt. A job in progress then goes on, and the locks of syncs and backfills keep a second one out.
package struct ScheduleRunner: Sendable {
    private let ledger: Ledger
    private let schedule: Schedule
    private let run: @Sendable (Schedule.Job) async throws -> Void

    /// How often a service without the lease asks for it, and one with it makes sure of it.
    private static let leaseSeconds = 15
    private static let lease = "schedule"

    /// Throws `SettingProblem` if a job lacks its settings.
    package init(_ ledger: Ledger, _ schedule: Schedule) throws(SettingProblem) {
        if schedule.jobs.contains(where: { $0.job == .sync }) {
            do throws(SettingProblem) {
                _ = try ledger.sources.standard.open(ledger.settings.values, SourceRequest())
            } catch {
                throw SettingProblem("ALPHA_LEDGER_SCHEDULE: sync can't run: \(error)")
            }
        }
        self.init(ledger, schedule) { job in try await ledger.run(job) }
    }

    /// - Parameter run: runs a job, for tests
    package init(_ ledger: Ledger, _ schedule: Schedule, run: @escaping @Sendable (Schedule.Job) async throws -> Void) {
        self.ledger = ledger
        self.schedule = schedule
        self.run = run
    }

    /// Runs until it is cancelled.
    package func run() async {
        while !Task.isCancelled {
            if let lock = await acquire() {
                ledger.logger.info("schedule taken", metadata: ["jobs": "\(schedule.jobs.map(\.job.rawValue).joined(separator: ","))"])
                await work(holding: lock)
                await lock.release()
            }
            try? await Task.sleep(for: .seconds(Self.leaseSeconds))
        }
    }

    private func acquire() async -> AdvisoryLock? {
        do {
            return try await AdvisoryLock.acquire(Self.lease, ledger.serviceConfiguration)
        } catch {
            if !Task.isCancelled {
                ledger.logger.warning("the schedule's lease can't be asked for", metadata: ["reason": "\(ledger.redact("\(error)"))"])
            }
            return nil
        }
    }

    /// Runs jobs as they become due, for as long as the lease is held.
    private func work(holding lock: AdvisoryLock) async {
        let start = ContinuousClock.now
        func now() -> Int { Int((ContinuousClock.now - start).components.seconds) }
        var clock = ScheduleClock(schedule, startingAt: 0)
        while !Task.isCancelled {
            let wait = min(Self.leaseSeconds, max(1, clock.next - now()))
            try? await Task.sleep(for: .seconds(wait))
            guard !Task.isCancelled else { return }
            guard await lock.isHeld() else {
                ledger.logger.warning("the schedule's lease was lost")
                return
            }
            for job in clock.take(at: now()) where !Task.isCancelled { await turn(job) }
        }
    }

    /// One turn of a job. A turn that fails is logged, and the next one comes in its time.
    package func turn(_ job: Schedule.Job) async {
        do {
            try await run(job)
        } catch is CancellationError {
            return
        } catch {
            if Task.isCancelled { return }
            ledger.logger.warning(
                "scheduled job failed", metadata: ["job": "\(job.rawValue)", "reason": "\(ledger.redact("\(error)"))"])
        }
    }
}

extension Ledger {
    fileprivate func run(_ job: Schedule.Job) async throws {
        switch job {
        case .sync:
            let source = try sources.standard.open(settings.values, SourceRequest())
            let summary = try await SyncOperation(ledger: self, source: source).run(SyncOptions(apply: true, actor: RunActor.schedule))
                .summary
            logger.info(
                "scheduled sync done",
                metadata: [
                    "run_id": "\(summary.runID)", "inserted": "\(summary.inserted)", "updated": "\(summary.updated)",
                    "rejected": "\(summary.rejected)",
                ])
        case .backfill:
            let quotes = try QuoteChoice(named: "auto", settings)
            _ = try await ContextBackfill(ledger: self).run(ContextBackfillOptions(apply: true, actor: RunActor.schedule))
            _ = try await BenchmarksBackfill(ledger: self, quotes: quotes).run(
                BenchmarksBackfillOptions(apply: true, actor: RunActor.schedule))
            _ = try await MarksBackfill(ledger: self, quotes: quotes).run(MarksBackfillOptions(apply: true, actor: RunActor.schedule))
        }
    }
}
