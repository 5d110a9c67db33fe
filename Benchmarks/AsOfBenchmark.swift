import Foundation
import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues
import Operations
import OptionTrades

/// Reads pages of 50 rows as of a position, alternately in a ledger of 10,000 events and in a large one.
///
/// Half of the events record a trade, in no order of the trades' ids; the other half update an earlier trade. In the
/// third ledger a few hundred trades share the whole history. Each ledger is vacuumed beforehand.
enum AsOfBenchmark {
    private static let small = 10_000
    private static let readings = 400
    private static let pageSize = 50

    static func run(_ bench: Bench) async throws {
        try await bench.withLedger { few in
            try await fill(few, events: small, trades: small / 2)
            try await bench.withLedger { many in
                try await fill(many, events: bench.events, trades: bench.events / 2)
                try await compare(
                    "\(bench.events) events as of the middle beside \(small)", (few, small / 2), (many, bench.events / 2))
                try await compare(
                    "\(bench.events) events as of position \(small) beside \(small)", (few, small), (many, small))
                try await compare(
                    "\(bench.events) events as of their head beside as of position \(small)", (many, small),
                    (many, bench.events))
            }
            try await bench.withLedger { long in
                try await fill(long, events: bench.events, trades: 500)
                try await compare(
                    "500 trades with all of \(bench.events) events, as of the middle, beside \(small) events",
                    (few, small / 2), (long, bench.events / 2))
            }
        }
    }

    private static func compare(_ name: String, _ small: (Ledger, Int), _ large: (Ledger, Int)) async throws {
        var times: [[Double]] = [[], []]
        for reading in 0..<readings {
            for (index, (ledger, position)) in [small, large].enumerated() {
                var ask = ViewRequest()
                ask.asOfPosition = Int64(position - reading)
                ask.limit = pageSize
                let seconds = try await Bench.seconds {
                    let page = try await ViewReader(ledger).page(.trades, ask)
                    if page.rows.count != pageSize { throw BenchmarkError("a page is not full") }
                }
                // The first readings warm plans and connections.
                if reading >= 50 { times[index].append(seconds * 1000) }
            }
        }
        let medians = times.map(Bench.median)
        func text(_ value: Double) -> String { String(format: "%.2f", value) }
        Bench.text("\(name): \(text(medians[0])) ms, \(text(medians[1])) ms")
        Bench.ratio("large ÷ small (goal < 1.3)", medians[1] / medians[0])
    }

    private static func fill(_ ledger: Ledger, events: Int, trades: Int) async throws {
        let run = ledger.newID()
        var latest: [ExecutionRow] = []
        var versions: [Int64] = []
        var batch: [NewEvent] = []
        var seed: UInt64 = 7
        for number in 0..<events {
            // A linear congruential generator (Knuth's MMIX), which gives the same history every time.
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            if latest.count < trades, latest.isEmpty || number % 2 == 0 || trades * 2 < events {
                var row = GeneratedExecutions.row(number)
                row.sourceTradeID = "trd-\(String(UInt32(truncatingIfNeeded: number) &* 2_654_435_761, radix: 16))"
                latest.append(row)
                versions.append(1)
                batch.append(
                    ExecutionPayload(row: row, scopeKey: GeneratedExecutions.scopeKey, unknownFields: []).recordedEvent())
            } else {
                let index = Int(seed >> 33) % latest.count
                var row = latest[index]
                row.price = FixedDecimal(units: Int128(1 + number % 4000) * 50_000_000)
                row.sourceUpdatedAt = row.sourceUpdatedAt.advanced(byMicroseconds: 1) ?? row.sourceUpdatedAt
                batch.append(
                    ExecutionPayload(
                        row: row, scopeKey: GeneratedExecutions.scopeKey, unknownFields: [],
                        changedFields: row.changedFields(from: latest[index])
                    ).updatedEvent(previousVersion: versions[index]))
                latest[index] = row
                versions[index] += 1
            }
            if batch.count == 10_000 || number == events - 1 {
                try await ledger.log.append(batch, runID: run)
                batch = []
            }
        }
        try await ledger.bringUpToDate(["trades"])
        try await Bench.vacuum(ledger)
    }
}
