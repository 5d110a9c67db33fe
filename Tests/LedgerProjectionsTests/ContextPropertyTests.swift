import LedgerEvents
import LedgerJSON
import LedgerRules
import LedgerValues
import TestSupport
import Testing

@testable import LedgerProjections
@testable import OptionTrades

/// Over random logs: 500 seeds.
@Suite struct ContextPropertyTests {
    let fold: ContextFold

    init() throws { fold = try ContextFold() }

    /// Executions, corrections, busts, and stamps of rows as they are, were, or never were.
    private func randomLog(_ random: inout SeededGenerator) throws -> ContextLog {
        var log = ContextLog()
        let symbols: [String?] = ["MSTR", "BTC", "XYZ", nil]
        func row(_ id: Int) throws -> ExecutionRow {
            try fold.row("T\(id)") {
                $0.underlyingSymbol = symbols.randomElement(using: &random) ?? nil
                $0.strike = [FixedDecimal(350), FixedDecimal(355), nil].randomElement(using: &random) ?? nil
                $0.tradeStatus =
                    [.filled, .filled, .filled, .partiallyFilled, .busted, .pending].randomElement(using: &random)
                    ?? .filled
                $0.quantity = [FixedDecimal(10), FixedDecimal.zero, nil].randomElement(using: &random) ?? nil
            }
        }
        var rows: [Int: ExecutionRow] = [:]
        for _ in 0..<Int.random(in: 1...24, using: &random) {
            let id = Int.random(in: 0..<4, using: &random)
            if Bool.random(using: &random) {
                rows[id] = try row(id)
                if let row = rows[id] { try log.append(row) }
            } else {
                var stamped = Bool.random(using: &random) ? rows[id] : nil
                if stamped == nil { stamped = try row(id) }
                guard let stamped else { continue }
                let late = Int64.random(in: 0..<3, using: &random) * 60_000_000
                try log.append(
                    try fold.stamp(stamped, spot: Int.random(in: 1..<4, using: &random)),
                    effectiveAt: stamped.tradeDate.advanced(byMicroseconds: late))
            }
        }
        return log
    }

    @Test func `the order of unrelated events never changes a digest`() throws {
        for seed in UInt64(0)..<500 {
            var random = SeededGenerator(seed: seed)
            let log = try randomLog(&random)
            #expect(try fold.digestLines(log) == fold.digestLines(log.rewoven(&random)), "seed \(seed)")
        }
    }

    @Test func `batches and restarts never change a version`() throws {
        for seed in UInt64(0)..<500 {
            var random = SeededGenerator(seed: seed)
            let log = try randomLog(&random)
            let whole = try fold.versions(log, batch: max(1, log.events.count))
            #expect(try whole == fold.versions(log, batch: 1), "seed \(seed)")
            #expect(try whole == fold.versions(log, batch: Int.random(in: 2...7, using: &random)), "seed \(seed)")
            let current = whole.filter { $0.validTo == nil }.map(\.document)
            #expect(try current == fold.rows(log).map(\.document), "seed \(seed)")
        }
    }

    @Test func `rows are the latest stamps of the current basis of executions`() throws {
        for seed in UInt64(0)..<500 {
            var random = SeededGenerator(seed: seed)
            let log = try randomLog(&random)
            // By plain scans over the events.
            var rows: [String: ExecutionRow] = [:]
            var stamps: [String: ContextStampedPayload] = [:]
            for event in log.events {
                if let payload = event.payload(as: ExecutionPayload.self) { rows[payload.row.sourceTradeID] = payload.row }
                if let stamp = event.payload(as: ContextStampedPayload.self) {
                    stamps["\(stamp.sourceTradeID)|\(stamp.contextKey)"] = stamp
                }
            }
            var expected: [String: String] = [:]
            for (key, stamp) in stamps {
                guard let row = rows[stamp.sourceTradeID],
                    row.tradeStatus == .filled || row.tradeStatus == .partiallyFilled,
                    row.quantity == nil || row.quantity == FixedDecimal(10), stamp.basis == Basis(of: row)
                else { continue }
                expected["alpha_sync|\(key)"] = stamp.spotAtTrade.map { "\($0)" } ?? "null"
            }
            var found: [String: String] = [:]
            for row in try fold.rows(log) {
                found["\(row.key)"] = try JSONDocument(parsing: row.document).root["spot_at_trade"]?.string ?? "null"
            }
            #expect(found == expected, "seed \(seed)")
        }
    }

    @Test func `facts read back as they were`() throws {
        for seed in UInt64(0)..<500 {
            var random = SeededGenerator(seed: seed)
            let log = try randomLog(&random)
            for id in 0..<4 {
                guard let facts = try fold.facts(log, "T\(id)") else { continue }
                let bytes = fold.projection.encode(facts)
                let read = try fold.projection.facts(from: bytes)
                #expect(fold.projection.encode(read) == bytes, "seed \(seed)")
                #expect(
                    fold.projection.rows(of: read).map(\.document) == fold.projection.rows(of: facts).map(\.document),
                    "seed \(seed)")
                #expect(fold.projection.rows(of: read).map(\.stored) == fold.projection.rows(of: facts).map(\.stored))
            }
        }
    }
}
