// Made by `swift run payload-generator` from schema/events/BrokerActivityRecorded.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `BrokerActivityRecorded`: a change of a position that no order explains, such as an expiry.
package struct BrokerActivityRecordedPayload: CodedFields {
    /// `source`: The broker and the kind of account.
    package var source: String = ""
    /// `activity_id`: Siblings may share it: an activity is its id, type and symbol.
    package var activityID: String = ""
    /// `activity_type`
    package var activityType: String = ""
    /// `symbol`
    package var symbol: String = ""
    /// `status`: `executed`, `correct` or `canceled`; null for a fill.
    package var status: String?
    /// `qty`: Signed by the change of the position.
    package var quantity: FixedDecimal?
    /// `price`
    package var price: FixedDecimal?
    /// `net_amount`
    package var netAmount: FixedDecimal?
    /// `date`
    package var date: CalendarDate?
    /// `transaction_time`
    package var transactionTime: Instant?
    /// `order_id`
    package var orderID: String?
    /// `group_id`
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
}

extension BrokerActivityRecordedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: BrokerActivityRecordedPayload, right: BrokerActivityRecordedPayload) -> Bool {
        guard left.quantity == right.quantity,
            left.price == right.price,
            left.netAmount == right.netAmount,
            left.date == right.date,
            left.transactionTime == right.transactionTime,
            left.source.isBytewiseEqual(to: right.source),
            left.activityID.isBytewiseEqual(to: right.activityID),
            left.activityType.isBytewiseEqual(to: right.activityType),
            left.symbol.isBytewiseEqual(to: right.symbol),
            left.status.isBytewiseEqual(to: right.status),
            left.orderID.isBytewiseEqual(to: right.orderID),
            left.groupID.isBytewiseEqual(to: right.groupID)
        else { return false }
        return true
    }
}
