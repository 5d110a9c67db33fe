package import Curl
import LedgerEvents
import LedgerJSON
package import LedgerValues
import Logging
package import OptionTrades
import Synchronization

/// Asks Amberdata for quotes of options on stocks.
///
/// Requests are spaced to the vendor's rate; 429 and 5xx are sent again with a cap, 401 and 403 never.
package final class AmberdataClient: Sendable {
    /// How far apart the quotes of an answer are.
    package enum Interval: String, Sendable {
        case minute
        case hour

        var microseconds: Int64 { self == .minute ? 60_000_000 : 3_600_000_000 }
        /// The vendor answers no more at once.
        var maximumPerCall: Int64 { self == .minute ? 60 : 24 }
    }

    private let configuration: AmberdataConfiguration
    private let transport: CurlTransport
    private let retries: RetryPolicy
    private let rate: RateLimit
    private let logger = Logger(label: "amberdata")
    private let calls = Mutex(0)
    /// What no text may show: the key as it is, and as it would stand in a URL.
    private var secrets: [String] { [configuration.apiKey, Self.encoded(configuration.apiKey)] }
    /// Pages that one call may go on over; its rows fit in one.
    static let maximumPages = 100

    package convenience init(
        _ configuration: AmberdataConfiguration, transport: CurlTransport = CurlTransport(upstream: "amberdata")
    ) {
        self.init(
            configuration, transport: transport, retries: Self.policy(RetryPolicy()),
            rate: RateLimit(perSecond: configuration.maximumRequestsPerSecond))
    }

    /// The usual policy as this vendor needs it: every 5xx is sent again, and a 429 waits 10 s where it says nothing.
    static func policy(_ usual: RetryPolicy) -> RetryPolicy {
        var policy = usual
        policy.retriesServerErrors = true
        policy.tooManyRequestsSeconds = 10
        return policy
    }

    init(_ configuration: AmberdataConfiguration, transport: CurlTransport, retries: RetryPolicy, rate: RateLimit) {
        self.configuration = configuration
        self.transport = transport
        self.rate = rate
        // A request that is sent again takes its turn like any other.
        var paced = retries
        paced.sleep = { seconds in
            try await retries.sleep(seconds)
            try await rate.wait()
        }
        self.retries = paced
    }

    /// Requests sent so far, those sent again not counted.
    package var callsMade: Int { calls.withLock { $0 } }

    /// The quotes of a contract in buckets from an instant up to, not including, another, ascending by bucket.
    ///
    /// An unknown contract has none. Long spans take several calls: 60 minutes or 24 hours each. Both ends go up to
    /// the next millisecond, the finest that is asked for.
    package func quotes(
        _ contract: OptionContract, from: Instant, to: Instant, interval: Interval
    ) async throws(AmberdataError) -> [OptionQuote] {
        var quotes: [OptionQuote] = []
        var start = Self.toMilliseconds(from)
        let last = Self.toMilliseconds(to)
        while start < last {
            let end = min(last, start.advanced(byMicroseconds: interval.microseconds * interval.maximumPerCall) ?? last)
            let query: [(String, String)] = [
                ("currency", contract.underlying), ("expiration", contract.expiry.description),
                ("strike", contract.strike.description), ("putCall", contract.optionType == .call ? "C" : "P"),
                ("startDate", Self.written(start)), ("endDate", Self.written(end)), ("timeInterval", interval.rawValue),
            ]
            try await forEachRow("/analytics/volatility/level-1-quotes/tradfi", query) { row in
                // What an answer has beyond its bounds is the next call's, or nobody's.
                if let quote = OptionQuote(level1: row, of: contract), start <= quote.timestamp, quote.timestamp < end {
                    quotes.append(quote)
                }
            }
            start = end
        }
        return quotes.sorted { ($0.timestamp, $0.time) < ($1.timestamp, $1.time) }
    }

    /// The number of calls that `quotes` makes at least.
    static func calls(from: Instant, to: Instant, interval: Interval) -> Int {
        let length = interval.microseconds * interval.maximumPerCall
        let span = max(0, to.microseconds - from.microseconds)
        return Int(span / length) + (span % length == 0 ? 0 : 1)
    }

    private static func toMilliseconds(_ instant: Instant) -> Instant {
        let part = instant.microseconds % 1000
        return part == 0 ? instant : instant.advanced(byMicroseconds: 1000 - part) ?? .maximum
    }

    /// A whole millisecond with three digits of a fraction at most.
    private static func written(_ instant: Instant) -> String {
        let text = instant.description
        return instant.microseconds % 1_000_000 == 0 ? text : text.dropLast(4) + "Z"
    }

    /// The rows of an answer and of the pages after it, and the number of pages. A failure names what was asked.
    func rows(_ path: String, _ query: [(String, String)]) async throws(AmberdataError) -> (rows: [JSONValue], pages: Int) {
        var rows: [JSONValue] = []
        do throws(AmberdataError) {
            let pages = try await forEachRow(path, query) { rows.append($0) }
            return (rows, pages)
        } catch {
            throw error.asked("\(path)?\(query.map { "\($0)=\($1)" }.joined(separator: "&"))")
        }
    }

    /// Gives each row of an answer and of the pages after it, and returns the number of pages.
    @discardableResult
    private func forEachRow(
        _ path: String, _ query: [(String, String)], _ body: (JSONValue) -> Void
    ) async throws(AmberdataError) -> Int {
        let base = try BaseAddress(configuration.baseURL)
        let parameters = query.map { "\($0)=\(Self.encoded($1))" }.joined(separator: "&")
        var url = "\(base.url)\(path)?\(parameters)"
        var seen: Set<ByteKey> = [ByteKey(url)]
        while true {
            let page: Envelope
            do throws(AmberdataError) {
                page = try Envelope(parsing: try await get(url))
            } catch {
                throw error.shown(without: secrets)
            }
            for row in page.rows.elements { body(row) }
            guard let next = page.next else { return seen.count }
            guard base.covers(next) else { throw .malformed("goes on at another address than AMBERDATA_BASE_URL's") }
            guard seen.insert(ByteKey(next)).inserted, seen.count <= Self.maximumPages else {
                throw .malformed("goes on without end")
            }
            url = next
        }
    }

    private func get(_ url: String) async throws(AmberdataError) -> [UInt8] {
        do {
            try await rate.wait()
        } catch {
            throw .cancelled
        }
        calls.withLock { $0 += 1 }
        let request = HTTPRequestSpec(
            url: url, headers: [("x-api-key", configuration.apiKey), ("Accept", "application/json")],
            timeoutSeconds: configuration.timeoutSeconds)
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await transport.get(request, retries: retries) { [logger] retry in
                logger.warning(
                    "Amberdata is asked again",
                    metadata: [
                        "retry": "\(retry.number)", "delay_s": "\(retry.delaySeconds)", "reason": "\(retry.reason)",
                    ])
            }
        } catch {
            throw .transport(error)
        }
        if response.status == 200 { return response.body }
        let text = (try? JSONDocument(parsing: response.body)).map(Envelope.text) ?? ""
        throw .status(response.status, text)
    }

    /// Percent-encoded but for the unreserved characters of RFC 3986.
    private static func encoded(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                out.append(byte)
            default: out += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
