import LedgerJSON
import LedgerValues
import RandomSupport

/// Lines of an import file: observations around the times of executions, of which some supersede earlier ones.
enum SimulatedMarket {
    /// - Parameter rows: the executions that quotes are made for
    static func lines(_ count: Int, around rows: [SimulatedRow], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<count {
            bytes += line(rows.isEmpty ? nil : random.pick(rows), &random).canonicalBytes() + [UInt8(ascii: "\n")]
        }
        return bytes
    }

    private static func line(_ row: SimulatedRow?, _ random: inout SeededGenerator) -> JSONNode {
        // Full hours, so that the same observation is made again now and then.
        let hour = SimulatedRow.instant(random.number(0...70 * 24) * 3600)
        let market: [(String, JSONNode)] = [
            ("currency", .string(random.pick(["BTC", "ETH"]))), ("timestamp", .string(hour.description)),
        ]
        switch random.number(0...5) {
        case 0: return .object([("kind", .string("spot")), ("price", amount(80_000...95_000, &random))] + market)
        case 1:
            return .object(
                [
                    ("kind", .string("vol_metrics")), ("dvol", amount(30...90, &random)), ("vrp", amount(-10...20, &random)),
                    ("rv_30d", amount(20...80, &random)), ("iv_atm_30d", amount(30...90, &random)),
                ] + market)
        case 2:
            return .object(
                [
                    ("kind", .string("gex_hourly")), ("net_gex", amount(-900...900, &random)), ("abs_gex", amount(900...1_000, &random)),
                    ("spot", amount(80_000...95_000, &random)),
                ] + market)
        default: return row.map { quote(of: $0, &random) } ?? .object([("kind", .string("spot")), ("price", .integer(90_000))] + market)
        }
    }

    /// A quote at the execution, or at one of its horizons.
    private static func quote(of row: SimulatedRow, _ random: inout SeededGenerator) -> JSONNode {
        let minutes = random.pick([0, 0, 1, 2, 24 * 60, 7 * 24 * 60, 14 * 24 * 60])
        let time = row.tradeDate.advanced(byMicroseconds: Int64(minutes) * 60_000_000) ?? row.tradeDate
        let bid = random.number(1...9_000)
        return .object([
            ("kind", .string("option_quote")), ("underlying", .string(row.underlying)), ("expiry", .string(row.expiryDate)),
            ("strike", .integer(Int64(row.strike))), ("option_type", .string(row.isCall ? "call" : "put")),
            ("timestamp", .string(time.description)), ("bid", .decimal(SimulatedRow.cents(bid))),
            ("ask", .decimal(SimulatedRow.cents(bid + random.number(1...80)))), ("mark", .decimal(SimulatedRow.cents(bid + 1))),
            ("mark_iv", amount(30...90, &random)),
        ])
    }

    private static func amount(_ range: ClosedRange<Int>, _ random: inout SeededGenerator) -> JSONNode {
        .decimal(SimulatedRow.cents(random.number(range.lowerBound * 100...range.upperBound * 100)))
    }
}
