import LedgerValues
import OptionTrades
import Testing

@Suite struct DecisionSizeTests {
    let rules: DispatchRules

    init() throws { rules = try DecisionFixture.rules() }

    /// The seed's own order: a mid of 88.01 in an account of 100,000.
    private func seed() throws -> DecisionFixture {
        var fixture = try DecisionFixture()
        try fixture.row { ($0.bid, $0.ask, $0.delta) = (try .of("85.78"), try .of("90.24"), nil) }
        return fixture
    }

    private func decision(_ rules: DispatchRules? = nil, _ change: (inout DecisionFixture) throws -> Void) throws -> Decision {
        var fixture = try DecisionFixture()
        try change(&fixture)
        return fixture.decide(rules ?? self.rules)
    }

    @Test func `a contract of 8,801 against a cap of 5,000 is refused`() throws {
        let decision = try seed().decide(rules)
        #expect(decision.verdict == .simulate)
        #expect(decision.reasons == ["over_risk_cap"])
        #expect(decision.size.unitCost == FixedDecimal(8801))
        #expect(decision.size.byCap == 0)
        #expect(decision.size.quantity == 0)
        #expect(Decider(rules).order(decision, try seed().facts.intent, clientOrderID: "al-1") == nil)
    }

    @Test func `under at_least_one_if_affordable the same contract is bought once`() throws {
        let loose = try DecisionFixture.rules("at_least_one_if_affordable: false", "at_least_one_if_affordable: true")
        let decision = try seed().decide(loose)
        #expect(decision.verdict == .submit)
        #expect(decision.size.quantity == 1)
        // 90.24 is on no tick of 0.05.
        #expect(decision.limitPrice == (try .of("90.25")))
        var poor = try seed()
        poor.facts.account?.optionsBuyingPower = FixedDecimal(9000)
        #expect(poor.decide(loose).reasons == ["over_risk_cap", "over_buying_power"])
    }

    @Test func `a swing trade may cost twice as much`() throws {
        var fixture = try seed()
        fixture.facts.intent.strategy = .swingTrade
        fixture.facts.market?.candidates = [try DecisionFixture.contract("SPY260206C00600000", bid: "85.78", ask: "90.24", delta: nil)]
        #expect(fixture.decide(rules).size.byCap == 1)
    }

    @Test func `a cap that is met exactly counts`() throws {
        let decision = try decision { try $0.row { ($0.bid, $0.ask) = (try .of("49"), try .of("51")) } }
        #expect(decision.size.byCap == 1)
        #expect(
            try self.decision { fixture in
                try fixture.row { ($0.bid, $0.ask) = (try .of("49"), try .of("51.01")) }
            }.size.byCap == 0)
    }

    @Test func `buying power is that of options, less what unresolved orders may still take`() throws {
        #expect(try decision { $0.facts.account?.optionsBuyingPower = FixedDecimal(899) }.size.byBuyingPower == 2)
        #expect(try decision { $0.facts.account?.optionsBuyingPower = nil }.size.byBuyingPower == 666)
        let reserved = try decision { $0.facts.day.reserved = FixedDecimal(99_500) }
        #expect(reserved.size.quantity == 1)
        let none = try decision { $0.facts.day.reserved = FixedDecimal(99_701) }
        #expect(none.reasons == ["over_buying_power"])
        #expect(none.verdict == .simulate)
    }

    @Test func `the day bounds orders and premium`() throws {
        #expect(try decision { $0.facts.day.orders = 19 }.verdict == .submit)
        let last = try decision { $0.facts.day.orders = 20 }
        #expect(last.reasons == ["max_orders"])
        #expect(last.size.quantity == 0)
        // 20,000 a day at 300 each.
        let cut = try decision { $0.facts.day.premium = FixedDecimal(19_000) }
        #expect(cut.verdict == .submit)
        #expect(cut.size.quantity == 3)
        let spent = try decision { $0.facts.day.premium = FixedDecimal(19_701) }
        #expect(spent.reasons == ["max_premium"])
    }

    @Test func `every bound that is zero is named`() throws {
        var fixture = try seed()
        fixture.facts.account?.optionsBuyingPower = .zero
        fixture.facts.day.orders = 20
        fixture.facts.day.premium = FixedDecimal(20_000)
        #expect(fixture.decide(rules).reasons == ["over_risk_cap", "over_buying_power", "max_orders", "max_premium"])
    }

    @Test func `an account that is blocked, incomplete or of too low a level buys nothing`() throws {
        #expect(try decision { $0.facts.account?.status = "ACCOUNT_UPDATED" }.reasons == ["account_blocked"])
        #expect(try decision { $0.facts.account?.tradingBlocked = true }.reasons == ["account_blocked"])
        #expect(try decision { $0.facts.account?.accountBlocked = true }.reasons == ["account_blocked"])
        #expect(try decision { $0.facts.account?.tradeSuspendedByUser = true }.reasons == ["account_blocked"])
        #expect(try decision { $0.facts.account?.optionsLevel = 1 }.reasons == ["options_level"])
        #expect(try decision { $0.facts.account?.optionsLevel = nil }.reasons == ["account_incomplete"])
        let poor = try decision { $0.facts.account?.equity = nil }
        #expect(poor.reasons == ["account_incomplete"])
        #expect(poor.size.quantity == 0)
    }

    @Test(
        arguments: [
            (true, "2.901", "buy", "2.91"), (true, "3.01", "buy", "3.05"), (true, "3.00", "buy", "3"), (false, "2.91", "buy", "2.95"),
            (false, "3.01", "buy", "3.1"), (nil, "2.91", "buy", "2.95"), (true, "2.909", "sell", "2.9"), (true, "3.09", "sell", "3.05"),
            (false, "3.19", "sell", "3.1"), (true, "0.004", "sell", "0.01"), (false, "0.04", "sell", "0.05"), (nil, "0.01", "buy", "0.05"),
        ] as [(Bool?, String, String, String)])
    func `prices stand on the contract's tick and stay marketable`(penny: Bool?, price: String, side: String, expected: String) throws {
        let action: IntentAction = side == "buy" ? .buy : .sell
        #expect(BrokerFigures.onTick(try .of(price), rules.optionTick(penny: penny), action) == (try .of(expected)))
    }

    @Test func `shares have ticks of a cent, and of a hundredth of it below one`() throws {
        #expect(BrokerFigures.onTick(try .of("600.013"), rules.stockTick, .buy) == (try .of("600.02")))
        #expect(BrokerFigures.onTick(try .of("0.50011"), rules.stockTick, .buy) == (try .of("0.5002")))
    }

    @Test func `a market order is allowed by the rules and has no limit`() throws {
        let market = try DecisionFixture.rules("order_type: limit", "order_type: market")
        let fixture = try DecisionFixture()
        let order = try #require(Decider(market).order(fixture.decide(market), fixture.facts.intent, clientOrderID: "al-1"))
        #expect(order.type == "market" && order.limitPrice == nil && order.quantity == 10)
    }

    // MARK: - Sales

    @Test func `a sale closes at the bid, however wide the spread, low the volume and full the day`() throws {
        var fixture = try DecisionFixture()
        fixture.sell(open: 3)
        try fixture.row { row in
            (row.bid, row.ask, row.openInterest, row.volume) = (try .of("1.02"), try .of("3"), nil, nil)
            row.delta = try .of("0.99")
        }
        fixture.facts.day.orders = 99
        let decision = fixture.decide(rules)
        #expect(decision.verdict == .submit)
        #expect(decision.size.quantity == 3)
        #expect(decision.limitPrice == (try .of("1.02")))
        let order = try #require(Decider(rules).order(decision, fixture.facts.intent, clientOrderID: "al-1"))
        #expect(order.side == "sell" && order.positionIntent == "sell_to_close")
    }

    @Test func `a sale closes no more than is open and not being closed`() throws {
        var fixture = try DecisionFixture()
        fixture.sell(open: 5, closing: 3)
        fixture.facts.intent.quantity = 4
        #expect(fixture.decide(rules).size.quantity == 2)
        fixture.facts.intent.quantity = 1
        #expect(fixture.decide(rules).size.quantity == 1)
    }

    @Test func `a sale with nothing or several to close ends`() throws {
        var fixture = try DecisionFixture()
        fixture.sell(open: 3, closing: 3)
        #expect(fixture.decide(rules).verdict == .cancel)
        #expect(fixture.decide(rules).reasons == ["nothing_to_close"])
        fixture.sell(open: 3)
        fixture.facts.day.holdings.append(Holding(symbol: "SPY260130C00610000", quantity: 1, closing: 0))
        #expect(fixture.decide(rules).reasons == ["ambiguous_close"])
        fixture.facts.intent.optionSymbol = "SPY260130C00609000"
        #expect(fixture.decide(rules).verdict == .submit)
        fixture.facts.intent.optionSymbol = "SPY260130C00611000"
        #expect(fixture.decide(rules).reasons == ["nothing_to_close"])
    }

    @Test func `a sale is never simulated: it waits`() throws {
        var fixture = try DecisionFixture()
        fixture.sell(open: 3)
        fixture.row { $0.bid = .zero }
        #expect(fixture.decide(rules).verdict == .wait)
        #expect(fixture.decide(rules).reasons == ["bid_ask_valid", "no_price"])
        fixture.facts.market?.candidates = []
        #expect(fixture.decide(rules).verdict == .wait)
    }

    @Test func `a sale ends with the session of the expiry only`() throws {
        var fixture = try DecisionFixture()
        fixture.sell(open: 3)
        let late = try DecisionFixture.instant("2026-01-30T20:59:59Z")
        fixture.facts.market?.now = late
        fixture.facts.market?.calendar.sessionClose = try DecisionFixture.instant("2026-01-30T21:00:00Z")
        fixture.row { $0.quoteTimestamp = late }
        #expect(fixture.decide(rules).verdict == .submit)
    }

    // MARK: - Shares

    private func shares(_ quantity: Int64?) throws -> DecisionFixture {
        var fixture = try DecisionFixture()
        fixture.facts.intent.instrument = .stock
        fixture.facts.intent.quantity = quantity
        fixture.facts.market?.candidates = []
        return fixture
    }

    @Test func `shares are bought up to the cap`() throws {
        // 5,000 ÷ 600.01 = 8.
        #expect(try shares(100).decide(rules).size.quantity == 8)
        let few = try shares(3)
        let decision = few.decide(rules)
        #expect(decision.verdict == .submit && decision.size.quantity == 3)
        #expect(decision.limitPrice == (try .of("600.01")))
        let order = try #require(Decider(rules).order(decision, few.facts.intent, clientOrderID: "al-1"))
        #expect(order.symbol == "SPY")
    }

    @Test func `shares need no level of options and use the account's whole buying power`() throws {
        var fixture = try shares(3)
        fixture.facts.account?.optionsLevel = 0
        fixture.facts.account?.optionsBuyingPower = .zero
        #expect(fixture.decide(rules).verdict == .submit)
    }

    @Test func `shares that are held are sold at the bid`() throws {
        var fixture = try shares(nil)
        fixture.facts.intent.action = .sell
        fixture.facts.day.holdings = [Holding(symbol: "SPY", quantity: 7, closing: 2)]
        let decision = fixture.decide(rules)
        #expect(decision.verdict == .submit && decision.size.quantity == 5)
        #expect(decision.limitPrice == (try .of("599.99")))
    }

    @Test func `an old quote of the shares stops a purchase`() throws {
        var fixture = try shares(3)
        fixture.facts.market?.underlying.quoteTimestamp = try DecisionFixture.instant("2026-01-28T15:00:00Z")
        #expect(fixture.decide(rules).reasons == ["quote_age"])
    }
}
