import LedgerEvents
package import LedgerPostgres
import LedgerRules
package import LedgerStore
package import LedgerValues
package import OptionTrades

/// Brings series of observations from a vendor into the log (docs/contract/market-capture.md, "Run").
///
/// All answers of a window come first. Then each hour is one transaction: its observations that the log lacks, and its
/// `SnapshotCaptured`. An hour whose observations are those of its latest capture appends nothing. A run that dies is simply run
/// again: hours that were captured are not asked for again.
package struct CaptureRun: Sendable {
    private static let maximumConflictRetries = 50
    private static let lockKey = "capture"

    package struct Progress: Sendable {
        package let series: CaptureSeries
        package let currency: String
        /// Hours that are done, of all that are asked for.
        package let done: Int
        package let of: Int
        package let calls: Int
    }

    private let pool: PostgresPool
    private let log: EventLog
    private let configuration: PostgresConfiguration
    private let source: any SeriesSource
    private let now: @Sendable () -> Instant
    private let newID: @Sendable () -> UniqueID
    private let onProgress: @Sendable (Progress) -> Void

    /// - Parameters:
    ///   - configuration: for the connection that holds the lock
    ///   - now: the clock, which says what hours are over
    package init(
        pool: PostgresPool, log: EventLog, configuration: PostgresConfiguration, source: any SeriesSource,
        now: @escaping @Sendable () -> Instant, newID: @escaping @Sendable () -> UniqueID,
        onProgress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) {
        self.pool = pool
        self.log = log
        self.configuration = configuration
        self.source = source
        self.now = now
        self.newID = newID
        self.onProgress = onProgress
    }

    /// - Returns: the summary, even if series failed. Throws ``CaptureError``, the log's errors and `CancellationError`. What was
    ///   captured before a throw stays.
    package func run(_ options: CaptureOptions) async throws -> CaptureSummary {
        try options.check()
        guard options.apply else { return try await runLocked(options) }
        guard let lock = try await AdvisoryLock.acquire(Self.lockKey, configuration) else { throw CaptureError.alreadyRunning }
        let result: Result<CaptureSummary, any Error>
        do { result = .success(try await runLocked(options)) } catch { result = .failure(error) }
        await lock.release()
        return try result.get()
    }

    private func runLocked(_ options: CaptureOptions) async throws -> CaptureSummary {
        let started = now()
        var summary = CaptureSummary(runID: newID(), dryRun: !options.apply, startedAt: started)
        let callsBefore = source.callsMade
        var notEntitled: Set<CaptureSeries> = []
        for (series, currency) in options.pairs {
            var outcome = CaptureSummary.Outcome(series: series, currency: currency)
            let steps =
                series == .chain ? [started.flooredToHour] : series.steps(from: options.from, to: options.to, now: started)
            let stored = try await pool.run { session in
                try StoredSnapshots.load(series, currency: currency, of: steps, session)
            }
            let wanted = steps.filter { series == .chain || options.again || !series.isSettled($0, by: stored.hours[$0], at: started) }
            outcome.hours = steps.count
            outcome.known = steps.count - wanted.count
            outcome.left = wanted.count
            if !notEntitled.contains(series) {
                for window in Self.windows(wanted, series) {
                    try Task.checkCancellation()
                    if let limit = options.maximumCalls, source.callsMade - callsBefore >= limit {
                        summary.isCutShort = true
                        break
                    }
                    let isDone = try await capture(window, of: wanted, &outcome, options, summary.runID, now: started)
                    onProgress(
                        Progress(
                            series: series, currency: currency, done: wanted.count - outcome.left, of: wanted.count,
                            calls: source.callsMade - callsBefore))
                    guard isDone else { break }
                }
                // What a key may not see of one market it may not see of another.
                if outcome.failure?.code == .notEntitled { notEntitled.insert(series) }
            }
            summary.outcomes.append(outcome)
        }
        summary.calls = source.callsMade - callsBefore
        summary.finishedAt = now()
        return summary
    }

    /// The steps that one look-up covers, in ascending order.
    private static func windows(_ steps: [Instant], _ series: CaptureSeries) -> [[Instant]] {
        let longest = max(1, series.maximumHours / series.stepHours)
        var windows: [[Instant]] = []
        for step in steps {
            let follows = windows.last?.last.map { series.next(after: $0) } == step
            if follows, let count = windows.last?.count, count < longest {
                windows[windows.count - 1].append(step)
            } else {
                windows.append([step])
            }
        }
        return windows
    }

    /// Asks for a window and stores its hours. False if the series ends.
    private func capture(
        _ steps: [Instant], of wanted: [Instant], _ outcome: inout CaptureSummary.Outcome, _ options: CaptureOptions, _ run: UniqueID,
        now: Instant
    ) async throws -> Bool {
        guard let first = steps.first, let last = steps.last else { return true }
        let (series, currency) = (outcome.series, outcome.currency)
        let window = SeriesWindow(from: first, to: series.end(of: last, at: now))
        let answer: SeriesAnswer
        do throws(SeriesError) {
            answer = try await source.observations(of: series, currency: currency, in: window)
        } catch {
            switch error.kind {
            case .cancelled: throw CancellationError()
            case .unreachable: throw CaptureError.unreachable(error.description)
            case .notConfigured: throw CaptureError.notConfigured(error.description)
            case .notEntitled, .failed:
                let code: CaptureFailedPayload.Code = error.kind == .notEntitled ? .notEntitled : .failed
                outcome.failure = (code, error.description)
                // A refusal holds for all that would have been asked for after it.
                let end = series.end(of: code == .notEntitled ? wanted.last ?? last : last, at: now)
                if options.apply {
                    try await record(code, error.description, SeriesWindow(from: first, to: end), series, currency, run)
                }
                return false
            }
        }
        outcome.pages += answer.pages
        outcome.skippedRows += answer.skippedRows
        for (reason, count) in answer.leftOut { outcome.leftOut[reason, default: 0] += count }
        var byStep: [Instant: [ImportItem]] = [:]
        for (ordinal, observation) in answer.observations.enumerated() {
            byStep[series.step(of: observation), default: []].append(
                ImportItem(ordinal: ordinal, observation: EncodedObservation(observation)))
        }
        // A chain belongs to the hour of its own moment, whenever it was asked for.
        let asked = series == .chain && !byStep.isEmpty ? byStep.keys.sorted() : steps
        for step in asked {
            let items = byStep[step] ?? []
            let payload = SnapshotCapturedPayload(
                currency: currency, snapshotType: series.rawValue, hour: step, recordCount: Int64(items.count),
                digest: SnapshotCapturedPayload.digest(of: items.map(\.observation)), observedSource: source.name,
                pages: Int64(answer.pages), windowFrom: min(step, window.from),
                windowTo: series.isOfBars ? series.end(of: step, at: now) : window.to)
            try await store(items, payload, series, &outcome, options, run)
        }
        outcome.left -= steps.count
        return true
    }

    /// Appends an hour. If another writer came first, everything is decided again.
    private func store(
        _ items: [ImportItem], _ payload: SnapshotCapturedPayload, _ series: CaptureSeries, _ outcome: inout CaptureSummary.Outcome,
        _ options: CaptureOptions, _ run: UniqueID
    ) async throws {
        let streams = items.map(\.observation.stream)
        var attempt = 1
        while true {
            let (snapshots, observations) = try await pool.run { session in
                (
                    try StoredSnapshots.load(series, currency: payload.currency, of: [payload.hour], session),
                    try streams.isEmpty ? StoredObservations() : StoredObservations.load(streams, session)
                )
            }
            if items.isEmpty { outcome.empty += 1 }
            if snapshots.hours[payload.hour]?.digest == payload.digest {
                outcome.unchanged += 1
                outcome.rows.unchanged += items.count
                return
            }
            var seen: ContentTable?
            let batch = ImportBatch(items, stored: observations, seen: &seen) { _ in false }
            let event = payload.event(previousVersion: snapshots.versions[ByteKey(payload.stream)] ?? 0)
            do {
                if options.apply { try await log.append(batch.events + [event], runID: run) }
                for counts in batch.counts.values { outcome.rows += counts }
                outcome.captured += 1
                return
            } catch let error as LedgerError {
                guard Self.isConflict(error), attempt < Self.maximumConflictRetries else { throw error }
                if items.isEmpty { outcome.empty -= 1 }
                attempt += 1
            }
        }
    }

    private static func isConflict(_ error: LedgerError) -> Bool {
        switch error {
        case .versionConflict, .identityConflict: true
        default: false
        }
    }

    /// Appends why a window has nothing, unless the latest failure of the series says the same of it.
    private func record(
        _ code: CaptureFailedPayload.Code, _ message: String, _ window: SeriesWindow, _ series: CaptureSeries, _ currency: String,
        _ run: UniqueID
    ) async throws {
        let last = try await pool.run { session in try StoredSnapshots.failures(series, currency: currency, session).last }
        if let last, last.code == code, last.windowFrom <= window.from, window.to <= last.windowTo { return }
        let payload = CaptureFailedPayload(
            currency: currency, snapshotType: series.rawValue, windowFrom: window.from, windowTo: window.to, code: code,
            message: message, observedSource: source.name)
        try await log.append([payload.event(runID: run)], runID: run)
    }
}
