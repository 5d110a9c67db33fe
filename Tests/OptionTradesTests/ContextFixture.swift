import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// An execution of MSTR on 2026-01-10T14:30:00Z, and observations of BTC placed by their distance from it.
struct ContextFixture {
    static let minute: Int64 = 60_000_000
    static let day: Int64 = 86_400_000_000

    let stamper: ContextStamper
    let trade: Instant

    /// - Parameter changes: texts of the rule file and what stands there instead.
    init(_ changes: [(String, String)] = []) throws {
        let rules = try ContextRules(version: 1) { path in
            guard let bytes = projectRuleFile(path) else { return nil }
            guard path == "context/rules.v1.yaml" else { return bytes }
            var text = String(decoding: bytes, as: UTF8.self)
            for (old, new) in changes {
                guard let range = text.firstRange(of: old) else { throw BadSample() }
                text.replaceSubrange(range, with: new)
            }
            return Array(text.utf8)
        }
        stamper = ContextStamper(rules: rules)
        trade = try instant("2026-01-10T14:30:00Z")
    }

    func row(_ symbol: String? = "MSTR") throws -> ExecutionRow {
        var row = try sampleRow("A")
        row.underlyingSymbol = symbol
        return row
    }

    /// The trade's time and so many microseconds.
    func at(_ microseconds: Int64) throws -> Instant { try #require(trade.advanced(byMicroseconds: microseconds)) }

    func gex(
        _ position: Int64 = 1, _ distance: Int64 = 0, spot: String? = nil, imbalance: String? = nil,
        net: String? = nil, abs: String? = nil
    ) throws -> GexPoint {
        GexPoint(
            position: position, timestamp: try at(distance), netGex: try number(net), absGex: try number(abs),
            gexImbalance: try number(imbalance), spot: try number(spot))
    }

    func vol(
        _ position: Int64 = 2, _ distance: Int64 = 0, dvol: String? = nil, vrp: String? = nil, near: String? = nil,
        far: String? = nil, realized: String? = nil, spot: String? = nil
    ) throws -> VolPoint {
        VolPoint(
            position: position, timestamp: try at(distance), dvol: try number(dvol), vrp: try number(vrp),
            ivAtm7d: try number(near), ivAtm30d: try number(far), rv30d: try number(realized),
            spot: try number(spot))
    }

    /// One `dvol` a day, the last of them `last` days before the trade and each a minute before the trade's time of day.
    func daily(_ values: [String], last: Int64 = 0) throws -> [VolPoint] {
        try values.enumerated().map { index, value in
            let days = Int64(values.count - 1 - index) + last
            return try vol(Int64(1000 + index), -days * Self.day - Self.minute, dvol: value)
        }
    }

    func stamp(
        _ row: ExecutionRow? = nil, gex: [GexPoint] = [], vol: [VolPoint] = []
    ) throws -> (payload: ContextStampedPayload, effectiveAt: Instant) {
        var series = MarketSeries()
        series.gex = gex.sorted { $0.timestamp < $1.timestamp }
        series.vol = vol.sorted { $0.timestamp < $1.timestamp }
        return stamper.stamp(row: try row ?? self.row(), series: series, observedThrough: 4711)
    }

    func number(_ text: String?) throws -> FixedDecimal? { try text.map { try FixedDecimal($0) } }
}

extension ContextStampedPayload {
    func isMissing(_ field: String) -> Bool { self.missingFields.contains(field) }
}
