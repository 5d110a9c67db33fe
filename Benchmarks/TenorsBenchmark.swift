import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerStore
import LedgerValues
import Operations
import OptionTrades

/// The surface of implied volatility over 250 market dates, read as six tenors in a large log. The baseline selects the rows that the
/// read stands on: those of the surface and those of the chains.
enum TenorsBenchmark {
    private static let dates = 250
    private static let expiries = [7, 14, 30, 60, 90, 180]
    private static let readings = 200
    /// The first readings warm plans and connections.
    private static let warmUp = 20
    private static let rows = dates * expiries.count
    private static let projections = ["iv_surface", "option_chains"]

    static func run(_ bench: Bench) async throws {
        let events = bench.askedEvents ?? 1_000_000
        try await bench.withLedger { ledger in
            Bench.text("appending and folding \(events) events and \(rows) chains …")
            try await fill(ledger, events)
            let position = try await ledger.head().head.position
            var reads: [Double] = []
            var selects: [Double] = []
            for reading in 0..<(warmUp + readings) {
                var answer: [UInt8] = []
                let ours = try await Bench.seconds { answer = try await read(ledger, position, reading) }
                guard try JSONDocument(parsing: answer).root["rows"]?.count == rows else {
                    throw BenchmarkError("the surface has not \(rows) rows")
                }
                let bare = try await Bench.seconds { try await select(ledger, position) }
                if reading >= warmUp {
                    reads.append(ours)
                    selects.append(bare)
                }
            }
            let ours = Bench.percentiles("iv-surface of \(dates) dates × \(expiries.count) tenors", seconds: reads)
            let bare = Bench.percentiles("bare SELECT of the rows", seconds: selects)
            Bench.ratio("read ÷ bare SELECT", ours / bare)
        }
    }

    /// The chains lie evenly among the other events.
    private static func fill(_ ledger: Ledger, _ events: Int) async throws {
        let run = ledger.newID()
        for day in 0..<dates {
            try await GeneratedLog.append((events * day / dates)..<(events * (day + 1) / dates), to: ledger)
            guard let date = CalendarDate(year: 2025, month: 2, day: 3)?.advanced(byDays: day),
                let time = Instant(startOf: date)?.advanced(byMicroseconds: 20 * GeneratedChains.hour)
            else { throw BenchmarkError("day \(day) is beyond the calendar") }
            let chains = try expiries.flatMap {
                try GeneratedChains.events("MSTR", at: time, date.advanced(byDays: $0) ?? date, rows: 10)
            }
            try await ledger.log.append(chains, runID: run)
        }
        try await ledger.bringUpToDate(projections)
        try await Bench.vacuum(ledger)
    }

    /// The answer's bytes as they go to a reader. Each read has a moment of its own, so that none is answered from memory.
    private static func read(_ ledger: Ledger, _ position: Int64, _ reading: Int) async throws -> [UInt8] {
        var question = IVSurfaceQuestion(underlying: "MSTR")
        question.tenors = expiries
        var request = ResearchRequest()
        request.asOfPosition = position
        request.asOf = Instant("2026-02-05T00:00:00Z")?.advanced(byMicroseconds: Int64(reading) * 1_000_000)
        let answer = try await ResearchReader(ledger, isBounded: false).answer(question, request)
        return try answer.json()
    }

    private static func select(_ ledger: Ledger, _ position: Int64) async throws {
        try await ledger.pool.run { session in
            for name in projections {
                guard let version = try ledger.catalog.served(name, session) else { throw BenchmarkError("\(name) is not served") }
                let found = try session.execute(
                    """
                    SELECT document FROM projection."\(version.tableName)"
                    WHERE underlying = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)
                    ORDER BY market_date, expiry
                    """, [.text("MSTR"), .int8(position)])
                let bytes = try found.reduce(0) { try $0 + $1.text(0).utf8.count }
                guard found.rowCount == rows, bytes > 0 else { throw BenchmarkError("\(name) has \(found.rowCount) rows") }
            }
        }
    }
}
