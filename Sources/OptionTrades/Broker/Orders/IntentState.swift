package import LedgerEvents
package import LedgerProjections
package import LedgerValues

/// All that the events of one intent say, in the order of the log: the facts of its row, and where the dispatcher goes on.
package struct IntentState: CodedFields {
    package var intended = TradeIntendedPayload()
    package var createdAt = Instant.minimum
    /// The version of the stream after its last event.
    package var version: Int64 = 0
    package var market: MarketConsultedPayload?
    package var marketPosition: Int64?
    package var account: AccountConsultedPayload?
    package var accountPosition: Int64?
    package var submission: OrderSubmittedPayload?
    package var submissionPosition: Int64?
    package var acknowledgement: OrderAcknowledgedPayload?
    package var update: OrderUpdatedPayload?
    /// The fills of the orders of the chain that ``update`` is not of: an order may have taken the place of others.
    private var otherFills: [OrderFill] = []
    package var refusal: OrderRefusedPayload?
    package var simulation: ExecutionSimulatedPayload?
    package var cancelRequest: CancelRequestedPayload?
    package var expiry: IntentExpiredPayload?
    package var cancellation: IntentCancelledPayload?
    package var lastUnknown: OrderOutcomeUnknownPayload?
    /// How many POSTs may have reached the broker.
    package var posts: Int64 = 0
    /// When the last POST left, or was about to.
    package var lastPostAt: Instant?
    /// Whether the broker had said 429 and nothing since: no POST has arrived.
    package var isRateLimited = false
    /// The first time at which a fill was seen; nil without a fill.
    package var firstFillAt: Instant?

    package init() {}

    package init(_ intended: TradeIntendedPayload, at createdAt: Instant) {
        self.intended = intended
        self.createdAt = createdAt
        version = 1
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.object("account", &account)
        try fields.integer("account_position", &accountPosition)
        try fields.object("acknowledgement", &acknowledgement)
        try fields.object("cancel_request", &cancelRequest)
        try fields.object("cancellation", &cancellation)
        try fields.instant("created_at", &createdAt)
        try fields.object("expiry", &expiry)
        try fields.instant("first_fill_at", &firstFillAt)
        try fields.object("intended", &intended)
        try fields.truth("is_rate_limited", &isRateLimited)
        try fields.instant("last_post_at", &lastPostAt)
        try fields.object("last_unknown", &lastUnknown)
        try fields.object("market", &market)
        try fields.integer("market_position", &marketPosition)
        try fields.objectsIfAny("other_fills", &otherFills)
        try fields.integer("posts", &posts)
        try fields.object("refusal", &refusal)
        try fields.object("simulation", &simulation)
        try fields.object("submission", &submission)
        try fields.integer("submission_position", &submissionPosition)
        try fields.object("update", &update)
        try fields.integer("version", &version)
    }

    // MARK: - Folding

    /// The state after an event; nil if there is neither a state nor an intent in the event.
    package static func folding(_ event: DecodedEvent, into state: IntentState?) -> IntentState? {
        guard var state else {
            guard let intended = event.payload(as: TradeIntendedPayload.self) else { return nil }
            return IntentState(intended, at: event.record.recordedAt)
        }
        state.apply(event)
        return state
    }

    private mutating func apply(_ event: DecodedEvent) {
        version += 1
        let position = event.record.position
        if let payload = event.payload(as: MarketConsultedPayload.self) {
            (market, marketPosition) = (payload, position)
        } else if let payload = event.payload(as: AccountConsultedPayload.self) {
            (account, accountPosition) = (payload, position)
        } else if let payload = event.payload(as: OrderSubmittedPayload.self) {
            (submission, submissionPosition, lastPostAt) = (payload, position, payload.now)
            posts = 1
        } else if let payload = event.payload(as: OrderOutcomeUnknownPayload.self) {
            apply(payload)
        } else if let payload = event.payload(as: OrderAcknowledgedPayload.self) {
            acknowledgement = payload
        } else if let payload = event.payload(as: OrderUpdatedPayload.self) {
            if let update, !update.brokerOrderID.isBytewiseEqual(to: payload.brokerOrderID) { otherFills.append(OrderFill(update)) }
            otherFills.removeAll { $0.orderID.isBytewiseEqual(to: payload.brokerOrderID) }
            update = payload
            if payload.filledQuantity > .zero, firstFillAt == nil {
                firstFillAt = payload.filledAt ?? payload.updatedAt ?? event.record.recordedAt
            }
        } else if let payload = event.payload(as: OrderRefusedPayload.self) {
            refusal = payload
        } else if let payload = event.payload(as: ExecutionSimulatedPayload.self) {
            simulation = payload
        } else if let payload = event.payload(as: CancelRequestedPayload.self) {
            cancelRequest = cancelRequest ?? payload
        } else if let payload = event.payload(as: IntentExpiredPayload.self) {
            expiry = payload
        } else if let payload = event.payload(as: IntentCancelledPayload.self) {
            cancellation = payload
        }
    }

    private mutating func apply(_ unknown: OrderOutcomeUnknownPayload) {
        lastUnknown = unknown
        switch unknown.phase {
        case .rateLimited:
            posts = max(0, posts - 1)
            isRateLimited = true
        case .beforeResend:
            posts += 1
            lastPostAt = unknown.now
            isRateLimited = false
        case .afterPost, .resendRefused: isRateLimited = false
        }
    }

    // MARK: - Where it stands

    package var intent: TradeIntent { intended.intent }

    /// The status of the order at the broker; nil before it is known.
    package var orderStatus: String? { update?.status ?? acknowledgement?.status }

    /// The fills of each order of the chain, of the one that was updated last at the end.
    private var fills: [OrderFill] { otherFills + (update.map { [OrderFill($0)] } ?? []) }

    /// What the orders of the chain were filled with together.
    package var filledQuantity: FixedDecimal { fills.reduce(FixedDecimal.zero) { $0 + $1.quantity } }

    /// The average price of all fills, rounded once; nil without a fill, and if the price of one is missing.
    package var filledAveragePrice: FixedDecimal? {
        let filled = fills.filter { !$0.quantity.isZero }
        if filled.count == 1 { return filled[0].averagePrice }
        var (cost, quantity) = (ExactNumber.zero, ExactNumber.zero)
        for fill in filled {
            guard let price = fill.averagePrice else { return nil }
            cost = cost + ExactNumber(price) * ExactNumber(fill.quantity)
            quantity = quantity + ExactNumber(fill.quantity)
        }
        return cost.divided(by: quantity)?.rounded()
    }

    /// The broker's fees for all fills; nil if those of one are missing.
    package var commission: FixedDecimal? {
        let filled = fills.filter { !$0.quantity.isZero }
        guard !filled.isEmpty else { return fills.last?.commission }
        var sum = FixedDecimal.zero
        for fill in filled {
            guard let commission = fill.commission else { return nil }
            sum += commission
        }
        return sum
    }

    /// The broker's id of the order that is followed: of a chain of replaced orders the last.
    package var followedOrderID: String? {
        guard let acknowledgement else { return nil }
        guard let update else { return acknowledgement.brokerOrderID }
        return update.replacedBy ?? update.brokerOrderID
    }

    /// Whether an order may exist at the broker of which nothing is known.
    package var isUnresolved: Bool { submission != nil && acknowledgement == nil && refusal == nil && expiry == nil }

    /// Whether the broker has the order and it may still change.
    package var isOpenOrder: Bool {
        guard acknowledgement != nil, let status = orderStatus else { return false }
        return !OrderStatus.isTerminal(status)
    }

    /// Whether nothing was submitted yet and nothing ended it.
    package var isPending: Bool { submission == nil && simulation == nil && expiry == nil && cancellation == nil }

    package var mode: ExecutionMode {
        if simulation != nil { return .simulatedFallback }
        if submission == nil {
            return expiry != nil ? .expired : cancellation != nil ? .cancelled : .pending
        }
        if refusal != nil { return .refused }
        guard acknowledgement != nil, let status = orderStatus else { return expiry != nil ? .expired : .unresolved }
        if filledQuantity.isZero {
            switch status {
            case "rejected": return .refused
            case "canceled": return .cancelled
            case "expired": return .expired
            default: break
            }
        }
        return BrokerSource(rawValue: intent.source)?.executionMode ?? .unresolved
    }

    /// What the recorded decision saw of the source's other intents; nil before a decision.
    package var day: DayFacts? { submission?.day ?? simulation?.day }

    /// The facts from which a decision follows; `day` stands in before a decision was recorded.
    package func facts(day standIn: DayFacts = DayFacts(), isHalted: Bool = false) -> DecisionFacts {
        DecisionFacts(intent: intent, market: market, account: account?.account, day: day ?? standIn, isHalted: isHalted)
    }
}

/// What the broker said last of the fills of one order.
package struct OrderFill: CodedFields {
    package var orderID = ""
    package var quantity = FixedDecimal.zero
    package var averagePrice: FixedDecimal?
    package var commission: FixedDecimal?

    package init() {}

    init(_ update: OrderUpdatedPayload) {
        (orderID, quantity) = (update.brokerOrderID, update.filledQuantity)
        (averagePrice, commission) = (update.filledAveragePrice, update.commission)
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.decimal("average_price", &averagePrice)
        try fields.decimal("commission", &commission)
        try fields.text("order_id", &orderID)
        try fields.decimal("quantity", &quantity)
    }
}
