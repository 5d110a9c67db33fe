import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import Operations

/// Evaluations of a real log by the loop of a service.
@Suite struct AlertEvaluationTests {
    private func events(_ ledger: Ledger, _ types: [EventType]) async throws -> [RecordedEvent] {
        try await ledger.pool.run { session in
            try LogReader().events(after: 0, types: types.map(\.rawValue), limit: 100_000, session)
        }
    }

    /// Folds what there is until the log has so many events of a type.
    private func wait(_ ledger: Ledger, for type: EventType, _ count: Int) async throws {
        for _ in 0..<300 {
            try await ledger.bringUpToDate(ledger.registry.names)
            if try await events(ledger, [type]).count >= count { return }
            try await Task.sleep(for: .milliseconds(200))
        }
        Issue.record("there are not \(count) \(type.rawValue)")
    }

    /// An observation of so many minutes ago, and a capture of an hour so many hours before it.
    private func capture(_ ledger: Ledger, minutesAgo: Int64, number: Int, hoursBefore hours: Int64) async throws {
        let at = try #require(ledger.now().advanced(byMicroseconds: -minutesAgo * 60_000_000))
        let captured = sampleCaptured("BTC", at: try #require(at.advanced(byMicroseconds: -hours * 3_600_000_000)), number: number)
        // A stream is a market's date, and both captures may be of one.
        let stream = captured.event(previousVersion: 0).stream
        let version = try await events(ledger, [.snapshotCaptured]).count { $0.stream.isBytewiseEqual(to: stream) }
        try await ledger.log.append(
            [
                try sampleObserved(.volMetrics, "BTC", at: at, number: number).event(previousVersion: 0),
                captured.event(previousVersion: Int64(version)),
            ], runID: ledger.newID())
    }

    @Test(.timeLimit(.minutes(4)))
    func `a capture raises and clears at its position and moment, a replay says the same, and a restart says nothing twice`() async throws {
        try await withQuotes(["ALPHA_LEDGER_ALERTS": "BTC"]) { (bench: QuotesBench) async throws -> Void in
            let ledger = bench.ledger
            let watch = Task { await ledger.watchAlerts() }
            try await wait(ledger, for: .alertsEvaluated, 1)
            // The premium is -45, and then 7.
            try await capture(ledger, minutesAgo: 20, number: 0, hoursBefore: 0)
            try await wait(ledger, for: .alertRaised, 1)
            try await capture(ledger, minutesAgo: 10, number: 3, hoursBefore: 2)
            try await wait(ledger, for: .alertCleared, 1)
            watch.cancel()
            await watch.value

            let captures = try await events(ledger, [.snapshotCaptured])
            let raised = try #require(
                try await events(ledger, [.alertRaised]).map { try AlertRaisedPayload(decoding: $0.payload) }
                    .first { $0.alertID == "vrp_negative" })
            #expect(raised.position == captures[0].position && raised.now == captures[0].recordedAt && raised.value == "-45")
            let cleared = try #require(
                try await events(ledger, [.alertCleared]).map { try AlertClearedPayload(decoding: $0.payload) }
                    .first { $0.alertID == "vrp_negative" })
            #expect(cleared.position == captures[1].position && cleared.now == captures[1].recordedAt)

            let replayed = try await ledger.replayAlerts(["BTC", "-"], from: .minimum, through: ledger.now())
            #expect(replayed.evaluated == replayed.recorded && replayed.recorded.count >= 2)
            let before = try await events(ledger, [.alertRaised, .alertCleared]).count
            let again = Task { await ledger.watchAlerts() }
            try await Task.sleep(for: .seconds(4))
            again.cancel()
            await again.value
            #expect(try await events(ledger, [.alertRaised, .alertCleared]).count == before)
            let registry = ledger.registry.events
            let begins = try await events(ledger, [.alertsEvaluated]).count { event in
                try registry.payload(of: event).payload(as: AlertsEvaluatedPayload.self)?.isBegin ?? false
            }
            #expect(begins == 1, "it goes on from the last statement")
        }
    }

    @Test(.timeLimit(.minutes(4))) func `a change of the log after the fact shows in a replay`() async throws {
        try await withQuotes(["ALPHA_LEDGER_ALERTS": "BTC"]) { (bench: QuotesBench) async throws -> Void in
            let ledger = bench.ledger
            let watch = Task { await ledger.watchAlerts() }
            try await wait(ledger, for: .alertsEvaluated, 1)
            watch.cancel()
            await watch.value
            // Nobody evaluated this.
            var forged = sampleRaise("vrp_negative", "BTC", minute: 0)
            let now = ledger.now()
            forged = AlertRaisedPayload(
                alertID: forged.alertID, analysis: forged.analysis, currency: "BTC", now: now, path: forged.path, position: 0,
                rulesDigest: forged.rulesDigest, rulesVersion: 1, severity: "warning", since: now, text: forged.text, threshold: "-5",
                value: "-6")
            let change = AlertChange.raised(forged)
            let event: @Sendable (Int64) -> NewEvent = { change.event(previousVersion: $0) }
            try await ledger.appendOfAlerts([(Streams.alert(id: "vrp_negative", currency: "BTC"), event)])
            try await ledger.bringUpToDate(ledger.registry.names)
            let replayed = try await ledger.replayAlerts(["BTC"], from: .minimum, through: ledger.now())
            #expect(replayed.recorded == [change] && replayed.evaluated.isEmpty)
        }
    }
}
