import Amberdata
import Curl
import LedgerEvents
import LedgerValues
import OptionTrades
import SampleScope
import Testing

/// The client against the server that the demo asks: a real socket, the whole way, nothing scripted.
@Suite("Amberdata on the sample's server", .timeLimit(.minutes(2)))
struct SampleServerTests {
    private static let key = "sample-secret"
    private static let start = Instant("2025-10-01T14:00:00Z")!
    private static let end = Instant("2025-10-01T17:30:00Z")!

    private static func contract(
        _ underlying: String = "MSTR", strike: Int = 300, _ optionType: OptionType = .call
    ) -> OptionContract {
        OptionContract(
            underlying: underlying, expiry: CalendarDate(year: 2025, month: 12, day: 19)!,
            strike: FixedDecimal(strike), optionType: optionType)
    }

    private static func client(_ server: SampleQuoteServer, key: String = key) -> AmberdataClient {
        AmberdataClient(
            AmberdataConfiguration(baseURL: server.baseURL, apiKey: key, maximumRequestsPerSecond: 10_000))
    }

    private static func withServer(
        _ failures: FailurePlan = .none, _ body: (SampleQuoteServer) async throws -> Void
    ) async throws {
        let server = try await SampleQuoteServer.start(apiKey: key, failures: failures)
        do {
            try await body(server)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private static func failure(_ server: SampleQuoteServer, key: String = key) async -> AmberdataError? {
        do throws(AmberdataError) {
            _ = try await client(server, key: key)
                .quotes(contract(), from: start, to: start.advanced(byMicroseconds: 60_000_000)!, interval: .minute)
            return nil
        } catch {
            return error
        }
    }

    @Test func `Minutes of several calls come whole and in order`() async throws {
        try await Self.withServer { server in
            let client = Self.client(server)
            let quotes = try await client.quotes(Self.contract(), from: Self.start, to: Self.end, interval: .minute)
            // Three hours and a half, and none before half past two.
            #expect(client.callsMade == 4 && server.requestCount == 4)
            #expect(quotes.count == 30)
            for (earlier, later) in zip(quotes, quotes.dropFirst()) { #expect(earlier.timestamp < later.timestamp) }
            for quote in quotes {
                #expect(Self.start <= quote.timestamp && quote.timestamp < Self.end)
                let exchangeTimestamp = try #require(quote.exchangeTimestamp)
                #expect(quote.timestamp <= exchangeTimestamp && quote.time == exchangeTimestamp)
                #expect(quote.bidSize == nil && quote.askSize == nil && quote.volume24h == nil && quote.openInterest == nil)
                #expect(quote.underlyingPrice != nil && quote.markIV != nil && !quote.rounded)
            }
        }
    }

    @Test func `Hours of several calls are the last minutes of each`() async throws {
        try await Self.withServer { server in
            let client = Self.client(server)
            let from = Instant("2025-10-01T00:00:00Z")!
            let to = Instant("2025-10-03T12:00:00Z")!
            let hours = try await client.quotes(Self.contract(), from: from, to: to, interval: .hour)
            #expect(client.callsMade == 3 && hours.count > 6)
            for hour in hours {
                #expect(hour.timestamp.microseconds % 3_600_000_000 == 0)
                let end = try #require(hour.timestamp.advanced(byMicroseconds: 3_600_000_000))
                let minutes = try await client.quotes(
                    Self.contract(), from: hour.timestamp, to: end, interval: .minute)
                let last = try #require(minutes.last)
                #expect(hour.time == last.time && hour.bid == last.bid && hour.ask == last.ask && hour.mark == last.mark)
            }
        }
    }

    @Test func `Contracts of the sample show one-sided, crossed, locked and zero quotes as they are`() async throws {
        try await Self.withServer { server in
            let client = Self.client(server)
            var states: Set<String> = []
            for strike in stride(from: 200, through: 400, by: 5) {
                for optionType in [OptionType.call, .put] {
                    let quotes = try await client.quotes(
                        Self.contract(strike: strike, optionType), from: Self.start, to: Self.end, interval: .hour)
                    if quotes.isEmpty { states.insert("none") }
                    for quote in quotes {
                        #expect(quote.ask != nil)
                        guard let bid = quote.bid, let ask = quote.ask else {
                            states.insert("one-sided")
                            continue
                        }
                        if quote.mark == nil { states.insert("no mark") }
                        states.insert(bid == .zero ? "zero bid" : bid > ask ? "crossed" : bid == ask ? "locked" : "usual")
                    }
                }
            }
            #expect(states == ["none", "one-sided", "no mark", "zero bid", "crossed", "locked", "usual"])
        }
    }

    @Test func `An unknown currency has no quotes, a wrong key is not entitled and asked once`() async throws {
        try await Self.withServer { server in
            let none = try await Self.client(server)
                .quotes(Self.contract("NONE"), from: Self.start, to: Self.end, interval: .hour)
            #expect(none.isEmpty && server.requestCount == 1)
            let error = try #require(await Self.failure(server, key: "wrong"))
            #expect(error.isNotEntitled && server.requestCount == 2)
            #expect(
                "\(error)" == "Amberdata answered 401: the x-api-key header does not hold the key; "
                    + "Request was invalid or cannot be served.")
        }
    }

    @Test(arguments: [401, 403])
    func `Not entitled is never asked again`(status: Int) async throws {
        try await Self.withServer(.every(.status(status, headers: [("Retry-After", "0")]))) { server in
            #expect(await Self.failure(server)?.isNotEntitled == true)
            #expect(server.requestCount == 1)
        }
    }

    @Test func `What passes is asked again and does no harm`() async throws {
        let plan = FailurePlan.requests([
            0: .status(429, headers: [("Retry-After", "0")]), 1: .status(500, headers: [("Retry-After", "0")]),
            3: .connectionDropped(afterBytes: 300), 4: .delay(seconds: 0.05),
        ])
        try await Self.withServer { well in
            let wanted = try await Self.client(well)
                .quotes(Self.contract(), from: Self.start, to: Self.end, interval: .minute)
            try await Self.withServer(plan) { server in
                let client = Self.client(server)
                let quotes = try await client.quotes(Self.contract(), from: Self.start, to: Self.end, interval: .minute)
                #expect(quotes == wanted && !quotes.isEmpty)
                #expect(server.requestCount == 7 && client.callsMade == 4)
            }
        }
    }

    @Test func `A truncated body and pages elsewhere are errors, asked for once`() async throws {
        let elsewhere = #"{"payload":{"data":[],"metadata":{"next":"https://elsewhere.example/markets/derivatives/x"}}}"#
        for failure in [FailurePlan.Failure.truncated(afterBytes: 150), .body(Array(elsewhere.utf8))] {
            try await Self.withServer(.every(failure)) { server in
                let error = try #require(await Self.failure(server))
                #expect(!error.isNotEntitled && !error.isUnreachable && server.requestCount == 1)
                #expect("\(error)".hasPrefix("Amberdata's answer ") && !"\(error)".contains("elsewhere"))
            }
        }
    }

    @Test func `An error of the server that stays is told after the retries, a server that is gone is unreachable`()
        async throws
    {
        try await Self.withServer(.every(.status(502, headers: [("Retry-After", "0")]))) { server in
            let error = try #require(await Self.failure(server))
            #expect("\(error)" == "Amberdata answered 502" && server.requestCount == 6)
        }
        let server = try await SampleQuoteServer.start(apiKey: Self.key)
        await server.stop()
        #expect(await Self.failure(server)?.isUnreachable == true)
    }
}
