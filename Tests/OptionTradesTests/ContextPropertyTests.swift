import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Over random markets with random nulls, under rules whose windows are small enough that every branch is met.
@Suite struct ContextPropertyTests {
    private static let seeds = UInt64(0)..<600

    /// Short windows and low counts: the same code as under v1.
    private static let small: [(String, String)] = [
        ("window_days: 365", "window_days: 20"), ("minimum_days: 60", "minimum_days: 4"),
        ("window_days: 90", "window_days: 6"), ("minimum_observations: 240", "minimum_observations: 5"),
        ("recent_days: 30", "recent_days: 6"), ("minimum_recent: 20", "minimum_recent: 3"),
        ("older_days: 90", "older_days: 15"), ("minimum_older: 40", "minimum_older: 4"),
    ]

    /// A market around the fixture's trade, in which no number is 0, with nulls here and there.
    private struct RandomMarket {
        var series = MarketSeries()
        let context: ContextFixture

        init(_ random: inout SeededGenerator, _ context: ContextFixture) throws {
            self.context = context
            let nulls = [0, 3, 6].randomElement(using: &random) ?? 0
            func number(_ range: ClosedRange<Int>, scale: Int = 10) -> FixedDecimal? {
                if Int.random(in: 0..<10, using: &random) < nulls { return nil }
                let value = Int.random(in: range, using: &random)
                return FixedDecimal(units: Int128(value == 0 ? 1 : value) * FixedDecimal.unitsPerOne / Int128(scale))
            }
            func time() throws -> Instant {
                let minutes =
                    [
                        Int.random(in: -35_000...3_000, using: &random), Int.random(in: -200...200, using: &random),
                        [-10_080, -2_160, -90, 0, 90, 2_160, -1_440, -8_640, -21_600].randomElement(using: &random)
                            ?? 0,
                    ].randomElement(using: &random) ?? 0
                return try context.at(Int64(minutes) * 60_000_000 + Int64.random(in: -1...1, using: &random))
            }
            for position in 0..<Int.random(in: 0...50, using: &random) {
                series.gex.append(
                    GexPoint(
                        position: Int64(position + 1), timestamp: try time(), netGex: number(-40...40),
                        absGex: number(40...80), gexImbalance: number(-10...10), spot: number(80...99, scale: 1)))
            }
            for position in 0..<Int.random(in: 0...50, using: &random) {
                series.vol.append(
                    VolPoint(
                        position: Int64(position + 101), timestamp: try time(), dvol: number(400...420),
                        vrp: number(-50...50), ivAtm7d: number(400...450), ivAtm30d: number(400...450),
                        rv30d: number(300...390), spot: number(80...99, scale: 1)))
            }
            series.gex = Self.unique(series.gex)
            series.vol = Self.unique(series.vol)
        }

        private static func unique<Point: MarketPoint>(_ points: [Point]) -> [Point] {
            var kept: [Point] = []
            for point in points.sorted(by: { $0.timestamp < $1.timestamp })
            where kept.last?.timestamp != point.timestamp {
                kept.append(point)
            }
            return kept
        }
    }

    /// The joined row by looking at all of them.
    private func joined<Point: MarketPoint>(_ points: [Point], _ trade: Instant, fresh: Int64) -> Point? {
        var best: (distance: Int64, point: Point)?
        for point in points {
            let after = point.timestamp.microseconds - trade.microseconds
            if after > fresh * 60_000_000 || -after > 10_080 * 60_000_000 { continue }
            if best == nil || abs(after) < best?.distance ?? 0 { best = (abs(after), point) }
        }
        return best?.point
    }

    @Test func `nothing that is missing shows as zero and every null is named`() throws {
        let context = try ContextFixture(Self.small)
        for seed in Self.seeds {
            var random = SeededGenerator(seed: seed)
            let market = try RandomMarket(&random, context)
            let stamp = context.stamper.stamp(row: try context.row(), series: market.series, observedThrough: 1).payload
            let gex = joined(market.series.gex, context.trade, fresh: 90)
            let vol = joined(market.series.vol, context.trade, fresh: 2160)
            #expect(stamp.spotAtTrade == gex?.spot ?? vol?.spot, "seed \(seed)")
            #expect(
                stamp.dvol == vol?.dvol && stamp.iv30d == vol?.ivAtm30d && stamp.rv30d == vol?.rv30d, "seed \(seed)")
            var premium = vol?.vrp
            if premium == nil, let dvol = vol?.dvol, let realized = vol?.rv30d { premium = dvol - realized }
            #expect(stamp.vrp == premium, "seed \(seed)")
            #expect(
                (stamp.gexImbalance == nil) == (gex?.gexImbalance == nil && (gex?.netGex == nil || gex?.absGex == nil)))
            #expect((stamp.gammaRegime == nil) == (stamp.gexImbalance == nil), "seed \(seed)")
            #expect((stamp.termStructureState == nil) == (vol?.ivAtm7d == nil || vol?.ivAtm30d == nil), "seed \(seed)")
            #expect(stamp.dvol != nil || stamp.dvolPercentile == nil, "seed \(seed)")
            let figures: [(String, Bool, Bool)] = [
                ("spot_at_trade", stamp.spotAtTrade == nil, stamp.spotAtTrade == .zero),
                ("dvol", stamp.dvol == nil, stamp.dvol == .zero), ("iv_30d", stamp.iv30d == nil, stamp.iv30d == .zero),
                ("rv_30d", stamp.rv30d == nil, stamp.rv30d == .zero), ("vrp", stamp.vrp == nil, stamp.vrp == .zero),
                ("gex_imbalance", stamp.gexImbalance == nil, stamp.gexImbalance == .zero),
                ("dvol_percentile", stamp.dvolPercentile == nil, false),
                ("gamma_regime", stamp.gammaRegime == nil, false),
                ("term_structure_state", stamp.termStructureState == nil, false), ("volume_24h", true, false),
                ("open_interest", true, false),
            ]
            for (name, isNull, isZero) in figures {
                #expect(!isZero && stamp.isMissing(name) == isNull, "seed \(seed): \(name)")
            }
            #expect(stamp.missingFields == Array(Set(stamp.missingFields)).sorted { $0.isBytewiseLess(than: $1) })
        }
    }

    @Test func `percentiles regimes and stationarity are those of plain scans`() throws {
        let context = try ContextFixture(Self.small)
        var seen: [String: Int] = [:]
        for seed in Self.seeds {
            var random = SeededGenerator(seed: seed)
            let market = try RandomMarket(&random, context)
            let stamp = context.stamper.stamp(row: try context.row(), series: market.series, observedThrough: 1).payload
            let trade = context.trade
            var lastOfDay: [CalendarDate: VolPoint] = [:]
            for point in market.series.vol where point.timestamp < trade && point.dvol != nil {
                lastOfDay[point.timestamp.date] = point
            }
            func days(_ first: Int64, _ last: Int64) throws -> [FixedDecimal] {
                let (from, to) = (
                    try context.at(-first * ContextFixture.day), try context.at(-last * ContextFixture.day)
                )
                return lastOfDay.values.filter { $0.timestamp >= from && $0.timestamp < to }.compactMap(\.dvol)
            }
            let year = try days(20, 0)
            if let dvol = stamp.dvol, year.count >= 4 {
                let twice = year.reduce(0) { $0 + ($1 < dvol ? 2 : $1 == dvol ? 1 : 0) }
                let expected = ExactNumber(50 * twice).divided(by: ExactNumber(year.count))?.rounded()
                #expect(stamp.dvolPercentile == expected, "seed \(seed)")
                seen["percentile", default: 0] += 1
            } else {
                #expect(stamp.dvolPercentile == nil, "seed \(seed)")
            }
            let from = try context.at(-6 * ContextFixture.day)
            let past = market.series.gex.filter { $0.timestamp >= from && $0.timestamp < trade }.compactMap(\.imbalance)
                .sorted()
            if let imbalance = joined(market.series.gex, trade, fresh: 90)?.imbalance {
                #expect(stamp.isMissing("gamma_regime_history") == (past.count < 5), "seed \(seed)")
                var (low, high) = (ExactNumber(try FixedDecimal("-0.1")), ExactNumber(try FixedDecimal("0.1")))
                if past.count >= 5 {
                    func percentile(_ tenths: Int) throws -> ExactNumber {
                        let place = (past.count - 1) * tenths
                        let next = min(place / 10 + 1, past.count - 1)
                        let share = try #require(ExactNumber(place % 10).divided(by: ExactNumber(10)))
                        return past[place / 10] * (ExactNumber(1) - share) + past[next] * share
                    }
                    (low, high) = (try percentile(3), try percentile(7))
                }
                let expected = imbalance >= high ? "long_gamma" : imbalance <= low ? "short_gamma" : "neutral"
                #expect(stamp.gammaRegime == expected, "seed \(seed)")
                seen[expected, default: 0] += 1
            }
            #expect(stamp.stationarityStatus == Self.status(try days(6, 0), try days(15, 6)), "seed \(seed)")
            seen[stamp.stationarityStatus ?? "", default: 0] += 1
        }
        #expect(
            seen.keys.sorted() == [
                "insufficient", "long_gamma", "neutral", "percentile", "short_gamma", "stable", "unstable",
            ])
        #expect(seen.values.allSatisfy { $0 >= 10 }, "\(seen)")
    }

    /// By whole numbers: dvol in tenths, everything multiplied out.
    private static func status(_ recent: [FixedDecimal], _ older: [FixedDecimal]) -> String {
        guard recent.count >= 3, older.count >= 4 else { return "insufficient" }
        func sums(_ values: [FixedDecimal]) -> (n: Int128, sum: Int128, spread: Int128) {
            let tenths = values.map { $0.units * 10 / FixedDecimal.unitsPerOne }
            let (n, sum) = (Int128(values.count), tenths.reduce(0, +))
            return (n, sum, n * tenths.reduce(0) { $0 + $1 * $1 } - sum * sum)
        }
        let (one, two) = (sums(recent), sums(older))
        // Σ(x − m)² = spread ÷ n; both sides × n₁² n₂² (n₁ + n₂ − 2).
        let shift = one.sum * two.n - two.sum * one.n
        let left = shift * shift * (one.n + two.n - 2)
        if left > one.n * two.n * (one.spread * two.n + two.spread * one.n) { return "unstable" }
        if two.spread == 0 { return one.spread == 0 ? "stable" : "unstable" }
        let (v1, v2) = (one.spread * two.n * (two.n - 1), two.spread * one.n * (one.n - 1))
        return 2 * v1 < v2 || v1 > 2 * v2 ? "unstable" : "stable"
    }

    @Test func `a trade's own figures never become the markets nor the other way round`() throws {
        let context = try ContextFixture(Self.small)
        for seed in Self.seeds {
            var random = SeededGenerator(seed: seed)
            let market = try RandomMarket(&random, context)
            let plain = context.stamper.stamp(row: try context.row(), series: market.series, observedThrough: 1).payload
            var row = try context.row()
            row.spotAtTrade = FixedDecimal(Int.random(in: 200...400, using: &random))
            row.tradedIV = FixedDecimal(777)
            row.price = nil
            row.premiumUSD = FixedDecimal(555)
            row.sourcePortfolio = nil
            let stamp = context.stamper.stamp(row: row, series: market.series, observedThrough: 9).payload
            #expect(stamp.contentDigest == plain.contentDigest, "seed \(seed)")
            let observed = market.series.gex.compactMap(\.spot) + market.series.vol.compactMap(\.spot)
            if let spot = stamp.spotAtTrade { #expect(observed.contains(spot), "seed \(seed)") }
            let unmapped = context.stamper.stamp(row: try context.row("XYZ"), series: market.series, observedThrough: 1)
                .payload
            #expect(unmapped.spotAtTrade == nil && unmapped.missingFields.count == 12, "seed \(seed)")
        }
    }

    @Test func `neither the order of observations nor their positions nor shared history change content`() throws {
        let context = try ContextFixture(Self.small)
        for seed in Self.seeds {
            var random = SeededGenerator(seed: seed)
            let market = try RandomMarket(&random, context)
            var moved = market.series
            moved.gex = moved.gex.map {
                var point = $0; point.position += 5_000; return point
            }
            moved.vol = moved.vol.map {
                var point = $0; point.position *= 7; return point
            }
            let shared = ContextHistory(market.series, rules: context.stamper.rules)
            for _ in 0..<5 {
                var row = try context.row()
                row.tradeDate = try context.at(Int64.random(in: -12_000...500, using: &random) * 60_000_000)
                let alone = context.stamper.stamp(row: row, series: market.series, observedThrough: 1)
                let together = context.stamper.stamp(row: row, history: shared, observedThrough: 1)
                #expect(alone.payload == together.payload && alone.effectiveAt == together.effectiveAt, "seed \(seed)")
                let elsewhere = context.stamper.stamp(row: row, series: moved, observedThrough: 99_999).payload
                #expect(alone.payload.contentDigest == elsewhere.contentDigest, "seed \(seed)")
            }
        }
    }

    @Test func `what was observed outside of its reach and windows changes nothing`() throws {
        let context = try ContextFixture(Self.small)
        for seed in Self.seeds {
            var random = SeededGenerator(seed: seed)
            let market = try RandomMarket(&random, context)
            var more = market.series
            more.gex.insert(try context.gex(901, -25 * ContextFixture.day, spot: "1", imbalance: "0.9"), at: 0)
            more.vol.insert(try context.vol(902, -25 * ContextFixture.day, dvol: "1", spot: "1"), at: 0)
            more.gex.append(try context.gex(903, 5 * ContextFixture.day, spot: "1", imbalance: "0.9"))
            more.vol.append(try context.vol(904, 5 * ContextFixture.day, dvol: "1", spot: "1"))
            more.gex.sort { $0.timestamp < $1.timestamp }
            more.vol.sort { $0.timestamp < $1.timestamp }
            let before = context.stamper.stamp(row: try context.row(), series: market.series, observedThrough: 1)
            let after = context.stamper.stamp(row: try context.row(), series: more, observedThrough: 1)
            #expect(before.payload == after.payload && before.effectiveAt == after.effectiveAt, "seed \(seed)")
        }
    }
}
