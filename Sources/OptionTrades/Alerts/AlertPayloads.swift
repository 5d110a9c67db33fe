package import LedgerEvents
import LedgerJSON
package import LedgerValues

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
    /// Before when the channel is not tried again; nil if it was delivered.
    package let retryAt: Instant?

    package init(
        alertID: String, attempts: Int, channel: String, currency: String, failure: (error: String, retryAt: Instant)? = nil,
        position: Int64
    ) {
        self.alertID = alertID
        self.attempts = attempts
        self.channel = channel
        self.currency = currency
        error = failure?.error
        self.position = position
        retryAt = failure?.retryAt
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
            if let retryAt { out.key("retry_at"); out.instant(retryAt) }
            out.endObject()
        }
    }

    /// - Parameter isFailure: whether the payload is that of `AlertDeliveryFailed`, which has an error and a time.
    package init(decoding payload: [UInt8], isFailure: Bool) throws(PayloadError) {
        let reader = try PayloadReader(
            try PayloadReader.document(payload),
            keys: ["alert_id", "attempts", "channel", "currency"] + (isFailure ? ["error"] : []) + ["position"]
                + (isFailure ? ["retry_at"] : []))
        alertID = try reader.string("alert_id")
        attempts = Int(try reader.integer("attempts"))
        channel = try reader.string("channel")
        currency = try reader.string("currency")
        error = isFailure ? try reader.string("error") : nil
        position = try reader.integer("position")
        retryAt = isFailure ? try reader.instant("retry_at") : nil
    }
}

extension Streams {
    /// How far alerts were evaluated.
    package static let alertEvaluations = "alerts:evaluated"

    /// `alert-<id>:<currency or ->`: what became of one alert of one market.
    package static func alert(id: String, currency: String) -> String { "alert-\(id):\(currency)" }

    /// The prefix of the streams of all alerts.
    package static let alerts: StaticString = "alert-"
}

extension Identity {
    /// `alert|id|currency|raised|prev` and the same of `cleared`, `delivered`, `failed` and `silenced`.
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

    /// Whether it comes first in a list of changes: by the evaluation that made it, then by the alert.
    package static func isBefore(_ one: AlertChange, _ other: AlertChange) -> Bool {
        (one.now, one.position, one.alertID, one.currency) < (other.now, other.position, other.alertID, other.currency)
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

extension AlertRaisedPayload: CodedPayload {
    package static let type = EventType.alertRaised
    package var subjectKey: RowKey? { RowKey([alertID, currency]) }
}

extension AlertClearedPayload: CodedPayload {
    package static let type = EventType.alertCleared
    package var subjectKey: RowKey? { RowKey([alertID, currency]) }
}

extension AlertDeliveryPayload: EventPayload {
    package var subjectKey: RowKey? { RowKey([alertID, currency]) }
}

extension AlertSilencedPayload: CodedPayload {
    package static let type = EventType.alertSilenced
    package var subjectKey: RowKey? { RowKey([alertID, currency]) }

    /// `AlertSilenced` after the given version of its stream.
    package func event(previousVersion: Int64) -> NewEvent {
        NewEvent(
            Self.type, identity: Identity.alert(id: alertID, currency: currency, "silenced", previous: previousVersion),
            stream: Streams.alert(id: alertID, currency: currency), payload: encode(), expectedVersion: previousVersion)
    }
}

extension AlertsEvaluatedPayload: CodedPayload {
    package static let type = EventType.alertsEvaluated

    /// `AlertsEvaluated` after the given version of its stream.
    package func event(previousVersion: Int64) -> NewEvent {
        NewEvent(
            Self.type, identity: Identity.join(["alerts", "evaluated", "\(previousVersion)"]), stream: Streams.alertEvaluations,
            effectiveAt: now, payload: encode(), expectedVersion: previousVersion)
    }
}

/// The events of alerts.
package enum AlertEvents {
    package static let definitions = [
        AlertRaisedPayload.definition, AlertClearedPayload.definition,
        EventDefinition(
            .alertDelivered,
            readers: [1: { bytes throws(PayloadError) in try AlertDeliveryPayload(decoding: bytes, isFailure: false) }]),
        EventDefinition(
            .alertDeliveryFailed,
            readers: [1: { bytes throws(PayloadError) in try AlertDeliveryPayload(decoding: bytes, isFailure: true) }]),
        AlertSilencedPayload.definition, AlertsEvaluatedPayload.definition,
    ]
}
