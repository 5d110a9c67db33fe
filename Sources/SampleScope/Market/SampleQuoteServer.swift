import HTTPTypes
import Hummingbird
import LedgerJSON
import LedgerValues
import NIOCore
import Synchronization

/// A server on 127.0.0.1 that answers level-1 quotes and series of observations in Amberdata's form, for the demo and for tests.
///
/// It knows the options of the sample, and the series of ``SampleMarketSeries``. An unknown currency gets no rows. One answer covers at most 60 minutes by the
/// minute, or 24 hours by the hour. The server runs until ``stop()``.
package final class SampleQuoteServer: Sendable {
    private static let basePath = "/markets/derivatives"
    private static let path = "/markets/derivatives/analytics/volatility/level-1-quotes/tradfi"

    /// The value for `AMBERDATA_BASE_URL`.
    package let baseURL: String
    private let state: State
    private let server: RunningServer

    /// The part that changes while the server runs.
    private final class State: Sendable {
        private struct Content {
            var failures: FailurePlan
            /// The number of the request at which the plan's count starts.
            var planStart = 0
            var requests = 0
        }

        private let content: Mutex<Content>

        init(_ failures: FailurePlan) { content = Mutex(Content(failures: failures)) }

        var requests: Int { content.withLock { $0.requests } }

        func setFailures(_ failures: FailurePlan) {
            content.withLock { $0 = Content(failures: failures, planStart: $0.requests, requests: $0.requests) }
        }

        /// Counts a request and returns the failure planned for it.
        func arrive() -> FailurePlan.Failure? {
            content.withLock {
                $0.requests += 1
                return $0.failures.failure(ofRequest: $0.requests - 1 - $0.planStart)
            }
        }
    }

    /// Closes the connection in the middle of a body.
    private struct ConnectionDropped: Error {}

    private init(server: RunningServer, state: State) {
        self.server = server
        self.state = state
        baseURL = "http://127.0.0.1:\(server.port)\(Self.basePath)"
    }

    /// Starts a server and returns when it accepts connections.
    /// - Parameters:
    ///   - apiKey: the required value of the `x-api-key` header
    ///   - failures: the planned failures; those of the trade feed's pages have no effect here
    package static func start(
        apiKey: String, port: Int = 0, failures: FailurePlan = .none
    ) async throws -> SampleQuoteServer {
        let state = State(failures)
        let server = try await RunningServer.start("sample-quotes", port: port) { request in
            try await answer(request, apiKey, state.arrive())
        }
        return SampleQuoteServer(server: server, state: state)
    }

    /// The number of requests so far, including refused ones.
    package var requestCount: Int { state.requests }

    /// Installs a plan. The next request is its request 0.
    package func setFailures(_ failures: FailurePlan) { state.setFailures(failures) }

    /// Stops accepting, closes the connections and returns when all are closed. A second call has no effect.
    package func stop() async { await server.stop() }

    private static func answer(
        _ request: Request, _ apiKey: String, _ failure: FailurePlan.Failure?
    ) async throws -> Response {
        switch failure {
        case .delay(let seconds, let then):
            try await Task.sleep(for: .seconds(seconds))
            return try await answer(request, apiKey, then)
        case .status(let status, let headers, let body): return response(status, headers, Array(body.utf8))
        case .body(let body, let headers): return response(200, headers, body)
        default: break
        }
        guard let name = HTTPField.Name("x-api-key"), let key = request.headers[name], key.isBytewiseEqual(to: apiKey) else {
            return refusal(401, "UNAUTHORIZED", "the x-api-key header does not hold the key")
        }
        let parameters = request.uri.queryParameters
        func text(_ name: String) -> String? { parameters[name[...]].map(String.init) }
        guard request.uri.path == path, request.method == .get else {
            let analytics = "\(basePath)/analytics/"
            if request.method == .get, request.uri.path.hasPrefix(analytics),
                let rows = SampleSeriesRows.rows(String(request.uri.path.dropFirst(analytics.count)), text)
            {
                return response(200, json, page(rows))
            }
            return refusal(404, "NOT FOUND", "no such path")
        }
        guard let from = text("startDate").flatMap({ Instant($0) }), let to = text("endDate").flatMap({ Instant($0) }),
            let expiry = text("expiration").flatMap({ CalendarDate($0) }), let currency = text("currency"),
            let strike = try? FixedDecimal(text("strike") ?? ""), let side = text("putCall"), side == "C" || side == "P",
            let interval = text("timeInterval"), interval == "minute" || interval == "hour"
        else { return refusal(400, "BAD REQUEST", "a parameter is missing or has another form than documented") }
        let longest: Int64 = interval == "minute" ? 3_600_000_000 : 86_400_000_000
        guard to.microseconds - from.microseconds <= longest else {
            return refusal(400, "BAD REQUEST", "the span is longer than 60 minutes or 24 hours")
        }
        let quotes = SampleQuotes(symbol: currency, expiry: expiry, strike: strike, isCall: side == "C")
        let body = page(
            quotes?.quotes(from: from, to: to) ?? [], hourly: interval == "hour",
            contract: (currency, expiry, strike, side))
        func firstBytes(_ count: Int) -> [UInt8] { Array(body.prefix(max(0, min(count, body.count - 1)))) }
        switch failure {
        case .truncated(let afterBytes): return response(200, json, firstBytes(afterBytes))
        case .connectionDropped(let afterBytes):
            let sent = ByteBuffer(bytes: firstBytes(afterBytes))
            return Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: ResponseBody(contentLength: body.count) { writer in
                    try await writer.write(sent)
                    throw ConnectionDropped()
                })
        default: return response(200, json, body)
        }
    }

    private static let json = [("Content-Type", "application/json")]

    private static func page(_ rows: [JSONNode]) -> [UInt8] {
        JSONNode.object([
            ("status", .integer(200)), ("title", .string("OK")), ("description", .string("Successful request")),
            (
                "payload",
                .object([("data", .array(rows)), ("metadata", .object([("api-version", .string("2023-09-30"))]))])
            ),
        ]).httpBytes()
    }

    private static func page(
        _ quotes: [SampleQuotes.Quote], hourly: Bool,
        contract: (currency: String, expiry: CalendarDate, strike: FixedDecimal, side: String)
    ) -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 512 * quotes.count + 256, keyOrder: .given)
        func money(_ tenThousandths: Int?) -> FixedDecimal? { tenThousandths.map { FixedDecimal(units: Int128($0) * 1_000_000) } }
        out.beginObject()
        out.key("status"); out.integer(200)
        out.key("title"); out.string("OK")
        out.key("description"); out.string("Successful request")
        out.key("payload")
        out.beginObject()
        out.key("data")
        out.beginArray()
        var lastHour: Int64?
        // The last quote of an hour represents it. The order is newest first, as in recorded answers.
        for quote in quotes.reversed() {
            let hour = quote.bucket.microseconds / 3_600_000_000
            if hourly, lastHour == hour { continue }
            lastHour = hour
            let bucket = hourly ? Instant(microseconds: hour * 3_600_000_000) ?? quote.bucket : quote.bucket
            out.beginObject()
            out.key("timestamp"); out.instant(bucket)
            out.key("exchangeTimestamp"); out.integer(quote.exchangeTime.microseconds / 1000)
            out.key("exchange"); out.string("tradfi")
            out.key("currency"); out.string(contract.currency)
            out.key("expirationTimestamp"); out.string("\(contract.expiry) 00:00:00 000")
            out.key("strike"); out.decimalNumber(contract.strike)
            out.key("putCall"); out.string(contract.side)
            out.key("bid"); out.decimalNumber(money(quote.bid))
            out.key("ask"); out.decimalNumber(money(quote.ask))
            out.key("bidVolume"); out.null()
            out.key("askVolume"); out.null()
            out.key("markPrice"); out.decimalNumber(money(quote.mark))
            out.key("markIv"); out.decimalNumber(FixedDecimal(units: Int128(quote.volatilityMilli) * 1_000_000_000))
            out.key("underlyingPrice"); out.decimalNumber(FixedDecimal(units: Int128(quote.spotCents) * 100_000_000))
            out.key("volume"); out.null()
            out.key("openInterest"); out.null()
            out.endObject()
        }
        out.endArray()
        out.key("metadata")
        out.beginObject()
        out.key("api-version"); out.string("2023-09-30")
        out.endObject()
        out.endObject()
        out.endObject()
        return out.bytes
    }

    private static func refusal(_ status: Int, _ title: String, _ message: String) -> Response {
        response(
            status, json,
            JSONNode.object([
                ("status", .integer(Int64(status))), ("title", .string(title)), ("error", .bool(true)),
                ("message", .string(message)), ("description", .string("Request was invalid or cannot be served.")),
            ]).httpBytes())
    }

    private static func response(_ status: Int, _ headers: [(String, String)], _ body: [UInt8]) -> Response {
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        return Response(
            status: HTTPResponse.Status(code: status), headers: fields,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
