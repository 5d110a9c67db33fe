// Made by `swift run payload-generator` from schema/events/OrderUpdated.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `OrderUpdated`: the order as the broker gave it, if that changed.
package struct OrderUpdatedPayload: CodedFields {
    /// `source`: The broker and the kind of account.
    package var source: String = ""
    /// `intent_id`: 1 to 64 of A–Z a–z 0–9 . _ -
    package var intentID: String = ""
    /// `broker_order_id`: The order that was seen: of a chain of replaced orders the last.
    package var brokerOrderID: String = ""
    /// `status`
    package var status: String = ""
    /// `filled_qty`
    package var filledQuantity: FixedDecimal = .zero
    /// `filled_avg_price`
    package var filledAveragePrice: FixedDecimal?
    /// `commission`
    package var commission: FixedDecimal?
    /// `replaced_by`
    package var replacedBy: String?
    /// `updated_at`
    package var updatedAt: Instant?
    /// `filled_at`
    package var filledAt: Instant?
    /// `canceled_at`
    package var canceledAt: Instant?
    /// `expired_at`
    package var expiredAt: Instant?
    /// `failed_at`
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

extension OrderUpdatedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: OrderUpdatedPayload, right: OrderUpdatedPayload) -> Bool {
        guard left.filledQuantity == right.filledQuantity,
            left.filledAveragePrice == right.filledAveragePrice,
            left.commission == right.commission,
            left.updatedAt == right.updatedAt,
            left.filledAt == right.filledAt,
            left.canceledAt == right.canceledAt,
            left.expiredAt == right.expiredAt,
            left.failedAt == right.failedAt,
            left.source.isBytewiseEqual(to: right.source),
            left.intentID.isBytewiseEqual(to: right.intentID),
            left.brokerOrderID.isBytewiseEqual(to: right.brokerOrderID),
            left.status.isBytewiseEqual(to: right.status),
            left.replacedBy.isBytewiseEqual(to: right.replacedBy)
        else { return false }
        return true
    }
}
