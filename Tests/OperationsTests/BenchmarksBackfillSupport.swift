import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import Synchronization
import TestSupport
import Testing

/// A ledger with executions, quotes and market observations of its own, for the backfills of quotes.
struct QuotesBench: Sendable {
    let ledger: Ledger
    private let runID = UniqueID(high: 1, low: 1)

    // MARK: - Filling the log

    /// An execution of the MSTR 350 call of 2026-01-30, traded at 2026-01-10T14:30:00Z.
    func row(_ id: String, _ change: (inout ExecutionRow) throws -> Void = { _ in }) throws -> ExecutionRow {
        var row = try sampleRow(id)
        try change(&row)
        return row
    }

    func record(_ rows: ExecutionRow...) async throws {
        try await ledger.log.append(rows.map { recorded($0) }, runID: runID)
    }

    func update(_ row: ExecutionRow, from old: ExecutionRow) async throws {
        let stream = Streams.execution(source: row.source, id: row.sourceTradeID)
        let version = try await ledger.pool.run { session in
            try LogReader().stream(stream, limit: 1000, session).count
        }
        try await ledger.log.append([updated(row, from: old, previous: Int64(version))], runID: runID)
    }

    /// Observes fields; supersedes what was observed of the same identity.
    @discardableResult
    func observe(_ kind: MarketKind, _ fields: [(name: String, value: MarketValue)]) async throws -> Int64 {
        let payload = try #require(MarketObservedPayload(kind: kind, fields: fields))
        let stream = payload.stream
        let version = try await ledger.pool.run { session in
            try LogReader().stream(stream, limit: 1000, session).count
        }
        return try await ledger.log.append([payload.event(previousVersion: Int64(version))], runID: runID)[0].position
    }

    /// A quote of the sample contract, or of another strike; returns its position.
    @discardableResult
    func quote(
        at time: String, bid: String? = "12", ask: String? = "13", mark: String? = nil, strike: String = "350",
        underlying: String = "MSTR", expiry: String = "2026-01-30"
    ) async throws -> Int64 {
        let date = try #require(CalendarDate(expiry))
        var fields: [(name: String, value: MarketValue)] = [
            ("underlying", .text(underlying)), ("expiry", .date(date)),
            ("strike", .decimal(try FixedDecimal(strike))), ("option_type", .optionType(.call)),
            ("timestamp", .instant(try instant(time))),
        ]
        if let bid { fields.append(("bid", .decimal(try FixedDecimal(bid)))) }
        if let ask { fields.append(("ask", .decimal(try FixedDecimal(ask)))) }
        if let mark { fields.append(("mark", .decimal(try FixedDecimal(mark)))) }
        return try await observe(.optionQuote, fields)
    }

    /// An hourly spot of BTC; returns its position.
    @discardableResult
    func gex(at time: String, spot: String?) async throws -> Int64 {
        var fields: [(name: String, value: MarketValue)] = [
            ("currency", .text("BTC")), ("timestamp", .instant(try instant(time))),
            ("gex_imbalance", .decimal(try FixedDecimal("0.1"))),
        ]
        if let spot { fields.append(("spot", .decimal(try FixedDecimal(spot)))) }
        return try await observe(.gexHourly, fields)
    }

    // MARK: - Running

    @discardableResult
    func benchmarks(
        _ quotes: QuoteChoice = .log, _ change: @Sendable (inout BenchmarksBackfillOptions) -> Void = { _ in }
    ) async throws -> BackfillSummary {
        var options = BenchmarksBackfillOptions(apply: true)
        change(&options)
        return try await BenchmarksBackfill(ledger: ledger, quotes: quotes).run(options)
    }

    /// Held to be run at the end of 2026-03 unless said otherwise.
    @discardableResult
    func marks(
        _ quotes: QuoteChoice = .log, now: String? = "2026-03-31T00:00:00Z",
        _ change: @Sendable (inout MarksBackfillOptions) -> Void = { _ in }
    ) async throws -> BackfillSummary {
        var options = MarksBackfillOptions(apply: true)
        change(&options)
        return try await MarksBackfill(ledger: ledger, quotes: quotes, now: try now.map { try instant($0) }).run(
            options)
    }

    // MARK: - What came of it

    func head() async throws -> Int64 {
        try await ledger.pool.run { session in try LogReader().head(session).position }
    }

    private func payloads(of stream: String) async throws -> [any EventPayload] {
        try await ledger.pool.run { session in
            try LogReader().stream(stream, limit: 1000, session).map {
                try TradeEvents.registry.payload(of: $0)
            }
        }
    }

    /// A trade's benchmarks, oldest first.
    func benchmarks(of id: String) async throws -> [ExecutionBenchmarkPayload] {
        try await payloads(of: Streams.benchmark(source: "alpha_sync", id: id)).compactMap {
            $0.payload(as: ExecutionBenchmarkPayload.self)
        }
    }

    /// The only benchmark of a trade.
    func benchmark(of id: String) async throws -> ExecutionBenchmarkPayload {
        let all = try await benchmarks(of: id)
        #expect(all.count == 1)
        return try #require(all.last)
    }

    /// A trade's marks at a horizon, oldest first.
    func marks(of id: String, _ horizon: String) async throws -> [ForwardMarkPayload] {
        try await payloads(of: Streams.mark(source: "alpha_sync", id: id, horizonKey: horizon)).compactMap {
            $0.payload(as: ForwardMarkPayload.self)
        }
    }

    /// The only mark of a trade at a horizon.
    func mark(of id: String, _ horizon: String) async throws -> ForwardMarkPayload {
        let all = try await marks(of: id, horizon)
        #expect(all.count == 1)
        return try #require(all.last)
    }
}

func withQuotes<T>(
    _ environment: [String: String] = [:], _ body: (QuotesBench) async throws -> T
) async throws -> T {
    try await withDatabase { uri in
        let ledger = try await Ledger.open(
            try Settings(environment: ledgerEnvironment(uri, environment)), Resources(root: projectRoot), migration: .always)
        let result: Result<T, any Error>
        do {
            result = .success(try await body(QuotesBench(ledger: ledger)))
        } catch {
            result = .failure(error)
        }
        await ledger.close()
        return try result.get()
    }
}

/// A source that answers as it is told, and remembers what it was asked.
final class ScriptedQuotes: QuoteSource {
    typealias Script = @Sendable (QuoteLookup, _ number: Int) async -> Result<QuoteAnswer, QuoteError>

    let name = "scripted"
    let lookupsPerBatch: Int
    let concurrency: Int
    private let asked = Mutex<[QuoteLookup]>([])
    private let script: Script

    init(lookupsPerBatch: Int = 4, concurrency: Int = 1, _ script: @escaping Script) {
        self.lookupsPerBatch = lookupsPerBatch
        self.concurrency = concurrency
        self.script = script
    }

    var lookups: [QuoteLookup] { asked.withLock { $0 } }
    var callsMade: Int { lookups.count }

    func leastCalls(for lookups: [QuoteLookup]) -> Int { lookups.count }

    func label(for use: QuoteUse) -> String {
        "scripted" + (use.isWidened ? "_widened" : "") + (use.isExpiry ? "_expiry" : "")
            + (use.isAdjustedRoot ? "_adjusted" : "")
    }

    func answers(to lookups: [QuoteLookup]) async -> [Result<QuoteAnswer, QuoteError>] {
        var answers: [Result<QuoteAnswer, QuoteError>] = []
        for lookup in lookups {
            let number = asked.withLock { asked in
                asked.append(lookup)
                return asked.count
            }
            let answer = await script(lookup, number)
            answers.append(answer)
            if case .failure(let error) = answer, error.endsRun { break }
        }
        return answers
    }

    /// A usable quote at the very moment.
    static func quoted(_ lookup: QuoteLookup) -> Result<QuoteAnswer, QuoteError> {
        .success(
            QuoteAnswer(
                found: SourcedQuote(
                    OptionQuote(timestamp: lookup.target, bid: FixedDecimal(12), ask: FixedDecimal(13))),
                window: lookup.window, isWidened: false))
    }
}
