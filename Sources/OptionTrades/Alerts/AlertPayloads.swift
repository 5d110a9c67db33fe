package import LedgerEvents
import LedgerJSON
package import LedgerValues

/// The payload of `AlertRaised`: an alert's condition has held for long enough (docs/contract/alerts.md).
package struct AlertRaisedPayload: Sendable, Equatable {
    package let alertID: String
    /// The analysis whose document holds the figure, or `ledger`.
    package let analysis: String
    /// The market; `-` for an alert of the ledger.
    package let currency: String
    /// The moment of the evaluation.
    package let now: Instant
    package let path: String
    /// What the evaluation was as of.
    package let position: Int64
    package let rulesDigest: String
    package let rulesVersion: Int
    package let severity: String
    /// Since when the condition has held.
    package let since: Instant
    package let text: String
    /// Nil for an alert about a change.
    package let threshold: String?
    /// The figure, as JSON.
    package let value: String

    /// The canonical JSON of the payload.
    package func encode() -> [UInt8] {
        JSONWriter.bytes(reservingCapacity: 512) { out in
            out.beginObject()
            out.key("alert_id"); out.string(alertID)
            out.key("analysis"); out.string(analysis)
            out.key("currency"); out.string(currency)
            out.key("now"); out.instant(now)
            out.key("path"); out.string(path)
            out.key("position"); out.integer(position)
            out.key("rules_digest"); out.string(rulesDigest)
            out.key("rules_version"); out.integer(rulesVersion)
            out.key("severity"); out.string(severity)
            out.key("since"); out.instant(since)
            out.key("text"); out.string(text)
            out.key("threshold"); out.string(threshold)
            out.key("value"); out.string(value)
            out.endObject()
        }
    }

    package init(decoding payload: [UInt8]) throws(PayloadError) {
        let reader = try PayloadReader(
            try PayloadReader.document(payload),
            keys: [
                "alert_id", "analysis", "currency", "now", "path", "position", "rules_digest", "rules_version", "severity", "since", "text",
                "threshold", "value",
            ])
        alertID = try reader.string("alert_id")
        analysis = try reader.string("analysis")
        currency = try reader.string("currency")
        now = try reader.instant("now")
        path = try reader.string("path")
        position = try reader.integer("position")
        rulesDigest = try reader.string("rules_digest")
        rulesVersion = Int(try reader.integer("rules_version"))
        severity = try reader.string("severity")
        since = try reader.instant("since")
        text = try reader.string("text")
        threshold = try reader.optionalString("threshold")
        value = try reader.string("value")
    }

    package init(
        alertID: String, analysis: String, currency: String, now: Instant, path: String, position: Int64, rulesDigest: String,
        rulesVersion: Int, severity: String, since: Instant, text: String, threshold: String?, value: String
    ) {
        self.alertID = alertID
        self.analysis = analysis
        self.currency = currency
        self.now = now
        self.path = path
        self.position = position
        self.rulesDigest = rulesDigest
        self.rulesVersion = rulesVersion
        self.severity = severity
        self.since = since
        self.text = text
        self.threshold = threshold
        self.value = value
    }
}

/// The payload of `AlertCleared`: a raised alert's figure left its threshold (docs/contract/alerts.md).
package struct AlertClearedPayload: Sendable, Equatable {
    package let alertID: String
    package let currency: String
    package let now: Instant
    package let position: Int64
    /// Nil for an alert about a change.
    package let threshold: String?
    /// The figure, as JSON.
    package let value: String

    package func encode() -> [UInt8] {
        JSONWriter.bytes(reservingCapacity: 256) { out in
            out.beginObject()
            out.key("alert_id"); out.string(alertID)
            out.key("currency"); out.string(currency)
            out.key("now"); out.instant(now)
            out.key("position"); out.integer(position)
            out.key("threshold"); out.string(threshold)
            out.key("value"); out.string(value)
            out.endObject()
        }
    }

    package init(decoding payload: [UInt8]) throws(PayloadError) {
        let reader = try PayloadReader(
            try PayloadReader.document(payload), keys: ["alert_id", "currency", "now", "position", "threshold", "value"])
        alertID = try reader.string("alert_id")
        currency = try reader.string("currency")
        now = try reader.instant("now")
        position = try reader.integer("position")
        threshold = try reader.optionalString("threshold")
        value = try reader.string("value")
    }

    package init(alertID: String, currency: String, now: Instant, position: Int64, threshold: String?, value: String) {
        self.alertID = alertID
        self.currency = currency
        self.now = now
        self.position = position
        self.threshold = threshold
        self.value = value
    }
}

/// The payload of `AlertDelivered` and `AlertDeliveryFailed`: what became of the message about some events of one alert.
package struct AlertDeliveryPayload: Sendable, Equatable {
    package let alertID: String
    /// How often it was tried, this time included.
    package let attempts: Int
    /// `slack` or `webhook`.
    package let channel: String
    package let currency: String
    /// Why it failed, without secrets; nil if it was delivered.
    package let error: String?
    /// The position of the event that the message was about.
    package let position: Int64

    package init(alertID: String, attempts: Int, channel: String, currency: String, error: String?, position: Int64) {
        self.alertID = alertID
        self.attempts = attempts
        self.channel = channel
        self.currency = currency
        self.error = error
        self.position = position
    }

    package func encode() -> [UInt8] {
        JSONWriter.bytes(reservingCapacity: 256) { out in
            out.beginObject()
            out.key("alert_id"); out.string(alertID)
            out.key("attempts"); out.integer(attempts)
            out.key("channel"); out.string(channel)
            out.key("currency"); out.string(currency)
            if let error { out.key("error"); out.string(error) }
            out.key("position"); out.integer(position)
            out.endObject()
        }
    }

    /// - Parameter isFailure: whether the payload is that of `AlertDeliveryFailed`, which has an error.
    package init(decoding payload: [UInt8], isFailure: Bool) throws(PayloadError) {
        let reader = try PayloadReader(
            try PayloadReader.document(payload),
            keys: ["alert_id", "attempts", "channel", "currency"] + (isFailure ? ["error"] : []) + ["position"])
        alertID = try reader.string("alert_id")
        attempts = Int(try reader.integer("attempts"))
        channel = try reader.string("channel")
        currency = try reader.string("currency")
        error = isFailure ? try reader.string("error") : nil
        position = try reader.integer("position")
    }
}

extension Streams {
    /// `alert-<id>:<currency or ->`: what became of one alert of one market.
    package static func alert(id: String, currency: String) -> String { "alert-\(id):\(currency)" }

    /// The prefix of the streams of all alerts.
    package static let alerts: StaticString = "alert-"
}

extension Identity {
    /// `alert|id|currency|raised|prev` and the same of `cleared`, `delivered` and `failed`.
    package static func alert(id: String, currency: String, _ change: String, previous: Int64) -> String {
        join(["alert", id, currency, change, "\(previous)"])
    }
}

extension AlertChange {
    package var alertID: String {
        switch self {
        case .raised(let payload): payload.alertID
        case .cleared(let payload): payload.alertID
        }
    }

    package var currency: String {
        switch self {
        case .raised(let payload): payload.currency
        case .cleared(let payload): payload.currency
        }
    }

    /// The moment of the evaluation.
    package var now: Instant {
        switch self {
        case .raised(let payload): payload.now
        case .cleared(let payload): payload.now
        }
    }

    /// What the evaluation was as of.
    package var position: Int64 {
        switch self {
        case .raised(let payload): payload.position
        case .cleared(let payload): payload.position
        }
    }

    /// `AlertRaised` or `AlertCleared` after the given version of its stream. It holds from the moment of the evaluation on.
    package func event(previousVersion: Int64) -> NewEvent {
        let stream = Streams.alert(id: alertID, currency: currency)
        switch self {
        case .raised(let payload):
            return NewEvent(
                .alertRaised, identity: Identity.alert(id: alertID, currency: currency, "raised", previous: previousVersion),
                stream: stream,
                effectiveAt: payload.now, payload: payload.encode(), expectedVersion: previousVersion)
        case .cleared(let payload):
            return NewEvent(
                .alertCleared, identity: Identity.alert(id: alertID, currency: currency, "cleared", previous: previousVersion),
                stream: stream, effectiveAt: payload.now, payload: payload.encode(), expectedVersion: previousVersion)
        }
    }
}

extension AlertDeliveryPayload {
    /// `AlertDelivered` or `AlertDeliveryFailed` after the given version of its stream.
    package func event(previousVersion: Int64) -> NewEvent {
        NewEvent(
            error == nil ? .alertDelivered : .alertDeliveryFailed,
            identity: Identity.alert(
                id: alertID, currency: currency, error == nil ? "delivered" : "failed", previous: previousVersion),
            stream: Streams.alert(id: alertID, currency: currency), payload: encode(), expectedVersion: previousVersion)
    }
}

extension AlertRaisedPayload: EventPayload {}
extension AlertClearedPayload: EventPayload {}
extension AlertDeliveryPayload: EventPayload {}

/// The events of alerts.
package enum AlertEvents {
    package static let definitions = [
        EventDefinition(.alertRaised, readers: [1: { bytes throws(PayloadError) in try AlertRaisedPayload(decoding: bytes) }]),
        EventDefinition(.alertCleared, readers: [1: { bytes throws(PayloadError) in try AlertClearedPayload(decoding: bytes) }]),
        EventDefinition(
            .alertDelivered,
            readers: [1: { bytes throws(PayloadError) in try AlertDeliveryPayload(decoding: bytes, isFailure: false) }]),
        EventDefinition(
            .alertDeliveryFailed,
            readers: [1: { bytes throws(PayloadError) in try AlertDeliveryPayload(decoding: bytes, isFailure: true) }]),
    ]
}
