package import LedgerEvents
package import LedgerValues

/// The payload of `BrokerAccountRecorded`: the account that a source's orders go to, and the ledger that holds them.
///
/// An account or a ledger that differs from the last recorded one halts the dispatcher until the broker's orders were
/// compared with the ledger's.
package struct BrokerAccountRecordedPayload: BrokerPayload {
    package static let type = EventType.brokerAccountRecorded
    package var source = ""
    package var accountDigest = Digest32([UInt8](repeating: 0, count: 32))
    package var lastFour = ""
    package var ledgerID = ""
    /// `first_use`, or `orders_compared`.
    package var reason = ""

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.digest("account_digest", &accountDigest)
        try fields.text("account_last_four", &lastFour)
        try fields.text("ledger_id", &ledgerID)
        try fields.text("reason", &reason)
        try fields.text("source", &source)
    }

    package func event(previousVersion: Int64) -> NewEvent { brokerEvent(Streams.brokerAccount(source: source), previousVersion) }
}

/// A position as the broker gave it.
package struct BrokerPosition: CodedFields {
    package var symbol = ""
    package var assetClass: String?
    /// Signed: short is negative.
    package var quantity = FixedDecimal.zero
    package var averageEntryPrice: FixedDecimal?
    package var marketValue: FixedDecimal?
    package var costBasis: FixedDecimal?
    package var currentPrice: FixedDecimal?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("asset_class", &assetClass)
        try fields.decimal("avg_entry_price", &averageEntryPrice)
        try fields.decimal("cost_basis", &costBasis)
        try fields.decimal("current_price", &currentPrice)
        try fields.decimal("market_value", &marketValue)
        try fields.decimal("qty", &quantity)
        try fields.text("symbol", &symbol)
    }
}

/// The payload of `BrokerPositionsObserved`: all positions of the account, sorted by symbol.
package struct BrokerPositionsObservedPayload: BrokerPayload {
    package static let type = EventType.brokerPositionsObserved
    package var source = ""
    package var now = Instant.minimum
    package var positions: [BrokerPosition] = []

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.instant("now", &now)
        try fields.objects("positions", &positions)
        try fields.text("source", &source)
    }

    package func event(previousVersion: Int64) -> NewEvent { brokerEvent(Streams.brokerPositions(source: source), previousVersion) }
}

/// The payload of `BrokerActivityRecorded`: a change of a position that no order explains, such as an expiry.
package struct BrokerActivityRecordedPayload: BrokerPayload {
    package static let type = EventType.brokerActivityRecorded
    package var source = ""
    /// Siblings may share it: an activity is its id, type and symbol.
    package var activityID = ""
    package var activityType = ""
    package var symbol = ""
    /// `executed`, `correct` or `canceled`; nil for a fill.
    package var status: String?
    /// Signed by the position's change.
    package var quantity: FixedDecimal?
    package var price: FixedDecimal?
    package var netAmount: FixedDecimal?
    package var date: CalendarDate?
    package var transactionTime: Instant?
    package var orderID: String?
    package var groupID: String?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("activity_id", &activityID)
        try fields.text("activity_type", &activityType)
        try fields.date("date", &date)
        try fields.text("group_id", &groupID)
        try fields.decimal("net_amount", &netAmount)
        try fields.text("order_id", &orderID)
        try fields.decimal("price", &price)
        try fields.decimal("qty", &quantity)
        try fields.text("source", &source)
        try fields.text("status", &status)
        try fields.text("symbol", &symbol)
        try fields.instant("transaction_time", &transactionTime)
    }

    /// The same activity in the same status makes one event, however often it is seen.
    package func event() -> NewEvent {
        NewEvent(
            Self.type,
            identity: Identity.join([Self.type.rawValue, source, activityID, activityType, symbol, status ?? ""]),
            stream: Streams.brokerActivity(source: source), payload: encode())
    }
}

/// The payload of `DispatchHalted`: no POST leaves until a resume.
package struct DispatchHaltedPayload: BrokerPayload {
    package static let type = EventType.dispatchHalted
    package var source = ""
    package var requestedBy = ""
    /// `account_changed`, `ledger_restored`, `foreign_order`, `late_order`, `unauthorized`, or what somebody gave.
    package var reason = ""

    package init() {}

    package init(source: String, requestedBy: String, reason: String) {
        (self.source, self.requestedBy, self.reason) = (source, requestedBy, reason)
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("reason", &reason)
        try fields.text("requested_by", &requestedBy)
        try fields.text("source", &source)
    }

    package func event(previousVersion: Int64) -> NewEvent { brokerEvent(Streams.brokerHalt(source: source), previousVersion) }
}

/// The payload of `DispatchResumed`: orders may be submitted again.
package struct DispatchResumedPayload: BrokerPayload {
    package static let type = EventType.dispatchResumed
    package var source = ""
    package var requestedBy = ""
    package var reason = ""

    package init() {}

    package init(source: String, requestedBy: String, reason: String) {
        (self.source, self.requestedBy, self.reason) = (source, requestedBy, reason)
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("reason", &reason)
        try fields.text("requested_by", &requestedBy)
        try fields.text("source", &source)
    }

    package func event(previousVersion: Int64) -> NewEvent { brokerEvent(Streams.brokerHalt(source: source), previousVersion) }
}

extension BrokerPayload {
    /// The event after the given version of a stream of the whole source.
    fileprivate func brokerEvent(_ stream: String, _ previousVersion: Int64) -> NewEvent {
        NewEvent(
            Self.type, identity: Identity.join([Self.type.rawValue, source, "\(previousVersion)"]), stream: stream,
            payload: encode(), expectedVersion: previousVersion)
    }
}
