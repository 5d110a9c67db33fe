import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import Operations

/// The sample execution was traded at 2026-01-10T14:30:00Z; its contract stops at 2026-01-30T21:00:00Z.
@Suite("Backfill of marks") struct MarksBackfillTests {
    // MARK: - Windows

    @Test func `a day horizon takes the nearest quote within thirty minutes, before or after`() async throws {
        try await withQuotes { bench in
            try await bench.record(bench.row("T-1"))
            try await bench.quote(at: "2026-01-11T14:10:00Z", bid: "1")
            let nearest = try await bench.quote(at: "2026-01-11T14:40:00Z", bid: "2")
            let edge = try await bench.quote(at: "2026-01-17T15:00:00Z", bid: "3")
            let summary = try await bench.marks { $0.horizons = "1,7" }
            #expect(summary.wanted == 2 && summary.byQuality == ["quoted": 2])
            #expect(summary.byHorizon == ["1d": ["quoted": 1], "7d": ["quoted": 1]])

            let day = try await bench.mark(of: "T-1", "1d")
            let target = try instant("2026-01-11T14:30:00Z")
            #expect(day.basis == Basis(of: try bench.row("T-1"), target: target))
            #expect(day.horizonDays == 1 && day.quote?.bid == FixedDecimal(2))
            #expect(day.quoteSource == "imported_option_quote" && day.error == nil)
            #expect(day.inputs == [EventInput(field: "quote", position: nearest)])
            #expect(day.windowFrom == target.advanced(byMicroseconds: -1_800_000_000))
            #expect(day.windowTo == target.advanced(byMicroseconds: 1_800_000_000))
            #expect(day.spot == nil && day.realizedVol == nil)
            #expect(try await bench.mark(of: "T-1", "7d").inputs == [EventInput(field: "quote", position: edge)])
        }
    }

    @Test func `the search is widened to a day only where the first window holds no quote at all`() async throws {
        try await withQuotes { bench in
            try await bench.record(bench.row("T-1"))
            // Within the first window, without any price: it is taken as it is.
            let bare = try await bench.quote(at: "2026-01-11T14:55:00Z", bid: nil, ask: nil)
            try await bench.quote(at: "2026-01-11T15:10:00Z")
            // Twenty-four hours before and after, at the same distance.
            let before = try await bench.quote(at: "2026-01-16T14:30:00Z", bid: "1")
            try await bench.quote(at: "2026-01-18T14:30:00Z", bid: "2")
            try await bench.quote(at: "2026-01-23T14:29:59Z")
            let summary = try await bench.marks { $0.horizons = "1,7,14" }
            #expect(summary.byQuality == ["unavailable": 2, "stale": 1])

            let first = try await bench.mark(of: "T-1", "1d")
            #expect(first.inputs == [EventInput(field: "quote", position: bare)])
            let widened = try await bench.mark(of: "T-1", "7d")
            #expect(widened.inputs == [EventInput(field: "quote", position: before)])
            #expect(widened.windowFrom == (try instant("2026-01-16T14:30:00Z")))
            #expect(widened.windowTo == (try instant("2026-01-18T14:30:00Z")))
            #expect(widened.quoteSource == "imported_option_quote")
            let none = try await bench.mark(of: "T-1", "14d")
            #expect(none.quote == nil && none.quoteSource == nil && none.error == nil)
            #expect(none.windowFrom == (try instant("2026-01-23T14:30:00Z")))
        }
    }

    @Test func `both windows of an expiry end at the expiry instant`() async throws {
        try await withQuotes { bench in
            try await bench.record(bench.row("T-1"), bench.row("T-2") { $0.strike = FixedDecimal(355) })
            try await bench.quote(at: "2026-01-30T21:00:00.000001Z", bid: "1")
            let last = try await bench.quote(at: "2026-01-30T20:45:00Z", bid: "2")
            try await bench.quote(at: "2026-01-30T20:40:00Z", bid: "3")
            try await bench.quote(at: "2026-01-30T21:01:00Z", strike: "355")
            let dayBefore = try await bench.quote(at: "2026-01-29T21:00:00Z", strike: "355")
            try await bench.marks { $0.horizons = "expiry" }

            let fresh = try await bench.mark(of: "T-1", "expiry")
            #expect(fresh.inputs == [EventInput(field: "quote", position: last)] && fresh.horizonDays == nil)
            #expect(fresh.windowFrom == (try instant("2026-01-30T20:30:00Z")))
            #expect(fresh.windowTo == (try instant("2026-01-30T21:00:00Z")))
            let widened = try await bench.mark(of: "T-2", "expiry")
            #expect(widened.inputs == [EventInput(field: "quote", position: dayBefore)])
            #expect(widened.windowFrom == (try instant("2026-01-29T21:00:00Z")))
            #expect(widened.windowTo == (try instant("2026-01-30T21:00:00Z")))
        }
    }

    @Test func `the expiry instant is New York's close, early ones too, or eight in UTC for a directly mapped symbol`() async throws {
        try await withQuotes { bench in
            func expiring(_ id: String, _ date: String, _ symbol: String = "MSTR") throws -> ExecutionRow {
                try bench.row(id) {
                    $0.expiry = CalendarDate(date)
                    $0.underlyingSymbol = symbol
                    $0.optionSymbol = nil
                    $0.instrument = id
                }
            }
            try await bench.record(
                expiring("winter", "2026-03-06"), expiring("summer", "2026-03-13"), expiring("early", "2026-11-27"),
                expiring("direct", "2026-03-06", "ETH"), expiring("unmapped", "2026-03-06", "XYZ"))
            let source = ScriptedQuotes { lookup, _ in ScriptedQuotes.quoted(lookup) }
            let asked = try await bench.marks(.vendor(source), now: "2026-12-01T00:00:00Z") { $0.horizons = "expiry" }
            #expect(asked.wanted == 5)
            for (id, expected) in [
                ("winter", "2026-03-06T21:00:00Z"), ("summer", "2026-03-13T20:00:00Z"),
                ("early", "2026-11-27T18:00:00Z"), ("direct", "2026-03-06T08:00:00Z"),
                ("unmapped", "2026-03-06T21:00:00Z"),
            ] {
                let mark = try await bench.mark(of: id, "expiry")
                #expect(mark.basis.target == (try instant(expected)), "\(id)")
                #expect(mark.quoteSource == "scripted_expiry")
            }
        }
    }

    // MARK: - Which horizons

    @Test func `no target after now, none after the expiry, and none without an expiry is asked for`() async throws {
        try await withQuotes { bench in
            try await bench.record(bench.row("T-1"), bench.row("no-expiry") { $0.expiry = nil })
            let source = ScriptedQuotes { lookup, _ in ScriptedQuotes.quoted(lookup) }
            #expect(try await bench.marks(.vendor(source), now: "2026-01-11T14:29:59.999999Z").wanted == 0)
            // The very instant has come.
            #expect(try await bench.marks(.vendor(source), now: "2026-01-11T14:30:00Z").wanted == 2)
            #expect(try await bench.marks(.vendor(source), now: "2026-01-30T20:59:59Z").wanted == 2)
            let late = try await bench.marks(.vendor(source), now: "2026-03-31T00:00:00Z")
            #expect(late.byHorizon == ["expiry": ["quoted": 1], "30d": ["unavailable": 1]])
            // Without an expiry there is nothing to ask for, and a day of thirty after it is never asked for.
            #expect(source.lookups.map(\.target).allSatisfy { $0 <= (Instant("2026-01-30T21:00:00Z") ?? .minimum) })
            #expect(try await bench.marks(of: "T-1", "30d").isEmpty)
            #expect(try await bench.marks(of: "no-expiry", "expiry").isEmpty)
            #expect(try await bench.mark(of: "no-expiry", "30d").error == "incomplete_contract")
        }
    }

    @Test func `without a time of its own a run takes the clock: what lies ahead of it is not asked for`() async throws {
        try await withQuotes { bench in
            let now = bench.ledger.now()
            try await bench.record(
                bench.row("T-1") {
                    $0.tradeDate = try #require(now.advanced(byMicroseconds: -2 * 86_400_000_000))
                    $0.expiry = now.date.advanced(byDays: 20)
                })
            #expect(try await bench.marks(now: nil).byHorizon == ["1d": ["unavailable": 1]])
        }
    }

    @Test func `at most eight horizons, each from 1 to 3650 days or expiry`() async throws {
        try await withQuotes { bench in
            for bad in ["", "0", "3651", "7d7", "1,2,3,4,5,6,7,8,9", "1,,7", "never"] {
                await #expect(throws: BackfillError.self, "\(bad)") { try await bench.marks { $0.horizons = bad } }
            }
            try await bench.record(bench.row("T-1"))
            let summary = try await bench.marks { $0.horizons = "1d,2,3,4,5,6,expiry,3650" }
            #expect(summary.wanted == 7)
        }
    }

    @Test func `a horizon looked up in vain is not asked for again, but on retry or under another basis`() async throws {
        try await withQuotes { bench in
            let row = try bench.row("T-1")
            try await bench.record(row)
            try await bench.quote(at: "2026-01-11T14:30:00Z")
            try await bench.quote(at: "2026-01-17T20:30:00Z")
            let first = try await bench.marks()
            #expect(first.byHorizon == ["1d": ["quoted": 1], "7d": ["stale": 1], "expiry": ["unavailable": 1]])
            let second = try await bench.marks()
            #expect(second.wanted == 0 && second.appended == 0)
            let same = try await bench.marks { $0.retry = true }
            #expect(same.wanted == 2 && same.appended == 0 && same.unchanged == 2)

            try await bench.quote(at: "2026-01-17T14:31:00Z", bid: "7")
            #expect(try await bench.marks().wanted == 0)
            let better = try await bench.marks { $0.retry = true }
            #expect(better.appended == 1 && better.byHorizon["7d"] == ["quoted": 1])
            #expect(try await bench.marks(of: "T-1", "7d").last?.quote?.bid == FixedDecimal(7))

            // Another trade date moves the day targets, and with them every basis.
            var moved = row
            moved.tradeDate = try instant("2026-01-10T14:31:00Z")
            try await bench.update(moved, from: row)
            #expect(try await bench.marks().wanted == 3)
            #expect(try await bench.marks(of: "T-1", "1d").count == 2)
            #expect(try await bench.marks().wanted == 0)
        }
    }

    @Test func `without the full contract, or with a foreign root, there is an event and no look-up`() async throws {
        try await withQuotes { bench in
            try await bench.record(
                bench.row("incomplete") { $0.optionType = nil },
                bench.row("adjusted") { $0.optionSymbol = "MSTR1260130C00350000" })
            let source = ScriptedQuotes { lookup, _ in ScriptedQuotes.quoted(lookup) }
            let summary = try await bench.marks(.vendor(source)) { $0.horizons = "1,30,expiry" }
            #expect(source.lookups.isEmpty)
            // The thirtieth day lies after the expiry.
            #expect(summary.byError == ["incomplete_contract": 2, "adjusted_root": 2])
            let mark = try await bench.mark(of: "incomplete", "expiry")
            #expect(mark.error == "incomplete_contract" && mark.quote == nil && mark.windowFrom == nil)
            #expect(mark.basis.target == (try instant("2026-01-30T21:00:00Z")))

            let asked = try await bench.marks(.vendor(source)) {
                $0.horizons = "1"
                $0.adjustedRoots = true
            }
            #expect(asked.wanted == 1 && source.lookups.count == 1)
            #expect(try await bench.marks(of: "adjusted", "1d").last?.quoteSource == "scripted_adjusted")
            #expect(try await bench.marks(.vendor(source)).wanted == 2, "only the seventh day was not looked at")
        }
    }

    @Test func `a refused look-up is recorded and asked for again on retry alone`() async throws {
        try await withQuotes(["AMBERDATA_API_KEY": "top-secret-key"]) { bench in
            try await bench.record(bench.row("T-1"))
            let source = ScriptedQuotes { _, _ in
                .failure(QuoteError(.notEntitled, "status 401 for top-secret-key"))
            }
            let summary = try await bench.marks(.vendor(source)) { $0.horizons = "1" }
            #expect(summary.failed == 1 && summary.notEntitled == 1 && summary.byHorizon == ["1d": ["failed": 1]])
            let mark = try await bench.mark(of: "T-1", "1d")
            #expect(mark.notEntitled && mark.error == "not_entitled: status 401 for [redacted]")
            #expect(try await bench.marks(.vendor(source)) { $0.horizons = "1" }.wanted == 0)
            #expect(
                try await bench.marks(.vendor(source)) {
                    $0.horizons = "1"
                    $0.retry = true
                }.unchanged == 1)
        }
    }

    // MARK: - Runs

    @Test func `horizons at one target share a look-up, dry runs write nothing, and the rest is asked for after a failure`() async throws {
        try await withQuotes { bench in
            // The second trade's first day is the first trade's second.
            try await bench.record(
                bench.row("T-1"), bench.row("T-2") { $0.tradeDate = try instant("2026-01-11T14:30:00Z") })
            let head = try await bench.head()
            let dry = ScriptedQuotes { lookup, _ in ScriptedQuotes.quoted(lookup) }
            let preview = try await bench.marks(.vendor(dry)) {
                $0.horizons = "1,2,7"
                $0.apply = false
            }
            #expect(preview.wanted == 6 && preview.lookups == 5 && dry.lookups.count == 5)
            #expect(try await bench.head() == head)

            let breaking = ScriptedQuotes(lookupsPerBatch: 2) { lookup, number in
                number <= 3
                    ? ScriptedQuotes.quoted(lookup) : .failure(QuoteError(.unreachable, "no route to host"))
            }
            await #expect(throws: BackfillError.self) {
                try await bench.marks(.vendor(breaking)) { $0.horizons = "1,2,7" }
            }
            let rest = try await bench.marks { $0.horizons = "1,2,7" }
            #expect(rest.wanted == 2)
            #expect(try await bench.marks { $0.horizons = "1,2,7" }.wanted == 0)
        }
    }

    @Test func `a limit takes the horizons of the earliest executions`() async throws {
        try await withQuotes { bench in
            try await bench.record(
                bench.row("late") { $0.tradeDate = try instant("2026-01-12T14:30:00Z") }, bench.row("early"))
            #expect(try await bench.marks { $0.limit = 1 }.wanted == 3)
            #expect(try await bench.marks(of: "early", "1d").count == 1)
            #expect(try await bench.marks(of: "late", "1d").isEmpty)
            #expect(try await bench.marks { $0.tradeIDs = ["early"] }.wanted == 0)
            #expect(try await bench.marks { $0.limit = 1 }.wanted == 3)
        }
    }
}

@Suite("What marks record of the market") struct MarksBackfillMarketTests {
    private func bitcoin(_ bench: QuotesBench, _ id: String, _ symbol: String = "BTC") throws -> ExecutionRow {
        try bench.row(id) {
            $0.underlyingSymbol = symbol
            $0.optionSymbol = nil
            $0.instrument = "BTC-30JAN26-100000-C"
            $0.strike = FixedDecimal(100_000)
        }
    }

    /// Hourly spots of a day from 2026-01-10T15:00:00Z, up one percent and down again; the positions.
    private func day(_ bench: QuotesBench) async throws -> [Int64] {
        var positions: [Int64] = []
        for hour in 15..<39 {
            let time = "2026-01-\(hour < 24 ? 10 : 11)T\(hour % 24 < 10 ? "0" : "")\(hour % 24):00:00Z"
            positions.append(try await bench.gex(at: time, spot: hour % 2 == 1 ? "100000" : "101000"))
        }
        return positions
    }

    @Test func `a directly mapped symbol gets the nearest spot and the realized vol with their positions`() async throws {
        try await withQuotes { bench in
            try await bench.record(bitcoin(bench, "T-1"))
            let positions = try await day(bench)
            let spot = try await bench.observe(
                .spot,
                [
                    ("currency", .text("BTC")), ("timestamp", .instant(try instant("2026-01-11T14:00:00Z"))),
                    ("price", .decimal(FixedDecimal(101_234))),
                ])
            try await bench.marks { $0.horizons = "1" }
            let mark = try await bench.mark(of: "T-1", "1d")
            // The spot and the gex of 14:00 are thirty minutes away; at the same instant the spot goes first.
            #expect(
                mark.spot
                    == HorizonSpot(
                        price: FixedDecimal(101_234), kind: "spot", timestamp: try instant("2026-01-11T14:00:00Z")))
            // 23 returns of ln 1.01: sqrt(8766 * ln(1.01)^2) * 100.
            let expected = 0.009950330853168092 * 93.62691920602197 * 100
            let value = try #require(mark.realizedVol.flatMap { Double($0.description) })
            #expect(abs(value - expected) < 1e-9)
            #expect(
                mark.inputs == [
                    EventInput(field: "realized_vol", positions: positions), EventInput(field: "spot", position: spot),
                ])
            #expect(mark.quote == nil && mark.error == nil && mark.windowFrom != nil)
        }
    }

    @Test func `a proxy's market never reaches the mark of a symbol that it stands for`() async throws {
        try await withQuotes { bench in
            try await bench.record(bench.row("T-1"), bitcoin(bench, "unmapped", "XYZ"))
            _ = try await day(bench)
            try await bench.marks { $0.horizons = "1" }
            for id in ["T-1", "unmapped"] {
                let mark = try await bench.mark(of: id, "1d")
                #expect(mark.spot == nil && mark.realizedVol == nil && mark.inputs.isEmpty)
            }
        }
    }

    @Test func `spot and realized vol are recorded of an incomplete contract too`() async throws {
        try await withQuotes { bench in
            var row = try bitcoin(bench, "T-1")
            row.strike = nil
            try await bench.record(row)
            _ = try await day(bench)
            try await bench.marks { $0.horizons = "1" }
            let mark = try await bench.mark(of: "T-1", "1d")
            #expect(mark.error == "incomplete_contract" && mark.quote == nil)
            #expect(mark.spot?.kind == "gex_hourly" && mark.spot?.price == FixedDecimal(101_000))
            #expect(mark.realizedVol != nil)
        }
    }

    @Test func `observations that come later, or supersede, bring a new mark with the same quote; the next run none`() async throws {
        try await withQuotes { bench in
            try await bench.record(bitcoin(bench, "T-1"))
            let quote = try await bench.quote(
                at: "2026-01-11T14:31:00Z", strike: "100000", underlying: "BTC")
            try await bench.marks { $0.horizons = "1" }
            let first = try await bench.mark(of: "T-1", "1d")
            #expect(first.quote != nil && first.spot == nil && first.realizedVol == nil)

            _ = try await day(bench)
            let unused = ScriptedQuotes { lookup, _ in ScriptedQuotes.quoted(lookup) }
            let second = try await bench.marks(.vendor(unused)) { $0.horizons = "1" }
            #expect(second.wanted == 0 && second.refreshed == 1 && second.appended == 1 && unused.lookups.isEmpty)
            #expect(second.byQuality.isEmpty)
            let refreshed = try #require(try await bench.marks(of: "T-1", "1d").last)
            #expect(refreshed.quote == first.quote && refreshed.quoteSource == first.quoteSource)
            #expect(refreshed.windowFrom == first.windowFrom && refreshed.lookedUpAt == first.lookedUpAt)
            #expect(refreshed.spot?.price == FixedDecimal(101_000) && refreshed.realizedVol != nil)
            #expect(refreshed.inputs.first { $0.field == "quote" } == EventInput(field: "quote", position: quote))
            #expect(try await bench.marks { $0.horizons = "1" }.appended == 0)

            // Superseded with the same spot: the same facts, nothing to record.
            try await bench.observe(
                .gexHourly,
                [
                    ("currency", .text("BTC")), ("timestamp", .instant(try instant("2026-01-11T14:00:00Z"))),
                    ("spot", .decimal(FixedDecimal(101_000))),
                ])
            #expect(try await bench.marks { $0.horizons = "1" }.appended == 0)
            try await bench.gex(at: "2026-01-11T14:00:00Z", spot: "102000")
            #expect(
                try await bench.marks {
                    $0.horizons = "1"
                    $0.apply = false
                }.refreshed == 1)
            #expect(try await bench.marks { $0.horizons = "1" }.refreshed == 1)
            #expect(try await bench.marks(of: "T-1", "1d").last?.spot?.price == FixedDecimal(102_000))
            #expect(
                try await bench.marks {
                    $0.horizons = "1"
                    $0.retry = true
                }.appended == 0)
        }
    }

    // MARK: - Previews

    @Test func `a preview counts horizons, the markets behind them, and what is refreshed without a look-up`() async throws {
        try await withQuotes { bench in
            try await bench.record(bench.row("T-1"), bitcoin(bench, "direct"))
            let now = try instant("2026-03-31T00:00:00Z")
            let source = ScriptedQuotes { lookup, _ in ScriptedQuotes.quoted(lookup) }
            let backfill = MarksBackfill(ledger: bench.ledger, quotes: .vendor(source), now: now)
            let options = MarksBackfillOptions(apply: true, horizons: "1,7")
            let preview = try await backfill.preview(options)
            #expect(preview.wanted == 4 && preview.trades == 2 && preview.byHorizon == ["1d": 2, "7d": 2])
            #expect(preview.markets == ["BTC"] && preview.readAt == now && preview.widenable == preview.lookups)
            #expect(source.lookups.isEmpty)
            #expect(try await backfill.run(options).wanted == preview.wanted)
            // The spot of a horizon that is settled came in later.
            try await bench.gex(at: "2026-01-11T14:30:00Z", spot: "90000")
            let rest = try await backfill.preview(options)
            #expect(rest.wanted == 0 && rest.refreshed == 1 && rest.trades == 1 && rest.lookups == 0)
        }
    }
}
