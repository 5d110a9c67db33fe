// Made by `swift run payload-generator` from schema/events/TradeIntended.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// What somebody wants traded. At most one order follows from it, ever.
package struct TradeIntent: CodedFields {
    /// `source`: The broker and the kind of account.
    package var source: String = ""
    /// `intent_id`: 1 to 64 of A–Z a–z 0–9 . _ -
    package var intentID: String = ""
    /// `ticker`
    package var ticker: String = ""
    /// `instrument_type`
    package var instrument: InstrumentType = .stock
    /// `action`: A SELL only closes.
    package var action: IntentAction = .buy
    /// `strategy`
    package var strategy: TradeStrategy = .dayTrade
    /// `option_symbol`: The contract that a SELL names.
    package var optionSymbol: String?
    /// `quantity`: Shares, or contracts of a SELL.
    package var quantity: Int64?
    /// `signal`: The source text of a JSON object, as it was given.
    package var signal: String?
    /// `expires_at`: No order is submitted at or after it.
    package var expiresAt: Instant = .minimum

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.choice("action", &action)
        try fields.instant("expires_at", &expiresAt)
        try fields.choice("instrument_type", &instrument)
        try fields.text("intent_id", &intentID)
        try fields.text("option_symbol", &optionSymbol)
        try fields.integer("quantity", &quantity)
        try fields.text("signal", &signal)
        try fields.text("source", &source)
        try fields.choice("strategy", &strategy)
        try fields.text("ticker", &ticker)
    }
}

extension TradeIntent: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: TradeIntent, right: TradeIntent) -> Bool {
        guard left.instrument == right.instrument,
            left.action == right.action,
            left.strategy == right.strategy,
            left.quantity == right.quantity,
            left.expiresAt == right.expiresAt,
            left.source.isBytewiseEqual(to: right.source),
            left.intentID.isBytewiseEqual(to: right.intentID),
            left.ticker.isBytewiseEqual(to: right.ticker),
            left.optionSymbol.isBytewiseEqual(to: right.optionSymbol),
            left.signal.isBytewiseEqual(to: right.signal)
        else { return false }
        return true
    }
}
