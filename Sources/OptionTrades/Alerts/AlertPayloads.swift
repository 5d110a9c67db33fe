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

/// The payload of `AlertSilenced`: no message about an alert is sent for a time (docs/contract/alerts.md).
package struct AlertSilencedPayload: CodedFields, EventPayload {
    package var alertID = ""
    package var currency = ""
    package var reason = ""
    package var silencedBy = ""
    /// Events recorded before then are not delivered.
    package var until = Instant.minimum

    package init() {}

    package init(alertID: String, currency: String, reason: String, silencedBy: String, until: Instant) {
        (self.alertID, self.currency, self.reason) = (alertID, currency, reason)
        (self.silencedBy, self.until) = (silencedBy, until)
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("alert_id", &alertID)
        try fields.text("currency", &currency)
        try fields.text("reason", &reason)
        try fields.text("silenced_by", &silencedBy)
        try fields.instant("until", &until)
    }

    package func encode() -> [UInt8] { FieldCoder.node(self).canonicalBytes() }

    /// `AlertSilenced` after the given version of its stream.
    package func event(previousVersion: Int64) -> NewEvent {
        NewEvent(
            .alertSilenced,
            identity: Identity.alert(id: alertID, currency: currency, "silenced", previous: previousVersion),
            stream: Streams.alert(id: alertID, currency: currency), payload: encode(), expectedVersion: previousVersion)
    }

    package var subjectKey: RowKey? { RowKey([alertID, currency]) }
}

/// The payload of `AlertsEvaluated`: evaluations were made up to a moment, and how the alerts stood then. With it the log is
/// enough to make every evaluation after it again (docs/contract/alerts.md, "Evaluation").
package struct AlertsEvaluatedPayload: CodedFields, EventPayload {
    /// How an alert stood.
    package struct Standing: CodedFields {
        package var alertID = ""
        package var currency = ""
        package var isRaised = false
        /// What `changed` compares with, as JSON; nil for other conditions.
        package var lastValue: String?
        package var since: Instant?

        package init() {}

        package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
            try fields.text("alert_id", &alertID)
            try fields.text("currency", &currency)
            try fields.truth("is_raised", &isRaised)
            try fields.text("last_value", &lastValue)
            try fields.instant("since", &since)
        }
    }

    /// Whether evaluations began here: none was made between the one before and this moment.
    package var isBegin = false
    package var currencies: [String] = []
    package var now = Instant.minimum
    package var position: Int64 = 0
    package var rulesDigest = ""
    package var rulesVersion: Int64 = 0
    /// Of the alerts that differ from those that nobody evaluated, in the bytewise order of ids and markets.
    package var standings: [Standing] = []

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.texts("currencies", &currencies)
        try fields.truth("is_begin", &isBegin)
        try fields.instant("now", &now)
        try fields.integer("position", &position)
        try fields.text("rules_digest", &rulesDigest)
        try fields.integer("rules_version", &rulesVersion)
        try fields.objects("standings", &standings)
    }

    package func encode() -> [UInt8] { FieldCoder.node(self).canonicalBytes() }

    /// `AlertsEvaluated` after the given version of its stream.
    package func event(previousVersion: Int64) -> NewEvent {
        NewEvent(
            .alertsEvaluated, identity: Identity.join(["alerts", "evaluated", "\(previousVersion)"]), stream: Streams.alertEvaluations,
            effectiveAt: now, payload: encode(), expectedVersion: previousVersion)
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

extension AlertRaisedPayload: EventPayload {
    package var subjectKey: RowKey? { RowKey([alertID, currency]) }
}

extension AlertClearedPayload: EventPayload {
    package var subjectKey: RowKey? { RowKey([alertID, currency]) }
}

extension AlertDeliveryPayload: EventPayload {
    package var subjectKey: RowKey? { RowKey([alertID, currency]) }
}

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
        EventDefinition(
            .alertSilenced,
            readers: [
                1: { bytes throws(PayloadError) in
                    try FieldCoder.object(try PayloadReader.document(bytes), "", as: AlertSilencedPayload.self)
                }
            ]),
        EventDefinition(
            .alertsEvaluated,
            readers: [
                1: { bytes throws(PayloadError) in
                    try FieldCoder.object(try PayloadReader.document(bytes), "", as: AlertsEvaluatedPayload.self)
                }
            ]),
    ]
}
