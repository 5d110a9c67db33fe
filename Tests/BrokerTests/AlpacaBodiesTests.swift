import Alpaca
import LedgerEvents
import LedgerValues
import LoopbackServer
import OptionTrades
import Synchronization
import Testing

/// The client on bodies that Alpaca published, over a real connection.
@Suite(.enabled(if: RecordedBodies.arePresent, "the recorded bodies are not here")) struct AlpacaBodiesTests {
    /// A client whose questions are answered by path, each path's answers in turn and the last one again.
    private struct Wire {
        let server: LoopbackServer
        let client: AlpacaClient

        init(_ answers: [String: [LoopbackServer.Reply]]) throws {
            let served = Counts()
            server = try LoopbackServer { request in
                let path = String(request.target.prefix { $0 != "?" })
                guard let replies = answers[path] else { return .status(404) }
                return replies[min(served.next(path), replies.count - 1)]
            }
            client = AlpacaClient(
                try AlpacaSettings(source: .alpacaPaper, tradingURL: server.url, dataURL: server.url, keyID: "id", secret: "secret"))
        }

        init(_ path: String, _ name: String, status: Int = 200) throws {
            try self.init([path: [try RecordedBodies.reply(name, status: status)]])
        }

        var targets: [String] { server.requests.map(\.target) }
    }

    private func order(_ client: String, _ symbol: String = "AAPL250620C00100000") -> OrderBody {
        var body = OrderBody()
        (body.clientOrderID, body.symbol, body.quantity, body.side, body.type) = (client, symbol, 2, "buy", "limit")
        (body.limitPrice, body.positionIntent) = (FixedDecimal(10), "buy_to_open")
        return body
    }

    // MARK: - Account

    @Test func `an account's numbers are strings, and its level may be one`() async throws {
        let wire = try Wire("/v2/account", "account")
        let account = try await wire.client.account()
        #expect(account.id == "e6fe16f3-64a4-4921-8928-cadf02f92f98")
        let facts = account.facts
        #expect(facts.status == "ACTIVE" && facts.currency == "USD" && facts.lastFour == "ABCD")
        #expect(facts.accountDigest == Digest32(sha256Of: account.id))
        #expect(facts.equity == decimal("103820.56") && facts.buyingPower == decimal("262113.632"))
        #expect(facts.optionsBuyingPower == decimal("262113.632") && facts.optionsLevel == 1)
        #expect(facts.accountBlocked == false && facts.tradingBlocked == false && facts.tradeSuspendedByUser == false)
        #expect(wire.server.requests.first?.header("APCA-API-KEY-ID") == "id")
        #expect(wire.server.requests.first?.header("APCA-API-SECRET-KEY") == "secret")
    }

    @Test func `a level may be a number`() async throws {
        let facts = try await Wire("/v2/account", "mcp-spec-examples/account").client.account().facts
        #expect(facts.optionsLevel == 2 && facts.optionsBuyingPower == decimal("122716.305"))
        #expect(facts.equity == decimal("123346.11") && facts.lastFour == "_123")
    }

    @Test func `a position has its quantity by its side`() async throws {
        let positions = try await Wire("/v2/positions", "positions").client.positions()
        let position = try #require(positions.first)
        #expect(positions.count == 1 && position.symbol == "AAPL" && position.assetClass == "us_equity")
        #expect(position.quantity == FixedDecimal(5) && position.averageEntryPrice == FixedDecimal(100))
        #expect(position.marketValue == FixedDecimal(600) && position.costBasis == FixedDecimal(500))
        #expect(position.currentPrice == FixedDecimal(120))
    }

    @Test func `activities are read to their end`() async throws {
        let wire = try Wire("/v2/account/activities", "account-activities")
        let activities = try await wire.client.activities(after: CalendarDate("2022-03-01"))
        #expect(activities.map(\.symbol) == ["AMZN", "AMZN", "GOOGL", "TSLA", "TSLA"])
        let first = try #require(activities.first)
        #expect(first.activityID == "20220304135420903::047e252a-a8a3-4e35-84e2-29814cbf5057" && first.activityType == "FILL")
        #expect(first.quantity == decimal("1.792161878") && first.price == decimal("2907.15"))
        #expect(first.transactionTime == Instant("2022-03-04T18:54:20.903569Z") && first.date == nil)
        #expect(wire.targets.count == 1 && wire.targets[0].contains("after=2022-03-01"))
    }

    // MARK: - Orders

    @Test func `an order is found by either id, with its quantity as a number`() async throws {
        let id = "61e69015-8549-4bfd-b9c3-01e75843f47d"
        let wire = try Wire([
            "/v2/orders/\(id)": [try RecordedBodies.reply("order-by-id")],
            "/v2/orders:by_client_order_id": [try RecordedBodies.reply("order-by-client-order-id")],
        ])
        let byID = try #require(try await wire.client.order(id: id))
        let byClient = try #require(try await wire.client.order(clientOrderID: "eb9e2aaa-f71a-4f51-b5b4-52a6c565dad4"))
        #expect(byID == byClient)
        #expect(byID.id == id && byID.clientOrderID == "eb9e2aaa-f71a-4f51-b5b4-52a6c565dad4")
        // The symbol is as it was published, with a character too many.
        #expect(byID.symbol == "AAPL`" && byID.quantity == FixedDecimal(1) && byID.filledQuantity == .zero)
        #expect(byID.type == "market" && byID.limitPrice == nil && byID.filledAveragePrice == nil && byID.status == "accepted")
        #expect(byID.submittedAt == Instant("2021-03-16T18:38:01.937734Z") && byID.updatedAt == Instant("2021-03-16T18:38:01.942282Z"))
        #expect(wire.targets.last == "/v2/orders:by_client_order_id?client_order_id=eb9e2aaa-f71a-4f51-b5b4-52a6c565dad4")
    }

    @Test func `a price of zero before a fill is no price`() async throws {
        let orders = try await Wire("/v2/orders", "orders").client.orders(submittedAfter: nil)
        let order = try #require(orders.first)
        #expect(orders.count == 1 && order.filledQuantity == .zero && order.filledAveragePrice == nil)
        #expect(order.symbol == "SPY" && order.quantity == FixedDecimal(1) && order.status == "new" && order.type == "stop")
        #expect(order.replacedBy == "0b11f089-722d-4ced-9beb-e2eeed3637dc" && order.replaces == "9f7d75bc-a9a2-40b0-9082-0fc0a09817ff")
    }

    @Test(arguments: ["order-limit", "order-market", "order-position-intent", "order-replaced"])
    func `an accepted order is one whose answer has our client order id`(name: String) async throws {
        let wire = try Wire("/v2/orders", name)
        guard case .accepted(let accepted) = await wire.client.submit(order("eb9e2aaa-f71a-4f51-b5b4-52a6c565dad4"), timeoutSeconds: 5)
        else {
            Issue.record("not accepted")
            return
        }
        #expect(accepted.status == "accepted" && accepted.commission == decimal("1.25"))
        #expect(accepted.limitPrice == (name == "order-limit" ? FixedDecimal(300) : nil))
        // Another client order id's order says nothing of ours.
        let other = await wire.client.submit(order("al-other"), timeoutSeconds: 5)
        #expect(other == .unknown(status: 200, seen: "the answer has no order with the client order id"))
        let sent = String(decoding: try #require(wire.server.requests.first).body, as: UTF8.self)
        #expect(sent.contains(#""qty":"2""#) && sent.contains(#""limit_price":"10""#) && sent.contains(#""time_in_force":"day""#))
        #expect(sent.contains(#""position_intent":"buy_to_open""#))
    }

    @Test func `nanoseconds are cut to microseconds, and numbers may be strings`() async throws {
        let wire = try Wire("/v2/orders", "mcp-spec-examples/order-response.option")
        guard case .accepted(let order) = await wire.client.submit(order("58cd43a7-029e-457e-b77f-cd4f61f00f2a"), timeoutSeconds: 5)
        else {
            Issue.record("not accepted")
            return
        }
        #expect(order.submittedAt == Instant("2023-12-12T21:35:49.056332Z") && order.updatedAt == Instant("2023-12-12T21:35:49.102504Z"))
        #expect(order.quantity == FixedDecimal(2) && order.limitPrice == FixedDecimal(10) && order.filledQuantity == .zero)
        #expect(order.isOf(self.order("58cd43a7-029e-457e-b77f-cd4f61f00f2a")))
        #expect(!order.isOf(self.order("58cd43a7-029e-457e-b77f-cd4f61f00f2a", "AAPL250620C00105000")))
    }

    @Test func `an order of several legs has no symbol and no side, and is nobody's`() async throws {
        let id = "646b1fe6-b212-4f54-94c6-429e7bcdee04"
        let wire = try Wire("/v2/orders:by_client_order_id", "mcp-spec-examples/order-response.mleg")
        let found = try #require(try await wire.client.order(clientOrderID: id))
        #expect(found.symbol.isEmpty && found.side.isEmpty && found.status == "filled")
        #expect(found.filledAveragePrice == decimal("1.28") && found.filledAt == Instant("2024-12-10T16:15:53.694Z"))
        #expect(!found.isOf(order(id)))
    }

    @Test(arguments: [
        ("mcp-spec-examples/error-403-no-position", 403, 40_310_000 as Int64, "no available position for the specified contract"),
        ("mcp-spec-examples/error-403-short-position", 403, 40_310_001, "cannot exercise short position"),
        ("mcp-spec-examples/error-422-invalid-symbol", 422, 42_210_000, "invalid symbol"),
    ])
    func `a refusal with a code is definite, and keeps its text`(name: String, status: Int, code: Int64, message: String) async throws {
        let wire = try Wire("/v2/orders", name, status: status)
        #expect(
            await wire.client.submit(order("al-1"), timeoutSeconds: 5) == .refused(status: status, code: code, message: message))
    }

    @Test(arguments: ["cancel-all-orders.207", "close-all-positions.207-with-403"])
    func `a 207 of several rows is no answer to an order`(name: String) async throws {
        let wire = try Wire("/v2/orders", name, status: 207)
        #expect(
            await wire.client.submit(order("al-1"), timeoutSeconds: 5)
                == .unknown(status: 207, seen: "the answer has no order with the client order id"))
    }

    // MARK: - Market

    private func market(
        _ contracts: [String], _ snapshots: [LoopbackServer.Reply], stock: String = "stock-snapshot"
    ) async throws -> (market: BrokerMarket, targets: [String]) {
        let wire = try Wire([
            "/v2/stocks/snapshots": [try RecordedBodies.reply(stock)],
            "/v2/options/contracts": try contracts.map { try RecordedBodies.reply($0) },
            "/v1beta1/options/snapshots/AAPL": snapshots,
        ])
        var filters = ChainFilters()
        (filters.expiryFrom, filters.expiryThrough) = (CalendarDate("2023-11-01"), CalendarDate("2024-06-01"))
        filters.root = "AAPL"
        return (try await wire.client.market(ChainQuestion(ticker: "AAPL", filters: filters)), wire.targets)
    }

    @Test func `a chain joins contracts and snapshots, and what neither says stays missing`() async throws {
        let (market, targets) = try await market(["option-contracts"], [try RecordedBodies.reply("option-chain.aapl")])
        #expect(market.underlying.bid == decimal("161.19") && market.underlying.ask == decimal("161.2"))
        #expect(market.underlying.quoteTimestamp == Instant("2022-03-18T14:33:58.547942Z"))
        #expect(market.underlying.last == decimal("161.1998"))
        #expect(market.underlying.lastTimestamp == Instant("2022-03-18T14:33:58.448432Z"))
        #expect(market.pages == 3 && targets.allSatisfy { !$0.contains("page_token") })
        #expect(targets.filter { $0.hasPrefix("/v2/options") }.allSatisfy { $0.contains("expiration_date_lte=2024-06-01") })
        #expect(market.rows.map(\.optionSymbol) == ["AAPL231103C00170000", "AAPL240503P00155000"])
        let (listed, quoted) = (market.rows[0], market.rows[1])
        #expect(listed.openInterest == .zero && listed.openInterestDate == CalendarDate("2023-11-03") && listed.tradable == true)
        // `size` is there and is no multiplier.
        #expect(listed.multiplier == nil && listed.bid == nil && listed.delta == nil && !listed.rounded)
        #expect(quoted.multiplier == nil && quoted.tradable == nil && quoted.openInterest == nil && quoted.ppind == nil)
        #expect(quoted.strike == FixedDecimal(155) && quoted.optionType == .put && quoted.expiry == CalendarDate("2024-05-03"))
        #expect(quoted.bid == decimal("0.32") && quoted.ask == decimal("0.35"))
        #expect(quoted.bidSize == FixedDecimal(73) && quoted.askSize == FixedDecimal(119))
        #expect(quoted.quoteTimestamp == Instant("2024-04-25T20:00:00.259610Z") && quoted.last == decimal("0.34"))
        // Beside the greeks and a fraction: 0.4584478444465036.
        #expect(quoted.iv == decimal("45.8447844447") && quoted.delta == decimal("-0.0696235262") && quoted.rounded)
        #expect(quoted.volume == nil && quoted.volumeDate == nil)
    }

    @Test func `a page with a token is followed, and a page may be empty`() async throws {
        let (market, targets) = try await market(
            ["option-contracts"],
            [try RecordedBodies.reply("mcp-spec-examples/option-chain.with-next-page"), try RecordedBodies.reply("option-snapshot.empty")])
        #expect(market.pages == 4 && market.rows.count == 2)
        #expect(targets.last?.contains("page_token=QUFQTDI0MDYyMTAwMDIyMHwx") == true)
        #expect(market.rows[1].delta == decimal("0.752130411"))
    }

    @Test func `a page token that comes again ends the question, and not in a circle`() async throws {
        await #expect(throws: BrokerFailure.self) {
            _ = try await market(["option-contracts"], [try RecordedBodies.reply("mcp-spec-examples/option-chain.with-next-page")])
        }
    }

    @Test(
        arguments: [
            ("option-snapshot", "0.6742666142"), ("option-snapshot.quote-only", nil), ("option-snapshot.empty", nil),
        ] as [(String, String?)])
    func `a contract's own row has what its snapshot has, and nothing more`(name: String, delta: String?) async throws {
        let symbol = "AAPL240126P00050000"
        let wire = try Wire([
            "/v2/stocks/snapshots": [try RecordedBodies.reply("stock-snapshot")],
            "/v2/options/contracts/\(symbol)": [.status(404)],
            "/v1beta1/options/snapshots": [try RecordedBodies.reply(name)],
        ])
        var filters = ChainFilters()
        filters.optionSymbol = symbol
        let market = try await wire.client.market(ChainQuestion(ticker: "AAPL", filters: filters))
        guard name != "option-snapshot.empty" else {
            #expect(market.rows.isEmpty)
            return
        }
        let row = try #require(market.rows.first)
        #expect(row.bid == decimal("0.48") && row.ask == decimal("0.59"))
        #expect(row.quoteTimestamp == Instant("2024-02-02T20:59:59.731674Z"))
        #expect(row.delta == delta.map { decimal($0) } && (row.iv == nil) == (delta == nil))
        #expect(row.last == (delta == nil ? nil : decimal("0.52")) && row.openInterest == nil)
    }

    @Test func `one contract is found by its symbol`() async throws {
        let symbol = "AAPL231103C00170000"
        let wire = try Wire([
            "/v2/stocks/snapshots": [try RecordedBodies.reply("stock-snapshot")],
            "/v2/options/contracts/\(symbol)": [try RecordedBodies.reply("option-contract")],
            "/v1beta1/options/snapshots": [try RecordedBodies.reply("option-snapshot.empty")],
        ])
        var filters = ChainFilters()
        filters.optionSymbol = symbol
        let row = try #require(try await wire.client.market(ChainQuestion(ticker: "AAPL", filters: filters)).rows.first)
        #expect(row.optionSymbol == symbol && row.openInterest == .zero && row.multiplier == nil && row.bid == nil)
    }

    private final class Counts: Sendable {
        private let served = Mutex([String: Int]())
        func next(_ path: String) -> Int {
            served.withLock { served in
                served[path, default: -1] += 1
                return served[path] ?? 0
            }
        }
    }
}
