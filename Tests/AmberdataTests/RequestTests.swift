import LedgerEvents
import LedgerValues
import LoopbackServer
import OptionTrades
import RandomSupport
import Synchronization
import Testing

@testable import Amberdata

/// What is asked, how often and how fast.
@Suite("Amberdata requests", .timeLimit(.minutes(1)))
struct RequestTests {
    /// The query of a request as it was decoded.
    private static func query(_ request: LoopbackServer.Request) -> [String: String] {
        var values: [String: String] = [:]
        for pair in request.target.split(separator: "?", maxSplits: 1).last?.split(separator: "&") ?? [] {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            values[String(parts[0])] = String(parts[1]).replacing("%3A", with: ":").replacing("%2F", with: "/")
        }
        return values
    }

    private static func spans(_ vendor: ScriptedVendor) -> [String] {
        vendor.server.requests.map { request in
            let values = query(request)
            return "\(values["startDate"] ?? "") \(values["endDate"] ?? "")"
        }
    }

    @Test func `A request names contract, span and interval, the key in a header alone`() async throws {
        let vendor = try ScriptedVendor(Wire.page())
        let quotes = try await vendor.client(path: "/markets/derivatives/").quotes(
            Wire.contract, from: Wire.start, to: Wire.end, interval: .minute)
        #expect(quotes.count == 1)
        let request = try #require(vendor.server.requests.first)
        #expect(request.target.hasPrefix("/markets/derivatives/analytics/volatility/level-1-quotes/tradfi?"))
        #expect(
            Self.query(request) == [
                "currency": "MSTR", "expiration": "2025-01-03", "strike": "437.5", "putCall": "C",
                "startDate": "2024-12-20T15:00:00Z", "endDate": "2024-12-20T15:30:00Z", "timeInterval": "minute",
            ])
        #expect(request.header("x-api-key") == ScriptedVendor.key)
        #expect(request.header("Accept-Encoding") == "gzip")
        #expect(request.headers.count { $0.value.contains(ScriptedVendor.key) } == 1)
    }

    @Test func `What a query can't hold is escaped`() async throws {
        let vendor = try ScriptedVendor(Wire.page([]))
        let contract = OptionContract(
            underlying: "BRK/B &x=é", expiry: Wire.contract.expiry, strike: Wire.decimal("5"), optionType: .put)
        _ = try await vendor.client().quotes(contract, from: Wire.start, to: Wire.end, interval: .hour)
        let target = try #require(vendor.server.requests.first?.target)
        #expect(target.contains("?currency=BRK%2FB%20%26x%3D%C3%A9&expiration="))
        #expect(target.contains("&putCall=P&") && target.hasSuffix("&timeInterval=hour"))
    }

    @Test func `A span of minutes is asked in hours, each end the next start`() async throws {
        let vendor = try ScriptedVendor(Wire.page([]))
        let client = vendor.client()
        _ = try await client.quotes(
            Wire.contract, from: Wire.start, to: Wire.instant("2024-12-20T17:01:00Z"), interval: .minute)
        #expect(
            Self.spans(vendor) == [
                "2024-12-20T15:00:00Z 2024-12-20T16:00:00Z", "2024-12-20T16:00:00Z 2024-12-20T17:00:00Z",
                "2024-12-20T17:00:00Z 2024-12-20T17:01:00Z",
            ])
        #expect(client.callsMade == 3)
    }

    @Test func `Look-ups take the calls that were foretold where no window is widened and nothing is repeated`() async throws {
        let vendor = try ScriptedVendor(Wire.page([]))
        let quotes = AmberdataQuotes(client: vendor.client())
        // The second shares most of the first one's minutes, the third none, and the last is of another contract.
        let other = OptionContract(
            underlying: "MSTR", expiry: Wire.contract.expiry, strike: Wire.decimal("500"), optionType: .call)
        let lookups = [
            (Wire.contract, "2024-12-20T15:00:00Z"), (Wire.contract, "2024-12-20T15:20:00Z"), (Wire.contract, "2024-12-20T20:00:00Z"),
            (other, "2024-12-20T20:00:00Z"),
        ].map { contract, time in
            QuoteLookup(
                contract: contract, target: Wire.instant(time), window: QuoteWindow(around: Wire.instant(time), minutes: 30))
        }
        let foretold = quotes.leastCalls(for: lookups)
        _ = await quotes.answers(to: Array(lookups[..<3]))
        _ = await quotes.answers(to: Array(lookups[3...]))
        #expect(foretold == 7 && quotes.callsMade == 7)
        #expect(quotes.leastCalls(for: []) == 0)
    }

    @Test func `A span of hours is asked in days`() async throws {
        let vendor = try ScriptedVendor(Wire.page([]))
        _ = try await vendor.client().quotes(
            Wire.contract, from: Wire.start, to: Wire.instant("2024-12-22T15:00:00Z"), interval: .hour)
        #expect(
            Self.spans(vendor) == [
                "2024-12-20T15:00:00Z 2024-12-21T15:00:00Z", "2024-12-21T15:00:00Z 2024-12-22T15:00:00Z",
            ])
    }

    @Test func `Spans of any length are asked without gap and overlap, never more than is answered at once`()
        async throws
    {
        for seed in 0..<60 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let interval: AmberdataClient.Interval = seed % 2 == 0 ? .minute : .hour
            let from = Wire.start.advanced(byMicroseconds: Int64.random(in: 0..<4_000_000_000, using: &random) * 1000)!
            let length = Int64.random(in: 1...(interval == .minute ? 20_000_000 : 400_000_000), using: &random) * 1000
            let to = from.advanced(byMicroseconds: length)!
            let vendor = try ScriptedVendor(Wire.page([]))
            _ = try await vendor.client().quotes(Wire.contract, from: from, to: to, interval: interval)
            let spans = vendor.server.requests.map { request in
                let values = Self.query(request)
                return (Wire.instant(values["startDate"]!), Wire.instant(values["endDate"]!))
            }
            #expect(spans.first?.0 == from && spans.last?.1 == to, "seed \(seed)")
            for (one, next) in zip(spans, spans.dropFirst()) { #expect(one.1 == next.0, "seed \(seed)") }
            let longest: Int64 = interval == .minute ? 3_600_000_000 : 86_400_000_000
            for span in spans { #expect(0 < span.1.microseconds - span.0.microseconds, "seed \(seed)") }
            for span in spans { #expect(span.1.microseconds - span.0.microseconds <= longest, "seed \(seed)") }
        }
    }

    @Test func `Parts of a millisecond go up`() async throws {
        let vendor = try ScriptedVendor(Wire.page([]))
        _ = try await vendor.client().quotes(
            Wire.contract, from: Wire.instant("2024-12-20T15:00:00.000001Z"),
            to: Wire.instant("2024-12-20T15:00:00.999001Z"), interval: .minute)
        #expect(Self.spans(vendor) == ["2024-12-20T15:00:00.001Z 2024-12-20T15:00:01Z"])
    }

    @Test func `An empty span asks nothing`() async throws {
        let vendor = try ScriptedVendor(Wire.page())
        let client = vendor.client()
        for from in [Wire.start, Wire.end] {
            #expect(try await client.quotes(Wire.contract, from: from, to: Wire.start, interval: .hour).isEmpty)
        }
        #expect(client.callsMade == 0 && vendor.server.connectionCount == 0)
    }

    @Test func `The start counts, the end does not, and what an answer has beyond is dropped`() async throws {
        let rows = ["14:59:59.999", "15:00:00.000", "15:29:59.999", "15:30:00.000"].map {
            Wire.row(["timestamp": "\"2024-12-20T\($0)Z\""])
        }
        let vendor = try ScriptedVendor(Wire.page(rows))
        #expect(
            try await vendor.quotes().map(\.timestamp.description)
                == ["2024-12-20T15:00:00Z", "2024-12-20T15:29:59.999000Z"])
    }

    @Test func `Quotes ascend by bucket and then by their own time`() async throws {
        let rows = [("15:02", "15:02:01"), ("15:01", "15:03:00"), ("15:01", "15:01:09")].map { bucket, time in
            Wire.row(["timestamp": "\"2024-12-20T\(bucket):00Z\"", "exchangeTimestamp": "\"2024-12-20T\(time)Z\""])
        }
        let vendor = try ScriptedVendor(Wire.page(rows))
        #expect(
            try await vendor.quotes().map(\.time.description)
                == ["2024-12-20T15:01:09Z", "2024-12-20T15:03:00Z", "2024-12-20T15:02:01Z"])
    }

    // MARK: - The rate

    /// A clock that only sleeping moves.
    private final class Clock: Sendable {
        let start = ContinuousClock.now
        private let offset = Mutex(Duration.zero)
        private let waits = Mutex<[Duration]>([])

        var waited: [Duration] { waits.withLock { $0 } }

        func limit(_ perSecond: Int) -> RateLimit {
            RateLimit(
                perSecond: perSecond, now: { self.start + self.offset.withLock { $0 } },
                sleep: { moment in
                    let wait = moment - (self.start + self.offset.withLock { $0 })
                    self.waits.withLock { $0.append(wait) }
                    self.offset.withLock { $0 = max($0, moment - self.start) }
                })
        }

        func advance(_ duration: Duration) { offset.withLock { $0 += duration } }
    }

    @Test func `Requests are spaced evenly`() async throws {
        let clock = Clock()
        let limit = clock.limit(15)
        for _ in 0..<16 { try await limit.wait() }
        #expect(clock.waited == Array(repeating: .seconds(1) / 15, count: 15))
        clock.advance(.seconds(5))
        try await limit.wait()
        #expect(clock.waited.count == 15)
    }

    @Test func `Pages and requests that are sent again take their turn`() async throws {
        let clock = Clock()
        let port = Mutex(0)
        let vendor = try ScriptedVendor { request in
            let url = port.withLock { "http://127.0.0.1:\($0)" }
            if request.number == 1 { return .json(Wire.page(next: "\"\(url)/2\"")) }
            return request.number < 4 ? .status(500) : .json(Wire.page())
        }
        port.withLock { $0 = vendor.server.port }
        let client = vendor.client(rate: clock.limit(10))
        #expect(
            try await client.quotes(Wire.contract, from: Wire.start, to: Wire.end, interval: .minute).count == 2)
        #expect(vendor.server.requests.count == 4)
        #expect(clock.waited == Array(repeating: .milliseconds(100), count: 3))
        #expect(client.callsMade == 2)
    }

    @Test func `A task that is cancelled while it waits for its turn asks nothing`() async throws {
        let vendor = try ScriptedVendor(Wire.page())
        let start = ContinuousClock.now
        let waiting = Mutex(0)
        let limit = RateLimit(
            perSecond: 1, now: { start },
            sleep: { _ in
                waiting.withLock { $0 += 1 }
                try await Task.sleep(for: .seconds(60))
            })
        try await limit.wait()
        let client = vendor.client(rate: limit)
        let task = Task { await vendor.failure(client) }
        while waiting.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(1)) }
        task.cancel()
        #expect(await task.value?.isCancelled == true)
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await vendor.failure(client)
        }
        #expect(await late.value?.isCancelled == true)
        #expect(waiting.withLock { $0 } == 1)
        #expect(vendor.server.connectionCount == 0 && client.callsMade == 0)
    }
}
