import Foundation
import LedgerEvents
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Writes random lifecycles with what became of them, a JSON document a line, for `scripts/crosscheck/fifo`.
@Suite struct LifecycleCrosscheckTests {
    private static let path = ProcessInfo.processInfo.environment["ALPHA_LEDGER_CROSSCHECK_FIFO"]

    @Test(.enabled(if: path != nil))
    func `writes random lifecycles for an independent program`() throws {
        let book = try LifecycleBook()
        var lines = ""
        for seed in 0..<2_000 as Range<UInt64> {
            var random = SeededGenerator(seed: seed &+ 77)
            let multiplier = [1, 10, 100].randomElement(using: &random) ?? 100
            let rows = try (0..<Int.random(in: 2...40, using: &random)).map { number in
                try book.row(
                    "T\(number)", Bool.random(using: &random) ? .buy : .sell,
                    "\(FixedDecimal(units: Int128(Int.random(in: 1...400, using: &random)) * 2_500_000_000))",
                    "\(FixedDecimal(units: Int128(Int.random(in: 1...90_000, using: &random)) * 1_000_000))",
                    at: number * 24 * 60
                ) { $0.contractMultiplier = FixedDecimal(multiplier) }
            }
            lines += line(seed, multiplier, rows, try book.lifecycle(rows)) + "\n"
        }
        try Data(lines.utf8).write(to: URL(fileURLWithPath: try #require(Self.path)))
    }

    private func line(_ seed: UInt64, _ multiplier: Int, _ rows: [ExecutionRow], _ life: Lifecycle) -> String {
        func text(_ value: FixedDecimal?) -> String { value.map { "\"\($0)\"" } ?? "null" }
        let executions = rows.map { row in
            #"{"id":"\#(row.sourceTradeID)","side":"\#(row.direction?.rawValue ?? "")","quantity":\#(text(row.quantity)),"price":\#(text(row.price))}"#
        }
        let matches = life.matches.map { match in
            #"{"open":"\#(match.openTradeID)","close":"\#(match.closeTradeID)","quantity":\#(text(match.quantity)),"pnl":\#(text(match.profitBeforeFeesUSD))}"#
        }
        let lots = life.openLots.map { lot in
            #"{"id":"\#(lot.tradeID)","side":"\#(lot.side.rawValue)","remaining":\#(text(lot.remainingQuantity))}"#
        }
        return #"{"seed":\#(seed),"multiplier":\#(multiplier),"executions":[\#(executions.joined(separator: ","))],"#
            + #""matches":[\#(matches.joined(separator: ","))],"open_lots":[\#(lots.joined(separator: ","))],"#
            + #""realized":\#(text(life.realizedProfitBeforeFeesUSD)),"average":\#(text(life.averageOpenPrice)),"#
            + #""open_premium":\#(text(life.openPremiumUSD)),"closed_quantity":\#(text(life.closedQuantity))}"#
    }
}
