import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// What is told over a channel, and when: a function of events alone.
@Suite struct AlertQueueTests {
    private static let second: Int64 = 1_000_000

    private func event(_ payload: any EventPayload, position: Int64, at: Instant, _ id: String = "a") -> RecordedEvent {
        RecordedEvent(
            position: position, eventID: UniqueID(high: 7, low: UInt64(position)), stream: Streams.alert(id: id, currency: "BTC"),
            streamVersion: position, type: "Alert", schemaVersion: 1, recordedAt: at, effectiveAt: nil, runID: UniqueID(high: 1, low: 1),
            payload: [], leafHash: Digest32(sha256Of: []))
    }

    private func raise(_ queue: inout AlertQueue, _ positions: ClosedRange<Int64>, at: Instant) {
        for position in positions {
            let payload = sampleRaise("a", "BTC", minute: Int(position))
            queue.record(event(payload, position: position, at: at), payload)
        }
    }

    private func delivered(_ queue: inout AlertQueue, _ notices: [AlertNotice], at: Instant) {
        for notice in notices {
            let payload = AlertDeliveryPayload(
                alertID: "a", attempts: queue.attempt("slack"), channel: "slack", currency: "BTC", position: notice.position)
            queue.record(event(payload, position: 1_000 + notice.position, at: at), payload)
        }
    }

    @Test func `a few events are a message each, and a flood is one message with its count`() throws {
        let now = try moment("2026-04-01T00:00:00Z")
        var queue = AlertQueue(channels: ["slack", "webhook"])
        raise(&queue, 1...3, at: now)
        for position in 1...3 as ClosedRange<Int64> {
            let notices = queue.next("slack", now: now)
            #expect(notices.map(\.position) == [position])
            queue.leaves("slack", now: now)
            delivered(&queue, notices, at: now)
        }
        #expect(queue.next("slack", now: now).isEmpty && queue.pending("webhook") == 3)
        // 17 messages are left in this minute, and 30 events are due.
        raise(&queue, 4...33, at: now)
        let flood = queue.next("slack", now: now)
        #expect(flood.count == 30)
        let text = AlertMessage.text(flood)
        #expect(text.hasPrefix("30 alerts were raised or cleared") && text.contains("and 20 more"))
        #expect(text.contains("\(flood[0].eventID)") && text.contains("\(flood[29].eventID)"))
    }

    @Test func `no more than twenty messages leave in a minute`() throws {
        let now = try moment("2026-04-01T00:00:00Z")
        var queue = AlertQueue(channels: ["slack"])
        for position in 1...20 as ClosedRange<Int64> {
            raise(&queue, position...position, at: now)
            let notices = queue.next("slack", now: now)
            #expect(notices.count == 1)
            queue.leaves("slack", now: now)
            delivered(&queue, notices, at: now)
        }
        raise(&queue, 21...21, at: now)
        #expect(queue.next("slack", now: now).isEmpty)
        #expect(queue.next("slack", now: try #require(now.advanced(byMicroseconds: 59 * Self.second))).isEmpty)
        #expect(queue.next("slack", now: try #require(now.advanced(byMicroseconds: 60 * Self.second))).map(\.position) == [21])
    }

    @Test func `a channel that failed waits, another one does not, and what was asked for is kept to at most an hour`() throws {
        let now = try moment("2026-04-01T00:00:00Z")
        let later = try moment("2026-04-01T00:00:05Z")
        var queue = AlertQueue(channels: ["slack", "webhook"])
        raise(&queue, 1...1, at: now)
        let failure = AlertDeliveryPayload(
            alertID: "a", attempts: 1, channel: "slack", currency: "BTC", failure: ("the receiver answered 503", later), position: 1)
        queue.record(event(failure, position: 2, at: now), failure)
        #expect(queue.next("slack", now: now).isEmpty && queue.next("webhook", now: now).count == 1)
        #expect(queue.attempt("slack") == 2 && queue.next("slack", now: later).count == 1)
        #expect(
            [1, 2, 3, 9, 10, 11, 60].map { AlertQueue.waitSeconds(afterAttempt: $0, asked: nil) } == [5, 10, 20, 1280, 2560, 3600, 3600])
        #expect(AlertQueue.waitSeconds(afterAttempt: 1, asked: 17.2) == 18)
        #expect(AlertQueue.waitSeconds(afterAttempt: 1, asked: 1e300) == 3600)
    }

    @Test func `what is recorded before the end of a silence is never told, and what comes after is`() throws {
        let (now, until) = (try moment("2026-04-01T00:00:00Z"), try moment("2026-04-01T01:00:00Z"))
        var queue = AlertQueue(channels: ["slack"])
        raise(&queue, 1...2, at: now)
        let silence = AlertSilencedPayload(alertID: "a", currency: "BTC", reason: "known", silencedBy: "operations", until: until)
        queue.record(event(silence, position: 3, at: now), silence)
        #expect(queue.pending("slack") == 0)
        raise(&queue, 4...4, at: try #require(until.advanced(byMicroseconds: -1)))
        #expect(queue.pending("slack") == 0)
        raise(&queue, 5...5, at: until)
        #expect(queue.next("slack", now: until).map(\.position) == [5])
        // Another alert was not silenced.
        let other = sampleRaise("b", "BTC", minute: 0)
        queue.record(event(other, position: 6, at: now, "b"), other)
        #expect(queue.pending("slack") == 2)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `a queue made anew from the log tells what the old one still had to tell`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let now = try moment("2026-04-01T00:00:00Z")
        var queue = AlertQueue(channels: ["slack"])
        var log: [(RecordedEvent, any EventPayload)] = []
        var position: Int64 = 0
        func record(_ payload: any EventPayload, _ id: String) {
            position += 1
            log.append((event(payload, position: position, at: now, id), payload))
            queue.record(log[log.count - 1].0, payload)
        }
        for _ in 0..<40 {
            let id = Bool.random(using: &random) ? "a" : "b"
            switch Int.random(in: 0..<6, using: &random) {
            case 0: record(sampleClear(id, "BTC", minute: 1), id)
            case 1:
                record(
                    AlertSilencedPayload(
                        alertID: id, currency: "BTC", reason: "r", silencedBy: "s",
                        until: Bool.random(using: &random) ? now : .maximum), id)
            case 2:
                if let notice = queue.next("slack", now: .maximum).first {
                    record(
                        AlertDeliveryPayload(
                            alertID: notice.change.alertID, attempts: 1, channel: "slack", currency: "BTC", position: notice.position),
                        notice.change.alertID)
                }
            case 3:
                if let notice = queue.next("slack", now: .maximum).first {
                    record(
                        AlertDeliveryPayload(
                            alertID: notice.change.alertID, attempts: queue.attempt("slack"), channel: "slack", currency: "BTC",
                            failure: ("no", now), position: notice.position), notice.change.alertID)
                }
            default: record(sampleRaise(id, "BTC", minute: 1), id)
            }
            var again = AlertQueue(channels: ["slack"])
            for (event, payload) in log { again.record(event, payload) }
            #expect(again.next("slack", now: .maximum) == queue.next("slack", now: .maximum), "seed \(seed)")
            #expect(again.attempt("slack") == queue.attempt("slack") && again.pending("slack") == queue.pending("slack"), "seed \(seed)")
        }
    }

    @Test func `a message has the id of each event, and what Slack reads as markup is escaped`() throws {
        let raised = sampleRaise("a", "BTC", minute: 0)
        let notice = AlertNotice(
            eventID: UniqueID(high: 1, low: 2), position: 5, recordedAt: raised.now, change: .raised(raised), severity: "warning")
        let body = try JSONDocument(parsing: AlertMessage.webhook([notice])).root
        #expect(body["count"]?.integer == 1 && body["event_ids"]?.elements.map(\.string) == ["\(notice.eventID)"])
        #expect(body["events"]?.elements.first { _ in true }?["change"]?.string == "raised")
        #expect(body["text"]?.string?.contains("\(notice.eventID)") == true)
        let slack = try JSONDocument(parsing: AlertMessage.slack("a <b> & c")).root
        #expect(slack["text"]?.string == "a &lt;b&gt; &amp; c")
    }
}
