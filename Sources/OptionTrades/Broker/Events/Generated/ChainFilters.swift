// Made by `swift run payload-generator` from schema/events/MarketConsulted.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// What was asked of the chain. Nil fields did not restrict it.
package struct ChainFilters: CodedFields {
    /// `expiry_from`
    package var expiryFrom: CalendarDate?
    /// `expiry_through`
    package var expiryThrough: CalendarDate?
    /// `option_symbol`: The one contract of a SELL.
    package var optionSymbol: String?
    /// `option_type`
    package var optionType: OptionType?
    /// `root`
    package var root: String?
    /// `strike_from`
    package var strikeFrom: FixedDecimal?
    /// `strike_through`
    package var strikeThrough: FixedDecimal?
    /// `target_strike`: The strike around which the candidates were chosen.
    package var targetStrike: FixedDecimal?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.date("expiry_from", &expiryFrom)
        try fields.date("expiry_through", &expiryThrough)
        try fields.text("option_symbol", &optionSymbol)
        try fields.choice("option_type", &optionType)
        try fields.text("root", &root)
        try fields.decimal("strike_from", &strikeFrom)
        try fields.decimal("strike_through", &strikeThrough)
        try fields.decimal("target_strike", &targetStrike)
    }
}

extension ChainFilters: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: ChainFilters, right: ChainFilters) -> Bool {
        guard left.expiryFrom == right.expiryFrom,
            left.expiryThrough == right.expiryThrough,
            left.optionType == right.optionType,
            left.strikeFrom == right.strikeFrom,
            left.strikeThrough == right.strikeThrough,
            left.targetStrike == right.targetStrike,
            left.optionSymbol.isBytewiseEqual(to: right.optionSymbol),
            left.root.isBytewiseEqual(to: right.root)
        else { return false }
        return true
    }
}
