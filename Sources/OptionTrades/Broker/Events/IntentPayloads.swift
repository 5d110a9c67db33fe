package import LedgerEvents
package import LedgerValues

/// The payload of `TradeIntended`: the intent, and who gave it.
package struct TradeIntendedPayload: IntentPayload {
    package static let type = EventType.tradeIntended
    package var intent = TradeIntent()
    /// The name of the key or of the command, never a key.
    package var requestedBy = ""
    package var source: String { intent.source }
    package var intentID: String { intent.intentID }

    package init() {}

    package init(intent: TradeIntent, requestedBy: String) {
        self.intent = intent
        self.requestedBy = requestedBy
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try intent.code(&fields)
        try fields.text("requested_by", &requestedBy)
    }
}

/// The payload of `MarketConsulted`: what the market said, as far as a decision follows from it.
package struct MarketConsultedPayload: IntentPayload {
    package static let type = EventType.marketConsulted
    package var source = ""
    package var intentID = ""
    /// The database clock after the last page.
    package var now = Instant.minimum
    package var calendar = SessionFacts()
    package var underlying = UnderlyingQuote()
    /// The middle of bid and ask if bid > 0 and ask ≥ bid, else the last price; nil if neither is there.
    package var spot: FixedDecimal?
    package var filters = ChainFilters()
    package var pages: Int64 = 0
    package var contractsSeen: Int64 = 0
    /// How many contracts were left out, by reason, in the order of the reasons.
    package var leftOut: [LeftOut] = []
    /// SHA-256 of the canonical JSON array of all rows that were seen, in the order of their symbols.
    package var rowsDigest = Digest32([UInt8](repeating: 0, count: 32))
    /// Whether more rows than ``candidates`` were fit.
    package var truncated = false
    package var candidates: [ContractRow] = []

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.object("calendar", &calendar)
        try fields.objects("candidates", &candidates)
        try fields.integer("contracts_seen", &contractsSeen)
        try fields.object("filters", &filters)
        try fields.text("intent_id", &intentID)
        try fields.objects("left_out", &leftOut)
        try fields.instant("now", &now)
        try fields.integer("pages", &pages)
        try fields.digest("rows_digest", &rowsDigest)
        try fields.text("source", &source)
        try fields.decimal("spot", &spot)
        try fields.truth("truncated", &truncated)
        try fields.object("underlying", &underlying)
    }
}

/// Contracts that were left out of the candidates for one reason.
package struct LeftOut: CodedFields {
    package var reason = ""
    package var count: Int64 = 0

    package init() {}

    package init(reason: String, count: Int64) {
        self.reason = reason
        self.count = count
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.integer("count", &count)
        try fields.text("reason", &reason)
    }
}

/// The session of now: from the calendar, and from the broker's own clock.
package struct SessionFacts: CodedFields {
    /// Nil if New York has no session on that date, or if the calendar does not cover it.
    package var sessionOpen: Instant?
    package var sessionClose: Instant?
    /// What the broker's clock said; nil if it said nothing.
    package var brokerIsOpen: Bool?

    package init() {}

    package init(sessionOpen: Instant?, sessionClose: Instant?, brokerIsOpen: Bool?) {
        self.sessionOpen = sessionOpen
        self.sessionClose = sessionClose
        self.brokerIsOpen = brokerIsOpen
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.truth("broker_is_open", &brokerIsOpen)
        try fields.instant("session_close", &sessionClose)
        try fields.instant("session_open", &sessionOpen)
    }
}

/// The underlying's last quote and trade.
package struct UnderlyingQuote: CodedFields {
    package var bid: FixedDecimal?
    package var ask: FixedDecimal?
    package var quoteTimestamp: Instant?
    package var last: FixedDecimal?
    package var lastTimestamp: Instant?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.decimal("ask", &ask)
        try fields.decimal("bid", &bid)
        try fields.decimal("last", &last)
        try fields.instant("last_timestamp", &lastTimestamp)
        try fields.instant("quote_timestamp", &quoteTimestamp)
    }

    /// Whether bid and ask make a quote: bid > 0 and ask ≥ bid.
    package var isValid: Bool { bid.map { bid in bid > .zero && ask.map { $0 >= bid } ?? false } ?? false }
}

/// What was asked of the chain. Nil fields did not restrict it.
package struct ChainFilters: CodedFields {
    package var optionType: OptionType?
    package var root: String?
    package var expiryFrom: CalendarDate?
    package var expiryThrough: CalendarDate?
    package var strikeFrom: FixedDecimal?
    package var strikeThrough: FixedDecimal?
    /// The strike around which the candidates were chosen.
    package var targetStrike: FixedDecimal?
    /// The one contract of a SELL.
    package var optionSymbol: String?

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

/// A contract of the chain, with its quote, its trade and its greeks as the broker gave them.
package struct ContractRow: CodedFields {
    /// The OCC symbol in its compact form.
    package var optionSymbol = ""
    package var root = ""
    package var expiry = CalendarDate.minimum
    package var strike = FixedDecimal.zero
    package var optionType = OptionType.call
    package var multiplier: FixedDecimal?
    package var tradable: Bool?
    package var bid: FixedDecimal?
    package var ask: FixedDecimal?
    package var bidSize: FixedDecimal?
    package var askSize: FixedDecimal?
    package var quoteTimestamp: Instant?
    package var last: FixedDecimal?
    package var volume: FixedDecimal?
    /// The day of ``volume`` in New York.
    package var volumeDate: CalendarDate?
    package var openInterest: FixedDecimal?
    package var openInterestDate: CalendarDate?
    /// Whether the contract trades in pennies; nil if it is not known.
    package var ppind: Bool?
    /// Vol points.
    package var iv: FixedDecimal?
    package var delta: FixedDecimal?
    package var gamma: FixedDecimal?
    package var theta: FixedDecimal?
    package var vega: FixedDecimal?
    /// Whether a figure had more digits than ten and was rounded half to even.
    package var rounded = false

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

/// The payload of `AccountConsulted`: what the account may do.
package struct AccountConsultedPayload: IntentPayload {
    package static let type = EventType.accountConsulted
    package var source = ""
    package var intentID = ""
    package var now = Instant.minimum
    package var account = AccountFacts()

    package init() {}

    package init(source: String, intentID: String, now: Instant, account: AccountFacts) {
        (self.source, self.intentID, self.now, self.account) = (source, intentID, now, account)
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try account.code(&fields)
        try fields.text("intent_id", &intentID)
        try fields.instant("now", &now)
        try fields.text("source", &source)
    }
}

/// An account, without its number.
package struct AccountFacts: CodedFields {
    /// SHA-256 of the account's id.
    package var accountDigest = Digest32([UInt8](repeating: 0, count: 32))
    /// The last four characters of the account's number.
    package var lastFour = ""
    package var status = ""
    package var currency: String?
    package var equity: FixedDecimal?
    package var buyingPower: FixedDecimal?
    package var optionsBuyingPower: FixedDecimal?
    /// 0 to 3; nil if the broker gave none.
    package var optionsLevel: Int64?
    package var accountBlocked: Bool?
    package var tradingBlocked: Bool?
    package var tradeSuspendedByUser: Bool?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.truth("account_blocked", &accountBlocked)
        try fields.digest("account_digest", &accountDigest)
        try fields.text("account_last_four", &lastFour)
        try fields.decimal("buying_power", &buyingPower)
        try fields.text("currency", &currency)
        try fields.decimal("equity", &equity)
        try fields.decimal("options_buying_power", &optionsBuyingPower)
        try fields.integer("options_level", &optionsLevel)
        try fields.text("status", &status)
        try fields.truth("trade_suspended_by_user", &tradeSuspendedByUser)
        try fields.truth("trading_blocked", &tradingBlocked)
    }
}
