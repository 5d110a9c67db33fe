// Made by `swift run payload-generator` from schema/events/OrderSubmitted.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// How many contracts or shares, and what bounds them. A bound that does not apply is nil.
package struct OrderSize: CodedFields {
    /// `by_buying_power`
    package var byBuyingPower: Int64?
    /// `by_cap`: floor(equity × cap ÷ cost of one).
    package var byCap: Int64?
    /// `by_intent`: What the intent asks for.
    package var byIntent: Int64?
    /// `by_max_contracts`
    package var byMaxContracts: Int64?
    /// `by_max_orders`: How many orders the day leaves.
    package var byMaxOrders: Int64?
    /// `by_max_premium`: What the day's premium leaves.
    package var byMaxPremium: Int64?
    /// `by_position`: What is open and not being closed.
    package var byPosition: Int64?
    /// `cap`
    package var cap: FixedDecimal?
    /// `quantity`
    package var quantity: Int64 = 0
    /// `unit_cost`: Mid times multiplier.
    package var unitCost: FixedDecimal?
    /// `unit_limit_cost`: Limit times multiplier.
    package var unitLimitCost: FixedDecimal?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.integer("by_buying_power", &byBuyingPower)
        try fields.integer("by_cap", &byCap)
        try fields.integer("by_intent", &byIntent)
        try fields.integer("by_max_contracts", &byMaxContracts)
        try fields.integer("by_max_orders", &byMaxOrders)
        try fields.integer("by_max_premium", &byMaxPremium)
        try fields.integer("by_position", &byPosition)
        try fields.decimal("cap", &cap)
        try fields.integer("quantity", &quantity)
        try fields.decimal("unit_cost", &unitCost)
        try fields.decimal("unit_limit_cost", &unitLimitCost)
    }
}

extension OrderSize: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: OrderSize, right: OrderSize) -> Bool {
        guard left.byBuyingPower == right.byBuyingPower,
            left.byCap == right.byCap,
            left.byIntent == right.byIntent,
            left.byMaxContracts == right.byMaxContracts,
            left.byMaxOrders == right.byMaxOrders,
            left.byMaxPremium == right.byMaxPremium,
            left.byPosition == right.byPosition,
            left.cap == right.cap,
            left.quantity == right.quantity,
            left.unitCost == right.unitCost,
            left.unitLimitCost == right.unitLimitCost
        else { return false }
        return true
    }
}
