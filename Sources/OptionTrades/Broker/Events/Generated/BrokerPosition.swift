// Made by `swift run payload-generator` from schema/events/BrokerPositionsObserved.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// A position as the broker gave it.
package struct BrokerPosition: CodedFields {
    /// `asset_class`
    package var assetClass: String?
    /// `avg_entry_price`
    package var averageEntryPrice: FixedDecimal?
    /// `cost_basis`
    package var costBasis: FixedDecimal?
    /// `current_price`
    package var currentPrice: FixedDecimal?
    /// `market_value`
    package var marketValue: FixedDecimal?
    /// `qty`: Short is negative.
    package var quantity: FixedDecimal = .zero
    /// `symbol`
    package var symbol: String = ""

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

extension BrokerPosition: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: BrokerPosition, right: BrokerPosition) -> Bool {
        guard left.averageEntryPrice == right.averageEntryPrice,
            left.costBasis == right.costBasis,
            left.currentPrice == right.currentPrice,
            left.marketValue == right.marketValue,
            left.quantity == right.quantity,
            left.assetClass.isBytewiseEqual(to: right.assetClass),
            left.symbol.isBytewiseEqual(to: right.symbol)
        else { return false }
        return true
    }
}
