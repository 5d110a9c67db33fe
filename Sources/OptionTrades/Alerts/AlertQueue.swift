package import LedgerEvents
import LedgerJSON
package import LedgerValues

/// An event that somebody is told of: an alert was raised or cleared.
package struct AlertNotice: Sendable, Equatable {
    package let eventID: UniqueID
    package let position: Int64
    package let recordedAt: Instant
    package let change: AlertChange
    /// The severity of the raise that it is or clears; nil if no raise is known.
    package let severity: String?

    package init(eventID: UniqueID, position: Int64, recordedAt: Instant, change: AlertChange, severity: String?) {
        self.eventID = eventID
        self.position = position
        self.recordedAt = recordedAt
        self.change = change
        self.severity = severity
    }
}

/// What is still to be told over each channel: a pure function of the events of alerts, in order of position.
package struct AlertQueue: Sendable {
    /// The messages of a channel within a minute. What is beyond them is one message with a count.
    package static let messagesAMinute = 20
    /// The events that one message may be about.
    package static let eventsAMessage = 500
    private static let minute: Int64 = 60_000_000
    private static let firstWaitSeconds: Int64 = 5
    package static let longestWaitSeconds: Int64 = 3_600

    private struct Channel: Sendable {
        /// In order of position.
        var pending: [AlertNotice] = []
        var attempts = 0
        var retryAt: Instant?
        /// When messages left, of the last minute.
        var sent: [Instant] = []
    }

    private var channels: [String: Channel] = [:]
    private let names: [String]
    /// By stream.
    private var silences: [String: Instant] = [:]
    private var severities: [String: String] = [:]

    /// - Parameter channels: the names of the channels that are told
    package init(channels names: [String]) {
        self.names = names
        for name in names { channels[name] = Channel() }
    }

    /// Takes an event of an alert.
    package mutating func record(_ event: RecordedEvent, _ payload: any EventPayload) {
        if let raised = payload.payload(as: AlertRaisedPayload.self) {
            severities[event.stream] = raised.severity
            append(.raised(raised), event)
        } else if let cleared = payload.payload(as: AlertClearedPayload.self) {
            append(.cleared(cleared), event)
        } else if let silenced = payload.payload(as: AlertSilencedPayload.self) {
            silences[event.stream] = silenced.until
            for name in names {
                channels[name]?.pending.removeAll { Self.stream($0.change) == event.stream && $0.recordedAt < silenced.until }
            }
        } else if let delivery = payload.payload(as: AlertDeliveryPayload.self) {
            channels[delivery.channel]?.attempts = delivery.error == nil ? 0 : delivery.attempts
            channels[delivery.channel]?.retryAt = delivery.retryAt
            if delivery.error == nil { channels[delivery.channel]?.pending.removeAll { $0.position == delivery.position } }
        }
    }

    private static func stream(_ change: AlertChange) -> String { Streams.alert(id: change.alertID, currency: change.currency) }

    private mutating func append(_ change: AlertChange, _ event: RecordedEvent) {
        // A silence is about delivery alone, and ends by the time at which events are recorded.
        if let until = silences[event.stream], event.recordedAt < until { return }
        let notice = AlertNotice(
            eventID: event.eventID, position: event.position, recordedAt: event.recordedAt, change: change,
            severity: severities[event.stream])
        for name in names { channels[name]?.pending.append(notice) }
    }

    /// What the next message over a channel is about: one event, or a flood of them. Empty if there is nothing to tell, or it is not
    /// time yet.
    package mutating func next(_ channel: String, now: Instant) -> [AlertNotice] {
        guard var state = channels[channel] else { return [] }
        state.sent.removeAll { now.microseconds - $0.microseconds >= Self.minute }
        channels[channel] = state
        if let retryAt = state.retryAt, now < retryAt { return [] }
        let left = Self.messagesAMinute - state.sent.count
        guard left > 0 else { return [] }
        return Array(state.pending.prefix(state.pending.count <= left ? 1 : Self.eventsAMessage))
    }

    /// Notes that a message leaves.
    package mutating func leaves(_ channel: String, now: Instant) { channels[channel]?.sent.append(now) }

    /// The number of the next attempt over a channel.
    package func attempt(_ channel: String) -> Int { (channels[channel]?.attempts ?? 0) + 1 }

    /// How many events are still to be told over a channel.
    package func pending(_ channel: String) -> Int { channels[channel]?.pending.count ?? 0 }

    /// The seconds until the next attempt: what the receiver asked for, else twice as long as before, at most an hour.
    package static func waitSeconds(afterAttempt attempt: Int, asked: Double?) -> Int64 {
        if let asked { return min(longestWaitSeconds, Int64(min(asked.rounded(.up), Double(longestWaitSeconds)))) }
        return min(longestWaitSeconds, firstWaitSeconds << min(attempt - 1, 20))
    }
}

/// What a message says.
package enum AlertMessage {
    /// A sentence on a raise or a clear.
    package static func line(_ notice: AlertNotice) -> String {
        let market = notice.change.currency == "-" ? "the ledger" : notice.change.currency
        let severity = notice.severity.map { "[\($0)] " } ?? ""
        switch notice.change {
        case .raised(let raised):
            let threshold = raised.threshold.map { ", threshold \($0)" } ?? ""
            return "\(severity)\(market): \(raised.text) (\(raised.alertID) raised: \(raised.value)\(threshold), since \(raised.since))"
        case .cleared(let cleared):
            return "\(severity)\(market): \(cleared.alertID) cleared: \(cleared.value), at \(cleared.now)"
        }
    }

    /// The lines of a flood that are shown.
    private static let shownLines = 10

    /// The text of a message about some events, with the id of each, so that a duplicate is recognised.
    package static func text(_ notices: [AlertNotice]) -> String {
        guard let first = notices.first, let last = notices.last else { return "" }
        if notices.count == 1 { return "\(line(first))\nevent \(first.eventID)" }
        let more = notices.count > shownLines ? ["and \(notices.count - shownLines) more"] : []
        return
            (["\(notices.count) alerts were raised or cleared"] + notices.prefix(shownLines).map(line) + more
            + ["events \(first.eventID) to \(last.eventID)"]).joined(separator: "\n")
    }

    /// The body for Slack: `{"text":…}`, with the characters that Slack reads as markup escaped.
    package static func slack(_ text: String) -> [UInt8] {
        let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        return JSONNode.object([("text", .string(escaped))]).canonicalBytes()
    }

    /// The body for other receivers: how many events, each with its id, and the text.
    package static func webhook(_ notices: [AlertNotice]) -> [UInt8] {
        JSONNode.object([
            ("count", .integer(Int64(notices.count))), ("event_ids", .array(notices.map { .string($0.eventID.description) })),
            ("events", .array(notices.map(event))), ("text", .string(text(notices))),
        ]).canonicalBytes()
    }

    /// The body of a test.
    package static func webhookTest(_ text: String, eventID: UniqueID) -> [UInt8] {
        JSONNode.object([
            ("count", .integer(0 as Int64)), ("event_ids", .array([.string(eventID.description)])), ("events", .array([])),
            ("text", .string(text)),
        ]).canonicalBytes()
    }

    private static func event(_ notice: AlertNotice) -> JSONNode {
        var members: [(String, JSONNode)] = [
            ("event_id", .string(notice.eventID.description)), ("event_position", .integer(notice.position)),
            ("alert_id", .string(notice.change.alertID)), ("currency", .string(notice.change.currency)),
            ("now", .string(notice.change.now.description)), ("severity", .text(notice.severity)),
        ]
        switch notice.change {
        case .raised(let raised):
            members += [
                ("change", .string("raised")), ("since", .string(raised.since.description)), ("text", .string(raised.text)),
                ("threshold", .text(raised.threshold)), ("value", .string(raised.value)),
            ]
        case .cleared(let cleared):
            members += [("change", .string("cleared")), ("threshold", .text(cleared.threshold)), ("value", .string(cleared.value))]
        }
        return .object(members)
    }
}
