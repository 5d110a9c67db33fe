import Amberdata
import LedgerEvents
import LedgerPostgres
import LedgerValues
import LoopbackServer
import OptionTrades
import Synchronization
import TestSupport
import Testing

@testable import Operations

/// A vendor that has quotes at some times: it answers buckets of minutes, and of hours with the last quote of each.
private final class QuoteVendor: Sendable {
    struct Asked: Sendable {
        var strike: String
        var from: Instant
        var to: Instant
        var interval: String
    }

    let asked = Mutex<[Asked]>([])

    /// - Parameters:
    ///   - quotes: seconds after `base` by strike; a quote's bucket is its minute.
    ///   - refusing: the status for a strike.
    func serve(
        base: Instant, _ quotes: [String: [Int]], refusing: [String: Int] = [:]
    ) throws -> LoopbackServer {
        try LoopbackServer { request in
            guard let asked = Self.parse(request.target) else { return .status(400) }
            self.asked.withLock { $0.append(asked) }
            if let status = refusing[asked.strike] { return .status(status) }
            let isHourly = asked.interval == "hour"
            let width: Int64 = isHourly ? 3_600_000_000 : 60_000_000
            var rows: [Int64: Int64] = [:]
            for seconds in (quotes[asked.strike] ?? []).sorted() {
                let time = base.microseconds + Int64(seconds) * 1_000_000
                rows[time - time % width] = time
            }
            let data = rows.sorted { $0.key < $1.key }
                .filter { asked.from.microseconds <= $0.key && $0.key < asked.to.microseconds }
                .map { bucket, time in
                    """
                    {"ask":13,"askVolume":null,"bid":12,"bidVolume":null,"currency":"MSTR","exchangeTimestamp":\(time / 1000),\
                    "expirationTimestamp":1769731200000,"instrument":"MSTR-30JAN26-350-C","markIv":60,"markPrice":12.5,\
                    "openInterest":null,"putCall":"C","strike":\(asked.strike),"timestamp":\(bucket / 1000),\
                    "underlyingPrice":340,"volume":null}
                    """
                }
            return .json(
                """
                {"status":200,"title":"OK","description":"","payload":{"data":[\(data.joined(separator: ","))],\
                "metadata":{"api-version":"2023-09-30"}}}
                """)
        }
    }

    private static func parse(_ target: String) -> Asked? {
        var values: [String: String] = [:]
        for pair in target.split(separator: "?").last?.split(separator: "&") ?? [] {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]).replacing("%3A", with: ":") }
        }
        guard let strike = values["strike"], let from = values["startDate"].flatMap(Self.instant),
            let to = values["endDate"].flatMap(Self.instant), let interval = values["timeInterval"],
            values["currency"] == "MSTR", values["expiration"] == "2026-01-30", values["putCall"] == "C"
        else { return nil }
        return Asked(strike: strike, from: from, to: to, interval: interval)
    }

    private static func instant(_ text: String) -> Instant? {
        Instant(text) ?? Int64(text).flatMap { Instant(microseconds: $0 * 1000) }
    }

    var calls: Int { asked.withLock { $0.count } }
}

private func amberdata(_ server: LoopbackServer, key: String = "vendor-key") -> QuoteChoice {
    .vendor(AmberdataQuotes(AmberdataConfiguration(baseURL: server.url, apiKey: key, maximumRequestsPerSecond: 1000)))
}

@Suite("Amberdata's quotes in backfills") struct AmberdataBackfillTests {
    @Test func `benchmarks take the quote that is nearest by exchange time, and name their source`() async throws {
        try await withQuotes { bench in
            try await bench.record(bench.row("T-1"))
            let vendor = QuoteVendor()
            let base = try instant("2026-01-10T14:30:00Z")
            // The bucket 14:29 holds a quote of 14:29:58, the bucket 14:30 one of 14:30:03.
            let server = try vendor.serve(base: base, ["350": [-2, 3, -600]])
            let summary = try await bench.benchmarks(amberdata(server))
            #expect(summary.quoteSource == "amberdata" && summary.byQuality == ["quoted": 1])
            #expect(summary.calls == vendor.calls && summary.calls == 2)
            let benchmark = try await bench.benchmark(of: "T-1")
            #expect(benchmark.quote?.exchangeTimestamp == base.advanced(byMicroseconds: -2_000_000))
            #expect(benchmark.quoteSource == "amberdata_tradfi_level1" && benchmark.inputs.isEmpty)
            #expect(try await bench.benchmarks(amberdata(server)).wanted == 0)
            #expect(vendor.calls == 2)
        }
    }

    @Test func `a quote whose bucket lies before the window, and its own time within, is found`() async throws {
        try await withQuotes { bench in
            try await bench.record(bench.row("T-1") { $0.tradeDate = try instant("2026-01-10T14:30:30Z") })
            let vendor = QuoteVendor()
            let server = try vendor.serve(base: try instant("2026-01-10T14:00:00Z"), ["350": [31, 3630]])
            try await bench.benchmarks(amberdata(server))
            #expect(try await bench.benchmark(of: "T-1").quote?.time == (try instant("2026-01-10T14:00:31Z")))
        }
    }

    @Test func `neighbouring executions of a contract ask only for the minutes that are not there yet`() async throws {
        try await withQuotes { bench in
            for (id, seconds) in [("a", 0), ("b", 0), ("c", 20), ("d", 1200)] {
                try await bench.record(
                    bench.row(id) { $0.tradeDate = try instant("2026-01-10T14:30:00Z", plusSeconds: seconds) })
            }
            let vendor = QuoteVendor()
            let server = try vendor.serve(base: try instant("2026-01-10T14:30:00Z"), ["350": [1190]])
            let summary = try await bench.benchmarks(amberdata(server))
            // Two calls for 66 minutes, one for the twenty more of the last.
            #expect(summary.lookups == 3 && summary.calls == 3)
            let asked = vendor.asked.withLock { $0 }
            #expect(asked.last?.from == (try instant("2026-01-10T15:01:00Z")))
            #expect(asked.last?.to == (try instant("2026-01-10T15:21:00Z")))
            for id in ["a", "b", "c", "d"] { #expect(try await bench.benchmark(of: id).quote != nil) }
        }
    }

    @Test func `marks name how they were found: at the horizon, at the expiry, in the widened search, under a foreign root`() async throws {
        try await withQuotes { bench in
            try await bench.record(
                bench.row("T-1"),
                bench.row("adjusted") {
                    $0.strike = FixedDecimal(400)
                    $0.optionSymbol = "MSTR1260130C00400000"
                })
            let vendor = QuoteVendor()
            let day = 86_400
            // One day, seven days less five hours, and ten minutes before the expiry at 2026-01-30T21:00:00Z.
            let expiry = 20 * day + 23_400 - 600
            let server = try vendor.serve(
                base: try instant("2026-01-10T14:30:00Z"),
                ["350": [day, 7 * day - 18_000, expiry, expiry + 660], "400": [day]])
            try await bench.marks(amberdata(server)) { $0.adjustedRoots = true }
            #expect(try await bench.mark(of: "T-1", "1d").quoteSource == "amberdata_tradfi_level1")
            let widened = try await bench.mark(of: "T-1", "7d")
            #expect(widened.quoteSource == "amberdata_tradfi_level1_chunked_recovery")
            #expect(widened.quote?.time == (try instant("2026-01-17T09:30:00Z")))
            let last = try await bench.mark(of: "T-1", "expiry")
            #expect(last.quoteSource == "amberdata_tradfi_level1_expiry_quote")
            #expect(last.quote?.time == (try instant("2026-01-30T20:50:00Z")))
            #expect(try await bench.mark(of: "adjusted", "1d").quoteSource == "amberdata_tradfi_level1_adjusted_root")
            #expect(try await bench.mark(of: "adjusted", "7d").quoteSource == nil)
        }
    }

    /// Against all quotes of the window, and with few calls.
    @Test(arguments: UInt64(0)..<40)
    func `the widened search finds the nearest quote of two days in a few calls`(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let target = try instant("2026-01-15T14:30:00Z", plusSeconds: Int.random(in: 0..<7200, using: &random))
        let endsThere = Bool.random(using: &random)
        var times: [Int] = []
        for _ in 0..<Int.random(in: 0..<8, using: &random) {
            let seconds = Int.random(in: -90_000..<90_000, using: &random)
            if abs(seconds) > 1800 { times.append(seconds) }
        }
        // One quote a minute's bucket.
        var minutes: Set<Int64> = []
        times = times.filter { minutes.insert((target.microseconds + Int64($0) * 1_000_000) / 60_000_000).inserted }
        let vendor = QuoteVendor()
        let server = try vendor.serve(base: target, ["350": times])
        let source = AmberdataQuotes(
            AmberdataConfiguration(baseURL: server.url, apiKey: "k", maximumRequestsPerSecond: 1000))
        let contract = OptionContract(
            underlying: "MSTR", expiry: try #require(CalendarDate("2026-01-30")), strike: FixedDecimal(350),
            optionType: .call)
        let lookup = QuoteLookup(
            contract: contract, target: target, window: QuoteWindow(around: target, minutes: 30, endsThere: endsThere),
            widened: QuoteWindow(around: target, minutes: 1440, endsThere: endsThere))
        let answer = try #require(await source.answers(to: [lookup]).first).get()
        let expected = times.filter { -86_400 <= $0 && $0 <= (endsThere ? 0 : 86_400) }
            .min { (abs($0), $0) < (abs($1), $1) }
        #expect(answer.isWidened)
        #expect(
            answer.found?.quote.time == expected.flatMap { target.advanced(byMicroseconds: Int64($0) * 1_000_000) },
            "seed \(seed)")
        #expect(source.callsMade == vendor.calls && vendor.calls <= 9, "seed \(seed)")
    }

    @Test func `refusals are recorded, a vendor that is not there ends the run, and the key shows nowhere`() async throws {
        try await withQuotes(["AMBERDATA_API_KEY": "vendor-key"]) { bench in
            try await bench.record(
                bench.row("refused"), bench.row("forbidden") { $0.strike = FixedDecimal(360) },
                bench.row("broken") { $0.strike = FixedDecimal(370) })
            let vendor = QuoteVendor()
            let server = try vendor.serve(
                base: try instant("2026-01-10T14:30:00Z"), [:], refusing: ["350": 401, "360": 403, "370": 400])
            let summary = try await bench.benchmarks(amberdata(server))
            #expect(summary.notEntitled == 2 && summary.failed == 3)
            #expect(try await bench.benchmark(of: "refused").notEntitled)
            #expect(try await bench.benchmark(of: "forbidden").notEntitled)
            let broken = try await bench.benchmark(of: "broken")
            #expect(!broken.notEntitled && broken.error?.hasPrefix("lookup_failed: ") ?? false)

            let port = try LoopbackServer.unusedPort()
            let nowhere = QuoteChoice.vendor(
                AmberdataQuotes(AmberdataConfiguration(baseURL: "http://127.0.0.1:\(port)", apiKey: "vendor-key", timeoutSeconds: 2)))
            let head = try await bench.head()
            do {
                try await bench.benchmarks(nowhere) { $0.retry = true }
                Issue.record("the run went on")
            } catch BackfillError.unreachable(let problem) {
                #expect(!problem.contains("vendor-key"))
            }
            #expect(try await bench.head() == head)
            do {
                try await bench.benchmarks(
                    .vendor(AmberdataQuotes(AmberdataConfiguration(baseURL: "http://example.com", apiKey: "vendor-key")))
                ) { $0.retry = true }
                Issue.record("the run went on")
            } catch BackfillError.notConfigured(let problem) {
                #expect(problem.hasPrefix("AMBERDATA_BASE_URL: "))
            }
            #expect(try await bench.head() == head)
            let payloads = try await bench.ledger.pool.run { session in
                try session.execute("SELECT count(*) FROM ledger.events WHERE payload LIKE '%vendor-key%'")[0].int8(0)
            }
            #expect(payloads == 0)
        }
    }
}
