import LedgerJSON
import LedgerValues
import RandomSupport

/// Made-up observations of BTC around the sample's trades, as lines of the import format.
///
/// Gamma exposure is hourly from 2025-06-01, volatility four-hourly from 2025-03-01, both until 2026-02-06. There are
/// two gaps: two days without gamma exposure in October, and sixteen days without anything from 2025-11-20 on. A trade
/// in the middle of the second gap has no context within reach.
package enum SampleMarketData {
    private static let hour: Int64 = 3_600_000_000

    /// The lines in order of time. Each ends with a newline.
    package static func lines() -> [UInt8] {
        var out: [UInt8] = []
        let end = moment(2026, 2, 6)
        for time in stride(from: moment(2025, 3, 1), to: end, by: Int(4 * hour)) where !isSilent(time) {
            out += volatility(at: Int64(time))
        }
        for time in stride(from: moment(2025, 6, 1), to: end, by: Int(hour)) where !isSilent(time) {
            if moment(2025, 10, 20)..<moment(2025, 10, 22) ~= time { continue }
            out += exposure(at: Int64(time))
        }
        return out
    }

    private static func isSilent(_ time: Int) -> Bool { moment(2025, 11, 20)..<moment(2025, 12, 6) ~= time }

    private static func moment(_ year: Int, _ month: Int, _ day: Int) -> Int {
        Int(SampleMarket.date(year, month, day).daysSinceEpoch) * 86_400_000_000
    }

    /// A slow piecewise linear wave between −1000 and 1000 with a period of `period` hours.
    private static func wave(_ hours: Int, period: Int) -> Int {
        let place = hours % period
        let quarter = period / 4
        switch place {
        case ..<quarter: return place * 1000 / quarter
        case ..<(3 * quarter): return (2 * quarter - place) * 1000 / quarter
        default: return (place - period) * 1000 / quarter
        }
    }

    private static func noise(_ time: Int64, _ salt: UInt64, _ bound: Int) -> Int {
        var random = SeededGenerator(seed: UInt64(bitPattern: time / hour) ^ salt << 40)
        return random.below(2 * bound + 1) - bound
    }

    private static func spotUSD(_ time: Int64) -> Int {
        let hours = Int(time / hour)
        return 98_000 + wave(hours, period: 24 * 160) * 14 + wave(hours, period: 24 * 17) * 2 + noise(time, 1, 350)
    }

    private static func line(_ kind: String, _ time: Int64, _ fields: [(String, JSONNode)]) -> [UInt8] {
        JSONNode.object(
            [
                ("kind", .string(kind)), ("currency", .string("BTC")),
                ("timestamp", .string((Instant(microseconds: time) ?? .minimum).description)),
            ] + fields
        ).httpBytes() + [UInt8(ascii: "\n")]
    }

    /// Hundredths of a vol point as a decimal.
    private static func points(_ hundredths: Int) -> JSONNode {
        .decimal(FixedDecimal(units: Int128(hundredths) * 100_000_000))
    }

    private static func volatility(at time: Int64) -> [UInt8] {
        let hours = Int(time / hour)
        let dvol = 4_700 + wave(hours, period: 24 * 110) * 9 / 10 + wave(hours, period: 24 * 13) / 4 + noise(time, 2, 120)
        let realized = dvol - 250 - wave(hours, period: 24 * 37) * 6 / 10 + noise(time, 3, 80)
        let short = dvol + wave(hours, period: 24 * 21) * 35 / 100 + noise(time, 4, 60)
        // The vendor occasionally omits a figure.
        let hasVRP = hours % 11 != 0
        let hasDvol = hours % 61 != 0
        return line(
            "vol_metrics", time,
            [
                ("dvol", hasDvol ? points(dvol) : .null), ("vrp", hasVRP ? points(dvol - realized) : .null),
                ("iv_atm_7d", points(short)), ("iv_atm_30d", points(dvol)), ("rv_7d", points(realized - 60)),
                ("rv_30d", points(realized)), ("spot", .integer(Int64(spotUSD(time)))),
            ])
    }

    private static func exposure(at time: Int64) -> [UInt8] {
        let hours = Int(time / hour)
        let absolute = 42_000 + noise(time, 5, 6_000)
        let net = absolute * (wave(hours, period: 24 * 9) * 28 / 100 + noise(time, 6, 60)) / 1000
        return line(
            "gex_hourly", time,
            [
                ("net_gex", .integer(Int64(net))), ("abs_gex", .integer(Int64(absolute))),
                ("spot", hours % 97 == 0 ? .null : .integer(Int64(spotUSD(time)))),
                ("instruments", .integer(Int64(640 + noise(time, 7, 40)))),
            ])
    }
}
