package import LedgerEvents
package import LedgerValues

/// What follows from the facts.
package enum Verdict: String, Sendable, CaseIterable {
    /// An order is submitted.
    case submit
    /// No order is submitted, and the intent ends.
    case simulate
    /// Nothing happens yet.
    case wait
    /// The intent ends: it closes nothing, or can't say what.
    case cancel
    /// The recorded candidates were cut before what these rules need.
    case insufficientFacts = "insufficient_facts"
}

/// A gate of the selected contract. A missing value fails.
package struct Gate: CodedFields {
    /// `bid_ask_valid`, `spread`, `expiration`, `liquidity`, `volume`, `quote_age`, `session` or `moneyness`.
    package var name = ""
    /// The figure that was judged; nil if it is missing.
    package var value: String?
    package var threshold = ""
    package var pass = false
    /// Why it failed; nil if it passed.
    package var reason: String?

    package init() {}

    package init(_ name: String, value: String?, threshold: String, failure: String?) {
        (self.name, self.value, self.threshold, pass, reason) = (name, value, threshold, failure == nil, failure)
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("name", &name)
        try fields.truth("pass", &pass)
        try fields.text("reason", &reason)
        try fields.text("threshold", &threshold)
        try fields.text("value", &value)
    }
}

/// How many contracts or shares, and what bounds them. A bound that does not apply is nil.
package struct OrderSize: CodedFields {
    package var quantity: Int64 = 0
    /// floor(equity × cap ÷ cost of one).
    package var byCap: Int64?
    package var byBuyingPower: Int64?
    package var byMaxContracts: Int64?
    /// How many orders the day leaves.
    package var byMaxOrders: Int64?
    /// What the day's premium leaves.
    package var byMaxPremium: Int64?
    /// What the intent asks for.
    package var byIntent: Int64?
    /// What is open and not being closed.
    package var byPosition: Int64?
    package var cap: FixedDecimal?
    /// Mid × multiplier, for the cap.
    package var unitCost: FixedDecimal?
    /// Limit × multiplier, for buying power and premium.
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

    /// The smallest bound; zero without any.
    mutating func settle() {
        let bounds = [byCap, byBuyingPower, byMaxContracts, byMaxPremium, byIntent, byPosition].compactMap { $0 }
        quantity = byMaxOrders == 0 ? 0 : max(0, bounds.min() ?? 0)
    }
}

/// The decision on an intent.
package struct Decision: CodedFields {
    package var verdict = Verdict.wait
    /// Why it is not `submit`.
    package var reasons: [String] = []
    package var candidatesConsidered: Int64 = 0
    package var targetStrike: FixedDecimal?
    package var spot: FixedDecimal?
    /// The selected contract; nil for shares, and if there is none.
    package var optionSymbol: String?
    package var gates: [Gate] = []
    package var size = OrderSize()
    package var bid: FixedDecimal?
    package var ask: FixedDecimal?
    package var mid: FixedDecimal?
    /// (ask − bid) ÷ mid × 100.
    package var spreadPct: FixedDecimal?
    package var delta: FixedDecimal?
    package var theta: FixedDecimal?
    package var iv: FixedDecimal?
    package var openInterest: FixedDecimal?
    package var volume: FixedDecimal?
    package var multiplier: FixedDecimal?
    /// The price of the order; nil without one, and for a market order.
    package var limitPrice: FixedDecimal?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.decimal("ask", &ask)
        try fields.decimal("bid", &bid)
        try fields.integer("candidates_considered", &candidatesConsidered)
        try fields.decimal("delta", &delta)
        try fields.objects("gates", &gates)
        try fields.decimal("iv", &iv)
        try fields.decimal("limit_price", &limitPrice)
        try fields.decimal("mid", &mid)
        try fields.decimal("multiplier", &multiplier)
        try fields.decimal("open_interest", &openInterest)
        try fields.text("option_symbol", &optionSymbol)
        try fields.texts("reasons", &reasons)
        try fields.object("size", &size)
        try fields.decimal("spot", &spot)
        try fields.decimal("spread_pct", &spreadPct)
        try fields.decimal("target_strike", &targetStrike)
        try fields.decimal("theta", &theta)
        try fields.choice("verdict", &verdict)
        try fields.decimal("volume", &volume)
    }
}

/// An open position of a source, as the ledger has it.
package struct Holding: CodedFields {
    /// The contract, or the ticker of shares.
    package var symbol = ""
    package var quantity: Int64 = 0
    /// What open orders of the source are closing already.
    package var closing: Int64 = 0

    package init() {}

    package init(symbol: String, quantity: Int64, closing: Int64) {
        (self.symbol, self.quantity, self.closing) = (symbol, quantity, closing)
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.integer("closing", &closing)
        try fields.integer("quantity", &quantity)
        try fields.text("symbol", &symbol)
    }
}

/// What the source's other intents leave for this one.
package struct DayFacts: CodedFields {
    /// New York's date of now.
    package var date: CalendarDate?
    /// BUY orders submitted on that date, whatever became of them.
    package var orders: Int64 = 0
    /// Their limit × quantity × multiplier.
    package var premium = FixedDecimal.zero
    /// What BUYs whose outcome is unknown may still take.
    package var reserved = FixedDecimal.zero
    /// The positions that a SELL can mean; empty for a BUY.
    package var holdings: [Holding] = []
    /// The log's position through which this was counted.
    package var throughPosition: Int64 = 0

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.date("date", &date)
        try fields.objects("holdings", &holdings)
        try fields.integer("orders", &orders)
        try fields.decimal("premium", &premium)
        try fields.decimal("reserved", &reserved)
        try fields.integer("through_position", &throughPosition)
    }
}
