import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport

/// An intent, a market and an account from which the seed's order follows, to be changed one thing at a time.
struct DecisionFixture {
    var facts: DecisionFacts

    /// Wednesday, 2026-01-28, 10:30 in New York.
    static let now = "2026-01-28T15:30:00Z"

    /// A rule file with one text replaced by another.
    static func rules(_ old: String = "", _ new: String = "") throws -> DispatchRules {
        try DispatchRules(version: 1) { path in
            guard let bytes = projectRuleFile(path), !old.isEmpty, path.hasPrefix("dispatches/") else { return projectRuleFile(path) }
            return Array(String(decoding: bytes, as: UTF8.self).replacing(old, with: new).utf8)
        }
    }

    static func instant(_ text: String) throws -> Instant {
        guard let instant = Instant(text) else { throw BadText(text: text) }
        return instant
    }

    static func date(_ text: String) throws -> CalendarDate {
        guard let date = CalendarDate(text) else { throw BadText(text: text) }
        return date
    }

    struct BadText: Error { let text: String }

    /// A day trade of a SPY call at a spot of 600: one contract at the target of 609, cheap enough to be bought.
    init() throws {
        var intent = TradeIntent()
        intent.intentID = "I-1"
        intent.source = "sample_broker"
        intent.ticker = "SPY"
        intent.instrument = .call
        intent.expiresAt = try Self.instant("2026-01-28T21:00:00Z")
        var market = MarketConsultedPayload()
        (market.source, market.intentID) = (intent.source, intent.intentID)
        market.now = try Self.instant(Self.now)
        market.calendar = SessionFacts(
            sessionOpen: try Self.instant("2026-01-28T14:30:00Z"), sessionClose: try Self.instant("2026-01-28T21:00:00Z"),
            brokerIsOpen: true)
        market.underlying.bid = try .of("599.99")
        market.underlying.ask = try .of("600.01")
        market.underlying.quoteTimestamp = try Self.instant("2026-01-28T15:29:59Z")
        market.spot = try .of("600")
        market.filters.targetStrike = try .of("609")
        market.candidates = [try Self.contract("SPY260130C00609000")]
        var account = AccountFacts()
        account.status = "ACTIVE"
        account.equity = try .of("100000")
        account.buyingPower = try .of("200000")
        account.optionsBuyingPower = try .of("100000")
        account.optionsLevel = 2
        (account.accountBlocked, account.tradingBlocked, account.tradeSuspendedByUser) = (false, false, false)
        facts = DecisionFacts(intent: intent, market: market, account: account)
        facts.day.date = try Self.date("2026-01-28")
    }

    /// A contract that passes every gate at the fixture's time.
    static func contract(
        _ symbol: String, bid: String = "2.90", ask: String = "3.00", delta: String? = "0.35"
    ) throws -> ContractRow {
        guard let parsed = OptionSymbol(symbol) else { throw BadText(text: symbol) }
        var row = ContractRow()
        (row.optionSymbol, row.root, row.expiry, row.strike) = (symbol, parsed.root, parsed.expiry, parsed.strike)
        row.optionType = parsed.optionType
        row.multiplier = FixedDecimal(100)
        row.tradable = true
        (row.bid, row.ask) = (try .of(bid), try .of(ask))
        row.quoteTimestamp = try instant("2026-01-28T15:29:58Z")
        row.volume = FixedDecimal(1000)
        row.volumeDate = try date("2026-01-28")
        row.openInterest = FixedDecimal(5000)
        row.openInterestDate = try date("2026-01-27")
        row.ppind = true
        row.delta = try delta.map { try FixedDecimal($0) }
        return row
    }

    mutating func row(_ change: (inout ContractRow) throws -> Void) rethrows {
        guard var row = facts.market?.candidates.first else { return }
        try change(&row)
        facts.market?.candidates = [row]
    }

    /// The same, for a SELL of a number of open contracts.
    mutating func sell(open quantity: Int64, closing: Int64 = 0) {
        facts.intent.action = .sell
        facts.day.holdings = [Holding(symbol: "SPY260130C00609000", quantity: quantity, closing: closing)]
    }

    func decide(_ rules: DispatchRules) -> Decision { Decider(rules).decide(facts) }
}
