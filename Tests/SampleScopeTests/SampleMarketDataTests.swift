import LedgerJSON
import LedgerValues
import SampleScope
import Testing

/// The sample's observations, read back from the lines that a user would import.
@Suite("The sample's market observations")
struct SampleMarketDataTests {
    private struct Observation {
        var kind: String
        var time: Instant
        var object: JSONValue

        func decimal(_ name: String) -> FixedDecimal? { object[name]?.decimal }
    }

    private static let hour: Int64 = 3_600_000_000
    private static let minute: Int64 = 60_000_000

    private static func observations() throws -> [Observation] {
        try SampleMarketData.lines().split(separator: UInt8(ascii: "\n")).map { line in
            let object = try JSONDocument(parsing: Array(line)).root
            return Observation(
                kind: try #require(object["kind"]?.string),
                time: try #require(object["timestamp"]?.string.flatMap { Instant($0) }), object: object)
        }
    }

    private static func instant(_ text: String) throws -> Int64 { try #require(Instant(text)).microseconds }

    @Test func `the lines are the same bytes every time and everywhere, each ended by a newline`() {
        let lines = SampleMarketData.lines()
        #expect(lines == SampleMarketData.lines())
        #expect(lines.last == UInt8(ascii: "\n"))
        // FNV-1a, 64 bits.
        let digest = lines.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        #expect(lines.count == 1_110_054)
        #expect(digest == 7_314_117_545_011_030_387)
    }

    @Test func `there are two kinds, of BTC, and no moment twice`() throws {
        let observations = try Self.observations()
        #expect(observations.count { $0.kind == "gex_hourly" } == 5568)
        #expect(observations.count { $0.kind == "vol_metrics" } == 1956)
        #expect(observations.count == 7524)
        #expect(observations.allSatisfy { $0.object["currency"]?.string == "BTC" })
        for kind in ["gex_hourly", "vol_metrics"] {
            let times = observations.filter { $0.kind == kind }.map(\.time)
            for (earlier, later) in zip(times, times.dropFirst()) { #expect(earlier < later, "\(kind)") }
        }
    }

    @Test func `gamma exposure comes every hour and volatility every four, but for the two gaps`() throws {
        let silence = (try Self.instant("2025-11-20T00:00:00Z"), try Self.instant("2025-12-06T00:00:00Z"))
        let exposure = (try Self.instant("2025-10-20T00:00:00Z"), try Self.instant("2025-10-22T00:00:00Z"))
        for (kind, first, step, gaps) in [
            ("gex_hourly", "2025-06-01T00:00:00Z", Self.hour, [exposure, silence]),
            ("vol_metrics", "2025-03-01T00:00:00Z", 4 * Self.hour, [silence]),
        ] {
            let times = try Self.observations().filter { $0.kind == kind }.map(\.time.microseconds)
            let wanted = stride(from: try Self.instant(first), to: try Self.instant("2026-02-06T00:00:00Z"), by: Int(step))
                .filter { time in !gaps.contains { $0.0 <= time && time < $0.1 } }
            #expect(times == wanted, "\(kind)")
        }
    }

    @Test func `figures are of their size, and what is missing is null`() throws {
        let observations = try Self.observations()
        for row in observations where row.kind == "gex_hourly" {
            let net = try #require(row.decimal("net_gex"))
            let absolute = try #require(row.decimal("abs_gex"))
            #expect(absolute > .zero && net.magnitude <= absolute, "\(row.time)")
            #expect(try #require(row.decimal("instruments")) > .zero)
            #expect(row.decimal("spot").map { $0 > FixedDecimal(50_000) && $0 < FixedDecimal(150_000) } ?? true)
        }
        for row in observations where row.kind == "vol_metrics" {
            let thirty = try #require(row.decimal("iv_atm_30d"))
            let realized = try #require(row.decimal("rv_30d"))
            for name in ["iv_atm_7d", "iv_atm_30d", "rv_7d", "rv_30d"] {
                // Vol points, not fractions.
                let volatility = try #require(row.decimal(name))
                #expect(volatility > FixedDecimal(10) && volatility < FixedDecimal(100), "\(row.time) \(name)")
            }
            #expect(row.decimal("dvol").map { $0 == thirty } ?? true, "\(row.time)")
            #expect(row.decimal("vrp").map { $0 == thirty - realized } ?? true, "\(row.time)")
            #expect(row.decimal("spot") != nil)
        }
        for (kind, name) in [("gex_hourly", "spot"), ("vol_metrics", "dvol"), ("vol_metrics", "vrp")] {
            let rows = observations.filter { $0.kind == kind }
            let missing = rows.count { $0.object[name]?.isNull ?? false }
            #expect(missing > 10 && missing * 8 < rows.count, "\(name) is missing \(missing) times of \(rows.count)")
            #expect(rows.allSatisfy { $0.object[name] != nil }, "\(name)")
        }
    }

    @Test func `volatility rises and falls through all shapes of the term structure, exposure through both signs`() throws {
        let observations = try Self.observations()
        var slopes: [String: Int] = [:]
        for row in observations where row.kind == "vol_metrics" {
            let (short, thirty) = (try #require(row.decimal("iv_atm_7d")), try #require(row.decimal("iv_atm_30d")))
            let slope = short - thirty
            let shape = slope >= FixedDecimal(2) ? "near term" : slope <= FixedDecimal(-2) ? "contango" : "flat"
            slopes[shape, default: 0] += 1
        }
        #expect(slopes.count == 3 && slopes.values.allSatisfy { $0 > 200 }, "\(slopes)")
        let signs = Set(observations.compactMap { $0.decimal("net_gex")?.isNegative })
        #expect(signs == [true, false])
    }

    /// How far the nearest of these times lies from a moment: those after it count within the fresh tolerance alone.
    private static func distance(_ times: [Int64], from moment: Int64, freshMinutes: Int64) -> Int64? {
        let after = times.first { $0 >= moment }.map { $0 - moment }.flatMap { $0 <= freshMinutes * minute ? $0 : nil }
        let before = times.last { $0 <= moment }.map { moment - $0 }
        return [before, after].compactMap(\.self).min()
    }

    @Test func `around the sample's executions context is fresh, stale and out of reach`() throws {
        let observations = try Self.observations()
        let reach = 10_080 * Self.minute
        let kinds: [(times: [Int64], freshMinutes: Int64)] = [("gex_hourly", 90), ("vol_metrics", 2160)].map { kind, fresh in
            (observations.filter { $0.kind == kind }.map(\.time.microseconds), Int64(fresh))
        }
        var counts: [String: Int] = [:]
        for row in try ParsedRow.all() where row.counts {
            let traded = try #require(row.traded).microseconds
            var used: [Bool] = []
            for kind in kinds {
                guard let distance = Self.distance(kind.times, from: traded, freshMinutes: kind.freshMinutes),
                    distance <= reach
                else { continue }
                used.append(distance <= kind.freshMinutes * Self.minute)
            }
            counts[used.isEmpty ? "unavailable" : used.contains(false) ? "stale" : "fresh", default: 0] += 1
        }
        #expect(counts == ["fresh": 672, "stale": 44, "unavailable": 30])
    }
}
