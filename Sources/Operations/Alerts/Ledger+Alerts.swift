import LedgerEvents
import LedgerPostgres
import LedgerRules
import LedgerStore
package import LedgerValues
import Logging
package import OptionTrades

extension Ledger {
    /// The markets whose alerts a service evaluates; empty if it evaluates none.
    package var alertCurrencies: [String] { settings.alertCurrencies }

    /// How far back a service goes to evaluate minutes that nobody evaluated.
    private static let longestCatchUp: Int64 = 24 * 3_600_000_000
    private static let minute: Int64 = 60_000_000

    /// Evaluates the alerts after each capture and at each full minute until it is cancelled, while no other service does.
    package func watchAlerts() async {
        while !Task.isCancelled {
            do {
                if let lock = try await AdvisoryLock.acquire("alerts", serviceConfiguration) {
                    defer { Task { await lock.release() } }
                    try await evaluateAlerts { await lock.isHeld() }
                }
            } catch is CancellationError {
                return
            } catch {
                logger.error("alerts were not evaluated", metadata: ["reason": "\(redact("\(error)"))"])
            }
            // Another service holds the lease, or something failed.
            try? await Task.sleep(for: .seconds(10))
        }
    }

    /// Evaluates until cancelled, or until the lease is gone.
    private func evaluateAlerts(_ isHeld: () async -> Bool) async throws {
        var evaluator = try AlertEvaluator(self, currencies: alertCurrencies)
        let latest = try await AlertHistory.latest(self)
        let present = try await AlertHistory.present(self)
        let floor = (present.advanced(byMicroseconds: -Self.longestCatchUp) ?? .minimum).flooredToMinute
        evaluator.resume(latest?.standings ?? [])
        // What was evaluated and recorded after the statement that is gone on from is not recorded again.
        let known = try await AlertHistory.changes(self).filter { $0.now > latest?.now ?? .minimum }
        var at: EvaluationMoment
        if let latest, latest.now >= floor, latest.rulesDigest == evaluator.rules.file.digest,
            latest.currencies == evaluator.currencies
        {
            at = EvaluationMoment(now: latest.now, position: latest.position, captured: nil)
            evaluator.apply(known) { AlertEvaluator.unrecorded.contains($0.path) }
        } else {
            evaluator.apply(known) { _ in true }
            let start = latest.map { max($0.now, known.last?.now ?? .minimum, floor) } ?? present.flooredToMinute
            at = EvaluationMoment(now: start, position: try await AlertHistory.position(at: start, self), captured: nil)
            try await record([], evaluator.evaluated(at, isBegin: true))
        }
        while !Task.isCancelled, await isHeld() {
            let next = at.now.flooredToMinute.advanced(byMicroseconds: Self.minute) ?? .maximum
            let present = try await AlertHistory.present(self)
            for moment in try await evaluations(after: at, through: min(next, present), evaluator) {
                let isPresent = present.microseconds - moment.now.microseconds < Self.minute
                let changes = try await changes(&evaluator, at: moment, isPresent: isPresent)
                let isHour = moment.captured == nil && moment.now.microseconds % (60 * Self.minute) == 0
                try await record(
                    changes.filter { !known.contains($0) }, isHour ? evaluator.evaluated(moment, isBegin: false) : nil)
                at = moment
            }
            if next > present { try await Task.sleep(for: .seconds(1)) }
        }
    }

    /// What changes at a moment, once the projections have come so far.
    private func changes(
        _ evaluator: inout AlertEvaluator, at moment: EvaluationMoment, isPresent: Bool
    ) async throws -> [AlertChange] {
        while true {
            // An evaluation that fails halfway leaves nothing behind.
            var trial = evaluator
            do {
                let changes = try await trial.changes(at: moment, isPresent: isPresent)
                evaluator = trial
                return changes
            } catch LedgerError.projectionBehind {
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// The evaluations after a moment: captures, and the full minute if it is what they go through.
    private func evaluations(
        after moment: EvaluationMoment, through end: Instant, _ evaluator: AlertEvaluator
    ) async throws -> [EvaluationMoment] {
        let captures = try await AlertHistory.captures(of: evaluator.currencies, after: moment.position, by: end, self)
        guard end == end.flooredToMinute, end > moment.now else { return captures }
        return captures + [EvaluationMoment(now: end, position: try await AlertHistory.position(at: end, self), captured: nil)]
    }

    private func record(_ changes: [AlertChange], _ evaluated: AlertsEvaluatedPayload?) async throws {
        var events: [(stream: String, after: @Sendable (Int64) -> NewEvent)] = changes.map { change in
            (Streams.alert(id: change.alertID, currency: change.currency), { change.event(previousVersion: $0) })
        }
        if let evaluated { events.append((Streams.alertEvaluations, { evaluated.event(previousVersion: $0) })) }
        try await appendOfAlerts(events)
    }

    // MARK: - Again

    /// Evaluates the alerts of the past again, at every moment at which they were evaluated, and compares what they say with what was
    /// recorded. Figures that only the present knows are left out.
    ///
    /// - Parameters:
    ///   - currencies: the markets whose changes are compared, with `-` for the ledger
    ///   - start: the first moment that is compared
    ///   - end: the last one
    /// - Returns: the changes that were evaluated, and those that were recorded.
    package func replayAlerts(
        _ currencies: [String], from start: Instant, through end: Instant
    ) async throws -> (evaluated: [AlertChange], recorded: [AlertChange]) {
        let statements = try await AlertHistory.all(self)
        let recorded = try await AlertHistory.changes(self)
        var evaluated: [AlertChange] = []
        var unrecorded: Set<String> = []
        for (place, statement) in statements.enumerated() where statement.now <= end {
            let following = statements.dropFirst(place + 1).first
            // Evaluations went on to the next statement. Before a new beginning, and after the last statement, only those are known to
            // have been made that changed something.
            var last = following.map { $0.isBegin ? statement.now : $0.now } ?? statement.now
            if following?.isBegin ?? true {
                let limit = following?.now ?? .maximum
                last = recorded.last { $0.now > statement.now && $0.now <= limit }?.now ?? last
            }
            last = min(last, end)
            guard last > statement.now, last >= start else { continue }
            var evaluator = try AlertEvaluator(self, currencies: statement.currencies)
            guard evaluator.rules.file.digest == statement.rulesDigest else { continue }
            evaluator.resume(statement.standings)
            for rule in evaluator.rules.rules where rule.isOfLedger && AlertEvaluator.unrecorded.contains(rule.path) {
                unrecorded.insert(rule.id)
            }
            var at = EvaluationMoment(now: statement.now, position: statement.position, captured: nil)
            while at.now < last {
                let next = min(at.now.flooredToMinute.advanced(byMicroseconds: Self.minute) ?? .maximum, last)
                let moments = try await evaluations(after: at, through: next, evaluator)
                for moment in moments { evaluated += try await evaluator.changes(at: moment, isPresent: false) }
                at = EvaluationMoment(now: next, position: moments.last?.position ?? at.position, captured: nil)
            }
        }
        func isCompared(_ change: AlertChange) -> Bool {
            change.now >= start && change.now <= end && currencies.contains { $0.isBytewiseEqual(to: change.currency) }
                && !unrecorded.contains(change.alertID)
        }
        return (evaluated.filter(isCompared).sorted(by: AlertChange.isBefore), recorded.filter(isCompared))
    }
}
