import HTTPTypes
import Hummingbird
import LedgerJSON
package import LedgerValues
import NIOCore
import Synchronization

/// A server on 127.0.0.1 that answers chains and bars of the sample's shares in Alpaca's form, for the demo and for tests.
///
/// Chains are those of a moment that ``set(now:)`` names. The server runs until ``stop()``.
package final class SampleShareServer: Sendable {
    /// The value for `ALPACA_DATA_URL` and `ALPACA_PAPER_URL`.
    package let url: String
    private let server: RunningServer
    private let state: State

    private final class State: Sendable {
        let now = Mutex(Instant.minimum)
        let requests = Mutex(0)
    }

    /// The rows that an answer of a list has at most, so that pages are followed.
    private static let pageLimit = 250

    private init(server: RunningServer, state: State) {
        self.server = server
        self.state = state
        url = "http://127.0.0.1:\(server.port)"
    }

    /// Starts a server and returns when it accepts connections.
    ///
    /// - Parameters:
    ///   - keyID, secret: the required values of the headers.
    package static func start(keyID: String, secret: String) async throws -> SampleShareServer {
        let state = State()
        let server = try await RunningServer.start("sample-shares", port: 0) { request in
            state.requests.withLock { $0 += 1 }
            return answer(request, keyID, secret, state.now.withLock { $0 })
        }
        return SampleShareServer(server: server, state: state)
    }

    /// The moment of the chains from now on.
    package func set(now: Instant) { state.now.withLock { $0 = now } }

    package var requestCount: Int { state.requests.withLock { $0 } }

    /// Stops accepting, closes the connections and returns when all are closed. A second call has no effect.
    package func stop() async { await server.stop() }

    private static func answer(_ request: Request, _ keyID: String, _ secret: String, _ now: Instant) -> Response {
        func header(_ name: String) -> String { HTTPField.Name(name).flatMap { request.headers[$0] } ?? "" }
        guard header("APCA-API-KEY-ID").isBytewiseEqual(to: keyID), header("APCA-API-SECRET-KEY").isBytewiseEqual(to: secret) else {
            return response(401, .object([("message", .string("unauthorized"))]))
        }
        let parameters = request.uri.queryParameters
        func text(_ name: String) -> String? { parameters[name[...]].map(String.init) }
        let snapshots = "/v1beta1/options/snapshots/"
        switch request.uri.path {
        case "/v2/stocks/snapshots": return response(200, stocks(text("symbols") ?? "", now))
        case "/v2/stocks/bars": return response(200, bars(text))
        case "/v2/options/contracts":
            let (options, next) = page(options(of: text("underlying_symbols") ?? "", text, now), text)
            return response(
                200, .object([("option_contracts", .array(options.map { $0.contract(at: now) })), ("next_page_token", next)]))
        case let path where path.hasPrefix(snapshots):
            let symbol = String(path.dropFirst(snapshots.utf8.count))
            let (options, next) = page(options(of: symbol, text, now), text)
            let spot = SampleShares.named(symbol).map { SampleShares.spotCents(of: $0, at: now) } ?? 0
            let rows = options.map { ($0.symbol, $0.snapshot(at: now, spot: spot)) }
            return response(200, .object([("next_page_token", next), ("snapshots", .object(rows))]))
        default: return response(404, .object([("code", .integer(40_410_000)), ("message", .string("no such path"))]))
        }
    }

    private static func stocks(_ symbol: String, _ now: Instant) -> JSONNode {
        guard let underlying = SampleShares.named(symbol) else { return .object([]) }
        let spot = SampleShares.spotCents(of: underlying, at: now)
        func cents(_ value: Int) -> JSONNode { .decimal(FixedDecimal(units: Int128(value) * 100_000_000)) }
        return .object([
            (
                symbol,
                .object([
                    ("latestQuote", .object([("t", .string("\(now)")), ("bp", cents(spot - 1)), ("ap", cents(spot + 1))])),
                    ("latestTrade", .object([("t", .string("\(now)")), ("p", cents(spot))])),
                ])
            )
        ])
    }

    private static func options(of symbol: String, _ text: (String) -> String?, _ now: Instant) -> [SampleShareOption] {
        guard let underlying = SampleShares.named(symbol) else { return [] }
        let from = text("expiration_date_gte").flatMap { CalendarDate($0) } ?? .minimum
        let through = text("expiration_date_lte").flatMap { CalendarDate($0) } ?? .maximum
        return SampleShareOption.all(of: underlying, at: now).filter { option in
            from <= option.expiry && option.expiry <= through && text("root_symbol").map { option.root.isBytewiseEqual(to: $0) } ?? true
        }
    }

    /// A page of a list and the token of the next one.
    private static func page<Row>(_ rows: [Row], _ text: (String) -> String?) -> (rows: ArraySlice<Row>, next: JSONNode) {
        let start = min(rows.count, text("page_token").flatMap { Int($0) } ?? 0)
        let end = min(rows.count, start + min(pageLimit, text("limit").flatMap { Int($0) } ?? 100))
        return (rows[start..<end], end < rows.count ? .string("\(end)") : .null)
    }

    private static func bars(_ text: (String) -> String?) -> JSONNode {
        let symbol = text("symbols") ?? ""
        guard let underlying = SampleShares.named(symbol), let from = text("start").flatMap({ Instant($0) }),
            let through = text("end").flatMap({ Instant($0) })
        else { return .object([("bars", .object([])), ("next_page_token", .null)]) }
        let isDaily = text("timeframe") == "1Day"
        var bars: [SampleShares.Bar] = []
        var day = max(from.date, SampleMarket.date(2025, 9, 1))
        while day <= min(through.date, SampleMarket.date(2026, 2, 5)) {
            bars +=
                isDaily
                ? SampleShares.dailyBar(of: underlying, on: day).map { [$0] } ?? [] : SampleShares.minuteBars(of: underlying, on: day)
            guard let next = day.advanced(byDays: 1) else { break }
            day = next
        }
        let (rows, next) = page(bars.filter { from <= $0.time && $0.time <= through }, text)
        return .object([("bars", .object([(symbol, .array(rows.map(\.node)))])), ("next_page_token", next)])
    }

    private static func response(_ status: Int, _ node: JSONNode) -> Response {
        Response(
            status: HTTPResponse.Status(code: status), headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: node.httpBytes())))
    }
}
