import LedgerEvents
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// The market ranked against its own past: hand-worked percentiles, regimes and stationarity.
@Suite struct ContextWindowTests {
    private let minute = ContextFixture.minute
    private let day = ContextFixture.day

    // MARK: - dvol_percentile

    @Test func `a percentile counts what is below and half of what is equal`() throws {
        let context = try ContextFixture()
        // 60 days with 1, 2 … 60 but the stamped 30 last: 29 below, 1 equal: 100 × 29.5 ÷ 60.
        let values = (1...60).filter { $0 != 30 }.map(String.init) + ["30"]
        let stamp = try context.stamp(vol: try context.daily(values)).payload
        #expect("\(try #require(stamp.dvolPercentile))" == "49.1666666667")
        #expect(stamp.dvol == FixedDecimal(30))
        #expect(stamp.inputs.contains(EventInput(field: "dvol_percentile", position: 1059)))
        // 20 equal and 40 below: 100 × 50 ÷ 60, half to even at the tenth place.
        let equal = [String](repeating: "5", count: 40) + [String](repeating: "9", count: 20)
        #expect(
            "\(try #require(try context.stamp(vol: try context.daily(equal)).payload.dvolPercentile))"
                == "83.3333333333")
        let lowest = (2...60).map(String.init) + ["1"]
        #expect(
            "\(try #require(try context.stamp(vol: try context.daily(lowest)).payload.dvolPercentile))"
                == "0.8333333333")
    }

    @Test func `fewer than sixty days have no percentile`() throws {
        let context = try ContextFixture()
        let values = (1...59).map(String.init)
        let stamp = try context.stamp(vol: try context.daily(values)).payload
        #expect(stamp.dvolPercentile == nil && stamp.isMissing("dvol_percentile"))
        // A sixtieth day counts by having a value, not by having a row.
        let empty = try context.vol(1, -70 * day)
        #expect(try context.stamp(vol: try context.daily(values) + [empty]).payload.dvolPercentile == nil)
        let sixtieth = try context.vol(1, -70 * day, dvol: "1000")
        #expect(try context.stamp(vol: try context.daily(values) + [sixtieth]).payload.dvolPercentile != nil)
    }

    @Test func `the last value of each UTC day counts`() throws {
        let context = try ContextFixture()
        // The days 60…1 before the trade at 14:29 hold 10; the stamped value of the trade's own day is 20.
        let past = try context.daily([String](repeating: "10", count: 60), last: 1)
        let now = try context.vol(1, -minute, dvol: "20")
        func percentile(_ more: [VolPoint]) throws -> String {
            "\(try #require(try context.stamp(vol: past + [now] + more).payload.dvolPercentile))"
        }
        // 60 below, 1 equal of 61.
        #expect(try percentile([]) == "99.1803278689")
        // A later value of yesterday replaces yesterday's: 59 below, 1 equal (today), 1 above.
        #expect(try percentile([try context.vol(2, -day + 60 * minute, dvol: "30")]) == "97.5409836066")
        // A later row without a value does not.
        #expect(try percentile([try context.vol(2, -day + 60 * minute)]) == "99.1803278689")
        // An earlier one does not either.
        #expect(try percentile([try context.vol(2, -day - 60 * minute, dvol: "30")]) == "99.1803278689")
        // An earlier value of today is not today's last.
        #expect(try percentile([try context.vol(2, -60 * minute, dvol: "30")]) == "99.1803278689")
    }

    @Test func `the window ends before the trade whatever is stamped`() throws {
        let context = try ContextFixture()
        let past = try context.daily([String](repeating: "10", count: 60), last: 1)
        // Stamped at the trade's own instant: not among the values before it.
        let stamp = try context.stamp(vol: past + [try context.vol(1, 0, dvol: "20")]).payload
        #expect(stamp.dvol == FixedDecimal(20) && stamp.dvolPercentile == FixedDecimal(100))
        // Stamped after the trade: ranked against what was before it, today's last before the trade included.
        let after = try context.stamp(
            vol: past + [try context.vol(1, -60 * minute, dvol: "30"), try context.vol(2, minute, dvol: "20")]
        ).payload
        #expect(after.dvol == FixedDecimal(20))
        #expect("\(try #require(after.dvolPercentile))" == "98.3606557377")
    }

    @Test func `a day is placed in the window by its last values own time`() throws {
        let context = try ContextFixture()
        let past = try context.daily([String](repeating: "10", count: 59), last: 1)
        let now = try context.vol(1, -minute, dvol: "10")
        func count(_ more: [VolPoint]) throws -> String {
            // All equal but the added ones, which are below: 100 × (below + 30) ÷ (60 + below).
            "\(try #require(try context.stamp(vol: past + [now] + more).payload.dvolPercentile))"
        }
        #expect(try count([]) == "50")
        #expect(try count([try context.vol(2, -365 * day, dvol: "1")]) == "50.8196721311")
        #expect(try count([try context.vol(2, -365 * day - 1, dvol: "1")]) == "50")
        // The same UTC day, before the window's start and after it: the last one of the day is within.
        #expect(
            try count([
                try context.vol(2, -365 * day - minute, dvol: "99"), try context.vol(3, -365 * day + minute, dvol: "1"),
            ])
                == "50.8196721311")
    }

    // MARK: - gamma_regime

    /// Hourly imbalances before the trade, and the stamped one ten minutes after it.
    private func regime(
        _ context: ContextFixture, _ imbalances: [String], stamped: GexPoint, spacing: Int64 = 60
    ) throws -> ContextStampedPayload {
        let past = try imbalances.enumerated().map { index, value in
            try context.gex(Int64(100 + index), -Int64(index + 1) * spacing * minute, imbalance: value)
        }
        return try context.stamp(gex: past + [stamped]).payload
    }

    @Test(arguments: [
        ("0.1673", "long_gamma"), ("0.1672999999", "neutral"), ("0.0717", "short_gamma"), ("0.0717000001", "neutral"),
        ("0.9", "long_gamma"), ("-0.9", "short_gamma"),
    ])
    func aRegimeIsNamedByInterpolatedPercentilesInclusively(imbalance: String, name: String) throws {
        // 0, 0.001 … 0.239: p30 at h = 71.7, p70 at h = 167.3.
        let context = try ContextFixture()
        let past = (0..<240).map { "0.\(String(1000 + $0).dropFirst())" }.shuffledBySeed(7)
        let stamp = try regime(context, past, stamped: try context.gex(1, 10 * minute, imbalance: imbalance))
        #expect(stamp.gammaRegime == name)
        #expect(!stamp.isMissing("gamma_regime_history"))
    }

    @Test(arguments: [
        ("0.1", "long_gamma"), ("0.0999999999", "neutral"), ("-0.1", "short_gamma"), ("-0.0999999999", "neutral"),
        ("0", "neutral"),
    ])
    func withFewerThan240TheFixedThresholdsHold(imbalance: String, name: String) throws {
        let context = try ContextFixture()
        let past = (0..<239).map { "0.\(String(1000 + $0).dropFirst())" }
        let stamp = try regime(context, past, stamped: try context.gex(1, 10 * minute, imbalance: imbalance))
        #expect(stamp.gammaRegime == name)
        #expect(stamp.isMissing("gamma_regime_history") && !stamp.isMissing("gamma_regime"))
    }

    @Test func `where both thresholds are one value it is long gamma`() throws {
        let context = try ContextFixture()
        let past = [String](repeating: "0.05", count: 240)
        #expect(
            try regime(context, past, stamped: try context.gex(1, minute, imbalance: "0.05")).gammaRegime
                == "long_gamma")
        #expect(
            try regime(context, past, stamped: try context.gex(1, minute, imbalance: "0.04")).gammaRegime
                == "short_gamma")
    }

    @Test func `regimes compare unrounded values`() throws {
        let context = try ContextFixture()
        // 1 ÷ 3 throughout; 0.3333333333 is below it, though it is what 1 ÷ 3 rounds to.
        let past = try (0..<240).map {
            try context.gex(Int64($0 + 10), -Int64($0 + 1) * 60 * minute, net: "1", abs: "3")
        }
        func stamp(_ point: GexPoint) throws -> ContextStampedPayload { try context.stamp(gex: past + [point]).payload }
        #expect(try stamp(try context.gex(1, minute, imbalance: "0.3333333333")).gammaRegime == "short_gamma")
        #expect(try stamp(try context.gex(1, minute, net: "2", abs: "6")).gammaRegime == "long_gamma")
        #expect(try stamp(try context.gex(1, minute, net: "2", abs: "6")).gexImbalance == FixedDecimal("0.3333333333"))
    }

    @Test func `the regimes window is ninety days before the trade`() throws {
        let context = try ContextFixture()
        // 239 in the window; the one more is at its first instant, before it, or empty.
        let past = try (0..<239).map { try context.gex(Int64($0 + 10), -Int64($0 + 1) * 60 * minute, imbalance: "0.5") }
        let now = try context.gex(1, minute, imbalance: "0.2")
        func hasHistory(_ point: GexPoint) throws -> Bool {
            !(try context.stamp(gex: past + [now, point]).payload.isMissing("gamma_regime_history"))
        }
        #expect(try hasHistory(try context.gex(2, -90 * day, imbalance: "0.5")))
        #expect(try !hasHistory(try context.gex(2, -90 * day - 1, imbalance: "0.5")))
        #expect(try !hasHistory(try context.gex(2, -80 * day, net: "1", abs: "0")))
        #expect(try hasHistory(try context.gex(2, -80 * day, net: "1", abs: "2")))
        // At the trade's instant it is joined, and no history.
        #expect(try !hasHistory(try context.gex(2, 0, imbalance: "0.5")))
    }

    // MARK: - stationarity

    /// Thirty days of which the last `recent.count` have values, and sixty before of which as many as `older`.
    private func stationarity(_ recent: [String], _ older: [String]) throws -> ContextStampedPayload {
        let context = try ContextFixture()
        return try context.stamp(vol: try context.daily(recent) + (try context.daily(older, last: 31))).payload
    }

    /// Values around a mean: each distance once above and once below, and the mean itself up to a count.
    private func around(_ mean: String, _ distances: [String], count: Int) throws -> [String] {
        let middle = try FixedDecimal(mean)
        var values: [String] = []
        for distance in try distances.map({ try FixedDecimal($0) }) {
            values.append("\(middle + distance)")
            values.append("\(middle - distance)")
        }
        while values.count < count { values.append(mean) }
        return values
    }

    @Test func `stationarity needs twenty recent and forty older days`() throws {
        let recent = try around("50", ["1"], count: 20)
        let older = try around("50", ["1"], count: 40)
        let short = [
            try stationarity(Array(recent.dropLast()), older), try stationarity(recent, Array(older.dropLast())),
        ]
        for stamp in short {
            #expect(stamp.stationarityStatus == "insufficient" && stamp.stationarityBlendWeight == .zero)
        }
    }

    @Test func `a shift of the mean by more than one pooled deviation is unstable`() throws {
        // Squares 2 × 9 and 2 × (16 + 4): pooled (18 + 40) ÷ 58 = 1; the variances' ratio is 39 × 9 ÷ (19 × 20).
        let older = try around("50", ["4", "2"], count: 40)
        let atEdge = try stationarity(try around("51", ["3"], count: 20), older)
        #expect(atEdge.stationarityStatus == "stable" && atEdge.stationarityBlendWeight == FixedDecimal(1))
        let beyond = try stationarity(try around("51.0000000001", ["3"], count: 20), older)
        #expect(try beyond.stationarityStatus == "unstable" && beyond.stationarityBlendWeight == FixedDecimal("0.25"))
        #expect(try stationarity(try around("48.9999999999", ["3"], count: 20), older).stationarityStatus == "unstable")
        #expect(try stationarity(try around("49", ["3"], count: 20), older).stationarityStatus == "stable")
    }

    @Test func `a ratio of variances outside one half to two is unstable`() throws {
        // Recent 76 ÷ 19 = 4, older 78 ÷ 39 = 2: exactly 2.
        let two = try around("50", ["6", "1", "1", "1"], count: 40)
        #expect(try stationarity(try around("50", ["6", "1", "1"], count: 20), two).stationarityStatus == "stable")
        #expect(
            try stationarity(try around("50", ["6.0000000001", "1", "1"], count: 20), two).stationarityStatus
                == "unstable")
        // Recent 38 ÷ 19 = 2, older 156 ÷ 39 = 4: exactly one half.
        let half = try around("50", ["7", "5", "2"], count: 40)
        #expect(try stationarity(try around("50", ["3", "3", "1"], count: 20), half).stationarityStatus == "stable")
        #expect(
            try stationarity(try around("50", ["2.9999999999", "3", "1"], count: 20), half).stationarityStatus
                == "unstable")
    }

    @Test func `a variance of zero is outside unless both are`() throws {
        let flat = [String](repeating: "50", count: 40)
        #expect(try stationarity([String](repeating: "50", count: 20), flat).stationarityStatus == "stable")
        #expect(
            try stationarity([String](repeating: "50.0000000001", count: 20), flat).stationarityStatus == "unstable")
        #expect(try stationarity(try around("50", ["0.0000000001"], count: 20), flat).stationarityStatus == "unstable")
        #expect(
            try stationarity([String](repeating: "50", count: 20), try around("50", ["1"], count: 40))
                .stationarityStatus
                == "unstable")
    }

    @Test func `the windows meet thirty days before the trade`() throws {
        let context = try ContextFixture()
        // 19 recent days and 40 older ones, all alike: one more at the seam makes twenty recent ones or none.
        let base =
            try context.daily([String](repeating: "50", count: 19))
            + (try context.daily([String](repeating: "50", count: 40), last: 31))
        func status(_ distance: Int64) throws -> String? {
            try context.stamp(vol: base + [try context.vol(1, distance, dvol: "50")]).payload.stationarityStatus
        }
        #expect(try status(-30 * day) == "stable")
        #expect(try status(-30 * day - 1) == "insufficient")
        #expect(try status(-25 * day) == "stable")
    }
}

extension Array {
    /// The same elements in an order that follows from a seed.
    func shuffledBySeed(_ seed: UInt64) -> [Element] {
        var generator = SeededGenerator(seed: seed)
        return shuffled(using: &generator)
    }
}
