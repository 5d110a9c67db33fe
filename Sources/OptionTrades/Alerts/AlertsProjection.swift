package import LedgerEvents
package import LedgerJSON
package import LedgerProjections
package import LedgerValues

/// How an alert of a market stands.
package enum AlertStanding: String, Sendable, CaseIterable {
    case raised
    case cleared
    /// It was silenced, and never raised.
    case quiet
}

/// What became of one alert of one market: the facts of the view of alerts.
package struct AlertCourse: CodedFields {
    /// The raises and clears that are kept, so that an alert that is raised each minute costs no more than others.
    package static let keptChanges = 100

    /// A raise or a clear.
    package struct Change: CodedFields {
        /// Nil for a clear, which says nothing of the rule.
        package var raise: Raise?
        package var now = Instant.minimum
        /// Of the event.
        package var position: Int64 = 0
        package var threshold: String?
        /// The figure, as JSON.
        package var value = ""

        package init() {}

        package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
            try fields.instant("now", &now)
            try fields.integer("position", &position)
            try fields.object("raise", &raise)
            try fields.text("threshold", &threshold)
            try fields.text("value", &value)
        }
    }

    /// What a raise says of its rule.
    package struct Raise: CodedFields {
        package var analysis = ""
        package var path = ""
        package var severity = ""
        package var since = Instant.minimum
        package var text = ""

        package init() {}

        package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
            try fields.text("analysis", &analysis)
            try fields.text("path", &path)
            try fields.text("severity", &severity)
            try fields.instant("since", &since)
            try fields.text("text", &text)
        }
    }

    /// What became of the latest message of a channel.
    package struct Delivery: CodedFields {
        package var channel = ""
        package var attempts: Int64 = 0
        package var at = Instant.minimum
        /// Nil if it was delivered.
        package var error: String?
        /// The messages that reached the channel.
        package var delivered: Int64 = 0

        package init() {}

        package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
            try fields.instant("at", &at)
            try fields.integer("attempts", &attempts)
            try fields.text("channel", &channel)
            try fields.integer("delivered", &delivered)
            try fields.text("error", &error)
        }
    }

    package struct Silence: CodedFields {
        package var until = Instant.minimum
        package var by = ""
        package var reason = ""

        package init() {}

        package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
            try fields.text("by", &by)
            try fields.text("reason", &reason)
            try fields.instant("until", &until)
        }
    }

    package var alertID = ""
    package var currency = ""
    /// The latest ones, oldest first.
    package var changes: [Change] = []
    package var raises: Int64 = 0
    /// In the bytewise order of the channels.
    package var deliveries: [Delivery] = []
    package var silence: Silence?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("alert_id", &alertID)
        try fields.objects("changes", &changes)
        try fields.text("currency", &currency)
        try fields.objects("deliveries", &deliveries)
        try fields.integer("raises", &raises)
        try fields.object("silence", &silence)
    }

    mutating func record(_ event: DecodedEvent) {
        if let raised = event.payload(as: AlertRaisedPayload.self) {
            var raise = Raise()
            (raise.analysis, raise.path, raise.severity) = (raised.analysis, raised.path, raised.severity)
            (raise.since, raise.text) = (raised.since, raised.text)
            raises += 1
            append(raise, raised.now, raised.threshold, raised.value, event)
        } else if let cleared = event.payload(as: AlertClearedPayload.self) {
            append(nil, cleared.now, cleared.threshold, cleared.value, event)
        } else if let delivery = event.payload(as: AlertDeliveryPayload.self) {
            record(delivery, at: event.record.recordedAt)
        } else if let silenced = event.payload(as: AlertSilencedPayload.self) {
            var new = Silence()
            (new.until, new.by, new.reason) = (silenced.until, silenced.silencedBy, silenced.reason)
            silence = new
        }
    }

    private mutating func append(_ raise: Raise?, _ now: Instant, _ threshold: String?, _ value: String, _ event: DecodedEvent) {
        var change = Change()
        (change.raise, change.now, change.position) = (raise, now, event.record.position)
        (change.threshold, change.value) = (threshold, value)
        if changes.count == Self.keptChanges { changes.removeFirst() }
        changes.append(change)
    }

    private mutating func record(_ delivery: AlertDeliveryPayload, at instant: Instant) {
        let place = deliveries.firstIndex { !$0.channel.isBytewiseLess(than: delivery.channel) } ?? deliveries.count
        if place == deliveries.count || !deliveries[place].channel.isBytewiseEqual(to: delivery.channel) {
            var new = Delivery()
            new.channel = delivery.channel
            deliveries.insert(new, at: place)
        }
        (deliveries[place].attempts, deliveries[place].at) = (Int64(delivery.attempts), instant)
        deliveries[place].error = delivery.error
        if delivery.error == nil { deliveries[place].delivered += 1 }
    }

    /// Without raises and clears of a later moment.
    func effective(by instant: Instant) -> AlertCourse? {
        guard let last = changes.last, last.now > instant else { return self }
        var course = self
        course.changes = changes.filter { $0.now <= instant }
        course.raises -= Int64(changes.count { $0.now > instant && $0.raise != nil })
        return course.changes.isEmpty && silence == nil ? nil : course
    }

    // MARK: - The row

    var standing: AlertStanding { changes.last.map { $0.raise == nil ? .cleared : .raised } ?? .quiet }

    /// The latest raise.
    var latestRaise: Change? { changes.last { $0.raise != nil } }

    /// The row, with so many of the latest changes.
    func node(history: Int) -> JSONNode {
        let raised = latestRaise
        let cleared = changes.last.flatMap { $0.raise == nil ? $0 : nil }
        return .object([
            ("alert_id", .string(alertID)), ("analysis", .text(raised?.raise?.analysis)), ("cleared_at", .instant(cleared?.now)),
            ("cleared_position", .integer(cleared?.position)), ("currency", .string(currency)),
            ("deliveries", .array(deliveries.map { FieldCoder.node($0) })),
            (
                "history",
                .array(
                    changes.suffix(history).map {
                        .object([
                            ("change", .string($0.raise == nil ? "cleared" : "raised")), ("now", .string($0.now.description)),
                            ("since", .instant($0.raise?.since)), ("threshold", .text($0.threshold)), ("value", .string($0.value)),
                        ])
                    })
            ),
            ("path", .text(raised?.raise?.path)), ("raised_at", .instant(raised?.now)), ("raised_position", .integer(raised?.position)),
            ("raises", .integer(raises)), ("severity", .text(raised?.raise?.severity)), ("silence_reason", .text(silence?.reason)),
            ("silenced_by", .text(silence?.by)), ("silenced_until", .instant(silence?.until)), ("since", .instant(raised?.raise?.since)),
            ("state", .string(standing.rawValue)), ("text", .text(raised?.raise?.text)), ("threshold", .text(changes.last?.threshold)),
            ("value", .text(changes.last?.value)),
        ])
    }
}

/// The alerts: one row for each alert and market, how it stands and what became of it (docs/contract/alerts.md, "View").
package struct AlertsProjection: Projection {
    package static let name = "alerts"
    package static let consumes = TradeEvents.firstVersions(
        of: [.alertRaised, .alertCleared, .alertDelivered, .alertDeliveryFailed, .alertSilenced])

    package typealias Facts = AlertCourse

    package let identity: ProjectionIdentity
    private let rules: AlertsViewRules

    package init(rules: AlertsViewRules) {
        identity = ProjectionIdentity(name: Self.name, codeVersion: 1, ownRules: rules.file, rules: [rules.file])
        self.rules = rules
    }

    package static var entitiesAreSubjects: Bool { true }

    package func entities(touchedBy event: DecodedEvent) -> [RowKey] { event.payload.subjectKey.map { [$0] } ?? [] }

    package func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) {
        var course = facts ?? Facts()
        (course.alertID, course.currency) = (entity.parts[0].text, entity.parts[1].text)
        course.record(event)
        facts = course
    }

    package func facts(_ facts: Facts, effectiveBy instant: Instant) -> Facts? { facts.effective(by: instant) }

    package func writeRows(of facts: Facts, to rows: inout RowWriter) {
        facts.node(history: rules.history).sorted.write(to: &rows.out, decimals: .strings)
        rows.endRow(
            RowKey([facts.alertID, facts.currency]),
            [
                .instant(facts.latestRaise?.now), .text(facts.latestRaise?.raise?.severity), .text(facts.standing.rawValue),
            ])
    }

    package func encode(_ facts: Facts, to out: inout JSONWriter) { FieldCoder.write(facts, to: &out) }

    package func facts(from document: [UInt8]) throws -> Facts { try FieldCoder.object(try JSONDocument(parsing: document).root, "") }
}
