import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct DispatchesProjectionTests {
    let projection: DispatchesProjection

    init() throws { projection = DispatchesProjection(rules: try DispatchRules(version: 1, read: projectRuleFile)) }

    private func sample<Payload: BrokerPayload>(_ type: Payload.Type) throws -> Payload {
        let text = try #require(projectText("Tests/LedgerEventsTests/Samples/\(type.type.rawValue).v1.json"))
        return try Payload(decoding: Array(text.utf8))
    }

    /// The log of an intent whose order was filled: a mid of 2.95, an ask of 3, a fill at 2.98.
    private func filled(_ source: String = "sample_broker") throws -> TradeEventLog {
        var log = TradeEventLog()
        func add(_ payload: some IntentPayload) {
            log.entries.append(.init(payload: payload, effectiveAt: nil, stream: "intent-\(payload.intentID)"))
        }
        var intended = try sample(TradeIntendedPayload.self)
        intended.intent.optionSymbol = nil
        intended.intent.quantity = nil
        intended.intent.source = source
        add(intended)
        var market = try sample(MarketConsultedPayload.self)
        market.source = source
        market.now = try #require(Instant("2026-01-28T15:30:00Z"))
        market.calendar = SessionFacts(
            sessionOpen: Instant("2026-01-28T14:30:00Z"), sessionClose: Instant("2026-01-28T21:00:00Z"), brokerIsOpen: true)
        market.spot = FixedDecimal(600)
        (market.underlying.bid, market.underlying.ask) = (FixedDecimal(600), FixedDecimal(600))
        market.underlying.quoteTimestamp = market.now
        market.filters = ChainFilters()
        market.truncated = false
        var row = try #require(market.candidates.first)
        (row.bid, row.ask, row.multiplier, row.tradable) = (try FixedDecimal("2.9"), FixedDecimal(3), FixedDecimal(100), true)
        (row.openInterest, row.volume, row.volumeDate) = (FixedDecimal(500), FixedDecimal(500), CalendarDate("2026-01-28"))
        (row.quoteTimestamp, row.ppind, row.delta) = (market.now, true, nil)
        market.candidates = [row]
        add(market)
        var account = try sample(AccountConsultedPayload.self)
        account.source = source
        account.account.status = "ACTIVE"
        account.account.equity = FixedDecimal(100_000)
        account.account.buyingPower = FixedDecimal(100_000)
        account.account.optionsBuyingPower = nil
        add(account)
        let state = IntentState(intended, at: .minimum)
        var facts = state.facts()
        (facts.market, facts.account) = (market, account.account)
        let rules = try DispatchRules(version: 1, read: projectRuleFile)
        var submitted = try sample(OrderSubmittedPayload.self)
        submitted.source = source
        submitted.now = market.now
        submitted.day = DayFacts()
        submitted.decision = Decider(rules).decide(facts)
        submitted.body = try #require(Decider(rules).order(submitted.decision, intended.intent, clientOrderID: "al-1"))
        add(submitted)
        var acknowledged = try sample(OrderAcknowledgedPayload.self)
        (acknowledged.source, acknowledged.status) = (source, "accepted")
        add(acknowledged)
        var updated = try sample(OrderUpdatedPayload.self)
        (updated.source, updated.status, updated.filledQuantity) = (source, "filled", FixedDecimal(10))
        updated.filledAveragePrice = try FixedDecimal("2.98")
        updated.filledAt = Instant("2026-01-28T15:30:01.5Z")
        add(updated)
        return log
    }

    private func row(_ log: TradeEventLog, first count: Int) throws -> JSONValue {
        var log = log
        log.entries = Array(log.entries.prefix(count))
        return try #require(try log.rows(projection, restarts: true).first).root()
    }

    @Test func `a row has the columns that are declared, in canonical order`() throws {
        let columns = try ColumnSet(parsing: try #require(projectRuleFile("dispatches/columns.json")))
        for count in 1...6 {
            let row = try row(try filled(), first: count)
            #expect(row.members.map(\.key) == columns.columns.map(\.name))
            #expect(try canonicalize(row) == row.documentBytes)
        }
    }

    @Test func `an order is unresolved from its submission until an answer`() throws {
        let log = try filled()
        #expect(
            try (1...6).map { try row(log, first: $0).text("execution_mode") } == [
                "PENDING", "PENDING", "PENDING", "UNRESOLVED", "SAMPLE_BROKER", "SAMPLE_BROKER",
            ])
        #expect(try row(try filled("alpaca_paper"), first: 6).text("execution_mode") == "ALPACA_PAPER")
    }

    @Test func `a fill is measured against mid in the direction of the trade`() throws {
        let row = try row(try filled(), first: 6)
        #expect(row.text("verdict") == "submit" && row.text("recorded_verdict") == "submit")
        #expect(row.text("api_mid") == "2.95" && row.text("fill_vs_mid") == "0.03")
        #expect(row.text("fill_vs_mid_bps") == "101.6949152542")
        #expect(row.text("seconds_to_fill") == "1.5")
        #expect(row.text("fallback_reason") == nil)
    }

    @Test func `other rules change the verdict, and never what the broker did`() throws {
        let strict = DispatchesProjection(
            rules: try DispatchRules(version: 1) { path in
                projectRuleFile(path).map {
                    Array(String(decoding: $0, as: UTF8.self).replacing("spread_below: 10", with: "spread_below: 1").utf8)
                }
            })
        let row = try #require(try filled().rows(strict).first).root()
        #expect(row.text("verdict") == "simulate" && row.text("recorded_verdict") == "submit")
        #expect(row.text("execution_mode") == "SAMPLE_BROKER" && row.text("filled_quantity") == "10")
    }

    @Test(arguments: [
        ("rejected", "0", "REFUSED"), ("canceled", "0", "CANCELLED"), ("expired", "0", "EXPIRED"), ("canceled", "1", "SAMPLE_BROKER"),
        ("rejected", "1", "SAMPLE_BROKER"), ("a_new_status", "0", "SAMPLE_BROKER"),
    ])
    func `an order that ended without a fill says how`(status: String, filled: String, mode: String) throws {
        var log = try self.filled()
        var updated = try sample(OrderUpdatedPayload.self)
        (updated.status, updated.filledQuantity) = (status, try FixedDecimal(filled))
        log.entries[5] = .init(payload: updated, effectiveAt: nil, stream: log.entries[5].stream)
        #expect(try row(log, first: 6).text("execution_mode") == mode)
    }

    @Test func `fills of orders that replaced each other are summed, each order as it was said last`() throws {
        var log = try filled()
        log.entries.removeLast()
        let stream = log.entries[0].stream
        func add(_ order: String, _ status: String, _ quantity: Int, _ price: String?, replacedBy: String? = nil) throws {
            var updated = try sample(OrderUpdatedPayload.self)
            (updated.brokerOrderID, updated.status, updated.replacedBy) = (order, status, replacedBy)
            updated.filledQuantity = FixedDecimal(quantity)
            updated.filledAveragePrice = try price.map { try FixedDecimal($0) }
            updated.filledAt = quantity == 0 ? nil : Instant("2026-01-28T15:30:01.5Z")
            log.entries.append(.init(payload: updated, effectiveAt: nil, stream: stream))
        }
        try add("A", "partially_filled", 3, "2.8")
        try add("A", "replaced", 4, "2.9", replacedBy: "B")
        #expect(try row(log, first: 7).text("filled_avg_price") == "2.9")
        try add("B", "accepted", 0, nil)
        #expect(try row(log, first: 8).text("filled_quantity") == "4")
        try add("B", "filled", 6, "3")
        let row = try row(log, first: 9)
        #expect(row.text("filled_quantity") == "10" && row.text("filled_avg_price") == "2.96" && row.text("order_status") == "filled")
        #expect(row.text("fill_vs_mid") == "0.01")
    }

    @Test func `what may have reached the broker is never called simulated`() throws {
        var log = try filled()
        log.entries = Array(log.entries.prefix(4))
        for payload in [
            try sample(OrderOutcomeUnknownPayload.self) as any IntentPayload, try sample(CancelRequestedPayload.self),
        ] {
            log.entries.append(.init(payload: payload, effectiveAt: nil, stream: log.entries[0].stream))
            #expect(try row(log, first: log.entries.count).text("execution_mode") == "UNRESOLVED")
        }
    }

    @Test func `sums count modes, fills and spreads`() throws {
        var sums = DispatchesAggregates()
        for count in [1, 4, 6] { sums.add(try row(try filled(), first: count)) }
        let text = String(decoding: sums.node().httpBytes(), as: UTF8.self)
        let groups = try JSONDocument(parsing: Array(text.utf8)).root["by_ticker"].map { Array($0.elements) } ?? []
        let group = try #require(groups.first)
        #expect(group["count"]?.integer == 3 && group["submitted"]?.integer == 2 && group["filled"]?.integer == 1)
        #expect(group["fill_rate"]?.sourceText == "0.5")
        #expect(group["modes"]?["UNRESOLVED"]?["count"]?.integer == 1)
        #expect(group["max_spread_pct"]?.sourceText == "3.3898305085")
    }
}
