import LedgerEvents
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// The rules of summaries of trades, each by rows that were worked out by hand.
@Suite struct IntradayFlowTests {
    private let rules: IntradayFlowRules

    init() throws { rules = try IntradayFlowRules(version: 1, read: projectRuleFile) }

    private func quote(_ time: String, _ bid: String, _ ask: String) -> String {
        #"{"timestamp":"\#(time)","bid":\#(bid),"ask":\#(ask),"bid_size":1,"ask_size":1}"#
    }

    private func trade(_ time: String, _ price: String, _ size: String, _ rest: String = #","exchange":"C","conditions":"a""#) -> String {
        #"{"timestamp":"\#(time)","price":\#(price),"size":\#(size)\#(rest)}"#
    }

    private func summary(quotes: [String] = [], trades: [String], on date: String = "2026-01-30") throws -> FlowSummary {
        let day = try #require(CalendarDate(date))
        let contract = OptionContract(
            underlying: "MSTR", expiry: try #require(CalendarDate("2026-02-20")), strike: FixedDecimal(100), optionType: .call)
        let read = Tape.trades(
            quotes: Array(quotes.joined(separator: "\n").utf8), trades: Array(trades.joined(separator: "\n").utf8)
        ) { rules.dates.date(at: $0, of: "MSTR") == day }
        return try FlowSummary(
            of: FlowSubject(
                source: .stream, symbol: "MSTR260220C00100000", marketDate: day, contract: contract, multiplier: rules.listedMultiplier),
            read, inputs: .files([FlowFile(path: "trades.ndjson", sha256: Digest32(sha256Of: "t"), lines: 1)]), rules)
    }

    private func decimal(_ text: String) throws -> FixedDecimal { try FixedDecimal(text) }

    @Test func `a trade at the ask is bought, one at the bid sold, one between unknown`() throws {
        let flow = try summary(
            quotes: [quote("2026-01-30T14:30:00Z", "1.00", "1.20")],
            trades: [
                trade("2026-01-30T14:30:00Z", "1.20", "2"), trade("2026-01-30T14:30:01Z", "1.25", "3"),
                trade("2026-01-30T14:30:02Z", "1.00", "4"), trade("2026-01-30T14:30:03Z", "0.95", "1"),
                trade("2026-01-30T14:30:04Z", "1.10", "5"),
            ]
        ).payload
        let figures = flow.figures
        #expect(figures.buyVolume == FixedDecimal(5) && figures.sellVolume == FixedDecimal(5) && figures.unknownVolume == FixedDecimal(5))
        // 1.20 x 2 x 100 + 1.25 x 3 x 100; 1.00 x 4 x 100 + 0.95 x 100.
        #expect(figures.buyNotional == FixedDecimal(615) && figures.sellNotional == FixedDecimal(495))
        #expect(figures.netNotional == FixedDecimal(120))
        #expect(figures.tradeCount == 5 && figures.unknownTradeCount == 1 && flow.validQuoteCount == 5)
        #expect(try figures.unknownTradeShare == decimal("0.2") && flow.quoteCoverage == FixedDecimal(1))
        #expect(flow.warnings.isEmpty)
    }

    @Test func `a locked quote is sound and tells no side`() throws {
        let flow = try summary(
            quotes: [quote("2026-01-30T14:30:00Z", "1", "1")], trades: [trade("2026-01-30T14:30:01Z", "1", "1")]
        ).payload
        #expect(flow.figures.unknownVolume == FixedDecimal(1) && flow.validQuoteCount == 1 && flow.quoteCoverage == FixedDecimal(1))
    }

    @Test func `a quote that is not sound is still the one in force`() throws {
        for (bid, ask) in [("0", "1.2"), ("1.3", "1.2"), ("null", "1.2"), ("1", "null")] {
            let flow = try summary(
                quotes: [quote("2026-01-30T14:30:00Z", "1.0", "1.2"), quote("2026-01-30T14:30:01Z", bid, ask)],
                trades: [trade("2026-01-30T14:30:00.5Z", "1.2", "1"), trade("2026-01-30T14:30:02Z", "1.2", "1")]
            ).payload
            #expect(flow.figures.buyVolume == FixedDecimal(1) && flow.figures.unknownVolume == FixedDecimal(1), "\(bid) \(ask)")
            #expect(try flow.validQuoteCount == 1 && flow.quoteCoverage == decimal("0.5"), "\(bid) \(ask)")
        }
    }

    @Test func `without quotes all sides are unknown and the coverage is zero`() throws {
        let flow = try summary(trades: [trade("2026-01-30T14:30:00Z", "1", "1")]).payload
        #expect(flow.figures.unknownTradeShare == FixedDecimal(1) && flow.quoteCoverage == .zero)
        let none = try summary(trades: [])
        #expect(none.payload.figures.unknownTradeShare == nil && none.payload.quoteCoverage == nil && none.payload.buckets.isEmpty)
        #expect(none.effectiveAt == Instant("2026-01-31T05:00:00Z"))
    }

    @Test func `of quotes of one moment the last sound one counts, else the last, in any order of the file`() throws {
        let (early, late) = ("2026-01-30T14:30:00Z", "2026-01-30T14:30:05Z")
        let sound = try summary(
            quotes: [quote(late, "9", "10"), quote(early, "1", "2"), quote(early, "3", "4"), quote(early, "0", "0")],
            trades: [trade("2026-01-30T14:30:01Z", "3", "1")]
        ).payload
        #expect(sound.figures.sellVolume == FixedDecimal(1))
        let unsound = try summary(
            quotes: [quote(early, "0", "2"), quote(early, "5", "4")], trades: [trade(early, "3", "1")]
        ).payload
        #expect(unsound.figures.unknownVolume == FixedDecimal(1) && unsound.validQuoteCount == 0)
    }

    @Test func `times are compared to the nanosecond, and the valid time is rounded down to the microsecond`() throws {
        let summary = try summary(
            quotes: [quote("2026-01-30T14:30:00.000000200Z", "1", "2"), quote("2026-01-30T14:30:00.000000300Z", "3", "4")],
            trades: [
                trade("2026-01-30T14:30:00.000000199Z", "2", "1"), trade("2026-01-30T14:30:00.0000002Z", "2", "10"),
                trade("2026-01-30T09:30:00.0000003999-05:00", "2", "1000"), trade("2026-01-30T09:30:00.000000399-05:00", "3", "100"),
            ])
        let figures = summary.payload.figures
        #expect(
            figures.unknownVolume == FixedDecimal(1) && figures.buyVolume == FixedDecimal(10) && figures.sellVolume == FixedDecimal(100))
        // Ten digits are no time.
        #expect(summary.payload.warnings == ["dropped_trades:1"])
        #expect(summary.effectiveAt == Instant("2026-01-30T14:30:00Z"))
        #expect(TapeInstant("2026-01-30T14:30:00.1234567Z")?.nanoseconds == 700)
        #expect(TapeInstant("2026-01-30T14:30:00.123456Z") == Instant("2026-01-30T14:30:00.123456Z").map { TapeInstant($0) })
        #expect(TapeInstant("2026-01-30T09:30:00.5-05:00") == Instant("2026-01-30T14:30:00.5Z").map { TapeInstant($0) })
        for bad in ["", "2026-01-30", "2026-01-30T14:30:00.1234567x", "2026-01-30T14:30:00.12345a789Z"] { #expect(TapeInstant(bad) == nil) }
    }

    @Test func `what is no trade or quote is dropped and counted, blank lines are not`() throws {
        let flow = try summary(
            quotes: [
                quote("2026-01-30T14:30:00Z", "1", "2"), "", "[]", "{", #"{"bid":1,"ask":2}"#, quote("2026-01-29T14:30:00Z", "1", "2"),
            ],
            trades: [
                trade("2026-01-30T14:30:00Z", "2", "1"), " ", "no json", trade("2026-01-30T14:30:00Z", "0", "1"),
                trade("2026-01-30T14:30:00Z", "2", "-1"), trade("2026-01-30T14:30:00Z", "null", "1"),
                #"{"timestamp":"2026-01-30T14:30:00Z","price":2}"#, #"{"price":2,"size":1}"#, trade("2026-01-31T05:00:00Z", "2", "1"),
                trade("2026-01-30T04:59:59.999Z", "2", "1"),
            ]
        ).payload
        #expect(flow.figures.tradeCount == 1)
        #expect(flow.warnings == ["dropped_quotes:4", "dropped_trades:8"])
    }

    @Test func `a number that an exchange gave twice counts once, and prints that look alike all count`() throws {
        func numbered(_ exchange: String, _ sequence: String, _ price: String) -> String {
            trade("2026-01-30T14:30:00Z", price, "1", #","exchange":\#(exchange),"sequence":\#(sequence)"#)
        }
        let flow = try summary(
            quotes: [quote("2026-01-30T14:00:00Z", "1", "2")],
            trades: [
                // A dropped trade takes no number.
                trade("2026-01-30T14:30:00Z", "0", "1", #","exchange":"C","sequence":1"#),
                numbered(#""C""#, "1", "2"), numbered(#""C""#, "1", "1"), numbered(#""C""#, #""1""#, "1"), numbered(#""D""#, "1", "1"),
                numbered(#""C""#, "null", "1"), numbered(#""C""#, "null", "1"), trade("2026-01-30T14:30:00Z", "1", "1"),
                trade("2026-01-30T14:30:00Z", "1", "1"),
            ]
        ).payload
        #expect(flow.warnings == ["dropped_trades:1", "duplicate_trades:2"])
        // The first of the number was bought; the others are of another exchange, or have no number.
        #expect(flow.figures.buyVolume == FixedDecimal(1) && flow.figures.sellVolume == FixedDecimal(5))
    }

    @Test func `a bucket holds its start and not its end, and adds up by minutes from midnight in New York`() throws {
        let flow = try summary(
            trades: [
                trade("2026-01-30T14:30:00Z", "1", "1"), trade("2026-01-30T14:34:59.999999999Z", "1", "2"),
                trade("2026-01-30T14:35:00Z", "1", "4"), trade("2026-01-30T14:45:00Z", "1", "8"), trade("2026-01-30T05:00:00Z", "1", "16"),
            ]
        ).payload
        let found = flow.buckets.map { "\($0.minutes) \($0.start) \($0.figures.unknownVolume)" }
        #expect(
            found == [
                "5 2026-01-30T05:00:00Z 16", "5 2026-01-30T14:30:00Z 3", "5 2026-01-30T14:35:00Z 4", "5 2026-01-30T14:45:00Z 8",
                "15 2026-01-30T05:00:00Z 16", "15 2026-01-30T14:30:00Z 7", "15 2026-01-30T14:45:00Z 8",
            ])
    }

    @Test func `a market date is that of New York on the days when clocks change`() throws {
        // 23 hours in March, 25 in November.
        for (date, first, last) in [
            ("2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59.999999999Z"),
            ("2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T04:59:59.999999999Z"),
        ] {
            let flow = try summary(trades: [trade(first, "1", "1"), trade(last, "1", "1")], on: date).payload
            #expect(flow.figures.tradeCount == 2 && flow.warnings.isEmpty, "\(date)")
            #expect(flow.buckets.first?.start == Instant(first), "\(date)")
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `buckets of each length add up to the row`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var (quotes, trades): ([String], [String]) = ([], [])
        for _ in 0..<Int.random(in: 0...60, using: &random) {
            let time = "2026-01-30T\(Int.random(in: 10...23, using: &random)):\(Int.random(in: 10...59, using: &random)):00Z"
            let price = "\(Int.random(in: 0...9, using: &random)).\(Int.random(in: 0...9, using: &random))5"
            if Bool.random(using: &random) {
                quotes.append(quote(time, price, "\(Int.random(in: 0...9, using: &random))"))
            } else {
                trades.append(trade(time, price, "\(Int.random(in: 0...3, using: &random)).5", ""))
            }
        }
        let flow = try summary(quotes: quotes, trades: trades).payload
        for minutes in rules.bucketMinutes {
            var sums = FlowSums()
            for bucket in flow.buckets where bucket.minutes == minutes { sums.add(bucket.figures, validQuoteCount: 0) }
            #expect(sums.figures(digits: rules.shareDigits) == flow.figures, "seed \(seed), \(minutes) minutes")
        }
        #expect(try IntradayFlowPayload(decoding: flow.encode()) == flow, "seed \(seed)")
    }

    @Test func `a contract that is known by its terms has an OCC symbol, of a UTC market one with hyphens`() throws {
        func symbol(_ underlying: String, _ strike: String) throws -> String {
            try rules.symbol(
                of: OptionContract(
                    underlying: underlying, expiry: try #require(CalendarDate("2025-03-28")), strike: try decimal(strike),
                    optionType: .put))
        }
        #expect(try symbol("MSTR", "350") == "MSTR250328P00350000" && symbol("MSTR", "2.5") == "MSTR250328P00002500")
        #expect(try symbol("BTC", "90000") == "BTC-2025-03-28-90000-P")
        for (underlying, strike) in [("SOL_USDC", "100"), ("MSTR", "100000"), ("MSTR", "0.0001")] {
            #expect(throws: FlowProblem.self) { try symbol(underlying, strike) }
        }
    }

    @Test func `the digest covers inputs and figures, and not the rules`() throws {
        let flow = try summary(trades: [trade("2026-01-30T14:30:00Z", "1", "1")]).payload
        var (other, ruled) = (flow, flow)
        other.inputs = .files([FlowFile(path: "a", sha256: Digest32(sha256Of: "a"), lines: 1)])
        ruled.rules = []
        #expect(flow.contentDigest != other.contentDigest && flow.contentDigest == ruled.contentDigest && !flow.rules.isEmpty)
    }
}
