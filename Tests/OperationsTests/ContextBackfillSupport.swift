import LedgerEvents
import LedgerJSON
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// A ledger with executions and observations of its own, for backfills of context.
struct ContextBench: Sendable {
    let ledger: Ledger
    private let runID = UniqueID(high: 1, low: 1)

    func row(
        _ id: String, _ symbol: String? = "MSTR", minutes: Int = 0, status: TradeStatus = .filled
    ) throws -> ExecutionRow {
        var row = try sampleRow(id, status: status)
        row.underlyingSymbol = symbol
        row.tradeDate = try instant("2026-01-10T14:30:00Z", plusSeconds: minutes * 60)
        return row
    }

    func record(_ rows: [ExecutionRow]) async throws {
        try await ledger.log.append(rows.map { recorded($0) }, runID: runID)
    }

    func update(_ row: ExecutionRow, from old: ExecutionRow) async throws {
        let version = try await ledger.pool.run { session in
            try LogReader().stream(
                Streams.execution(source: row.source, id: row.sourceTradeID), limit: 1000, session
            ).count
        }
        try await ledger.log.append([updated(row, from: old, previous: Int64(version))], runID: runID)
    }

    /// One gex observation at the trades' time.
    func observe(_ market: String = "BTC", spot: Int = 97_000, previous: Int64 = 0) async throws {
        let fields: [(name: String, value: MarketValue)] = [
            ("currency", .text(market)), ("timestamp", .instant(try instant("2026-01-10T14:30:00Z"))),
            ("spot", .decimal(FixedDecimal(spot))), ("gex_imbalance", .decimal(try FixedDecimal("0.25"))),
        ]
        let payload = try #require(MarketObservedPayload(kind: .gexHourly, fields: fields))
        try await ledger.log.append([payload.event(previousVersion: previous)], runID: runID)
    }

    @discardableResult
    func run(
        _ change: @Sendable (inout ContextBackfillOptions) -> Void = { _ in }
    ) async throws -> BackfillSummary {
        var options = ContextBackfillOptions(apply: true)
        change(&options)
        return try await ContextBackfill(ledger: ledger).run(options)
    }

    func head() async throws -> Int64 {
        try await ledger.pool.run { session in try LogReader().head(session).position }
    }

    func events(_ type: EventType) async throws -> [RecordedEvent] {
        try await ledger.pool.run { session in
            try LogReader().events(after: 0, types: [type.rawValue], limit: 100_000, session)
        }
    }

    /// In the order in which they were appended.
    func stamps() async throws -> [ContextStampedPayload] {
        try await events(.contextStamped).map { try ContextStampedPayload(decoding: $0.payload) }
    }

    /// The rows of the view.
    func rows() async throws -> [JSONDocument] {
        let definition = try #require(ledger.registry.firstDefinition("context"))
        let fold = definition.completeFold()
        for event in try await events() { if let decoded = try definition.decode(event) { try fold.apply(decoded) } }
        var rows: [JSONDocument] = []
        try fold.forEachRow { rows.append(try JSONDocument(parsing: $1)) }
        // The service's own fold gives the same.
        _ = try await ProjectionFollower(definition, pool: ledger.pool, owner: ledger.owner).catchUp()
        let verification = try await ledger.pool.run { session in
            let version = try #require(try ledger.catalog.served("context", session))
            return try ProjectionVerifier(definition, version: version).verify(session)
        }
        #expect(verification.matches)
        return rows
    }

    private func events() async throws -> [RecordedEvent] {
        try await ledger.pool.run { session in try LogReader().events(after: 0, limit: 100_000, session) }
    }
}

func withContext<T>(
    root: String = projectRoot, _ body: (ContextBench) async throws -> T
) async throws -> T {
    try await withDatabase { uri in
        let ledger = try await Ledger.open(
            try Settings(environment: ledgerEnvironment(uri)), Resources(root: root), migration: .always)
        let result: Result<T, any Error>
        do {
            result = .success(try await body(ContextBench(ledger: ledger)))
        } catch {
            result = .failure(error)
        }
        await ledger.close()
        return try result.get()
    }
}
