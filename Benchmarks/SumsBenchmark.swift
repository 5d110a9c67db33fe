import LedgerProjections
import LedgerStore
import Operations
import OptionTrades

/// The sums and totals of whole views: brought up to date after some events, beside a pass over all rows.
enum SumsBenchmark {
    /// The number of events between two answers.
    private static let appended = 100
    private static let questions: [(view: View, by: String)] = [
        (.trades, ""), (.lifecycles, "lifecycle_state,lifecycle_quality"), (.alignment, "context_quality"),
        (.executionQuality, "benchmark_quality"), (.outcomes, "needs_mark"),
    ]

    static func run(_ bench: Bench) async throws {
        try await bench.withLedger { ledger in
            Bench.text("appending and folding \(bench.events) executions …")
            try await append(0..<bench.events, ledger)
            try await Bench.vacuum(ledger)
            // Without the limits of a service: a pass over all outcomes may take longer.
            let reader = ViewReader(ledger, isBounded: false)
            var passes: [Double] = []
            for question in questions { passes.append(try await seconds(reader, question)) }
            var later = [[Double]](repeating: [], count: questions.count)
            for round in 0..<bench.rounds {
                let first = bench.events + round * appended
                try await append(first..<first + appended, ledger)
                for (index, question) in questions.enumerated() { later[index].append(try await seconds(reader, question)) }
            }
            for (index, question) in questions.enumerated() {
                let (pass, kept) = (passes[index], Bench.median(later[index]))
                Bench.text(
                    "\(question.view.name): a pass \(milliseconds(pass)) ms, after \(appended) events \(milliseconds(kept)) ms")
                Bench.ratio("after \(appended) events ÷ a pass", kept / pass)
            }
        }
    }

    private static func append(_ numbers: Range<Int>, _ ledger: Ledger) async throws {
        try await GeneratedLog.append(numbers, to: ledger)
        try await ledger.bringUpToDate(ledger.registry.names)
    }

    /// The time of one answer: a view's aggregates, if it has any, and its totals.
    private static func seconds(_ reader: ViewReader, _ question: (view: View, by: String)) async throws -> Double {
        var ask = ViewRequest()
        ask.limit = 1
        let groupings = try ViewRequest.groupings(parsing: question.by)
        return try await Bench.seconds {
            _ = try await reader.page(question.view, ask)
            _ = try await reader.totals(question.view, ask, by: groupings)
        }
    }

    private static func milliseconds(_ seconds: Double) -> Int { Int((seconds * 1000).rounded()) }
}
