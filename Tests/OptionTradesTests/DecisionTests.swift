import LedgerValues
import OptionTrades
import Testing

@Suite struct DecisionTests {
    let rules: DispatchRules

    init() throws { rules = try DecisionFixture.rules() }

    private func decision(_ change: (inout DecisionFixture) throws -> Void) throws -> Decision {
        var fixture = try DecisionFixture()
        try change(&fixture)
        return fixture.decide(rules)
    }

    private func gate(_ name: String, _ change: (inout DecisionFixture) throws -> Void) throws -> Gate {
        try #require(try decision(change).gates.first { $0.name == name })
    }

    @Test func `a market and an account without fault lead to an order at the ask`() throws {
        let fixture = try DecisionFixture()
        let decision = fixture.decide(rules)
        #expect(decision.verdict == .submit)
        #expect(decision.reasons.isEmpty)
        #expect(decision.optionSymbol == "SPY260130C00609000")
        #expect(decision.limitPrice == FixedDecimal(3))
        // 5,000 ÷ 295 = 16, bounded by ten contracts.
        #expect(decision.size.byCap == 16)
        #expect(decision.size.byMaxContracts == 10)
        #expect(decision.size.quantity == 10)
        let order = try #require(Decider(rules).order(decision, fixture.facts.intent, clientOrderID: "al-1"))
        #expect(order.symbol == "SPY260130C00609000" && order.side == "buy" && order.type == "limit")
        #expect(order.quantity == 10 && order.positionIntent == "buy_to_open" && order.timeInForce == "day")
        #expect(order.limitPrice == FixedDecimal(3))
    }

    @Test func `the same facts give the same decision`() throws {
        let fixture = try DecisionFixture()
        #expect(fixture.decide(rules) == fixture.decide(try DecisionFixture.rules()))
    }

    @Test(arguments: [
        ("day_trade", "CALL", "609"), ("day_trade", "PUT", "591"), ("swing_trade", "CALL", "600"), ("swing_trade", "PUT", "600"),
        ("conservative", "CALL", "582"), ("conservative", "PUT", "618"),
    ])
    func `each strategy has its target strike`(strategy: String, type: String, target: String) throws {
        let strategy = try #require(TradeStrategy(rawValue: strategy))
        let type = try #require(InstrumentType(rawValue: type)?.optionType)
        #expect(rules.targetStrike(strategy, type, spot: FixedDecimal(600)) == (try .of(target)))
    }

    @Test func `the quote of 85_78 at 90_24 is narrow enough, that of 5_00 at 6_50 is not`() throws {
        let narrow = try gate("spread") { try $0.row { ($0.bid, $0.ask) = (try .of("85.78"), try .of("90.24")) } }
        #expect(narrow.pass)
        #expect(narrow.value == "5.0676059539")
        let wide = try gate("spread") { try $0.row { ($0.bid, $0.ask) = (try .of("5.00"), try .of("6.50")) } }
        #expect(!wide.pass)
        #expect(wide.value == "26.0869565217")
    }

    @Test func `a spread of exactly ten percent fails`() throws {
        #expect(!(try gate("spread") { try $0.row { ($0.bid, $0.ask) = (try .of("9.5"), try .of("10.5")) } }.pass))
        #expect(try gate("spread") { try $0.row { ($0.bid, $0.ask) = (try .of("9.51"), try .of("10.5")) } }.pass)
    }

    @Test(arguments: [(nil, "3"), ("0", "3"), ("3.01", "3"), ("2.9", nil)] as [(String?, String?)])
    func `an empty, crossed or absent quote fails, with its spread`(bid: String?, ask: String?) throws {
        let decision = try decision { try $0.row { ($0.bid, $0.ask) = (try bid.map { try .of($0) }, try ask.map { try .of($0) }) } }
        #expect(decision.verdict == .simulate)
        #expect(decision.reasons == ["bid_ask_valid", "spread", "no_price"])
        #expect(decision.size.quantity == 0)
    }

    @Test(arguments: [("liquidity", "99", false), ("liquidity", "100", true), ("volume", "99", false), ("volume", "100", true)])
    func `open interest and volume start at a hundred`(name: String, value: String, passes: Bool) throws {
        let gate = try gate(name) {
            try $0.row { row in
                let figure = try FixedDecimal(value)
                if name == "volume" { row.volume = figure } else { row.openInterest = figure }
            }
        }
        #expect(gate.pass == passes)
    }

    @Test func `a missing figure fails, and so does the volume of another day`() throws {
        #expect(!(try gate("liquidity") { $0.row { $0.openInterest = nil } }.pass))
        #expect(!(try gate("volume") { $0.row { $0.volume = nil } }.pass))
        let old = try gate("volume") { try $0.row { $0.volumeDate = try DecisionFixture.date("2026-01-27") } }
        #expect(!old.pass)
        #expect(old.value == nil)
        #expect(!(try gate("quote_age") { $0.row { $0.quoteTimestamp = nil } }.pass))
        #expect(!(try gate("quote_age") { $0.facts.market?.underlying.quoteTimestamp = nil }.pass))
    }

    @Test(arguments: [
        ("2026-01-28T15:29:00Z", true), ("2026-01-28T15:28:59.999999Z", false), ("2026-01-28T15:30:05Z", true),
        ("2026-01-28T15:30:05.000001Z", false),
    ])
    func `a quote is of now from five seconds ahead to a minute behind`(time: String, passes: Bool) throws {
        let instant = try DecisionFixture.instant(time)
        #expect(try gate("quote_age") { $0.row { $0.quoteTimestamp = instant } }.pass == passes)
        #expect(try gate("quote_age") { $0.facts.market?.underlying.quoteTimestamp = instant }.pass == passes)
    }

    @Test func `the underlying's own spread must be below one percent`() throws {
        #expect(!(try gate("quote_age") { $0.facts.market?.underlying.bid = try .of("594") }.pass))
        #expect(!(try gate("quote_age") { $0.facts.market?.underlying.bid = nil }.pass))
    }

    @Test func `an order out of the money with the delta of one deep in the money shows a wrong spot`() throws {
        let decision = try decision { try $0.row { $0.delta = try .of("0.987") } }
        #expect(decision.verdict == .simulate)
        #expect(decision.reasons == ["moneyness"])
    }

    @Test(arguments: [
        ("SPY260130C00609000", "0.8", false), ("SPY260130C00609000", "0.79", true), ("SPY260130C00609000", "0.1", true),
        ("SPY260130C00600000", "0.2", false), ("SPY260130C00600000", "0.21", true), ("SPY260130C00600000", "0.9", true),
        ("SPY260130P00591000", "-0.8", false), ("SPY260130P00591000", "-0.1", true), ("SPY260130P00600000", "-0.2", false),
        ("SPY260130P00600000", "-0.9", true),
    ])
    func `moneyness holds delta and strike against each other`(symbol: String, delta: String, passes: Bool) throws {
        let gate = try gate("moneyness") { fixture in
            fixture.facts.intent.instrument = symbol.contains("P0") ? .put : .call
            fixture.facts.market?.candidates = [try DecisionFixture.contract(symbol, delta: delta)]
        }
        #expect(gate.pass == passes)
    }

    @Test func `an unknown delta says nothing`() throws {
        #expect(try gate("moneyness") { $0.row { $0.delta = nil } }.pass)
    }

    @Test(arguments: [("2026-01-30T19:59:59Z", true), ("2026-01-30T20:00:00Z", false)])
    func `nothing is bought in the last hour of a contract`(now: String, passes: Bool) throws {
        let gate = try gate("expiration") { fixture in
            let now = try DecisionFixture.instant(now)
            fixture.facts.market?.now = now
        }
        #expect(gate.pass == passes)
    }

    @Test func `a contract that expires at an early close is judged by it`() throws {
        let gate = try gate("expiration") { fixture in
            fixture.facts.market?.now = try DecisionFixture.instant("2026-11-27T17:00:00Z")
            fixture.facts.market?.spot = FixedDecimal(600)
            fixture.facts.market?.candidates = [try DecisionFixture.contract("SPY261127C00609000")]
        }
        #expect(!gate.pass)
        #expect(gate.threshold == "now < 2026-11-27T17:00:00Z")
    }

    @Test func `outside a session an intent waits`() throws {
        let closed = try decision { $0.facts.market?.calendar.brokerIsOpen = false }
        #expect(closed.verdict == .wait)
        #expect(closed.reasons == ["session"])
        let evening = try decision { $0.facts.market?.now = try DecisionFixture.instant("2026-01-28T21:00:00Z") }
        #expect(evening.verdict == .wait)
        #expect(evening.reasons.contains("session"))
        #expect(try decision { $0.facts.market?.calendar.brokerIsOpen = nil }.verdict == .wait)
    }

    @Test func `a halt holds every intent back`() throws {
        let decision = try decision { $0.facts.isHalted = true }
        #expect(decision.verdict == .wait)
        #expect(decision.reasons == ["halted"])
    }

    @Test func `without a consultation nothing is decided`() throws {
        #expect(try decision { $0.facts.market = nil }.verdict == .wait)
        #expect(try decision { $0.facts.account = nil }.reasons == ["not_consulted"])
    }

    @Test func `the nearest strike wins, then the expiry, then the lower strike`() throws {
        let symbols = ["SPY260204C00609000", "SPY260130C00610000", "SPY260130C00608000", "SPY260130C00609000"]
        let decision = try decision { $0.facts.market?.candidates = try symbols.map { try DecisionFixture.contract($0) } }
        #expect(decision.optionSymbol == "SPY260130C00609000")
        #expect(decision.candidatesConsidered == 4)
        let rows = try symbols.map { try DecisionFixture.contract($0) }
        let target = FixedDecimal(609)
        #expect(
            rows.sorted { Decider.precedes($0, $1, target: target) }.map(\.optionSymbol) == [
                "SPY260130C00609000", "SPY260204C00609000", "SPY260130C00608000", "SPY260130C00610000",
            ])
    }

    @Test func `the first candidate that passes is selected, and else the first of all`() throws {
        var wide = try DecisionFixture.contract("SPY260130C00609000", bid: "1", ask: "2")
        let good = try DecisionFixture.contract("SPY260130C00611000")
        #expect(try decision { $0.facts.market?.candidates = [wide, good] }.optionSymbol == "SPY260130C00611000")
        wide.openInterest = nil
        let bad = try decision { $0.facts.market?.candidates = [wide] }
        #expect(bad.optionSymbol == "SPY260130C00609000")
        #expect(bad.reasons == ["spread", "liquidity"])
    }

    @Test(arguments: [
        "SPY260127C00609000", "SPY260205C00609000", "SPY260130C00661000", "SPY260130C00539000", "SPY260130P00609000",
        "SPY1260130C00609000",
    ])
    func `a contract outside window, range, type or root is no candidate`(symbol: String) throws {
        let decision = try decision { $0.facts.market?.candidates = [try DecisionFixture.contract(symbol)] }
        #expect(decision.verdict == .simulate)
        #expect(decision.reasons == ["no_candidate"])
    }

    @Test(arguments: ["SPY260128C00609000", "SPY260204C00609000", "SPY260130C00660000", "SPY260130C00540000"])
    func `the ends of window and range are inside`(symbol: String) throws {
        let decision = try decision { $0.facts.market?.candidates = [try DecisionFixture.contract(symbol, delta: nil)] }
        #expect(decision.optionSymbol == symbol)
    }

    @Test func `a contract that does not trade or has no multiplier is no candidate`() throws {
        #expect(try decision { $0.row { $0.tradable = false } }.reasons == ["no_candidate"])
        #expect(try decision { $0.row { $0.tradable = nil } }.reasons == ["no_candidate"])
        #expect(try decision { $0.row { $0.multiplier = nil } }.reasons == ["no_candidate"])
    }

    @Test func `class shares have the root without the point`() throws {
        #expect(Decider.root(of: "BRK.B") == "BRKB")
    }
}
