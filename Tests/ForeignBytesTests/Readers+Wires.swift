import Curl
import LedgerEvents
import LedgerJSON
import LedgerRules
import LedgerValues
import OptionTrades
import Synchronization
import TestSupport

@testable import Alpaca
@testable import AlphaFeed
@testable import Amberdata
@testable import SampleScope

extension ForeignReader {
    static let wires =
        [
            ForeignReader("feed pages", feedPages, count: 8_000) { bytes, _ in
                guard let page = try? FeedPage(parsing: bytes, number: 1) else { return false }
                let scope = try ExecutionScope(portfolios: ["ICOI", "IMST"])
                for row in page.rows {
                    guard case .accepted(let row, let unknown) = RowNormalizer.normalize(row, scope: scope) else { continue }
                    let payload = ExecutionPayload(row: row, scopeKey: scope.key, unknownFields: unknown)
                    try Broken.unless(
                        (try? ExecutionPayload(decoding: payload.encode())) == payload, "an accepted row is stored as another")
                }
                return true
            }
        ] + amberdata + [alpaca, alpacaBodies]

    private static let feedPages = [
        """
        {"rows":[{"tradeId":"T-1","updatedAt":"2026-02-03T21:14:09.120000Z","tradeDate":"2026-01-15T15:30:00Z","tradeStatus":"FILLED",\
        "portfolioName":"ICOI","underlyingSymbol":"MSTR","optionSymbol":"MSTR  260130C00350000","instrument":"OPTION","side":"BUY",\
        "optionType":"CALL","strike":350.000,"expiry":"2026-01-30","filledQuantity":12.10,"pendingQuantity":"0","price":"1250.5",\
        "priceCurrency":"USD","contractMultiplier":1e2,"quantityUnit":"contracts","premiumUsd":15131.05,"feesUsd":-1.25,\
        "tradedIv":0.7123456789,"spotAtTrade":349.99,"notes":"a \\"note\\" \\u00e9","isSynthetic":false,"surprise":{"a":[1]}}],\
        "nextCursor":"abc","hasMore":true,"watermark":"2026-02-03T21:14:09.120000Z"}
        """,
        #"{"rows":[],"nextCursor":null,"hasMore":false,"watermark":null}"#,
        """
        {"rows":[{"tradeId":"T-2","updatedAt":"2026-02-03T21:14:09Z","tradeDate":"2026-01-15","tradeStatus":"BUSTED"},\
        {"tradeId":"T-3","updatedAt":"2026-02-03T21:14:09Z","tradeDate":"2026-01-15T15:30:00+01:00","tradeStatus":"FILLED"}],\
        "nextCursor":null,"hasMore":false,"watermark":"2026-02-03T21:14:09Z"}
        """,
    ].map { Array($0.utf8) }

    // MARK: - Amberdata

    /// The sample's answers on each path, as the vendor would write them, and how they are read.
    private static let amberdata: [ForeignReader] = {
        let market = VendorMarket(options: "BTC")
        let futures = VendorMarket(futures: "BTC")
        let hour = Instant("2026-02-05T23:00:00Z")!
        let window = SeriesWindow(from: Instant("2026-02-05T00:00:00Z")!, to: Instant("2026-02-06T00:00:00Z")!)
        let text = """
            rules: funding_intervals
            version: 1
            hourly: [deribit, kraken]
            eight_hours: [binance, bitmex, bybit, huobi, okex]
            """
        let intervals = try! FundingIntervals(path: "shared/funding_intervals.v1.yaml") { _ in Array(text.utf8) }
        typealias Add = @Sendable (inout SeriesRows, [JSONValue]) -> Void
        func reader(_ path: String, _ parameters: [String: String] = [:], _ add: @escaping Add) -> ForeignReader {
            let usual = ["currency": "BTC", "asset": "BTC", "startDate": "1770328800000", "endDate": "1770336000000"]
            let query = { (name: String) in parameters[name] ?? usual[name] }
            // Few rows: the damage then reaches each of them.
            let rows = Array((SampleSeriesRows.rows(path, query) ?? []).prefix(4))
            let page = JSONNode.object([
                ("payload", .object([("data", .array(rows)), ("metadata", .object([("next", .null)]))])), ("status", .integer(200)),
            ]).httpBytes()
            return ForeignReader("Amberdata \(path)", [page], count: 3_000) { bytes, _ in
                guard let envelope = try? Envelope(parsing: bytes) else { return false }
                var series = SeriesRows(window)
                add(&series, envelope.rows.elements.map { $0 })
                for observation in series.observations {
                    let again = try? MarketObservedPayload(decoding: observation.encode(), schemaVersion: observation.kind.schemaVersion)
                    try Broken.unless(again?.encode() == observation.encode(), "an observation is stored as another")
                }
                // The sample must be read, or its damage tries little.
                return bytes != page || !series.observations.isEmpty
            }
        }
        return [
            reader("trades-flow/gamma-exposures-snapshots") { $0.addGammaExposures($1, market) },
            reader("volatility/delta-surfaces/constant") { $0.addSurface($1, market) },
            reader("volatility/term-structures/forward-volatility/constant") { $0.addTermStructure($1, market) },
            reader("futures-perpetuals/open-interest-total", ["startDate": "1770249600000"]) { $0.addOpenInterest($1, futures) },
            reader("futures-perpetuals/realized-funding-rates-cumulated", ["marginType": "coins"]) {
                $0.addFunding($1, intervals, futures)
            },
            reader("futures-perpetuals/apr-basis/constant-maturities", ["interval": "30d"]) { $0.addBasis($1, tenorDays: 30, futures) },
            reader("futures-perpetuals/liquidations-total") { $0.addLiquidations($1, futures) },
            reader("trades-flow/put-call-distribution") { $0.addPutCall(onScreen: $1, blocks: $1, of: hour, market) },
            reader("trades-flow/volume-aggregates") { $0.addVolumes($1, market) },
            reader("trades-flow/decorated-trades") {
                $0.addPrints($1, market)
                $0.addTradFiPrints($1, market)
            },
            reader("realized-volatility/cones", ["pair": "btc_usd", "endDate": "1770249600000"]) {
                $0.addCones($1, of: window.from, market)
            },
            ForeignReader("Amberdata quotes", [Array(quotePage.utf8)]) { bytes, _ in
                guard let envelope = try? Envelope(parsing: bytes) else { return false }
                let contract = OptionContract(
                    underlying: "MSTR", expiry: CalendarDate("2025-01-03")!, strike: FixedDecimal(437), optionType: .call)
                for row in envelope.rows.elements { _ = OptionQuote(level1: row, of: contract) }
                return true
            },
            ForeignReader(text: "Amberdata numbers", ["0", "76.63999938964844", "-1.5e-12", "1700000000000"]) { text in
                guard let root = (try? JSONDocument(parsing: Array(text.utf8)))?.root else { return false }
                _ = (WireValue.decimal(root), WireValue.exact(root), WireValue.instant(root), Float32.exact(root))
                return true
            },
        ]
    }()

    private static let quotePage = """
        {"status":200,"payload":{"data":[{"ask":12.5,"askVolume":null,"bid":12.25,"currency":"MSTR","exchange":"tradfi",\
        "exchangeTimestamp":"2024-12-20T15:01:59.501Z","expirationTimestamp":"2025-01-03T00:00:00.000Z","markIv":89.75,\
        "markPrice":12.375,"putCall":"C","strike":437,"timestamp":1734706800000,"underlyingPrice":331.445}],"metadata":{}}}
        """

    // MARK: - Alpaca

    private static let now = Instant("2026-01-28T15:00:00Z")!

    private static let order: OrderBody = {
        var body = OrderBody()
        (body.clientOrderID, body.symbol, body.quantity, body.side) = ("al-0123456789", "SPY", 1, "buy")
        (body.type, body.limitPrice, body.positionIntent) = ("limit", try? FixedDecimal("1.25"), "buy_to_open")
        return body
    }()

    /// The bundled broker's answers, damaged on their way. The bytes are an order's answer; each further answer is damaged from the seed.
    private static let alpaca = ForeignReader("Alpaca", [Array(#"{"client_order_id":"al-0123456789"}"#.utf8)], count: 500) {
        bytes, mutator in
        let damage = Mutex(mutator)
        let count = Mutex(0)
        let broker = SampleBroker { now }
        let client = AlpacaClient(try sampleSettings()) { (request) async throws(TransportError) in
            // A page that says for ever that another one follows.
            if count.withLock({
                $0 += 1; return $0
            }) > 60 {
                throw TransportError(.timedOut, "enough")
            }
            var (method, body): (String, [UInt8]) = ("GET", [])
            if case .post(let sent) = request.method { (method, body) = ("POST", sent) }
            if case .delete = request.method { method = "DELETE" }
            let target = String(request.url.dropFirst("http://127.0.0.1:1".count))
            guard case .answer(let status, let headers, let answer) = broker.respond(method, target, headers: request.headers, body: body)
            else { throw TransportError(.timedOut, "no answer") }
            let isPost = method == "POST"
            return HTTPResponse(
                status: status, headers: headers, body: damage.withLock { isPost ? $0.mutated([answer, bytes]) : $0.mutated([answer]) })
        }
        if case .refused = await client.submit(order, timeoutSeconds: 1) { throw Broken("a damaged answer refuses an order") }
        for question in questions { await question(client) }
        for text in ["1.00000000001", String(decoding: bytes, as: UTF8.self)] {
            guard let root = (try? JSONDocument(parsing: Array(text.utf8)))?.root else { continue }
            _ = (Alpaca.Wire.decimal(root), Alpaca.Wire.instant(root), Alpaca.Wire.integer(root))
        }
        return true
    }

    /// The bytes answer one of a question's calls, and the bundled broker the others. The samples are its answers.
    private static let alpacaBodies = ForeignReader("Alpaca bodies", alpacaAnswers, count: 300) { bytes, mutator in
        let place = mutator.number(0..<3)
        let count = Mutex(0)
        let client = AlpacaClient(try sampleSettings()) { (request) async throws(TransportError) in
            let call = count.withLock { (count: inout Int) in
                count += 1
                return count - 1
            }
            // A page that says for ever that another one follows.
            if call > 20 { throw TransportError(.timedOut, "enough") }
            let target = String(request.url.dropFirst("http://127.0.0.1:1".count))
            return HTTPResponse(status: 200, headers: [], body: call == place ? bytes : answer(target) ?? bytes)
        }
        for question in questions {
            count.withLock { $0 = 0 }
            await question(client)
        }
        return (try? JSONDocument(parsing: bytes)) != nil
    }

    private static let alpacaAnswers =
        [
            "/v2/clock", "/v2/account", "/v2/positions", "/v2/account/activities?page_size=100", "/v2/stocks/snapshots?symbols=SPY",
            "/v1beta1/options/snapshots?symbols=SPY260130C00609000", "/v2/orders?status=all",
            "/v2/orders:by_client_order_id?client_order_id=al-0123456789", "/v2/options/contracts?underlying_symbols=SPY&limit=3",
        ].compactMap { answer($0) }

    /// The bundled broker's answer after an order was placed; nil if it has none.
    private static func answer(_ target: String) -> [UInt8]? {
        answers.withLock { answers in
            if let known = answers[target] { return known }
            let headers = [(name: "APCA-API-KEY-ID", value: "sample")]
            guard case .answer(200, _, let body) = answering.respond("GET", target, headers: headers, body: []) else { return nil }
            answers[target] = body
            return body
        }
    }

    /// Each is asked for with every input.
    private static let answers = Mutex<[String: [UInt8]]>([:])

    private static let answering: SampleBroker = {
        let broker = SampleBroker { now }
        let headers = [(name: "APCA-API-KEY-ID", value: "sample")]
        _ = broker.respond("POST", "/v2/orders", headers: headers, body: AlpacaClient.encoded(order))
        return broker
    }()

    private static func sampleSettings() throws -> AlpacaSettings {
        try AlpacaSettings(
            source: .sampleBroker, tradingURL: "http://127.0.0.1:1", dataURL: "http://127.0.0.1:1", keyID: "sample", secret: "sample")
    }

    private static let questions: [@Sendable (AlpacaClient) async -> Void] = [
        { client in _ = try? await client.clock() },
        { client in _ = try? await client.account() },
        { client in _ = try? await client.market(ChainQuestion(ticker: "SPY", filters: calls)) },
        { client in _ = try? await client.market(ChainQuestion(ticker: "SPY", filters: nil)) },
        { client in _ = try? await client.order(clientOrderID: "al-0123456789") },
        { client in _ = try? await client.orders(submittedAfter: nil) },
        { client in _ = try? await client.positions() },
        { client in _ = try? await client.activities(after: nil) },
    ]

    private static let calls: ChainFilters = {
        var filters = ChainFilters()
        filters.optionType = .call
        return filters
    }()

    static let alpacaNumbers = ForeignReader(
        text: "Alpaca numbers", ["1.25", "-0.00000000001", #""12.123456789012""#, "1e-11", #""2026-01-28T15:30:00.123456789Z""#]
    ) { text in
        guard let root = (try? JSONDocument(parsing: Array(text.utf8)))?.root else { return false }
        _ = (Alpaca.Wire.decimal(root), Alpaca.Wire.instant(root), Alpaca.Wire.integer(root), Alpaca.Wire.date(root))
        _ = Alpaca.Wire.httpDate(text)
        return true
    }
}
