import Amberdata
import LedgerEvents
import LedgerRules
import LedgerStore
import LedgerValues
import LoopbackServer
import OptionTrades
import Synchronization
import TestSupport

@testable import Operations

/// A vendor with the prices that a test gives it, by hour. It counts what it is asked for.
final class ScriptedSeries: SeriesSource {
    struct State {
        var calls = 0
        var windows: [SeriesWindow] = []
        /// Figures by the hours since 2026-01-05; several of an hour are those of several exchanges.
        var prices: [Int: [Int]]
        var failures: [CaptureSeries: SeriesError] = [:]
    }

    let name = "scripted"
    let state: Mutex<State>

    init(_ prices: [Int: [Int]]) { state = Mutex(State(prices: prices)) }

    var callsMade: Int { state.withLock { $0.calls } }
    var windows: [SeriesWindow] { state.withLock { $0.windows } }

    func set(_ hour: Int, _ prices: [Int]) { state.withLock { $0.prices[hour] = prices } }
    func fail(_ series: CaptureSeries, _ error: SeriesError?) { state.withLock { $0.failures[series] = error } }

    func observations(
        of series: CaptureSeries, currency: String, in window: SeriesWindow
    ) async throws(SeriesError) -> SeriesAnswer {
        let (prices, failure) = state.withLock { state in
            state.calls += 1
            state.windows.append(window)
            return (state.prices, state.failures[series])
        }
        if let failure { throw failure }
        var answer = SeriesAnswer()
        answer.pages = 1
        for (hour, list) in prices.sorted(by: { $0.key < $1.key }) {
            let time = CaptureBench.hour(hour)
            guard window.contains(time) else { continue }
            for (place, price) in list.enumerated() {
                let fields: [(name: String, value: MarketValue)] = [
                    ("currency", .text(currency)), ("timestamp", .instant(time)), ("exchange", .text("x\(place)")),
                    ("oi_value", .decimal(FixedDecimal(price))),
                ]
                if let observation = MarketObservedPayload(kind: .openInterest, fields: fields) { answer.observations.append(observation) }
            }
        }
        return answer
    }
}

/// A ledger, and a clock that stands still.
struct CaptureBench: Sendable {
    let ledger: LedgerDatabase
    /// Two days after hour 0.
    static let now = hour(48)

    static func hour(_ number: Int) -> Instant {
        Instant(microseconds: (Instant("2026-01-05T00:00:00Z")?.microseconds ?? 0) + Int64(number) * 3_600_000_000) ?? .minimum
    }

    func run(
        _ source: any SeriesSource, _ series: [CaptureSeries] = [.gex], currencies: [String] = ["BTC"], from: Int = 0, to: Int = 4,
        apply: Bool = true, again: Bool = false, maximumCalls: Int? = nil
    ) async throws -> CaptureSummary {
        try await CaptureRun(
            pool: ledger.pool, log: ledger.log, configuration: ledger.configuration, source: source, now: { Self.now },
            newID: {
                var generator = SystemRandomNumberGenerator()
                return UniqueID(random: &generator)
            }
        ).run(
            CaptureOptions(
                series: series, currencies: currencies, from: Self.hour(from), to: Self.hour(to), apply: apply, again: again,
                maximumCalls: maximumCalls))
    }

    func coverage(_ series: CaptureSeries = .gex, from: Int = 0, to: Int = 4) async throws -> [String] {
        try await CaptureCoverage.read(
            series, currency: "BTC", from: Self.hour(from), to: Self.hour(to), now: Self.now, ledger.pool
        ).missing.map { "\($0.hour) \($0.reason.rawValue)" }
    }

    func head() async throws -> Int64 { try await ledger.pool.run { session in try LogReader().head(session).position } }

    func events() async throws -> [RecordedEvent] {
        try await ledger.pool.run { session in try LogReader().events(after: 0, limit: 1_000_000, session) }
    }

    /// The types of the log's events in order, with runs of the same type counted.
    func types() async throws -> [String] {
        var types: [(name: String, count: Int)] = []
        for event in try await events() {
            if types.last?.name == event.type { types[types.count - 1].count += 1 } else { types.append((event.type, 1)) }
        }
        return types.map { "\($0.name) \($0.count)" }
    }
}

func withCapture<T>(_ body: (CaptureBench) async throws -> T) async throws -> T {
    try await withLedger { ledger in try await body(CaptureBench(ledger: ledger)) }
}

/// Amberdata on loopback, which answers by path.
final class AmberdataVendor: Sendable {
    typealias Answer = @Sendable (_ query: [String: String]) -> LoopbackServer.Reply
    let server: LoopbackServer

    /// - Parameter answers: by the end of the path; every other path is unknown
    init(_ answers: [String: Answer]) throws {
        server = try LoopbackServer { request in
            let parts = request.target.split(separator: "?", maxSplits: 1)
            guard let path = parts.first, request.header("x-api-key") == "vendor-key",
                let answer = answers.first(where: { path.hasSuffix($0.key) })?.value
            else { return .status(404) }
            var query: [String: String] = [:]
            for pair in parts.dropFirst().first?.split(separator: "&") ?? [] {
                let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
                if parts.count == 2 { query[parts[0]] = parts[1] }
            }
            return answer(query)
        }
    }

    func source() throws -> AmberdataSeries {
        AmberdataSeries(
            AmberdataConfiguration(baseURL: server.url, apiKey: "vendor-key", maximumRequestsPerSecond: 1_000),
            try FundingIntervals(path: "shared/funding_intervals.v1.yaml", read: { projectRuleFile($0) ?? [] }))
    }

    static func page(_ rows: [String]) -> LoopbackServer.Reply {
        .json(
            #"{"status":200,"title":"OK","description":"","payload":{"data":[\#(rows.joined(separator: ","))],"metadata":{"api-version":"1"}}}"#
        )
    }

    /// Hours of a query, one of them beyond its end.
    static func hours(_ query: [String: String]) -> [Int] {
        guard let from = query["startDate"].flatMap({ Int($0) }), let to = query["endDate"].flatMap({ Int($0) }) else { return [] }
        return Array(stride(from: from, through: to, by: 3_600_000))
    }
}
