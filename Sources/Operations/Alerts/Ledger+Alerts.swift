import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerStore
package import LedgerValues
import Logging
package import OptionTrades

extension Ledger {
    /// The markets whose alerts a service evaluates; empty if it evaluates none.
    package var alertCurrencies: [String] { settings.alertCurrencies }

    /// How far back a service goes to evaluate minutes that nobody evaluated.
    private static let longestCatchUp: Int64 = 24 * 3_600_000_000

    /// Evaluates the alerts at each full minute until it is cancelled, while no other service does.
    package func watchAlerts() async {
        while !Task.isCancelled {
            do {
                if let lock = try await AdvisoryLock.acquire("alerts", serviceConfiguration) {
                    defer { Task { await lock.release() } }
                    try await evaluateAlerts()
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

    private func evaluateAlerts() async throws {
        var evaluator = try AlertEvaluator(self, currencies: alertCurrencies)
        let head = try await pool.run { session in try LogReader().head(session).position }
        let latest = try await evaluator.load(upTo: head)
        let earliest = now().advanced(byMicroseconds: -Self.longestCatchUp) ?? .minimum
        var minute = (latest.map { max($0, earliest) } ?? now()).flooredToMinute
        while !Task.isCancelled {
            guard let next = minute.advanced(byMicroseconds: 60_000_000) else { return }
            minute = next
            let wait = minute.microseconds - now().microseconds
            if wait > 0 { try await Task.sleep(for: .microseconds(wait)) }
            let changes = try await evaluator.changes(at: minute, isHistory: false)
            let events = changes.map { evaluator.event(of: $0) }
            if !events.isEmpty { try await log.append(events, runID: newID()) }
        }
    }

    /// Evaluates the alerts of past minutes again, and compares what they say with what was recorded.
    ///
    /// - Returns: the changes that were evaluated, and those that were recorded in these minutes, by stream and moment.
    package func replayAlerts(
        _ currencies: [String], from start: Instant, through end: Instant
    ) async throws -> (evaluated: [AlertChange], recorded: [AlertChange]) {
        let registry = registry.events
        let recorded = try await pool.run { session -> (before: Int64, changes: [AlertChange]) in
            let head = try LogReader().head(session).position
            var changes: [AlertChange] = []
            var before: Int64 = head
            try LogReader().forEachEvent(in: .prefixed(Streams.alerts), upTo: head, session) { _, stored in
                let payload = try registry.payload(
                    type: EventType(stored.type), schemaVersion: stored.schemaVersion, bytes: stored.bytes)
                let change: AlertChange? =
                    payload.payload(as: AlertRaisedPayload.self).map { .raised($0) }
                    ?? payload.payload(as: AlertClearedPayload.self).map { .cleared($0) }
                guard let change, change.now >= start, change.now <= end, currencies.contains(change.currency) else { return }
                changes.append(change)
                // The evaluation stood at this position; what came before it is the state that it began with.
                before = min(before, change.position)
            }
            return (before, changes)
        }
        var evaluator = try AlertEvaluator(self, currencies: currencies)
        _ = try await evaluator.load(upTo: recorded.before)
        var evaluated: [AlertChange] = []
        var minute = start.flooredToMinute
        while minute <= end {
            evaluated += try await evaluator.changes(at: minute, isHistory: true)
            guard let next = minute.advanced(byMicroseconds: 60_000_000) else { break }
            minute = next
        }
        return (evaluated, recorded.changes)
    }
}
