import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues
import OptionTrades
import Synchronization
import TestSupport
import Testing

@testable import Operations

@Suite("Backfill of benchmarks") struct BenchmarksBackfillTests {
    // MARK: - Which quote

    @Test func `the nearest quote is taken, at the same distance the earlier, within thirty minutes inclusive`() async throws {
        try await withQuotes { bench in
            try await bench.record(
                bench.row("near"),
                bench.row("edge") { $0.tradeDate = try instant("2026-01-10T18:00:00Z") },
                bench.row("beyond") { $0.tradeDate = try instant("2026-01-10T21:00:00Z") })
            try await bench.quote(at: "2026-01-10T14:37:00Z", bid: "1")
            let earlier = try await bench.quote(at: "2026-01-10T14:25:00Z", bid: "2")
            try await bench.quote(at: "2026-01-10T14:35:00Z", bid: "3")
            try await bench.quote(at: "2026-01-10T14:30:00Z", bid: "4", strike: "355")
            try await bench.quote(at: "2026-01-10T18:30:00Z", bid: "5")
            try await bench.quote(at: "2026-01-10T21:30:00.000001Z", bid: "6")

            let summary = try await bench.benchmarks()
            #expect(summary.wanted == 3 && summary.appended == 3 && summary.lookups == 3 && summary.calls == 0)
            #expect(summary.byQuality == ["quoted": 1, "stale": 1, "unavailable": 1])
            #expect(summary.quoteSource == "log")

            let near = try await bench.benchmark(of: "near")
            #expect(near.quote?.bid == FixedDecimal(2) && near.quoteSource == "imported_option_quote")
            #expect(near.inputs == [EventInput(field: "quote", position: earlier)])
            #expect(near.windowFrom == (try instant("2026-01-10T14:00:00Z")))
            #expect(near.windowTo == (try instant("2026-01-10T15:00:00Z")))
            #expect(near.error == nil)
            #expect(near.basis == Basis(of: try bench.row("near")))
            #expect(try await bench.benchmark(of: "edge").quote?.bid == FixedDecimal(5))

            let beyond = try await bench.benchmark(of: "beyond")
            #expect(beyond.quote == nil && beyond.quoteSource == nil && beyond.inputs.isEmpty && beyond.error == nil)
        }
    }

    @Test func `a later observation of the same identity supersedes the earlier`() async throws {
        try await withQuotes { bench in
            try await bench.record(bench.row("T-1"))
            try await bench.quote(at: "2026-01-10T14:29:00Z", bid: "10")
            let second = try await bench.quote(at: "2026-01-10T14:29:00Z", bid: "11")
            try await bench.benchmarks()
            let benchmark = try await bench.benchmark(of: "T-1")
            #expect(benchmark.quote?.bid == FixedDecimal(11))
            #expect(benchmark.inputs == [EventInput(field: "quote", position: second)])
        }
    }

    @Test func `the event holds from the trade's date, or from the quote's time where that is later`() async throws {
        try await withQuotes { bench in
            try await bench.record(
                bench.row("before"), bench.row("after") { $0.tradeDate = try instant("2026-01-12T14:30:00Z") })
            try await bench.quote(at: "2026-01-10T14:29:00Z")
            try await bench.quote(at: "2026-01-12T14:31:00Z")
            try await bench.benchmarks()
            let events = try await bench.ledger.pool.run { session in
                try LogReader().events(after: 0, limit: 1000, session)
            }.filter { $0.type == EventType.executionBenchmarkRecorded.rawValue }
            let expected = [try instant("2026-01-10T14:30:00Z"), try instant("2026-01-12T14:31:00Z")]
            #expect(events.map(\.effectiveAt) == expected)
        }
    }

    // MARK: - Which executions

    @Test func `only executions count; a null quantity does, a bust does not`() async throws {
        try await withQuotes { bench in
            let filled = try bench.row("busted")
            try await bench.record(
                bench.row("no-quantity") { $0.quantity = nil }, bench.row("zero") { $0.quantity = .zero },
                bench.row("pending") { $0.tradeStatus = .pending },
                bench.row("partial") { $0.tradeStatus = .partiallyFilled },
                filled)
            try await bench.update(bench.row("busted") { $0.tradeStatus = .busted }, from: filled)
            #expect(try await bench.benchmarks().wanted == 2)
            #expect(try await bench.benchmarks(of: "no-quantity").count == 1)
            #expect(try await bench.benchmarks(of: "partial").count == 1)
        }
    }

    @Test func `without the full contract there is an event and no look-up`() async throws {
        try await withQuotes { bench in
            try await bench.record(
                bench.row("no-strike") { $0.strike = nil }, bench.row("no-expiry") { $0.expiry = nil },
                bench.row("no-type") { $0.optionType = nil }, bench.row("no-underlying") { $0.underlyingSymbol = nil })
            let source = ScriptedQuotes { lookup, _ in ScriptedQuotes.quoted(lookup) }
            let summary = try await bench.benchmarks(.vendor(source))
            #expect(source.lookups.isEmpty)
            #expect(summary.byError == ["incomplete_contract": 4] && summary.byQuality == ["unavailable": 4])
            let benchmark = try await bench.benchmark(of: "no-strike")
            #expect(benchmark.error == "incomplete_contract" && benchmark.quote == nil && benchmark.windowFrom == nil)
            #expect(try await bench.benchmarks(.vendor(source)) { $0.retry = true }.appended == 0)
        }
    }

    @Test func `an adjusted or mismatched root is looked up only when that is asked for`() async throws {
        try await withQuotes { bench in
            try await bench.record(
                bench.row("adjusted") { $0.optionSymbol = "MSTR1260130C00350000" },
                bench.row("mismatch") { $0.optionSymbol = "COIN260130C00350000" }, bench.row("plain"))
            let source = ScriptedQuotes { lookup, _ in ScriptedQuotes.quoted(lookup) }
            let first = try await bench.benchmarks(.vendor(source))
            #expect(source.lookups.count == 1)
            #expect(first.byError == ["adjusted_root": 2] && first.byQuality == ["quoted": 1, "unavailable": 2])
            #expect(try await bench.benchmark(of: "adjusted").error == "adjusted_root")
            #expect(try await bench.benchmark(of: "plain").quoteSource == "scripted")

            // All three ask about the same contract and window.
            let second = try await bench.benchmarks(.vendor(source)) { $0.adjustedRoots = true }
            #expect(source.lookups.count == 2 && second.wanted == 2 && second.lookups == 1)
            let looked = try await bench.benchmarks(of: "mismatch")
            #expect(looked.count == 2 && looked.last?.error == nil && looked.last?.quote != nil)
            #expect(looked.last?.quoteSource == "scripted_adjusted")

            // What was looked up is not given up by a run that does not look it up.
            #expect(try await bench.benchmarks(.vendor(source)) { $0.retry = true }.appended == 0)
            #expect(source.lookups.count == 2)
        }
    }

    @Test func `nothing is asked for twice; retry asks for those without a usable quote, another basis for all`() async throws {
        try await withQuotes { bench in
            let stale = try bench.row("stale") { $0.tradeDate = try instant("2026-01-11T14:30:00Z") }
            let crossed = try bench.row("crossed") { $0.tradeDate = try instant("2026-01-12T14:30:00Z") }
            let quoted = try bench.row("quoted")
            try await bench.record(quoted, stale, crossed)
            try await bench.quote(at: "2026-01-10T14:29:00Z")
            try await bench.quote(at: "2026-01-11T14:20:00Z")
            try await bench.quote(at: "2026-01-12T14:29:00Z", bid: "14", ask: "13")
            #expect(try await bench.benchmarks().byQuality == ["quoted": 1, "stale": 1, "unavailable": 1])
            #expect(try await bench.benchmarks().wanted == 0)

            // The same answers are not appended again.
            let retried = try await bench.benchmarks { $0.retry = true }
            #expect(retried.wanted == 2 && retried.appended == 0 && retried.unchanged == 2)
            try await bench.quote(at: "2026-01-11T14:29:00Z", bid: "9")
            let improved = try await bench.benchmarks { $0.retry = true }
            #expect(improved.appended == 1 && improved.byQuality == ["quoted": 1, "unavailable": 1])
            #expect(try await bench.benchmarks(of: "stale").map(\.quote?.bid) == [FixedDecimal(12), FixedDecimal(9)])

            // A price is not of the basis, the trade's date is.
            var corrected = quoted
            corrected.price = try FixedDecimal("12.75")
            try await bench.update(corrected, from: quoted)
            #expect(try await bench.benchmarks().wanted == 0)
            var moved = corrected
            moved.tradeDate = try instant("2026-01-12T14:29:30Z")
            try await bench.update(moved, from: corrected)
            let again = try await bench.benchmarks()
            #expect(again.wanted == 1 && again.appended == 1)
            let both = try await bench.benchmarks(of: "quoted")
            #expect(both.map(\.basis.tradeDate) == [quoted.tradeDate, moved.tradeDate])
            // Back again: the log keeps all three.
            try await bench.update(corrected, from: moved)
            #expect(try await bench.benchmarks().appended == 1)
            #expect(try await bench.benchmarks(of: "quoted").count == 3)
            #expect(try await bench.benchmarks().wanted == 0)
        }
    }

    @Test func `a limit takes the earliest executions, and named trades alone are asked for`() async throws {
        try await withQuotes { bench in
            for (id, minutes) in [("c", 20), ("a", 40), ("b", 20), ("d", 0)] {
                try await bench.record(
                    bench.row(id) { $0.tradeDate = try instant("2026-01-10T14:30:00Z", plusSeconds: minutes * 60) })
            }
            #expect(try await bench.benchmarks { $0.limit = 2 }.appended == 2)
            #expect(try await bench.benchmarks(of: "d").count == 1)
            #expect(try await bench.benchmarks(of: "b").count == 1)
            #expect(try await bench.benchmarks { $0.tradeIDs = ["a", "b"] }.wanted == 1)
            #expect(try await bench.benchmarks(of: "a").count == 1)
            #expect(try await bench.benchmarks().wanted == 1)
            await #expect(throws: BackfillError.self) { try await bench.benchmarks { $0.tradeIDs = ["a", "nobody"] } }
            await #expect(throws: BackfillError.self) { try await bench.benchmarks { $0.limit = 0 } }
        }
    }

    // MARK: - Runs

    @Test func `a dry run writes nothing and says what a real run would`() async throws {
        try await withQuotes { bench in
            try await bench.record(bench.row("T-1"), bench.row("T-2") { $0.strike = nil })
            try await bench.quote(at: "2026-01-10T14:29:00Z")
            let head = try await bench.head()
            let dry = try await bench.benchmarks { $0.apply = false }
            #expect(try await bench.head() == head)
            let real = try await bench.benchmarks()
            #expect(dry.dryRun && !real.dryRun && dry.appended == 2)
            #expect(dry.byQuality == real.byQuality && dry.byError == real.byError && dry.appended == real.appended)
            #expect(try await bench.head() == head + 2)
            #expect(try await bench.benchmarks().appended == 0)
        }
    }

    @Test func `executions of one contract and time share a look-up, also across batches`() async throws {
        try await withQuotes { bench in
            for number in 0..<10 {
                try await bench.record(
                    bench.row("same-\(number)"),
                    bench.row("other-\(number)") { $0.strike = FixedDecimal(300 + 5 * number) })
            }
            let source = ScriptedQuotes(lookupsPerBatch: 3, concurrency: 4) { lookup, _ in
                ScriptedQuotes.quoted(lookup)
            }
            let summary = try await bench.benchmarks(.vendor(source))
            #expect(summary.appended == 20 && summary.lookups == 11 && source.lookups.count == 11)
            #expect(summary.quoteSource == "scripted" && summary.byQuality == ["quoted": 20])
        }
    }

    @Test func `a second run beside the first is a conflict, one of another kind is not`() async throws {
        try await withQuotes { bench in
            try await bench.record(bench.row("T-1"))
            let (started, isStarted) = AsyncStream.makeStream(of: Void.self)
            let (released, release) = AsyncStream.makeStream(of: Void.self)
            let source = ScriptedQuotes { lookup, _ in
                isStarted.finish()
                for await _ in released {}
                return ScriptedQuotes.quoted(lookup)
            }
            async let first = bench.benchmarks(.vendor(source))
            for await _ in started {}
            do {
                try await bench.benchmarks()
                Issue.record("two backfills of benchmarks ran at a time")
            } catch BackfillError.alreadyRunning(.benchmarks) {}
            #expect(try await bench.marks().wanted > 0)
            release.finish()
            #expect(try await first.appended == 1)
            #expect(try await bench.benchmarks().wanted == 0)
        }
    }

    @Test func `a run that is cancelled keeps what it appended, and the next one asks only for the rest`() async throws {
        try await withQuotes { bench in
            for number in 0..<20 {
                try await bench.record(bench.row("T-\(number)") { $0.strike = FixedDecimal(300 + number) })
            }
            let (reached, hasReached) = AsyncStream.makeStream(of: Void.self)
            let source = ScriptedQuotes { lookup, number in
                if number > 10 {
                    hasReached.finish()
                    try? await Task.sleep(for: .seconds(60))
                }
                return ScriptedQuotes.quoted(lookup)
            }
            let run = Task { try await bench.benchmarks(.vendor(source)) }
            for await _ in reached {}
            run.cancel()
            await #expect(throws: (any Error).self) { _ = try await run.value }

            // Two whole batches of four were appended before the eleventh look-up.
            let rest = ScriptedQuotes { lookup, _ in ScriptedQuotes.quoted(lookup) }
            let second = try await bench.benchmarks(.vendor(rest))
            #expect(second.wanted == 12 && second.appended == 12)
            #expect(Set(rest.lookups).isDisjoint(with: source.lookups.prefix(8)))
            for number in 0..<20 { _ = try await bench.benchmark(of: "T-\(number)") }
        }
    }

    @Test func `a source that can't be reached ends the run; what it answered before is kept`() async throws {
        try await withQuotes { bench in
            for number in 0..<10 {
                try await bench.record(bench.row("T-\(number)") { $0.strike = FixedDecimal(300 + number) })
            }
            let source = ScriptedQuotes(lookupsPerBatch: 32, concurrency: 1) { lookup, number in
                number < 7
                    ? ScriptedQuotes.quoted(lookup)
                    : .failure(QuoteError(.unreachable, "connection refused"))
            }
            do {
                try await bench.benchmarks(.vendor(source))
                Issue.record("the run went on")
            } catch BackfillError.unreachable(let problem) {
                #expect(problem == "connection refused")
            }
            #expect(source.lookups.count == 7)
            let rest = ScriptedQuotes { lookup, _ in ScriptedQuotes.quoted(lookup) }
            #expect(try await bench.benchmarks(.vendor(rest)).wanted == 4)
        }
    }

    @Test func `a refused or failed look-up is recorded with its reason, without a secret, and retried on demand`() async throws {
        try await withQuotes(["AMBERDATA_API_KEY": "top-secret-key"]) { bench in
            try await bench.record(
                bench.row("refused"), bench.row("failed") { $0.strike = FixedDecimal(360) },
                bench.row("fine") { $0.strike = FixedDecimal(370) })
            let source = ScriptedQuotes { lookup, _ in
                if lookup.contract.strike == FixedDecimal(350) {
                    return .failure(QuoteError(.notEntitled, "status 403 for key top-secret-key"))
                }
                if lookup.contract.strike == FixedDecimal(360) {
                    return .failure(QuoteError(.other, "status 500 for key top-secret-key"))
                }
                return ScriptedQuotes.quoted(lookup)
            }
            let summary = try await bench.benchmarks(.vendor(source))
            #expect(summary.failed == 2 && summary.notEntitled == 1)
            #expect(summary.byQuality == ["quoted": 1, "failed": 2])
            #expect(summary.byError == ["not_entitled": 1, "lookup_failed": 1])
            let refused = try await bench.benchmark(of: "refused")
            #expect(refused.error == "not_entitled: status 403 for key [redacted]" && refused.notEntitled)
            #expect(refused.windowFrom != nil && refused.quote == nil && refused.quoteSource == nil)
            let failed = try await bench.benchmark(of: "failed")
            #expect(failed.error == "lookup_failed: status 500 for key [redacted]" && !failed.notEntitled)

            #expect(try await bench.benchmarks(.vendor(source)).wanted == 0)
            let better = ScriptedQuotes { lookup, _ in ScriptedQuotes.quoted(lookup) }
            #expect(try await bench.benchmarks(.vendor(better)) { $0.retry = true }.byQuality == ["quoted": 2])
            #expect(try await bench.benchmarks(of: "refused").last?.notEntitled == false)
        }
    }

    @Test func `a vendor's text is kept on one line, of a bounded length`() throws {
        let error = QuoteError(.other, "a\u{0}b\r\nc " + String(repeating: "x", count: 1000))
        let text = LookupProblem.text(error) { $0 }
        #expect(text.hasPrefix("lookup_failed: a b  c xxx") && text.count == 300)
    }

    @Test func `auto is Amberdata where its key is set, else the log`() throws {
        let without = try Settings(environment: [:])
        let with = try Settings(environment: ["AMBERDATA_API_KEY": "k"])
        if case .log = try QuoteChoice(named: "auto", without) {} else { Issue.record("expected the log") }
        if case .vendor(let vendor) = try QuoteChoice(named: "auto", with) {
            #expect(vendor.name == "amberdata")
        } else {
            Issue.record("expected Amberdata")
        }
        if case .log = try QuoteChoice(named: "log", with) {} else { Issue.record("expected the log") }
        #expect(throws: BackfillError.self) { try QuoteChoice(named: "amberdata", without) }
        #expect(throws: BackfillError.self) { try QuoteChoice(named: "elsewhere", with) }
    }

    @Test func `the summary names its counts`() async throws {
        try await withQuotes { bench in
            try await bench.record(bench.row("T-1"), bench.row("T-2") { $0.strike = nil })
            try await bench.quote(at: "2026-01-10T14:29:00Z")
            let summary = try await bench.benchmarks()
            let text = String(decoding: summary.node.httpBytes(), as: UTF8.self)
            #expect(
                text.contains(
                    #""asked":2,"appended":2,"unchanged":0,"refreshed":0,"quoted":1,"stale":0,"unavailable":1,"failed":0"#
                ))
            #expect(text.contains(#""by_error":{"incomplete_contract":1}"#))
            #expect(summary.finishedAt >= summary.startedAt)
        }
    }

    // MARK: - Previews

    @Test func `a preview asks nobody, appends nothing, and says what a run then asks for`() async throws {
        try await withQuotes { bench in
            try await bench.record(
                bench.row("later") { $0.tradeDate = try instant("2026-01-12T14:30:00Z") }, bench.row("T-1"),
                bench.row("bare") { $0.strike = nil }, bench.row("pending") { $0.tradeStatus = .pending })
            let source = ScriptedQuotes { lookup, _ in ScriptedQuotes.quoted(lookup) }
            let backfill = BenchmarksBackfill(ledger: bench.ledger, quotes: .vendor(source))
            let head = try await bench.head()
            let preview = try await backfill.preview(BenchmarksBackfillOptions())
            #expect(source.lookups.isEmpty)
            #expect(try await bench.head() == head && preview.position == head)
            #expect(preview.wanted == 3 && preview.trades == 3 && preview.lookups == 2 && preview.leastCalls == 2)
            #expect(preview.byError == ["incomplete_contract": 1])
            #expect(preview.quoteSource == "scripted" && preview.rules == "execution_quality@v1")
            #expect(preview.firstTrades.map(\.id).last == "later")
            #expect(try await backfill.preview(BenchmarksBackfillOptions(limit: 1)).trades == 1)
            await #expect(throws: BackfillError.self) { try await backfill.preview(BenchmarksBackfillOptions(tradeIDs: ["nobody"])) }

            let summary = try await backfill.run(BenchmarksBackfillOptions(apply: true))
            #expect(summary.wanted == preview.wanted && summary.lookups == preview.lookups && summary.calls == preview.leastCalls)
            let rest = try await backfill.preview(BenchmarksBackfillOptions())
            #expect(rest.wanted == 0 && rest.firstTrades.isEmpty && rest.leastCalls == 0)
        }
    }
}

@Suite("Nearest quotes") struct NearestQuoteTests {
    @Test func `the quote's own time counts before its bucket, and of two at one time the earlier bucket`() throws {
        let target = try instant("2026-01-10T14:30:00Z")
        func quote(_ bucket: Int, _ exchange: Int?) throws -> SourcedQuote {
            SourcedQuote(
                OptionQuote(
                    timestamp: try instant("2026-01-10T14:30:00Z", plusSeconds: bucket),
                    exchangeTimestamp: try exchange.map { try instant("2026-01-10T14:30:00Z", plusSeconds: $0) }))
        }
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
            let quotes = [try quote(0, 118), try quote(-60, nil), try quote(-120, -60), try quote(60, nil)]
            var nearest = NearestQuote(to: target)
            for index in order { nearest.consider(quotes[index]) }
            #expect(nearest.best == quotes[2])
        }
    }

    /// Against looking at every quote for every look-up.
    @Test(arguments: UInt64(0)..<300)
    func `one pass finds what a look at all quotes finds`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let base = try instant("2026-01-10T00:00:00Z")
        let date = try #require(CalendarDate("2026-01-30"))
        let contracts = (0..<2).map {
            OptionContract(underlying: "MSTR", expiry: date, strike: FixedDecimal(300 + $0), optionType: .call)
        }
        func time(_ random: inout SeededGenerator) throws -> Instant {
            try #require(base.advanced(byMicroseconds: Int64.random(in: 0..<300, using: &random) * 60_000_000))
        }
        var quotes: [(OptionContract, SourcedQuote)] = []
        for position in 0..<Int64.random(in: 0..<20, using: &random) {
            quotes.append(
                (
                    contracts.randomElement(using: &random) ?? contracts[0],
                    SourcedQuote(OptionQuote(timestamp: try time(&random)), position: position)
                ))
        }
        // One quote an identity, as the log has them.
        var seen: Set<String> = []
        quotes.removeAll { !seen.insert("\($0.0) \($0.1.quote.timestamp)").inserted }
        var lookups: [QuoteLookup] = []
        for _ in 0..<8 {
            let target = try time(&random)
            let ends = Bool.random(using: &random)
            lookups.append(
                QuoteLookup(
                    contract: contracts.randomElement(using: &random) ?? contracts[0], target: target,
                    window: QuoteWindow(
                        around: target, minutes: Int.random(in: 0..<20, using: &random), endsThere: ends),
                    widened: Bool.random(using: &random)
                        ? QuoteWindow(around: target, minutes: Int.random(in: 20..<90, using: &random), endsThere: ends)
                        : nil))
        }
        var search = QuoteSearch(lookups)
        for (contract, quote) in quotes { search.consider(quote, of: contract) }
        let answers = search.answers()
        for lookup in lookups {
            func best(_ window: QuoteWindow) -> SourcedQuote? {
                quotes.filter {
                    $0.0 == lookup.contract && window.from <= $0.1.quote.time && $0.1.quote.time <= window.through
                }
                .map(\.1).min { left, right in
                    let (a, b) = (left.quote.time, right.quote.time)
                    let (x, y) = (a.distance(to: lookup.target), b.distance(to: lookup.target))
                    return x != y ? x < y : a < b
                }
            }
            let narrow = best(lookup.window)
            let expected = narrow ?? lookup.widened.flatMap(best)
            #expect(answers[lookup]?.found == expected, "seed \(seed)")
            #expect(answers[lookup]?.isWidened == (narrow == nil && lookup.widened != nil), "seed \(seed)")
        }
    }
}
