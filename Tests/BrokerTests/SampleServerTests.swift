import Alpaca
import Curl
import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades
import SampleScope
import Testing

/// The client against the bundled broker's server: a real socket, the whole way.
@Suite struct SampleServerTests {
    private struct Bench {
        let clock = TestClock(Instant("2026-01-28T15:00:00Z") ?? .minimum)
        let server: SampleBrokerServer
        let client: AlpacaClient
        var broker: SampleBroker { server.broker }

        init() async throws {
            let broker = SampleBroker { [clock] in clock.now }
            server = try await SampleBrokerServer.start(broker)
            client = AlpacaClient(
                try AlpacaSettings(source: .sampleBroker, tradingURL: server.url, dataURL: server.url, keyID: "sample", secret: "sample"))
        }

        /// The answer to a question as it is written.
        func ask(_ target: String, _ method: HTTPRequestSpec.Method = .get) async throws -> (response: HTTPResponse, root: JSONValue?) {
            let response = try await CurlTransport().send(
                HTTPRequestSpec(
                    method, url: server.url + target, headers: [("APCA-API-KEY-ID", "sample"), ("APCA-API-SECRET-KEY", "sample")],
                    timeoutSeconds: 10, maximumBodyBytes: 1 << 20))
            return (response, (try? JSONDocument(parsing: response.body))?.root)
        }

        func order(_ client: String, _ symbol: String = "SPY260130C00609000", quantity: Int64 = 6) -> OrderBody {
            var body = OrderBody()
            (body.clientOrderID, body.symbol, body.quantity, body.side, body.type) = (client, symbol, quantity, "buy", "limit")
            (body.limitPrice, body.positionIntent) = (FixedDecimal(3), "buy_to_open")
            return body
        }

        func accept(_ client: String, _ symbol: String = "SPY260130C00609000", quantity: Int64 = 6) async throws -> BrokerOrder {
            guard case .accepted(let order) = await self.client.submit(order(client, symbol, quantity: quantity), timeoutSeconds: 5) else {
                throw BrokerFailure(.malformed, "not accepted")
            }
            return order
        }
    }

    private func withBench(_ body: (Bench) async throws -> Void) async throws {
        let bench = try await Bench()
        let result: Result<Void, any Error>
        do { result = .success(try await body(bench)) } catch { result = .failure(error) }
        await bench.server.stop()
        try result.get()
    }

    @Test func `a chain of several pages is read whole, and only what the filters let through`() async throws {
        try await withBench { bench in
            var filters = ChainFilters()
            (filters.expiryFrom, filters.expiryThrough) = (CalendarDate("2026-01-28"), CalendarDate("2026-02-04"))
            (filters.strikeFrom, filters.strikeThrough, filters.optionType) = (FixedDecimal(540), FixedDecimal(660), .call)
            filters.root = "SPY"
            let market = try await bench.client.market(ChainQuestion(ticker: "SPY", filters: filters))
            #expect(market.underlying.bid == decimal("599.99") && market.underlying.ask == decimal("600.01"))
            // Five expiries of 121 strikes, 200 rows a page, of contracts and of snapshots, and the underlying.
            #expect(market.rows.count == 605 && market.pages == 9)
            #expect(market.rows.allSatisfy { $0.multiplier == FixedDecimal(100) && $0.bid != nil && $0.delta != nil && $0.ppind == true })
            #expect(Set(market.rows.map(\.optionSymbol)).count == 605)
        }
    }

    @Test func `a chain of finer strikes is read whole`() async throws {
        try await withBench { bench in
            bench.broker.setStrikes(apart: 120, rowsOfPage: 1000)
            var filters = ChainFilters()
            (filters.expiryFrom, filters.expiryThrough) = (CalendarDate("2026-01-28"), CalendarDate("2026-02-04"))
            (filters.strikeFrom, filters.strikeThrough, filters.optionType) = (FixedDecimal(540), FixedDecimal(660), .call)
            filters.root = "SPY"
            let market = try await bench.client.market(ChainQuestion(ticker: "SPY", filters: filters))
            // Five expiries of 1,001 strikes, 1,000 rows a page, of contracts and of snapshots, and the underlying.
            #expect(market.rows.count == 5_005 && market.pages == 13)
            #expect(Set(market.rows.map(\.strike)).count == 1_001)
        }
    }

    @Test func `contracts without a last date end with the weekend`() async throws {
        try await withBench { bench in
            let root = try #require(try await bench.ask("/v2/options/contracts?underlying_symbols=XLF&limit=1000").root)
            let dates = Set(root["option_contracts"]?.elements.compactMap { $0["expiration_date"]?.string } ?? [])
            #expect(dates == ["2026-01-28", "2026-01-29", "2026-01-30"])
        }
    }

    @Test func `an order is filled, listed, and an activity, and a second one of its id is refused`() async throws {
        try await withBench { bench in
            let order = try await bench.accept("al-1")
            #expect(order.status == "accepted" && order.isOf(bench.order("al-1")))
            #expect(await bench.client.submit(bench.order("al-1"), timeoutSeconds: 5) == .duplicate)
            #expect(try await bench.client.openOrders().map(\.id) == [order.id])
            bench.clock.advance(seconds: 2)
            let filled = try #require(try await bench.client.order(clientOrderID: "al-1"))
            #expect(filled.status == "filled" && filled.filledQuantity == FixedDecimal(6) && filled.filledAveragePrice != nil)
            #expect(try await bench.client.order(id: order.id) == filled)
            #expect(try await bench.client.openOrders().isEmpty)
            #expect(try await bench.client.orders(submittedAfter: nil) == [filled])
            #expect(try await bench.client.orders(submittedAfter: order.submittedAt).isEmpty)
            #expect(try await bench.client.positions().map(\.quantity) == [FixedDecimal(6)])
            #expect(try await bench.client.cancel(id: order.id) == false)
            #expect(try await bench.client.order(clientOrderID: "al-2") == nil)
            let activities = try #require(try await bench.ask("/v2/account/activities?activity_types=FILL").root)
            let fill = try #require(activities.elements.map { $0 }.first)
            #expect(activities.count == 1 && fill["order_id"]?.string == order.id && fill["type"]?.string == "fill")
            let next = try await bench.ask("/v2/account/activities/FILL?page_token=\(fill["id"]?.string ?? "")").root
            #expect(next?.count == 0)
            #expect(try await bench.client.activities(after: nil).isEmpty)
        }
    }

    @Test func `an order is cancelled in part, expires, is rejected later or is replaced`() async throws {
        try await withBench { bench in
            for (ticker, fate) in [("SPY", SampleOrderFate.rests), ("IWM", .isRejected), ("DIA", .isReplaced)] {
                bench.broker.setFate(fate, of: ticker)
            }
            let resting = try await bench.accept("al-1")
            let partial = try await bench.accept("al-2", "QQQ260130C00528000")
            let rejected = try await bench.accept("al-3", "IWM260130C00223000")
            let replaced = try await bench.accept("al-4", "DIA260130C00447000")
            bench.clock.advance(seconds: 2)
            #expect(try await bench.client.cancel(id: resting.id))
            func status(_ order: BrokerOrder) async throws -> String? { try await bench.client.order(id: order.id)?.status }
            #expect(try await status(resting) == "canceled")
            #expect(try await status(rejected) == "rejected")
            let before = try #require(try await bench.client.order(id: partial.id))
            #expect(before.status == "partially_filled" && before.filledQuantity == FixedDecimal(2))
            bench.broker.endDay()
            let after = try #require(try await bench.client.order(id: partial.id))
            #expect(after.status == "expired" && after.filledQuantity == FixedDecimal(2) && after.expiredAt != nil)
            let old = try #require(try await bench.client.order(id: replaced.id))
            let successor = try #require(try await bench.client.order(id: old.replacedBy ?? ""))
            #expect(old.status == "replaced" && successor.replaces == old.id && successor.clientOrderID != old.clientOrderID)
        }
    }

    @Test func `all open orders can be cancelled at once`() async throws {
        try await withBench { bench in
            bench.broker.setFate(.rests, of: "SPY")
            _ = try await (bench.accept("al-1"), bench.accept("al-2"))
            let (response, root) = try await bench.ask("/v2/orders", .delete)
            #expect(response.status == 207 && root?.elements.map { $0["status"]?.integer } == [204, 204])
        }
    }

    @Test func `a list of orders goes either way, and never by time and by id at once`() async throws {
        try await withBench { bench in
            bench.broker.setFate(.rests, of: "SPY")
            var ids: [String] = []
            for number in 1...3 {
                ids.append(try await bench.accept("al-\(number)").id)
                bench.clock.advance(seconds: 0.25)
            }
            func listed(_ query: String) async throws -> [String?]? {
                try await bench.ask("/v2/orders?\(query)").root?.elements.map { $0["id"]?.string }
            }
            #expect(try await listed("status=all") == ids.reversed())
            #expect(try await listed("status=all&direction=asc&limit=2") == Array(ids.prefix(2)))
            #expect(try await listed("status=all&direction=asc&after_order_id=\(ids[0])") == Array(ids.dropFirst()))
            #expect(try await listed("status=all&direction=asc&before_order_id=\(ids[2])") == Array(ids.prefix(2)))
            #expect(try await listed("status=closed")?.isEmpty == true)
            #expect(try await bench.ask("/v2/orders?after=2026-01-28&after_order_id=\(ids[0])").response.status == 422)
            #expect(try await bench.ask("/v2/orders?limit=501").response.status == 422)
        }
    }

    @Test func `beyond the limit a call is told when the minute ends`() async throws {
        try await withBench { bench in
            bench.broker.limitCalls(perMinute: 2)
            bench.clock.move(to: try #require(Instant("2026-01-28T15:00:20Z")))
            _ = try await bench.client.clock()
            let last = try await bench.ask("/v2/clock").response
            #expect(last.status == 200 && last.header("X-RateLimit-Remaining") == "0" && last.header("X-RateLimit-Limit") == "2")
            guard case .rateLimited = await bench.client.submit(bench.order("al-1"), timeoutSeconds: 5) else {
                Issue.record("a call beyond the limit")
                return
            }
            let over = try await bench.ask("/v2/clock").response
            let end = try #require(Instant("2026-01-28T15:01:00Z")).microseconds / 1_000_000
            #expect(over.status == 429 && over.header("X-RateLimit-Reset") == "\(end)")
            #expect(bench.broker.postCount == 0)
            bench.clock.advance(seconds: 41)
            #expect(try await bench.client.clock().isOpen)
        }
    }

    @Test(arguments: SampleBrokerFailure.allCases) func `each failure is one on the wire too`(failure: SampleBrokerFailure) async throws {
        try await withBench { bench in
            bench.broker.setFailures { method, _, _ in method == "POST" ? failure : nil }
            let outcome = await bench.client.submit(bench.order("al-1"), timeoutSeconds: 0.5)
            switch (failure, outcome) {
            case (.rateLimited, .rateLimited), (.errorBefore, .unknown(status: 500, _)), (.errorAfter, .unknown(status: 500, _)),
                (.unreadable, .unknown(status: 200, _)), (.timeOutBefore, .unknown(status: nil, _)),
                (.timeOutAfter, .unknown(status: nil, _)), (.resetBefore, .unknown(status: nil, _)),
                (.resetAfter, .unknown(status: nil, _)):
                break
            default: Issue.record("\(failure): \(outcome)")
            }
            let hasEffect = [.timeOutAfter, .resetAfter, .errorAfter, .unreadable].contains(failure)
            #expect(bench.broker.clientOrderIDs == (hasEffect ? ["al-1"] : []))
            bench.broker.setFailures(nil)
            let found = try await bench.client.order(clientOrderID: "al-1")
            #expect((found != nil) == hasEffect)
        }
    }

    @Test(arguments: [
        (#""time_in_force":"gtc""#, "time_in_force"), (#""time_in_force":"day","notional":"100""#, "notional"),
        (#""time_in_force":"day","extended_hours":true"#, "extended hours"), (#""time_in_force":"day","type":"stop""#, "order type"),
    ])
    func `what options can't have is refused with a code`(members: String, message: String) async throws {
        try await withBench { bench in
            let type = members.contains("\"type\"") ? "" : #""type":"market","#
            let body = #"{"symbol":"SPY260130C00609000","qty":1,"side":"buy",\#(type)"client_order_id":"al-1",\#(members)}"#
            let (response, root) = try await bench.ask("/v2/orders", .post(Array(body.utf8)))
            #expect(response.status == 422 && root?["code"]?.integer == 42_210_000)
            #expect(root?["message"]?.string?.contains(message) == true)
        }
    }

    @Test func `a plan fails the same calls each time, and others under another seed`() {
        func failures(_ seed: UInt64) -> [SampleBrokerFailure?] {
            let plan = SampleBrokerPlan(seed: seed, postOneIn: 2, otherOneIn: 12)
            return (0..<200).map { plan.failure($0 % 2 == 0 ? "POST" : "GET", "/v2/orders", $0) }
        }
        #expect(failures(1) == failures(1) && failures(1) != failures(2))
        let count = failures(3).count { $0 != nil }
        #expect(20...120 ~= count)
        #expect(Set((0..<20).flatMap(failures).compactMap { $0 }) == Set(SampleBrokerFailure.allCases))
    }
}
