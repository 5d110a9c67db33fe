import Foundation
import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct OutcomeRealizedVolatilityTests {
    let fixture: OutcomeFixture
    let start = OutcomeRealizedVolatilityTests.at(0)

    init() throws { fixture = try OutcomeFixture() }

    private static func at(_ minutes: Int) -> Instant {
        Instant(microseconds: 1_700_000_000_000_000 + Int64(minutes) * 60_000_000)!
    }

    /// Points an hour apart from 30 minutes after the trade on; nil is a point without a spot.
    private func hourly(_ spots: [FixedDecimal?]) -> [GexPoint] {
        spots.enumerated().map { index, spot in
            GexPoint(position: Int64(index + 1), timestamp: Self.at(30 + 60 * index), spot: spot)
        }
    }

    private func zigzag(_ count: Int) -> [FixedDecimal?] {
        (0..<count).map { FixedDecimal($0 % 2 == 0 ? 100 : 101) }
    }

    private func vol(_ gex: [GexPoint], hours: Int = 24, from start: Instant? = nil) -> (
        value: FixedDecimal, positions: [Int64]
    )? {
        RealizedVolatility.afterTrade(
            gex: gex, from: start ?? self.start, through: Self.at(60 * hours), rules: fixture.rules)
    }

    private func expect(_ value: FixedDecimal?, near expected: Double, _ comment: Comment? = nil) {
        let difference = value.map { abs(Double($0.description)! - expected) }
        #expect(difference.map { $0 <= 1e-9 * max(1, expected) } ?? false, comment)
    }

    @Test func `equal steps give the step times the root of a year`() throws {
        // Each return is ±ln 1.01: 0.0099503308531681 × √8766 × 100.
        let found = try #require(vol(hourly(zigzag(24))))
        expect(found.value, near: 93.16188228621739)
        #expect(found.positions == Array(1...24))
    }

    @Test func `prices that stand still have no volatility`() throws {
        let found = try #require(vol(hourly(Array(repeating: FixedDecimal(5), count: 24))))
        #expect(found.value == .zero)
    }

    @Test func `at least twenty returns are needed`() {
        // 25 hours: 0.8 × 25 = 20 returns are the least by share, too.
        #expect(vol(hourly(zigzag(21)), hours: 25) != nil)
        #expect(vol(hourly(zigzag(20)), hours: 25) == nil)
        #expect(vol(hourly(zigzag(20)), hours: 21) == nil, "19 returns in 21 hours")
        #expect(vol(hourly(zigzag(21)), hours: 21) != nil)
    }

    @Test func `at least four fifths of the hours are needed`() {
        #expect(vol(hourly(zigzag(81)), hours: 100) != nil, "80 of 100")
        #expect(vol(hourly(zigzag(80)), hours: 100) == nil, "79 of 100")
        // A microsecond more asks for one return more.
        let longer = Self.at(60 * 100).advanced(byMicroseconds: 1)!
        #expect(
            RealizedVolatility.afterTrade(
                gex: hourly(zigzag(81)), from: start, through: longer, rules: fixture.rules) == nil)
    }

    @Test func `a point at the trade does not count and one at the target does`() throws {
        let points = (0...24).map {
            GexPoint(position: Int64($0), timestamp: Self.at(60 * $0), spot: FixedDecimal(100 + $0))
        }
        let found = try #require(vol(points))
        #expect(found.positions == Array(1...24))
    }

    @Test func `a gap gives no return`() throws {
        var spots = zigzag(24)
        spots[10] = nil
        let found = try #require(vol(hourly(spots)))
        // 21 returns, each ±ln 1.01, none across the gap of two hours.
        expect(found.value, near: 93.16188228621739)
        #expect(found.positions == Array(1...10) + Array(12...24))
    }

    @Test func `only neighbours give returns`() {
        // A point at every half hour: the points an hour apart are no neighbours.
        let points = (0..<48).map {
            GexPoint(position: Int64($0), timestamp: Self.at(30 + 30 * $0), spot: FixedDecimal(100))
        }
        #expect(vol(points) == nil)
    }

    @Test func `a spot of zero gives no return`() throws {
        var spots = zigzag(24)
        spots[3] = .zero
        expect(vol(hourly(spots))?.value, near: 93.16188228621739)
    }

    @Test func `there is nothing before or without time`() {
        #expect(vol(hourly(zigzag(24)), hours: 0) == nil)
        #expect(vol([]) == nil)
        #expect(vol(hourly(zigzag(24)), from: Self.at(6000)) == nil)
    }

    /// A line a case, made by `scripts/crosscheck/realized_vol`.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["ALPHA_LEDGER_REALIZED_VOL_CASES"] != nil))
    func randomSeriesAgreeWithNumpy() throws {
        let path = try #require(ProcessInfo.processInfo.environment["ALPHA_LEDGER_REALIZED_VOL_CASES"])
        let text = String(
            decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
        var (cases, without, worst) = (0, 0, 0.0)
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            let points = try fields[4...].map { field in
                let parts = field.split(separator: ":")
                return GexPoint(
                    position: try #require(Int64(parts[0])),
                    timestamp: try #require(Int64(parts[1]).flatMap { Instant(microseconds: $0) }),
                    spot: parts[2] == "-" ? nil : try FixedDecimal(String(parts[2])))
            }
            let found = RealizedVolatility.afterTrade(
                gex: points, from: try #require(Int64(fields[0]).flatMap { Instant(microseconds: $0) }),
                through: try #require(Int64(fields[1]).flatMap { Instant(microseconds: $0) }),
                rules: fixture.rules)
            cases += 1
            guard let expected = Double(fields[2]) else {
                #expect(found == nil, "case \(cases)")
                without += 1
                continue
            }
            let value = Double(try #require(found, "case \(cases)").value.description)!
            worst = max(worst, abs(value - expected))
            #expect(abs(value - expected) <= 1e-9, "case \(cases)")
        }
        print(
            "realized volatility against numpy: \(cases) cases, \(without) without a value, largest difference \(worst)"
        )
        #expect(cases > 0 && without < cases)
    }
}

@Suite struct OutcomeHorizonSpotTests {
    let fixture: OutcomeFixture
    let target = OutcomeHorizonSpotTests.at(0)

    init() throws { fixture = try OutcomeFixture() }

    private static func at(_ microseconds: Int64) -> Instant {
        Instant(microseconds: 1_700_000_000_000_000 + microseconds)!
    }

    private static let minute: Int64 = 60_000_000

    private func nearest(
        spot: [(Int64, FixedDecimal?)] = [], gex: [(Int64, FixedDecimal?)] = []
    ) -> (spot: HorizonSpot, position: Int64)? {
        var series = MarketSeries()
        series.gex = gex.enumerated().map {
            GexPoint(position: Int64(100 + $0), timestamp: Self.at($1.0), spot: $1.1)
        }
        series.spot = spot.enumerated().map {
            SpotPoint(position: Int64(200 + $0), timestamp: Self.at($1.0), price: $1.1)
        }
        return HorizonSpotLookup.nearest(series: series, target: target, rules: fixture.rules)
    }

    @Test func `the nearest wins whatever its kind and side`() {
        let found = nearest(
            spot: [(-20 * Self.minute, FixedDecimal(1)), (30 * Self.minute, FixedDecimal(2))],
            gex: [(-40 * Self.minute, FixedDecimal(3)), (10 * Self.minute, FixedDecimal(4))])
        #expect(
            found?.spot
                == HorizonSpot(
                    price: FixedDecimal(4), kind: "gex_hourly", timestamp: Self.at(10 * Self.minute)))
        #expect(found?.position == 101)
    }

    @Test func `ninety minutes are within reach and a microsecond more is not`() {
        let reach = 90 * Self.minute
        #expect(
            nearest(gex: [(-reach, FixedDecimal(1))]) != nil
                && nearest(spot: [(reach, FixedDecimal(1))]) != nil)
        #expect(
            nearest(gex: [(-reach - 1, FixedDecimal(1))]) == nil
                && nearest(spot: [(reach + 1, FixedDecimal(1))]) == nil)
    }

    @Test func `at the same distance the earlier wins`() {
        let found = nearest(
            spot: [(Self.minute, FixedDecimal(1))], gex: [(-Self.minute, FixedDecimal(2))])
        #expect(found?.spot.price == FixedDecimal(2))
        let other = nearest(
            spot: [(-Self.minute, FixedDecimal(1))], gex: [(Self.minute, FixedDecimal(2))])
        #expect(other?.spot.price == FixedDecimal(1))
    }

    @Test func `at the same instant a spot goes before a gex row`() {
        let found = nearest(
            spot: [(Self.minute, FixedDecimal(1))], gex: [(Self.minute, FixedDecimal(2))])
        #expect(
            found?.spot.price == FixedDecimal(1) && found?.spot.kind == "spot" && found?.position == 200)
    }

    @Test func `observations without a spot are skipped`() {
        let found = nearest(
            spot: [(0, nil)], gex: [(-5, nil), (0, nil), (60 * Self.minute, FixedDecimal(7))])
        #expect(found?.spot.price == FixedDecimal(7))
        #expect(nearest(spot: [(0, nil)]) == nil && nearest() == nil)
    }
}
