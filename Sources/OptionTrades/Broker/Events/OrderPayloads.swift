package import LedgerEvents
package import LedgerValues

/// The body of an order, as it is sent.
package struct OrderBody: CodedFields {
    package var clientOrderID = ""
    package var symbol = ""
    package var quantity: Int64 = 0
    /// `buy` or `sell`.
    package var side = ""
    /// `limit` or `market`.
    package var type = ""
    package var timeInForce = "day"
    /// Nil for a market order.
    package var limitPrice: FixedDecimal?
    /// `buy_to_open` or `sell_to_close`.
    package var positionIntent = ""

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("client_order_id", &clientOrderID)
        try fields.decimal("limit_price", &limitPrice)
        try fields.text("position_intent", &positionIntent)
        try fields.integer("qty", &quantity)
        try fields.text("side", &side)
        try fields.text("symbol", &symbol)
        try fields.text("time_in_force", &timeInForce)
        try fields.text("type", &type)
    }
}

/// The rules by which a decision was made.
package struct DecisionRulesReference: CodedFields {
    package var version: Int64 = 0
    /// SHA-256 of the rule file.
    package var digest = ""

    package init() {}

    package init(version: Int64, digest: String) { (self.version, self.digest) = (version, digest) }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("digest", &digest)
        try fields.integer("version", &version)
    }
}

/// The payload of `OrderSubmitted`: committed before the request leaves. From then on the order is open.
package struct OrderSubmittedPayload: IntentPayload {
    package static let type = EventType.orderSubmitted
    package var source = ""
    package var intentID = ""
    /// The process that alone may send the body for the first time.
    package var dispatcher = UniqueID(high: 0, low: 0)
    package var body = OrderBody()
    package var now = Instant.minimum
    package var rules = DecisionRulesReference()
    package var decision = Decision()
    package var day = DayFacts()

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        var clientOrderID = body.clientOrderID
        try fields.object("body", &body)
        try fields.text("client_order_id", &clientOrderID)
        guard clientOrderID.isBytewiseEqual(to: body.clientOrderID) || body.clientOrderID.isEmpty else {
            throw PayloadError(pointer: "/client_order_id", problem: "is not that of the body")
        }
        try fields.object("day", &day)
        try fields.object("decision", &decision)
        try fields.uniqueID("dispatcher", &dispatcher)
        try fields.text("intent_id", &intentID)
        try fields.instant("now", &now)
        try fields.object("rules", &rules)
        try fields.text("source", &source)
    }
}

/// The payload of `ExecutionSimulated`: the decision not to submit. It never becomes an execution.
package struct ExecutionSimulatedPayload: IntentPayload {
    package static let type = EventType.executionSimulated
    package var source = ""
    package var intentID = ""
    package var now = Instant.minimum
    package var rules = DecisionRulesReference()
    package var decision = Decision()
    package var day = DayFacts()
    package var optionSymbol: String?
    package var side = ""
    package var quantity: Int64 = 0
    /// What a fill would have cost; nil without a valid quote.
    package var price: FixedDecimal?
    /// `ask` or `bid`; nil without a price.
    package var priceSource: String?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.object("day", &day)
        try fields.object("decision", &decision)
        try fields.text("intent_id", &intentID)
        try fields.instant("now", &now)
        try fields.text("option_symbol", &optionSymbol)
        try fields.decimal("price", &price)
        try fields.text("price_source", &priceSource)
        try fields.integer("quantity", &quantity)
        try fields.object("rules", &rules)
        try fields.text("side", &side)
        try fields.text("source", &source)
    }
}

/// The payload of `OrderAcknowledged`: the broker has the order.
package struct OrderAcknowledgedPayload: IntentPayload {
    package static let type = EventType.orderAcknowledged
    package var source = ""
    package var intentID = ""
    package var brokerOrderID = ""
    package var clientOrderID = ""
    package var status = ""
    package var submittedAt: Instant?
    /// `post` or `look_up`.
    package var seenBy = ""

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("broker_order_id", &brokerOrderID)
        try fields.text("client_order_id", &clientOrderID)
        try fields.text("intent_id", &intentID)
        try fields.text("seen_by", &seenBy)
        try fields.text("source", &source)
        try fields.text("status", &status)
        try fields.instant("submitted_at", &submittedAt)
    }
}

/// What a request's end says about whether its order exists.
package enum OutcomePhase: String, Sendable, CaseIterable {
    /// A POST ended without an answer that settles it.
    case afterPost = "after_post"
    /// The same body is about to be sent again.
    case beforeResend = "before_resend"
    /// The broker counted the request and did not take it (429): it was no POST.
    case rateLimited = "rate_limited"
    /// The broker refused a POST that was not the only one.
    case resendRefused = "resend_refused"
}

/// The payload of `OrderOutcomeUnknown`: what was seen, without secrets.
package struct OrderOutcomeUnknownPayload: IntentPayload {
    package static let type = EventType.orderOutcomeUnknown
    package var source = ""
    package var intentID = ""
    package var now = Instant.minimum
    package var phase = OutcomePhase.afterPost
    /// One sentence.
    package var seen = ""
    package var httpStatus: Int64?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.integer("http_status", &httpStatus)
        try fields.text("intent_id", &intentID)
        try fields.instant("now", &now)
        try fields.choice("phase", &phase)
        try fields.text("seen", &seen)
        try fields.text("source", &source)
    }
}

/// The payload of `OrderUpdated`: the order as the broker gave it, if that changed.
package struct OrderUpdatedPayload: IntentPayload {
    package static let type = EventType.orderUpdated
    package var source = ""
    package var intentID = ""
    /// The order that was seen: of a chain of replaced orders the last.
    package var brokerOrderID = ""
    package var status = ""
    package var filledQuantity = FixedDecimal.zero
    package var filledAveragePrice: FixedDecimal?
    package var commission: FixedDecimal?
    package var replacedBy: String?
    package var updatedAt: Instant?
    package var filledAt: Instant?
    package var canceledAt: Instant?
    package var expiredAt: Instant?
    package var failedAt: Instant?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("broker_order_id", &brokerOrderID)
        try fields.instant("canceled_at", &canceledAt)
        try fields.decimal("commission", &commission)
        try fields.instant("expired_at", &expiredAt)
        try fields.instant("failed_at", &failedAt)
        try fields.instant("filled_at", &filledAt)
        try fields.decimal("filled_avg_price", &filledAveragePrice)
        try fields.decimal("filled_qty", &filledQuantity)
        try fields.text("intent_id", &intentID)
        try fields.text("replaced_by", &replacedBy)
        try fields.text("source", &source)
        try fields.text("status", &status)
        try fields.instant("updated_at", &updatedAt)
    }
}

/// The payload of `OrderRefused`: the broker's definite no to the only POST.
package struct OrderRefusedPayload: IntentPayload {
    package static let type = EventType.orderRefused
    package var source = ""
    package var intentID = ""
    package var httpStatus: Int64 = 0
    package var code: Int64?
    package var message = ""

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.integer("code", &code)
        try fields.integer("http_status", &httpStatus)
        try fields.text("intent_id", &intentID)
        try fields.text("message", &message)
        try fields.text("source", &source)
    }
}

/// The payload of `CancelRequested`: who wants the order cancelled, and why.
package struct CancelRequestedPayload: IntentPayload {
    package static let type = EventType.cancelRequested
    package var source = ""
    package var intentID = ""
    package var requestedBy = ""
    package var reason = ""

    package init() {}

    package init(source: String, intentID: String, requestedBy: String, reason: String) {
        (self.source, self.intentID, self.requestedBy, self.reason) = (source, intentID, requestedBy, reason)
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("intent_id", &intentID)
        try fields.text("reason", &reason)
        try fields.text("requested_by", &requestedBy)
        try fields.text("source", &source)
    }
}

/// The payload of `IntentExpired`: no order follows from the intent any more.
package struct IntentExpiredPayload: IntentPayload {
    package static let type = EventType.intentExpired
    package var source = ""
    package var intentID = ""
    package var now = Instant.minimum
    /// `expires_at`, or `never_reached_broker`.
    package var reason = ""

    package init() {}

    package init(source: String, intentID: String, now: Instant, reason: String) {
        (self.source, self.intentID, self.now, self.reason) = (source, intentID, now, reason)
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("intent_id", &intentID)
        try fields.instant("now", &now)
        try fields.text("reason", &reason)
        try fields.text("source", &source)
    }
}

/// The payload of `IntentCancelled`: the intent ended before an order.
package struct IntentCancelledPayload: IntentPayload {
    package static let type = EventType.intentCancelled
    package var source = ""
    package var intentID = ""
    package var requestedBy = ""
    /// `nothing_to_close`, `ambiguous_close`, or what somebody gave as a reason.
    package var reason = ""

    package init() {}

    package init(source: String, intentID: String, requestedBy: String, reason: String) {
        (self.source, self.intentID, self.requestedBy, self.reason) = (source, intentID, requestedBy, reason)
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("intent_id", &intentID)
        try fields.text("reason", &reason)
        try fields.text("requested_by", &requestedBy)
        try fields.text("source", &source)
    }
}
