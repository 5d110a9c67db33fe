import BigInt
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Sums over figures near and beyond the bound of inputs, held against integers of any size.
@Suite struct AggregateSumsTests {
    /// A decimal in units of 10⁻¹⁰.
    private typealias Units = BigInt

    private static let one = BigInt(10).power(10)
    private static let inputBound = BigInt(10).power(28)
    /// The largest that 128 bits hold.
    private static let largest = BigInt(1) << 127 - 1

    private static func text(_ units: Units) -> String {
        let (whole, fraction) = units.magnitude.quotientAndRemainder(dividingBy: one.magnitude)
        var places = String(String(fraction + one.magnitude).dropFirst())
        while places.hasSuffix("0") { places.removeLast() }
        return (units.sign == .minus && !units.isZero ? "-" : "") + "\(whole)" + (places.isEmpty ? "" : ".\(places)")
    }

    /// Half to even.
    private static func quotient(_ sum: BigInt, _ divisor: BigInt) -> Units? {
        if divisor.isZero { return nil }
        let (quotient, remainder) = sum.magnitude.quotientAndRemainder(dividingBy: divisor.magnitude)
        let twice = remainder * 2
        let isUp = twice > divisor.magnitude || twice == divisor.magnitude && quotient % 2 == 1
        let magnitude = BigInt(isUp ? quotient + 1 : quotient)
        return sum.sign == divisor.sign ? magnitude : -magnitude
    }

    /// Any figure: none, small, at the bound of inputs or by a unit off it, or anywhere up to the largest.
    private static func figure(_ random: inout SeededGenerator, below bound: BigInt = largest) -> Units? {
        let magnitude: BigInt
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return nil
        case 1: magnitude = 0
        case 2: magnitude = BigInt(UInt64.random(in: 0...5_000_000_000_000, using: &random))
        case 3: magnitude = inputBound + BigInt(Int.random(in: -2...2, using: &random))
        case 4: magnitude = bound - BigInt(Int.random(in: 0...2, using: &random))
        default:
            let wide = BigInt(UInt64.random(in: 0 ... .max, using: &random)) << 64 + BigInt(UInt64.random(in: 0 ... .max, using: &random))
            magnitude = wide % bound
        }
        return Bool.random(using: &random) ? -min(magnitude, bound) : min(magnitude, bound)
    }

    private static func json(_ units: Units?) -> String { units.map { "\"\(text($0))\"" } ?? "null" }

    private static func published(_ units: Units?) -> String { units.map(text) ?? "null" }

    private func node(_ aggregates: any RowAggregates, _ rows: [String]) throws -> JSONValue {
        var aggregates = aggregates
        for row in rows { aggregates.add(try JSONDocument(parsing: Array(row.utf8)).root) }
        return try JSONDocument(parsing: aggregates.node().httpBytes()).root
    }

    @Test(arguments: 1...400 as ClosedRange<UInt64>)
    func `Outcomes add up whatever their rows publish`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let figures = (0..<Int.random(in: 1...9, using: &random)).map { _ in
            (before: Self.figure(&random), after: Self.figure(&random))
        }
        let rows = figures.map { before, after in
            """
            {"alignment_label":"mixed","dvol_bucket":"low","gamma_regime":null,"horizon_key":"7d",\
            "outcome_state":"terminal_mark","pnl_after_fees_usd":\(Self.json(after)),\
            "pnl_before_fees_usd":\(Self.json(before)),"source_portfolio":"P","underlying_symbol":"U"}
            """
        }
        func expected(_ before: [Units], _ after: [Units]) -> [String: String] {
            func sum(_ all: [Units]) -> String { all.isEmpty ? "null" : Self.text(all.reduce(0, +)) }
            func mean(_ all: [Units]) -> String { Self.published(Self.quotient(all.reduce(0, +), BigInt(all.count))) }
            let wins = before.count { $0 > 0 }
            return [
                "priced": "\(before.count)", "priced_after_fees": "\(after.count)", "positive": "\(wins)",
                "negative": "\(before.count { $0 < 0 })", "flat": "\(before.count { $0.isZero })",
                "sum_pnl_before_fees_usd": sum(before), "sum_pnl_after_fees_usd": sum(after),
                "mean_pnl_before_fees_usd": mean(before), "mean_pnl_after_fees_usd": mean(after),
                "win_rate": Self.published(Self.quotient(BigInt(wins) * Self.one, BigInt(before.count))),
            ]
        }
        func expect(_ sums: SumsVersion, _ expected: [String: String]) throws {
            let entry = try #require(try node(OutcomesAggregates(sums), rows)["7d"]?["by_portfolio"]?.elements.first { _ in true })
            for (name, text) in expected { #expect(entry[name]?.sourceText == text, "seed \(seed), \(name)") }
        }
        let (before, after) = (figures.compactMap(\.before), figures.compactMap(\.after))
        try expect(.complete, expected(before, after))
        // As it was: what lies beyond the bound of inputs was not there.
        func bounded(_ all: [Units]) -> [Units] { all.filter { $0.magnitude < Self.inputBound.magnitude } }
        try expect(.withinInputBound, expected(bounded(before), bounded(after)))
    }

    @Test(arguments: 1...400 as ClosedRange<UInt64>)
    func `Execution quality adds up whatever its rows publish, and says over how many`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let figures = (0..<Int.random(in: 1...9, using: &random)).map { _ in
            (
                bps: Self.figure(&random), usd: Self.figure(&random),
                quantity: Self.figure(&random, below: Self.inputBound - 1).map { BigInt($0.magnitude) }
            )
        }
        let rows = figures.map { bps, usd, quantity in
            """
            {"benchmark_quality":"quoted","direction":"buy","fill_vs_mid_bps":\(Self.json(bps)),\
            "fill_vs_mid_usd":\(Self.json(usd)),"quantity":\(Self.json(quantity)),"source_portfolio":"P",\
            "trade_date":"2026-01-10T14:30:00Z","underlying_symbol":"U"}
            """
        }
        let usd = figures.compactMap(\.usd)
        let weighted = figures.compactMap { figure in figure.bps.flatMap { bps in figure.quantity.map { (bps, $0) } } }
        let mean = Self.quotient(
            weighted.reduce(BigInt(0)) { $0 + $1.0 * $1.1 }, weighted.reduce(BigInt(0)) { $0 + $1.1 })
        let entry = try #require(
            try node(ExecutionQualityAggregates(.complete), rows)["by_portfolio"]?.elements.first { _ in true })
        #expect(entry["sum_fill_vs_mid_usd"]?.sourceText == (usd.isEmpty ? "null" : Self.text(usd.reduce(0, +))), "seed \(seed)")
        #expect(entry["mean_fill_vs_mid_bps"]?.sourceText == Self.published(mean), "seed \(seed)")
        #expect(entry["with_fill_vs_mid_usd"]?.sourceText == "\(usd.count)", "seed \(seed)")
        #expect(entry["with_fill_vs_mid_bps"]?.sourceText == "\(weighted.count)", "seed \(seed)")
        let old = try #require(
            try node(ExecutionQualityAggregates(.withinInputBound), rows)["by_portfolio"]?.elements.first { _ in true })
        #expect(old.members.map(\.key) == Array(entry.members.map(\.key).dropLast(2)), "seed \(seed)")
        let bounded = usd.filter { $0.magnitude < Self.inputBound.magnitude }
        #expect(
            old["sum_fill_vs_mid_usd"]?.sourceText == (bounded.isEmpty ? "null" : Self.text(bounded.reduce(0, +))),
            "seed \(seed)")
    }

    /// A row in which each column has one of a few values, or any figure.
    private static func row(_ columns: ColumnSet, _ random: inout SeededGenerator) -> String {
        let words: [String: [String]] = [
            "outcome_state": OutcomeState.allCases.map(\.rawValue), "benchmark_quality": BenchmarkQuality.allCases.map(\.rawValue),
            "alignment_label": AlignmentLabel.allCases.map(\.rawValue), "execution_mode": ExecutionMode.allCases.map(\.rawValue),
            "horizon_key": ["1d", "7d", "expiry"],
        ]
        let members = columns.columns.map { column in
            let value: String
            switch column.kind {
            case .decimal: value = json(figure(&random))
            case .integer: value = "\(Int.random(in: 0...3, using: &random))"
            case .boolean: value = "\(Bool.random(using: &random))"
            case .instant: value = "\"2026-0\(Int.random(in: 1...3, using: &random))-10T14:30:00Z\""
            case .date: value = "\"2026-0\(Int.random(in: 1...3, using: &random))-10\""
            case .text: value = "\"\((words[column.name] ?? ["a", "b"]).randomElement(using: &random) ?? "")\""
            case .texts, .object:
                let signals = AlignmentSignal.allCases.filter { _ in Bool.random(using: &random) }.map(\.rawValue)
                let isImpact = column.name == "drivers" || column.name == "detractors"
                value = "[\(signals.map { isImpact ? "{\"signal\":\"\($0)\"}" : "\"\($0)\"" }.joined(separator: ","))]"
            }
            return "\"\(column.name)\":\(Int.random(in: 0..<6, using: &random) == 0 ? "null" : value)"
        }
        return "{\(members.joined(separator: ","))}"
    }

    /// Sums are kept and brought up to date by the rows that changed.
    @Test(arguments: 1...100 as ClosedRange<UInt64>)
    func `Rows that are taken away leave no trace`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        func columns(_ name: String) throws -> ColumnSet {
            try ColumnSet(parsing: try #require(projectRuleFile("\(name)/columns.json")))
        }
        let groupings = try RowTotals.Grouping.list(parsing: "horizon_key,target_timestamp:month")
        let all: [(projection: String, empty: any RowAggregates)] = [
            ("alignment", AlignmentAggregates()), ("dispatches", DispatchesAggregates()), ("outcomes", OutcomesAggregates(.complete)),
            ("execution_quality", ExecutionQualityAggregates(.complete)),
            ("execution_quality", ExecutionQualityAggregates(.withinInputBound)),
            ("outcomes", try RowTotals(try columns("outcomes"), by: groupings)),
        ]
        for (projection, empty) in all {
            let columns = try columns(projection)
            func documents() throws -> [JSONDocument] {
                try (0..<Int.random(in: 0...12, using: &random)).map { _ in
                    try JSONDocument(parsing: Array(Self.row(columns, &random).utf8))
                }
            }
            let (stay, go) = (try documents(), try documents())
            var (plain, sums) = (empty, empty)
            for row in stay { plain.add(row.root) }
            for row in (stay + go).shuffled(using: &random) { sums.add(row.root) }
            for row in go.shuffled(using: &random) { sums.add(row.root, times: -1) }
            #expect(sums.node().httpBytes() == plain.node().httpBytes(), "seed \(seed), \(projection)")
            #expect(sums.groupCount == plain.groupCount, "seed \(seed), \(projection)")
        }
    }

    /// `projection diff` and `audit impact` add up every column of money.
    @Test(arguments: 1...200 as ClosedRange<UInt64>)
    func `A difference adds up whatever rows publish`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let columns = try ColumnSet(parsing: try #require(projectRuleFile("outcomes/columns.json")))
        let sides = (0..<Int.random(in: 1...9, using: &random)).map { _ in
            (from: Self.figure(&random), to: Self.figure(&random))
        }
        func document(_ index: Int, _ units: Units?) throws -> JSONDocument {
            let members = columns.columns.map { column in
                switch column.name {
                case "source_trade_id": "\"source_trade_id\":\"T\(index)\""
                case "pnl_before_fees_usd": "\"pnl_before_fees_usd\":\(Self.json(units))"
                default: "\"\(column.name)\":\(columns.key.contains(column.name) ? "\"k\"" : "null")"
                }
            }
            return try JSONDocument(parsing: Array("{\(members.joined(separator: ","))}".utf8))
        }
        var difference = VersionDifference(columns)
        for (index, side) in sides.enumerated() {
            _ = difference.add(from: try document(index, side.from), to: try document(index, side.to))
        }
        let root = try JSONDocument(parsing: JSONNode.object(difference.members()).httpBytes()).root
        let sum = try #require(root["sums"]?.elements.first { $0["field"]?.string == "pnl_before_fees_usd" })
        let (from, to) = (sides.compactMap(\.from), sides.compactMap(\.to))
        #expect(sum["from"]?.sourceText == (from.isEmpty ? "null" : Self.text(from.reduce(0, +))), "seed \(seed)")
        #expect(sum["to"]?.sourceText == (to.isEmpty ? "null" : Self.text(to.reduce(0, +))), "seed \(seed)")
        #expect(sum["from_count"]?.sourceText == "\(from.count)" && sum["to_count"]?.sourceText == "\(to.count)", "seed \(seed)")
        let delta = to.reduce(0, +) - from.reduce(0, +)
        #expect(sum["delta"]?.sourceText == (from.isEmpty && to.isEmpty ? "null" : Self.text(delta)), "seed \(seed)")
    }
}
