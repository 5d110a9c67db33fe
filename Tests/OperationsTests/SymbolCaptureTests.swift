import Alpaca
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import LoopbackServer
import OptionTrades
import SampleScope
import Synchronization
import TestSupport
import Testing

@testable import Operations

/// Chains and bars of symbols: from the vendors' wire into a real log.
@Suite struct SymbolCaptureTests {
    private static let window = SeriesWindow(
        from: Instant("2026-01-06T20:00:00Z") ?? .minimum, to: Instant("2026-01-06T21:00:00Z") ?? .minimum)

    /// −1 for what is no decimal, which nothing here is.
    private func decimal(_ text: String) -> FixedDecimal { (try? FixedDecimal(text)) ?? FixedDecimal(-1) }

    private func rows(_ observed: MarketObservedPayload) throws -> [ChainRow] {
        let rows = try #require(observed.rows)
        return try #require(ChainRow.all(in: rows.json))
    }

    // MARK: - Chains

    @Test func `a chain is joined from all pages, and what is no part of it is left out and counted`() async throws {
        let vendor = try AlpacaVendor(MadeChain.answers { MadeChain() })
        let answer = try await vendor.source(now: "2026-01-06T20:01:00Z").observations(of: .chain, currency: "MSTR", in: Self.window)
        #expect(vendor.paths == ["/v2/stocks/snapshots": 1, "/v2/options/contracts": 4, "/v1beta1/options/snapshots/MSTR": 3])
        #expect(answer.pages == 8)
        #expect(answer.leftOut == ["other_multiplier": 1, "other_root": 1, "expired": 1, "open_interest_of_another_date": 1])
        // The default range of contracts would end with the week.
        let asked = vendor.server.requests.first { $0.target.hasPrefix("/v2/options/contracts") }?.target ?? ""
        #expect(asked.contains("expiration_date_gte=2026-01-06&") && asked.contains("expiration_date_lte=203"))
        #expect(answer.observations.map { $0.date("expiry")?.description } == ["2026-01-16", "2026-02-20"])
        let first = try #require(answer.observations.first)
        // The latest time of anything that is in it; nanoseconds are cut.
        #expect("\(first.timestamp)" == "2026-01-06T20:00:00.123456Z")
        #expect(first.decimal("spot") == decimal("151") && first.decimal("multiplier") == FixedDecimal(100))
        #expect(first.date("open_interest_date") == CalendarDate("2026-01-05") && first.text("source") == "alpaca")
        #expect(first.unitSource == "fraction" && first.rounded)
        let rows = try rows(first)
        #expect(rows.map(\.name) == ["150C", "150P", "152.5C"])
        // Points, rounded once.
        #expect(rows[0].iv == decimal("45.8447844447") && rows[0].bid == decimal("4.1") && rows[0].volume == FixedDecimal(55))
        #expect(
            rows[0].last == decimal("4.2") && rows[0].openInterest == FixedDecimal(120) && rows[0].gamma == decimal("0.021"))
        // Missing is null, and another day's figures are missing.
        let put = rows[1]
        #expect(put.iv == nil && put.delta == nil && put.theta == nil && put.last == nil && put.volume == nil && put.openInterest == nil)
        #expect(put.bid == .zero && rows[2].openInterest == nil)
        let later = try self.rows(answer.observations[1])
        #expect(later.map(\.name) == ["140P", "150C"] && later[0].bid == nil && later[0].openInterest == FixedDecimal(33))
    }

    @Test func `contracts of another root are a chain of their own if they are asked for`() async throws {
        let vendor = try AlpacaVendor(MadeChain.answers { MadeChain() })
        var question = SymbolQuestion()
        question.root = "MSTR1"
        question.expiriesWithinDays = 30
        let answer = try await vendor.source(now: "2026-01-06T20:01:00Z", question)
            .observations(of: .chain, currency: "MSTR", in: Self.window)
        #expect(answer.observations.map(\.subject) == ["MSTR1"] && answer.leftOut["other_root"] == 7)
        let asked = vendor.server.requests.filter { $0.target.contains("options") }.map(\.target)
        #expect(asked.allSatisfy { $0.contains("root_symbol=MSTR1") && $0.contains("expiration_date_lte=2026-02-05") })
    }

    @Test(.enabled(if: AlpacaBodies.arePresent)) func `recorded chains are read over their pages`() async throws {
        let vendor = try AlpacaVendor([
            "/v2/stocks/snapshots": { _ in AlpacaBodies.reply("stock-snapshot") },
            "/v2/options/contracts": { _ in AlpacaBodies.reply("option-contracts") },
            "/v1beta1/options/snapshots/AAPL": { query in
                AlpacaBodies.reply(query["page_token"] == nil ? "mcp-spec-examples/option-chain.with-next-page" : "option-chain.aapl")
            },
        ])
        let answer = try await vendor.source(now: "2024-04-25T20:05:00Z").observations(of: .chain, currency: "AAPL", in: Self.window)
        #expect(answer.observations.map { "\($0.date("expiry") ?? .minimum)" } == ["2024-04-26", "2024-05-03"])
        #expect(answer.leftOut == ["expired": 1])
        #expect(answer.observations.allSatisfy { "\($0.timestamp)" == "2024-04-25T20:00:00.259610Z" })
        #expect(answer.observations[0].decimal("spot") == decimal("161.195") && answer.observations[0].decimal("multiplier") == nil)
        let row = try #require(try rows(answer.observations[1]).first)
        #expect(row.name == "155P" && row.iv == decimal("45.8447844447") && row.delta == decimal("-0.0696235262"))
        #expect(row.last == decimal("0.34") && row.openInterest == nil)
        // Its last trade is three days older than the chain.
        #expect(try rows(answer.observations[0]).first?.last == nil)
    }

    @Test func `a limit is waited for, a refusal is none, and a vendor that fails is asked again`() async throws {
        let count = Mutex(0)
        var answers = MadeChain.answers { MadeChain() }
        let stocks = try #require(answers["/v2/stocks/snapshots"])
        answers["/v2/stocks/snapshots"] = { query in
            let number = count.withLock { count in
                count += 1
                return count
            }
            switch number {
            case 1: return .status(429, [("Date", "Tue, 06 Jan 2026 20:00:00 GMT"), ("X-RateLimit-Reset", "1767729607")])
            case 2: return .status(503)
            default: return stocks(query)
            }
        }
        let vendor = try AlpacaVendor(answers)
        let source = try vendor.source(now: "2026-01-06T20:01:00Z")
        let answer = try await source.observations(of: .chain, currency: "MSTR", in: Self.window)
        #expect(answer.observations.count == 2 && source.callsMade == 10)
        #expect(vendor.waits.withLock { $0 } == [7, 2])
        for (status, kind) in [(401, SeriesError.Kind.notEntitled), (403, .notEntitled), (500, .failed), (429, .failed), (422, .failed)] {
            let refusing = try AlpacaVendor(["/v2/stocks/snapshots": { _ in .status(status) }])
            let error = await #expect(throws: SeriesError.self) {
                try await refusing.source(now: "2026-01-06T20:01:00Z").observations(of: .chain, currency: "MSTR", in: Self.window)
            }
            #expect(error?.kind == kind && error?.description.contains("secret-1") == false, "\(status)")
        }
    }

    @Test func `an equal chain is appended once, a later one beside it, and joined rows are the captured ones`() async throws {
        try await withCapture { bench in
            let chain = Mutex(MadeChain())
            let vendor = try AlpacaVendor(MadeChain.answers { chain.withLock { $0 } })
            let source = try vendor.source(now: "2026-01-06T20:01:00Z")
            let dry = try await bench.run(source, [.chain], currencies: ["MSTR"], apply: false)
            #expect(try await bench.head() == 0 && dry.outcomes.first?.rows == ImportCounts(inserted: 2))
            let first = try await bench.run(source, [.chain], currencies: ["MSTR"])
            #expect(first.outcomes.first?.captured == 1 && first.outcomes.first?.leftOut["other_root"] == 1)
            #expect(try await bench.types() == ["MarketObserved 2", "SnapshotCaptured 1"])
            let events = try await bench.events()
            #expect(events[2].stream == "snapshot-MSTR:2026-01-06:chain" && events[0].schemaVersion == 3)
            let second = try await bench.run(source, [.chain], currencies: ["MSTR"])
            #expect(second.outcomes.first?.unchanged == 1 && second.outcomes.first?.rows == ImportCounts(unchanged: 2))
            #expect(try await bench.head() == 3)
            chain.withLock { ($0.bid, $0.time) = ("4.15", "2026-01-06T20:10:00Z") }
            _ = try await bench.run(source, [.chain], currencies: ["MSTR"])
            #expect(try await bench.types() == ["MarketObserved 2", "SnapshotCaptured 1", "MarketObserved 2", "SnapshotCaptured 1"])
            // The hour of the chain's own moment is covered, whenever it was asked for.
            let covered = try await CaptureCoverage.read(
                .chain, currency: "MSTR", from: try #require(Instant("2026-01-06T18:00:00Z")),
                to: try #require(Instant("2026-01-06T23:00:00Z")), now: CaptureBench.now, bench.ledger.pool)
            #expect(covered.hours == 5 && covered.missing.map { "\($0.hour)" }.contains("2026-01-06T20:00:00Z") == false)
            #expect(covered.missing.count == 4 && covered.missing.allSatisfy { $0.reason == .notCaptured })
            // The joined rows of the chain that counts are those of its events.
            let parts = try await bench.events().filter { $0.type == "MarketObserved" }.suffix(2)
            for record in parts {
                let observed = try MarketObservedPayload(decoding: record.payload, schemaVersion: 3)
                let row = try JSONDocument(parsing: Array(#"{"part_positions":[\#(record.position)],"spot":1}"#.utf8))
                let joined = try OptionChain.joined(row, [ChainPart(position: record.position, observed: observed)])
                #expect(joined.root.members.map(\.key) == ["part_positions", "rows", "spot"])
                let shown = try #require(joined.root["rows"])
                let own = try rows(observed)
                #expect(ChainRow.all(in: Array(shown.sourceText.utf8)) == own)
            }
        }
    }

    @Test func `a chain of more than two hundred rows is split, and its parts are one chain again`() throws {
        let rows = (1...125).flatMap { strike in
            [OptionType.call, .put].map { ChainRow(strike: FixedDecimal(strike), $0, bid: FixedDecimal(1)) }
        }
        let moment = try #require(Instant("2026-01-06T20:00:00Z"))
        let chain = ChainObservation(
            underlying: "SPY", expiry: try #require(CalendarDate("2026-02-20")),
            chain: OptionChain(timestamp: moment, source: "alpaca", spot: FixedDecimal(100), multiplier: FixedDecimal(100), rows: rows),
            rounded: false, unitSource: nil, provenance: .init())
        let parts = try #require(chain.parts())
        #expect(parts.map { $0.rows?.count } == [200, 50] && parts.allSatisfy { $0.integer("parts") == 2 })
        #expect(parts.allSatisfy { EncodedObservation($0).payload.count < 65_536 })
        let joined = ChainPart.chain(
            of: parts.enumerated().map { ChainPart(position: Int64($0.offset + 1), observed: $0.element) })
        #expect(joined?.rows == rows && joined?.positions == [1, 2])
    }

    @Test func `an unknown symbol is an empty hour, and the next run is not hindered by it`() async throws {
        try await withCapture { bench in
            let vendor = try AlpacaVendor([
                "/v2/stocks/snapshots": { _ in .json("{}") },
                "/v2/options/contracts": { _ in .json(#"{"option_contracts":[],"next_page_token":null}"#) },
                "/v1beta1/options/snapshots/NONE": { _ in .json(#"{"snapshots":{},"next_page_token":null}"#) },
            ])
            let summary = try await bench.run(try vendor.source(now: "2026-01-07T00:00:00Z"), [.chain], currencies: ["NONE"])
            #expect(summary.outcomes.first?.empty == 1 && !summary.hasFailures)
            #expect(try await bench.types() == ["SnapshotCaptured 1"])
        }
    }

    // MARK: - Bars

    /// Minute bars of a session, or daily ones, as the query asks; 100 a page.
    private static let bars: AlpacaVendor.Answer = { query in
        guard let from = query["start"].flatMap({ Instant($0) }), let through = query["end"].flatMap({ Instant($0) }) else {
            return .status(400)
        }
        let isDaily = query["timeframe"] == "1Day"
        let step: Int64 = isDaily ? 86_400_000_000 : 60_000_000
        var rows: [String] = []
        // Midnight in New York is 05:00Z; a session is 14:30 to 21:00.
        for time in stride(from: from.microseconds / step * step, through: through.microseconds, by: Int(step)) {
            let minute = time % 86_400_000_000 / 60_000_000
            let at = isDaily ? time + 5 * 3_600_000_000 : time
            guard at >= from.microseconds, at <= through.microseconds, isDaily || (870..<1260).contains(minute) else { continue }
            rows.append(#"{"t":"\#(Instant(microseconds: at) ?? .minimum)","o":10,"h":11.5,"l":9.25,"c":10.5,"v":100,"n":3,"vw":10.125}"#)
        }
        let start = query["page_token"].flatMap { Int($0) } ?? 0
        let end = min(rows.count, start + 100)
        let page = start < end ? rows[start..<end].joined(separator: ",") : ""
        let symbol = query["symbols"] ?? ""
        return .json(#"{"bars":{"\#(symbol)":[\#(page)]},"next_page_token":\#(end < rows.count ? #""\#(end)""# : "null")}"#)
    }

    @Test func `minute bars are whole blocks, and a bar that still grows is none`() async throws {
        try await withCapture { bench in
            let vendor = try AlpacaVendor(["/v2/stocks/bars": Self.bars])
            let source = try vendor.source(now: "2026-01-07T00:00:00Z")
            // From 15:00 on Monday: the block from 12:00 on.
            let summary = try await bench.run(source, [.minuteBars], currencies: ["SPY"], from: 15, to: 48)
            let outcome = try #require(summary.outcomes.first)
            #expect(outcome.hours == 9 && outcome.captured == 9 && outcome.empty == 3 && outcome.rows.inserted == 6)
            let observed = try await bench.events().filter { $0.type == "MarketObserved" }
                .map { try MarketObservedPayload(decoding: $0.payload, schemaVersion: 3) }
            #expect(
                observed.map { $0.text("period") } == [
                    "2026-01-05T12", "2026-01-05T16", "2026-01-05T20", "2026-01-06T12", "2026-01-06T16", "2026-01-06T20",
                ])
            #expect(observed.map { $0.rows?.count } == [90, 240, 60, 90, 240, 60])
            #expect(observed.allSatisfy { $0.text("adjustment") == "raw" && $0.text("interval") == "1m" && $0.subject == "SPY" })
            // What is not over is asked for again, the rest is known: at midnight the last block lacks its last twenty minutes.
            let before = vendor.server.requests.count
            let again = try await bench.run(source, [.minuteBars], currencies: ["SPY"], from: 15, to: 48)
            #expect(again.outcomes.first?.known == 8 && again.outcomes.first?.unchanged == 1)
            #expect(vendor.server.requests.count == before + 1)
        }
    }

    @Test func `daily bars are months of dates in New York, without the day that is not over`() async throws {
        try await withCapture { bench in
            let vendor = try AlpacaVendor(["/v2/stocks/bars": Self.bars])
            let summary = try await CaptureRun(
                pool: bench.ledger.pool, log: bench.ledger.log, configuration: bench.ledger.configuration,
                source: try vendor.source(now: "2026-01-07T00:00:00Z"), now: { CaptureBench.now }, newID: { UniqueID(high: 1, low: 1) }
            ).run(
                CaptureOptions(
                    series: [.dailyBars], currencies: ["SPY"], from: Instant("2025-11-20T00:00:00Z"), to: CaptureBench.now, apply: true))
            let outcome = try #require(summary.outcomes.first)
            #expect(outcome.hours == 3 && outcome.captured == 3 && outcome.pages == 1)
            let observed = try await bench.events().filter { $0.type == "MarketObserved" }
                .map { try MarketObservedPayload(decoding: $0.payload, schemaVersion: 3) }
            #expect(observed.map { $0.text("period") } == ["2025-11", "2025-12", "2026-01"])
            // On the evening of January 6 in New York that day goes on.
            #expect(observed.map { $0.rows?.count } == [30, 31, 5])
            let bars = try #require(observed[2].rows.flatMap { Bar.all(in: $0.json) })
            #expect("\(bars[0].timestamp)" == "2026-01-01T00:00:00Z" && "\(bars[4].timestamp)" == "2026-01-05T00:00:00Z")
            #expect(bars[0].vwap == decimal("10.125") && "\(observed[2].timestamp)" == "2026-01-06T05:00:00Z")
        }
    }

    @Test func `a run of bars that was cut short goes on where it stopped`() async throws {
        try await withCapture { bench in
            let vendor = try AlpacaVendor(["/v2/stocks/bars": Self.bars])
            func run(_ maximum: Int?) async throws -> CaptureSummary {
                try await CaptureRun(
                    pool: bench.ledger.pool, log: bench.ledger.log, configuration: bench.ledger.configuration,
                    source: try vendor.source(now: "2026-01-07T00:00:00Z"), now: { CaptureBench.now },
                    newID: {
                        var generator = SystemRandomNumberGenerator()
                        return UniqueID(random: &generator)
                    }
                ).run(
                    CaptureOptions(
                        series: [.minuteBars], currencies: ["SPY"], from: Instant("2025-12-22T00:00:00Z"),
                        to: Instant("2026-01-05T00:00:00Z"), apply: true, maximumCalls: maximum))
            }
            // A week a look-up.
            let first = try await run(1)
            #expect(first.isCutShort && first.outcomes.first?.captured == 42 && first.outcomes.first?.left == 42)
            let second = try await run(nil)
            #expect(second.outcomes.first?.known == 42 && second.outcomes.first?.captured == 42 && !second.isCutShort)
            let head = try await bench.head()
            let third = try await run(nil)
            #expect(third.calls == 0 && third.outcomes.first?.known == 84)
            #expect(try await bench.head() == head)
        }
    }

    @Test(.enabled(if: AlpacaBodies.arePresent)) func `recorded bars are read over their pages`() async throws {
        let vendor = try AlpacaVendor([
            "/v2/stocks/bars": { query in AlpacaBodies.reply(query["page_token"] == nil ? "stock-bars.aapl.page" : "stock-bars.empty") }
        ])
        let window = SeriesWindow(
            from: try #require(Instant("2022-02-01T00:00:00Z")), to: try #require(Instant("2022-03-01T05:00:00Z")))
        let answer = try await vendor.source(now: "2024-01-01T00:00:00Z").observations(of: .dailyBars, currency: "AAPL", in: window)
        #expect(answer.pages == 2 && answer.observations.map { $0.text("period") } == ["2022-02"])
        let bars = try #require(answer.observations[0].rows.flatMap { Bar.all(in: $0.json) })
        #expect(bars.map(\.close) == [decimal("174.61"), decimal("175.84")] && bars[0].vwap == decimal("173.703516"))
    }

    // MARK: - Coins

    @Test func `a chain of BTC is in dollars, on the forward of each expiry, at the newest hour`() async throws {
        @Sendable func row(_ strike: Int, _ side: String, _ expiry: String, _ figures: String, at time: String = "2026-01-06T20:00:00Z")
            -> String
        {
            #"{"currency":"BTC","exchange":"deribit","timestamp":"\#(time)","expirationTimestamp":"\#(expiry)T08:00:00Z","strike":\#(strike),"putCall":"\#(side)",\#(figures)}"#
        }
        let vendor = try AmberdataVendor([
            "/volatility/level-1-quotes": { query in
                #expect(query["timeInterval"] == "h" && query["currency"] == "BTC")
                return AmberdataVendor.page([
                    row(
                        90_000, "C", "2026-01-30",
                        #""bid":0.01,"ask":null,"markPrice":0.012,"markIv":50,"underlyingPrice":90100,"indexPrice":90000"#,
                        at: "2026-01-06T19:00:00Z"),
                    row(
                        90_000, "P", "2026-01-30",
                        #""bid":0.02,"ask":0.0205,"markPrice":0.0201,"markIv":0.01,"underlyingPrice":91000,"indexPrice":90010,"openInterest":12.5"#
                    ),
                    row(
                        90_000, "C", "2026-01-30",
                        #""bid":null,"ask":0.03,"markPrice":0.0295,"markIv":52.25,"delta":0.55,"underlyingPrice":91002,"indexPrice":90020"#),
                    row(
                        95_000, "C", "2026-03-27",
                        #""bid":0.01,"ask":0.02,"markPrice":0.015,"markIv":55,"underlyingPrice":null,"indexPrice":90010"#),
                ])
            }
        ])
        let answer = try await vendor.source().observations(of: .chain, currency: "BTC", in: Self.window)
        #expect(
            answer.observations.map { "\($0.timestamp) \($0.date("expiry") ?? .minimum)" } == [
                "2026-01-06T20:00:00Z 2026-01-30", "2026-01-06T20:00:00Z 2026-03-27",
            ])
        let first = answer.observations[0]
        #expect(first.decimal("forward") == FixedDecimal(91_001) && first.decimal("spot") == FixedDecimal(90_015))
        #expect(first.decimal("multiplier") == FixedDecimal(1) && first.unitSource == nil)
        let rows = try rows(first)
        #expect(rows.map(\.name) == ["90000C", "90000P"])
        #expect(rows[0].bid == nil && rows[0].ask == decimal("2730.06") && rows[0].iv == decimal("52.25"))
        // A volatility at the vendor's bound is none.
        #expect(rows[1].bid == FixedDecimal(1_820) && rows[1].iv == nil && rows[1].openInterest == decimal("12.5"))
        // Without a price of the underlying a price in coins is none in dollars.
        let far = try #require(try self.rows(answer.observations[1]).first)
        #expect(far.bid == nil && far.mark == nil && far.iv == FixedDecimal(55) && answer.observations[1].decimal("forward") == nil)
    }

    // MARK: - Names

    @Test func `symbols follow the kind before them, and each has its vendor`() throws {
        let targets = try CaptureTargets(parsing: "gex,chain:SPY,MSTR,bars:COIN,BRK.B,spot,chain:BTC")
        #expect(targets.series == [.gex, .spot])
        #expect(
            targets.symbols.map { "\($0.series.rawValue) \($0.symbol)" } == [
                "chain SPY", "chain MSTR", "bars_1m COIN", "bars_1d COIN", "bars_1m BRK.B", "bars_1d BRK.B", "chain BTC",
            ])
        for bad in ["SPY", "chain:", "chain:spy", "chain:SOL", "bars:BTC", "chain:SPY,SPY", "gex,SPY", "tape:SPY", "chain", "bars_1m"] {
            #expect(throws: SettingProblem.self, "\(bad)") { _ = try CaptureTargets(parsing: bad) }
        }
    }

    @Test func `what the sample's server of shares gives is captured, and captured again it is the same`() async throws {
        let server = try await SampleShareServer.start(keyID: "key-1", secret: "secret-1")
        let now = try #require(Instant("2026-02-05T20:45:00Z"))
        server.set(now: now)
        let result: Result<Void, any Error>
        do {
            let settings = try AlpacaSettings(
                source: .alpacaPaper, tradingURL: server.url, dataURL: server.url, keyID: "key-1", secret: "secret-1")
            let source = AlpacaSeries(settings, SymbolQuestion(), now: { now })
            try await withCapture { bench in
                let first = try await bench.run(source, [.chain], currencies: ["MSTR", "COIN", "SPY"])
                #expect(
                    first.outcomes.map(\.rows.inserted) == [8, 8, 4] && first.outcomes.map { $0.leftOut["other_root"] } == [1, 1, nil])
                let head = try await bench.head()
                let second = try await bench.run(source, [.chain], currencies: ["MSTR", "COIN", "SPY"])
                #expect(second.outcomes.allSatisfy { $0.unchanged == 1 })
                #expect(try await bench.head() == head)
                for event in try await bench.events() where event.type == "MarketObserved" {
                    let observed = try MarketObservedPayload(decoding: event.payload, schemaVersion: 3)
                    #expect(observed.timestamp == now && observed.decimal("spot") != nil)
                    let rows = try rows(observed)
                    #expect(rows.contains { $0.delta == nil } && rows.contains { $0.delta != nil })
                }
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await server.stop()
        try result.get()
    }
}
