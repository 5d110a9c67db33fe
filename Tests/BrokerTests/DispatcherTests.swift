import LedgerEvents
import LedgerValues
import OptionTrades
import SampleScope
import Synchronization
import Testing

@Suite struct DispatcherTests {
    @Test func `an intent becomes one order, and its fill one execution`() async throws {
        let world = try BrokerWorld()
        try await world.intend("I-1")
        try await world.run(try world.dispatcher(), seconds: 30)
        let state = try world.state("I-1")
        #expect(state.mode == .sampleBroker && state.orderStatus == "filled")
        #expect(world.broker.clientOrderIDs == [try #require(state.submission).body.clientOrderID])
        #expect(
            world.log.types(of: "I-1") == [
                "TradeIntended", "MarketConsulted", "AccountConsulted", "OrderSubmitted", "OrderAcknowledged", "OrderUpdated",
            ])
        let execution = try #require(world.book().executions.values.first)
        #expect(world.book().executions.count == 1)
        #expect(execution.row.tradeStatus == .filled && execution.row.quantity == state.filledQuantity)
        #expect(execution.row.contractMultiplier == FixedDecimal(100) && execution.row.premiumUSD == nil)
        #expect(execution.row.sourcePortfolio == "desk" && execution.row.optionSymbol == state.submission?.body.symbol)
    }

    @Test func `the client order id follows from source, account and intent alone`() {
        let id = Dispatcher.clientOrderID(source: "alpaca_paper", accountID: "A", intentID: "I-1")
        #expect(id == "al-\(Digest32(sha256Of: "alpaca_paper|A|I-1").description.prefix(40))")
        #expect(id.utf8.count == 43)
    }

    @Test func `a decision that is not to submit simulates, and sends nothing`() async throws {
        let world = try BrokerWorld()
        try await world.intend("wide", "IWM")
        try await world.intend("dear", "DIA")
        try await world.run(try world.dispatcher(), seconds: 30)
        #expect(try world.state("wide").simulation?.decision.reasons.contains("spread") == true)
        #expect(try world.state("dear").simulation?.decision.reasons == ["over_risk_cap"])
        #expect(try world.state("dear").mode == .simulatedFallback)
        #expect(world.broker.postCount == 0 && world.book().executions.isEmpty)
    }

    @Test(arguments: SampleBrokerFailure.allCases)
    func `whatever becomes of the POST, there is one order in the end`(failure: SampleBrokerFailure) async throws {
        let world = try BrokerWorld()
        world.broker.acceptDuplicates()
        let first = Once()
        world.broker.setFailures { method, _, _ in method == "POST" && first.take() ? failure : nil }
        try await world.intend("I-1")
        try await world.run(try world.dispatcher(), seconds: 300)
        #expect(try world.state("I-1").mode == .sampleBroker)
        #expect(world.broker.clientOrderIDs.count == 1)
    }

    @Test(arguments: [("POST", true), ("POST", false), ("GET", false)])
    func `a crash at any request leaves at most one order, which is found`(method: String, afterEffect: Bool) async throws {
        let world = try BrokerWorld()
        world.broker.acceptDuplicates()
        world.broker.hideOrders(seconds: 40)
        try await world.intend("I-1")
        world.crashNext(method, afterEffect: afterEffect)
        let first = try world.dispatcher()
        world.crashNext(method, afterEffect: afterEffect)
        try await world.run(first, seconds: 60)
        #expect(world.isDead)
        if method == "POST" { #expect(try world.state("I-1").mode == .unresolved) }
        try await world.run(try world.dispatcher(), seconds: 400)
        #expect(try world.state("I-1").mode == .sampleBroker)
        #expect(world.broker.clientOrderIDs.count == 1)
    }

    @Test(arguments: [400.0, -400, 3600, -3600])
    func `a database's clock that is set forward or back while an order can't be seen sends nothing twice`(step: Double) async throws {
        let world = try BrokerWorld()
        world.broker.acceptDuplicates()
        world.broker.hideOrders(seconds: 90)
        let first = Once()
        world.broker.setFailures { method, _, _ in method == "POST" && first.take() ? .timeOutAfter : nil }
        try await world.intend("I-1")
        let dispatcher = try world.dispatcher()
        try await world.run(dispatcher, seconds: 15)
        #expect(try world.state("I-1").mode == .unresolved && world.broker.postCount == 1)
        world.log.offset = step
        try await world.run(dispatcher, seconds: 30)
        world.log.offset = 0
        try await world.run(dispatcher, seconds: 300)
        #expect(world.broker.postCount == 1 && world.broker.clientOrderIDs.count == 1)
        #expect(try world.state("I-1").mode == .sampleBroker)
    }

    @Test func `while the broker's clock contradicts the database's, no order leaves, and afterwards it does`() async throws {
        let world = try BrokerWorld()
        try await world.intend("I-1")
        world.log.offset = 30
        let dispatcher = try world.dispatcher()
        try await world.run(dispatcher, seconds: 200)
        #expect(try world.state("I-1").mode == .pending && world.broker.postCount == 0)
        world.log.offset = 0
        try await world.run(dispatcher, seconds: 100)
        #expect(try world.state("I-1").mode == .sampleBroker && world.broker.postCount == 1)
    }

    @Test func `an order whose commit is not known is not sent by anybody before it was looked for`() async throws {
        let world = try BrokerWorld()
        let first = Once()
        world.log.setFaults { event in event.type == .orderSubmitted && first.take() ? .after : nil }
        try await world.intend("I-1")
        let dispatcher = try world.dispatcher()
        try await world.run(dispatcher, seconds: 20)
        #expect(try world.state("I-1").mode == .unresolved && world.broker.postCount == 0)
        try await world.run(dispatcher, seconds: 200)
        #expect(try world.state("I-1").mode == .sampleBroker && world.broker.postCount == 1)
    }

    @Test func `a refusal of the only POST ends the intent`() async throws {
        let world = try BrokerWorld()
        world.broker.refuseOrders("insufficient options buying power")
        try await world.intend("I-1")
        try await world.run(try world.dispatcher(), seconds: 30)
        let state = try world.state("I-1")
        #expect(state.mode == .refused && state.refusal?.message == "insufficient options buying power")
        #expect(world.broker.postCount == 1)
    }

    @Test func `a refusal of a second POST proves nothing about the first`() async throws {
        let world = try BrokerWorld()
        let first = Once()
        world.broker.setFailures { method, _, _ in method == "POST" && first.take() ? .timeOutBefore : nil }
        try await world.intend("I-1")
        let dispatcher = try world.dispatcher()
        try await world.run(dispatcher, seconds: 60)
        world.broker.refuseOrders("insufficient options buying power")
        try await world.run(dispatcher, seconds: 120)
        #expect(try world.state("I-1").mode == .unresolved)
        #expect(try world.state("I-1").lastUnknown?.phase == .resendRefused)
        try await world.run(dispatcher, seconds: 900)
        #expect(try world.state("I-1").expiry?.reason == "never_reached_broker")
        #expect(try world.state("I-1").mode == .expired)
    }

    @Test func `an order that reached nobody is not sent again after ten minutes`() async throws {
        let world = try BrokerWorld()
        try await world.intend("I-1")
        world.crashNext("POST", afterEffect: false)
        let first = try world.dispatcher()
        world.crashNext("POST", afterEffect: false)
        try await world.run(first, seconds: 60)
        world.clock.advance(seconds: 700)
        try await world.run(try world.dispatcher(), seconds: 300)
        #expect(try world.state("I-1").expiry?.reason == "never_reached_broker")
        #expect(world.broker.postCount == 0)
    }

    @Test func `a cancel before the order is found stops it from being sent again`() async throws {
        let world = try BrokerWorld()
        try await world.intend("I-1")
        let first = try world.dispatcher()
        world.crashNext("POST", afterEffect: false)
        try await world.run(first, seconds: 60)
        try await world.append(
            CancelRequestedPayload(source: "sample_broker", intentID: "I-1", requestedBy: "test", reason: "changed my mind"))
        try await world.run(try world.dispatcher(), seconds: 400)
        #expect(try world.state("I-1").mode == .expired && world.broker.postCount == 0)
    }

    @Test func `while halted nothing is sent, not even again, and looks go on`() async throws {
        let world = try BrokerWorld()
        try await world.intend("I-1")
        let first = try world.dispatcher()
        world.crashNext("POST", afterEffect: false)
        try await world.run(first, seconds: 60)
        try await world.halt()
        try await world.intend("I-2")
        let second = try world.dispatcher()
        let calls = world.broker.callCount
        try await world.run(second, seconds: 300)
        #expect(world.broker.postCount == 0 && world.broker.callCount > calls)
        #expect(try world.state("I-2").mode == .pending)
        try await world.resume()
        try await world.run(second, seconds: 120)
        #expect(try world.state("I-1").mode == .sampleBroker && world.state("I-2").mode == .sampleBroker)
    }

    @Test func `a halt that comes between the decision and its commit wins`() async throws {
        let world = try BrokerWorld()
        try await world.intend("I-1")
        let dispatcher = try world.dispatcher()
        _ = try await dispatcher.runOnce()
        #expect(try world.state("I-1").submission != nil)
        try await world.intend("I-2")
        let through = Int64(world.log.events.count)
        try await world.halt()
        let stale = try world.state("I-1")
        var payload = try #require(stale.submission)
        payload.intentID = "I-2"
        await #expect(throws: DispatchLogError.moved) {
            try await world.log.append(
                [payload.event(previousVersion: 1)], guardedBy: SubmissionGuard(source: "sample_broker", throughPosition: through))
        }
    }

    @Test(arguments: [
        (SampleOrderFate.fillsInPart, "partially_filled"), (.isRejected, "rejected"), (.isReplaced, "filled"), (.rests, "accepted"),
    ])
    func `an order is followed to what it becomes`(fate: SampleOrderFate, status: String) async throws {
        let world = try BrokerWorld()
        world.broker.setFate(fate, of: "SPY")
        try await world.intend("I-1")
        try await world.run(try world.dispatcher(), seconds: 60)
        let state = try world.state("I-1")
        #expect(state.orderStatus == status)
        #expect(state.mode == (status == "rejected" ? .refused : .sampleBroker))
        if fate == .isReplaced { #expect(world.book().executions.keys.map(\.text) == [try #require(state.acknowledgement).brokerOrderID]) }
    }

    @Test func `a cancel is asked of the broker, and a fill that came first is taken`() async throws {
        for (fate, mode, status) in [(SampleOrderFate.rests, ExecutionMode.cancelled, "canceled"), (.fillsLate, .sampleBroker, "filled")] {
            let world = try BrokerWorld()
            world.broker.setFate(fate, of: "SPY")
            try await world.intend("I-1")
            let dispatcher = try world.dispatcher()
            try await world.run(dispatcher, seconds: 20)
            try await world.append(
                CancelRequestedPayload(source: "sample_broker", intentID: "I-1", requestedBy: "test", reason: "late"))
            try await world.run(dispatcher, seconds: 60)
            #expect(try world.state("I-1").mode == mode && world.state("I-1").orderStatus == status)
        }
    }

    @Test func `a position is closed by a sale, and nothing is sold that is not held`() async throws {
        let world = try BrokerWorld()
        try await world.intend("none", "QQQ", .call, .sell)
        try await world.intend("buy")
        let dispatcher = try world.dispatcher()
        try await world.run(dispatcher, seconds: 30)
        #expect(try world.state("none").cancellation?.reason == "nothing_to_close")
        try await world.intend("sell", "SPY", .call, .sell)
        try await world.run(dispatcher, seconds: 30)
        #expect(try world.state("sell").orderStatus == "filled")
        #expect(world.broker.holdings.isEmpty && world.book().holdings().isEmpty)
        #expect(try world.state("sell").submission?.body.positionIntent == "sell_to_close")
    }

    @Test func `another account and a restored ledger halt before anything is sent`() async throws {
        let world = try BrokerWorld()
        _ = try await world.dispatcher().runOnce()
        world.broker.setAccount(id: "another")
        try await world.intend("I-1")
        try await world.run(try world.dispatcher(), seconds: 60)
        #expect(world.book().halt?.reason == "account_changed" && world.broker.postCount == 0)
        let restored = try BrokerWorld()
        _ = try await restored.dispatcher().runOnce()
        restored.restoreLedger()
        try await restored.intend("I-1")
        try await restored.run(try restored.dispatcher(), seconds: 60)
        #expect(restored.book().halt?.reason == "ledger_restored" && restored.broker.postCount == 0)
    }

    @Test func `an intent outside the session waits, and expires`() async throws {
        let world = try BrokerWorld("2026-01-28T13:00:00Z")
        try await world.intend("I-1")
        let dispatcher = try world.dispatcher()
        try await world.run(dispatcher, seconds: 600)
        #expect(try world.state("I-1").mode == .pending && world.broker.postCount == 0)
        world.broker.setOpen(false)
        world.clock.move(to: try #require(Instant("2026-01-28T20:59:00Z")))
        try await world.run(dispatcher, seconds: 120)
        #expect(try world.state("I-1").expiry?.reason == "expires_at")
    }

    @Test func `an order of our kind that the ledger does not know halts`() async throws {
        let world = try BrokerWorld()
        let body = Array(#"{"symbol":"SPY","qty":"1","side":"buy","type":"market","client_order_id":"al-0123"}"#.utf8)
        _ = world.broker.respond("POST", "/v2/orders", headers: [("APCA-API-KEY-ID", "sample")], body: body)
        _ = try await world.dispatcher().runOnce()
        #expect(world.book().halt?.reason == "foreign_order")
    }

    @Test func `the day's limits count orders whatever became of them`() async throws {
        let world = try BrokerWorld()
        world.broker.setEquity(10_000)
        for number in 1...8 { try await world.intend("I-\(number)") }
        try await world.run(try world.dispatcher(), seconds: 120)
        let premium = world.book().states.compactMap(\.submission).reduce(FixedDecimal.zero) { sum, order in
            sum + FixedDecimal(units: (order.body.limitPrice ?? .zero).units * Int128(order.body.quantity) * 100)
        }
        #expect(premium > .zero && premium <= FixedDecimal(2000))
        #expect(world.book().states.contains { $0.simulation?.decision.reasons.contains("max_premium") ?? false })
    }
}

/// True once.
final class Once: Sendable {
    private let flag = Atomic(false)
    func take() -> Bool { flag.compareExchange(expected: false, desired: true, ordering: .sequentiallyConsistent).exchanged }
}
