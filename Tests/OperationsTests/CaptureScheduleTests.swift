import LedgerEvents
import LedgerValues
import OptionTrades
import Testing

@testable import Operations

@Suite struct CaptureScheduleTests {
    private let schedule = Result { try CaptureSchedule(parsing: "gex,spot = hourly; prints=5m;oi=daily") }

    @Test func `a capture is due ninety seconds after each boundary`() throws {
        let schedule = try schedule.get()
        func next(_ text: String) throws -> String {
            let (boundary, series) = schedule.next(after: try #require(Instant(text)))
            return "\(boundary) \(series.map(\.rawValue).joined(separator: ","))"
        }
        #expect(try next("2026-01-05T10:00:00Z") == "2026-01-05T10:00:00Z gex,spot,prints")
        #expect(try next("2026-01-05T10:01:30Z") == "2026-01-05T10:05:00Z prints")
        #expect(try next("2026-01-05T10:57:00Z") == "2026-01-05T11:00:00Z gex,spot,prints")
        #expect(try next("2026-01-05T23:59:59Z") == "2026-01-06T00:00:00Z gex,spot,oi,prints")
    }

    @Test func `a capture looks back over a day, and over two for daily series`() throws {
        let boundary = try #require(Instant("2026-01-06T00:05:00Z"))
        let options = try schedule.get().options([.gex, .oi], at: boundary, currencies: ["BTC"])
        #expect(options.map(\.series) == [[.oi], [.gex]] && options.allSatisfy(\.apply))
        #expect(options.map { "\($0.from ?? .minimum)" } == ["2026-01-04T00:00:00Z", "2026-01-05T00:00:00Z"])
        #expect(throws: Never.self) { for one in options { try one.check() } }
    }

    @Test(arguments: [
        "", "gex", "gex=7m", "gex=0m", "gamma=hourly", "gex=hourly;gex=5m", "gex,=hourly", "chain:spy=15m", "chain:SOL=15m",
        "bars:BTC=hourly", "chain:SPY=15m;chain:SPY=5m", "gex=hourly=5m",
    ])
    func `what is no schedule is refused`(text: String) {
        #expect { try CaptureSchedule(parsing: text) } throws: { "\($0)".hasPrefix("ALPHA_LEDGER_CAPTURE:") }
    }

    @Test func `chains and bars of symbols are due with the series of markets`() throws {
        let schedule = try CaptureSchedule(parsing: "gex=hourly;chain:SPY,MSTR=15m;bars:SPY=hourly")
        #expect(schedule.hasMarkets && schedule.entries.map(\.minutes) == [60, 15, 60])
        func due(_ text: String) throws -> String {
            let moment = try #require(Instant(text))
            let symbols = schedule.symbols(after: moment).map { "\($0.series.rawValue) \($0.symbols.joined(separator: ","))" }
            return ([schedule.next(after: moment).boundary.description] + symbols).joined(separator: "; ")
        }
        #expect(try due("2026-01-05T10:05:00Z") == "2026-01-05T10:15:00Z; chain SPY,MSTR")
        #expect(try due("2026-01-05T10:50:00Z") == "2026-01-05T11:00:00Z; chain SPY,MSTR; bars_1m SPY; bars_1d SPY")
        let boundary = try #require(Instant("2026-01-05T11:00:00Z"))
        #expect(schedule.options(of: .chain, ["SPY"], at: boundary).from == nil)
        let bars = schedule.options(of: .minuteBars, ["SPY"], at: boundary)
        #expect(bars.from == Instant("2026-01-04T11:00:00Z") && bars.apply && bars.currencies == ["SPY"])
        #expect(try CaptureSchedule(parsing: "bars:SPY=daily").hasMarkets == false)
    }

    @Test func `the calls of a day are counted by day`() {
        var budget = CallBudget(perDay: 10)
        let monday = CalendarDate.minimum.advanced(byDays: 700_000) ?? .minimum
        budget.use(7, on: monday)
        #expect(budget.left(on: monday) == 3)
        budget.use(9, on: monday)
        #expect(budget.left(on: monday) == 0)
        #expect(budget.left(on: monday.advanced(byDays: 1) ?? monday) == 10)
    }

    @Test func `a refused series is a warning until it is captured`() {
        let status = CaptureStatus()
        var summary = CaptureSummary(runID: UniqueID(high: 1, low: 2), dryRun: false, startedAt: .minimum)
        var outcome = CaptureSummary.Outcome(series: .gex, currency: "BTC")
        outcome.failure = (.notEntitled, "403")
        summary.outcomes = [outcome]
        status.note(summary)
        #expect(status.warnings == ["capture of gex (BTC): not entitled"])
        outcome.failure = nil
        outcome.captured = 2
        outcome.rows = ImportCounts(inserted: 5)
        summary.outcomes = [outcome]
        status.note(summary)
        #expect(status.warnings.isEmpty && status.counts.rows.map(\.count) == [5])
        #expect(status.counts.hours.map { "\($0.outcome.rawValue) \($0.count)" } == ["captured 2", "unchanged 0", "failed 1"])
    }
}
