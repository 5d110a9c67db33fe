import Curl
import LedgerEvents
import LedgerValues
import LoopbackServer
import OptionTrades
import Synchronization

@testable import Amberdata

/// A vendor that answers its requests with these replies, one after another, and the client that asks it.
final class ScriptedVendor: Sendable {
    let server: LoopbackServer
    /// The sleeps that the client asked for instead of sleeping.
    private let recordedSleeps = Mutex<[Double]>([])

    static let key = "raw+key/9c0d"

    init(_ handler: @escaping @Sendable (LoopbackServer.Request) -> LoopbackServer.Reply) throws {
        server = try LoopbackServer(handler)
    }

    /// The last reply also answers everything after it.
    convenience init(_ replies: [LoopbackServer.Reply]) throws {
        try self.init { request in replies[min(request.number, replies.count) - 1] }
    }

    convenience init(_ bodies: String...) throws {
        try self.init(bodies.map { .json($0) })
    }

    var sleeps: [Double] { recordedSleeps.withLock { $0 } }

    /// A client that never sleeps and has no limit of requests a second unless one is given.
    func client(
        path: String = "", key: String = ScriptedVendor.key, timeoutSeconds: Double = 5, rate: RateLimit? = nil
    ) -> AmberdataClient {
        let retries = AmberdataClient.policy(
            RetryPolicy(
                now: { 0 }, random: { 0 },
                sleep: { seconds in self.recordedSleeps.withLock { $0.append(seconds) } }))
        return AmberdataClient(
            AmberdataConfiguration(baseURL: server.url + path, apiKey: key, timeoutSeconds: timeoutSeconds),
            transport: CurlTransport(), retries: retries, rate: rate ?? Self.unlimited)
    }

    private static let unlimited = RateLimit(perSecond: 1, sleep: { _ in })

    /// The quotes of half an hour of one contract.
    func quotes() async throws(AmberdataError) -> [OptionQuote] {
        try await client().quotes(Wire.contract, from: Wire.start, to: Wire.end, interval: .minute)
    }

    /// The error of a request that has to fail, nil where it went well.
    func failure(_ client: AmberdataClient? = nil) async -> AmberdataError? {
        do throws(AmberdataError) {
            _ = try await (client ?? self.client())
                .quotes(Wire.contract, from: Wire.start, to: Wire.end, interval: .minute)
            return nil
        } catch {
            return error
        }
    }
}

/// Texts as the vendor writes them.
enum Wire {
    static let start = instant("2024-12-20T15:00:00Z")
    static let end = instant("2024-12-20T15:30:00Z")
    static let contract = OptionContract(
        underlying: "MSTR", expiry: CalendarDate(year: 2025, month: 1, day: 3)!, strike: decimal("437.5"),
        optionType: .call)

    static func instant(_ text: String) -> Instant { Instant(text)! }
    static func decimal(_ text: String) -> FixedDecimal { try! FixedDecimal(text) }

    /// A row of level-1 quotes; changes are JSON values by key, and nil leaves a key out.
    static func row(_ changes: [String: String?] = [:]) -> String {
        var fields: [String: String?] = [
            "ask": "12.5", "askVolume": "null", "bid": "12.25", "bidVolume": "null", "currency": #""MSTR""#,
            "exchange": #""tradfi""#, "exchangeTimestamp": #""2024-12-20T15:01:59.501Z""#,
            "expirationTimestamp": #""2025-01-03T00:00:00.000Z""#, "instrument": #""MSTR-03JAN25-437-C""#,
            "markIv": "89.75", "markPrice": "12.375", "openInterest": "null", "putCall": #""C""#, "strike": "437.5",
            "timestamp": #""2024-12-20T15:00:00.000Z""#, "underlyingPrice": "331.445", "volume": "null",
        ]
        for (key, value) in changes { fields[key] = .some(value) }
        let members = fields.sorted { $0.key < $1.key }.compactMap { key, value in value.map { "\"\(key)\":\($0)" } }
        return "{\(members.joined(separator: ","))}"
    }

    /// An answer with these rows; `next` is its JSON.
    static func page(_ rows: [String] = [row()], next: String? = nil) -> String {
        let metadata = #""api-version":"2023-09-30""# + (next.map { #","next":\#($0)"# } ?? "")
        return """
            {"status":200,"title":"OK","description":"Successful request",\
            "payload":{"data":[\(rows.joined(separator: ","))],"metadata":{\(metadata)}}}
            """
    }

    static func error(_ status: Int, message: String, description: String) -> LoopbackServer.Reply {
        let text = """
            {"status":\(status),"title":"ERROR","error":true,"message":"\(message)","description":"\(description)"}
            """
        return .response(status: status, headers: [("Content-Type", "application/json")], body: Array(text.utf8))
    }
}
