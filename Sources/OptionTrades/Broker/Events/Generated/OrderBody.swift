// Made by `swift run payload-generator` from schema/events/OrderSubmitted.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The body of an order, as it is sent.
package struct OrderBody: CodedFields {
    /// `client_order_id`
    package var clientOrderID: String = ""
    /// `limit_price`: Null for a market order.
    package var limitPrice: FixedDecimal?
    /// `position_intent`
    package var positionIntent: String = ""
    /// `qty`
    package var quantity: Int64 = 0
    /// `side`
    package var side: String = ""
    /// `symbol`
    package var symbol: String = ""
    /// `time_in_force`
    package var timeInForce: String = "day"
    /// `type`
    package var type: String = ""

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

extension OrderBody: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: OrderBody, right: OrderBody) -> Bool {
        guard left.limitPrice == right.limitPrice,
            left.quantity == right.quantity,
            left.clientOrderID.isBytewiseEqual(to: right.clientOrderID),
            left.positionIntent.isBytewiseEqual(to: right.positionIntent),
            left.side.isBytewiseEqual(to: right.side),
            left.symbol.isBytewiseEqual(to: right.symbol),
            left.timeInForce.isBytewiseEqual(to: right.timeInForce),
            left.type.isBytewiseEqual(to: right.type)
        else { return false }
        return true
    }
}
