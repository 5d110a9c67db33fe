// Made by `swift run payload-generator` from schema/events/MarketConsulted.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// A contract of the chain, with its quote, its trade and its greeks as the broker gave them.
package struct ContractRow: CodedFields {
    /// `ask`
    package var ask: FixedDecimal?
    /// `ask_size`
    package var askSize: FixedDecimal?
    /// `bid`
    package var bid: FixedDecimal?
    /// `bid_size`
    package var bidSize: FixedDecimal?
    /// `delta`
    package var delta: FixedDecimal?
    /// `expiry`
    package var expiry: CalendarDate = .minimum
    /// `gamma`
    package var gamma: FixedDecimal?
    /// `iv`: Vol points.
    package var iv: FixedDecimal?
    /// `last`
    package var last: FixedDecimal?
    /// `multiplier`: Multiplies the premium.
    package var multiplier: FixedDecimal?
    /// `open_interest`: Of the session of open_interest_date.
    package var openInterest: FixedDecimal?
    /// `open_interest_date`
    package var openInterestDate: CalendarDate?
    /// `option_symbol`: The OCC symbol in its compact form.
    package var optionSymbol: String = ""
    /// `option_type`
    package var optionType: OptionType = .call
    /// `ppind`: Whether it trades in pennies.
    package var ppind: Bool?
    /// `quote_timestamp`
    package var quoteTimestamp: Instant?
    /// `root`
    package var root: String = ""
    /// `rounded`: Whether a figure had more than ten fractional digits and was rounded half to even.
    package var rounded: Bool = false
    /// `strike`
    package var strike: FixedDecimal = .zero
    /// `theta`
    package var theta: FixedDecimal?
    /// `tradable`
    package var tradable: Bool?
    /// `vega`
    package var vega: FixedDecimal?
    /// `volume`
    package var volume: FixedDecimal?
    /// `volume_date`: The day of the volume in New York.
    package var volumeDate: CalendarDate?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.decimal("ask", &ask)
        try fields.decimal("ask_size", &askSize)
        try fields.decimal("bid", &bid)
        try fields.decimal("bid_size", &bidSize)
        try fields.decimal("delta", &delta)
        try fields.date("expiry", &expiry)
        try fields.decimal("gamma", &gamma)
        try fields.decimal("iv", &iv)
        try fields.decimal("last", &last)
        try fields.decimal("multiplier", &multiplier)
        try fields.decimal("open_interest", &openInterest)
        try fields.date("open_interest_date", &openInterestDate)
        try fields.text("option_symbol", &optionSymbol)
        try fields.choice("option_type", &optionType)
        try fields.truth("ppind", &ppind)
        try fields.instant("quote_timestamp", &quoteTimestamp)
        try fields.text("root", &root)
        try fields.truth("rounded", &rounded)
        try fields.decimal("strike", &strike)
        try fields.decimal("theta", &theta)
        try fields.truth("tradable", &tradable)
        try fields.decimal("vega", &vega)
        try fields.decimal("volume", &volume)
        try fields.date("volume_date", &volumeDate)
    }
}

extension ContractRow: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: ContractRow, right: ContractRow) -> Bool {
        guard left.ask == right.ask,
            left.askSize == right.askSize,
            left.bid == right.bid,
            left.bidSize == right.bidSize,
            left.delta == right.delta,
            left.expiry == right.expiry,
            left.gamma == right.gamma,
            left.iv == right.iv,
            left.last == right.last,
            left.multiplier == right.multiplier,
            left.openInterest == right.openInterest,
            left.openInterestDate == right.openInterestDate,
            left.optionType == right.optionType,
            left.ppind == right.ppind,
            left.quoteTimestamp == right.quoteTimestamp,
            left.rounded == right.rounded,
            left.strike == right.strike,
            left.theta == right.theta,
            left.tradable == right.tradable,
            left.vega == right.vega,
            left.volume == right.volume,
            left.volumeDate == right.volumeDate,
            left.optionSymbol.isBytewiseEqual(to: right.optionSymbol),
            left.root.isBytewiseEqual(to: right.root)
        else { return false }
        return true
    }
}
