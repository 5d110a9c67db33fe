import Foundation
import LedgerValues
import TestSupport
import Testing

@testable import OptionTrades

/// A Python with the quantitative libraries that `scripts/python-tools` installs. Nil if there is none.
private let quantPython = python(with: "QuantLib", "numpy", "pandas", "scipy")

/// Model figures of random cases, beside what QuantLib, numpy, pandas and scipy say (`check_figures.py`).
///
/// A case is a line: the figure's name, what it was worked out from, and what it is.
@Suite struct IndependentFiguresTests {
    /// 2,000 by hand; fewer are enough to see a change.
    private static let casesAFigure = ProcessInfo.processInfo.environment["ALPHA_LEDGER_FIGURE_CASES"].flatMap { Int($0) } ?? 300

    /// A line of JSON. Doubles have the digits that make them again.
    private static func line(_ name: String, _ given: [[Double]], _ figures: [Double]) -> String {
        func list(_ values: [Double]) -> String { "[" + values.map { "\($0)" }.joined(separator: ",") + "]" }
        return "[\"\(name)\",[\(given.map(list).joined(separator: ","))],\(list(figures))]"
    }

    @Test(.enabled(if: quantPython != nil, "no Python with QuantLib, numpy, pandas and scipy: run scripts/python-tools"))
    func `Model figures of random cases are those of QuantLib, numpy, pandas and scipy`() throws {
        var random = SeededGenerator(seed: 18)
        var lines: [String] = []
        for _ in 0..<Self.casesAFigure {
            lines += try [Self.option(&random), Self.normal(&random), Self.percentiles(&random), Self.ranked(&random)]
            lines += try [Self.returns(&random), Self.smile(&random), Self.kernel(&random), Self.moments(&random)]
        }
        for _ in 0..<40 { lines += try [Self.touch(&random), Self.density(&random)] }
        let text = lines.joined(separator: "\n") + "\n"
        #expect(try runPython("OptionTradesTests/check_figures.py", Array(text.utf8), with: quantPython) == 0)
    }

    private static func option(_ random: inout SeededGenerator) throws -> String {
        let spot = Double.random(in: 0.5...2_000, using: &random)
        let given = [
            spot, spot * Double.random(in: 0.3...3, using: &random), Double.random(in: 0.02...3, using: &random),
            Double.random(in: 0.5...800, using: &random) / 365,
        ]
        let model = try #require(BlackScholes(price: given[0], strike: given[1], volatility: given[2], years: given[3]))
        return line("black_scholes", [given], [model.call, model.put, model.gamma, model.thetaADay])
    }

    private static func normal(_ random: inout SeededGenerator) throws -> String {
        let z = Double.random(in: -8...8, using: &random)
        let p = Double.random(in: 1e-9...1 - 1e-9, using: &random)
        return line(
            "normal", [[z, p]], [ModelMath.normal(z), ModelMath.normalQuantile(p), ModelMath.normalDensity(z), BlackScholes.cumulative(z)])
    }

    private static func percentiles(_ random: inout SeededGenerator) throws -> String {
        let values = (0..<Int.random(in: 1...60, using: &random)).map { _ in Double(Int.random(in: 0...40, using: &random)) }
        let exact = values.sorted().map { ExactNumber(Int($0)) }
        var figures: [Double] = []
        for q in [5, 20, 50, 80, 95] {
            let whole = try #require(VolumeProfile.percentile(q, of: exact)?.rounded())
            figures += [try #require(SampleMoments.percentile(Double(q), values.sorted())), Double(nearest: whole)]
        }
        return line("percentiles", [values], figures)
    }

    private static func ranked(_ random: inout SeededGenerator) throws -> String {
        let history = (0..<Int.random(in: 60...120, using: &random)).map { _ in Int64.random(in: 300...340, using: &random) }
        let value = Int64.random(in: 298...342, using: &random)
        func decimal(_ tenths: Int64) throws -> FixedDecimal { try FixedDecimal("\(tenths / 10).\(tenths % 10)") }
        let known = try history.map(decimal)
        let rank = try #require(IVSurfaceTenors.percentile(of: try decimal(value), among: known[...]))
        return line("ranked", [history.map { Double($0) / 10 }, [Double(value) / 10]], [Double(nearest: rank)])
    }

    private static func returns(_ random: inout SeededGenerator) throws -> String {
        var closes: [(own: FixedDecimal, benchmark: FixedDecimal)] = []
        var (own, other) = (250.0, 500.0)
        for _ in 0..<Int.random(in: 21...30, using: &random) {
            let common = Double.random(in: -0.03...0.03, using: &random)
            own *= 1 + common * 1.7 + Double.random(in: -0.04...0.04, using: &random)
            other *= 1 + common
            closes.append((try #require(FixedDecimal(model: own)), try #require(FixedDecimal(model: other))))
        }
        let figures = DailyReturns(of: closes, count: 20)
        return line(
            "returns", [closes.map { Double(nearest: $0.own) }, closes.map { Double(nearest: $0.benchmark) }],
            [Double(nearest: try #require(figures.beta)), Double(nearest: try #require(figures.correlation))])
    }

    private static func points(_ random: inout SeededGenerator, flat: Bool = false) throws -> (points: [SmileCurve.Point], years: Double) {
        let years = Double.random(in: 3...400, using: &random) / 365
        let level = Double.random(in: 0.2...1.2, using: &random)
        let (skew, bend) = flat ? (0, 0) : (Double.random(in: -0.1...0.1, using: &random), Double.random(in: 0...0.15, using: &random))
        let points = [-10.0, -25, -40, 50, 40, 25, 10].map { delta -> SmileCurve.Point? in
            let side = (delta < 0 ? -1.0 : 1.0) * (0.5 - min(delta.magnitude, 50) / 100)
            let shape: Double = 1 + 2 * skew * side + 4 * bend * side * side
            return SmileCurve.Point(delta: delta, volatility: level * shape, years: years)
        }
        return (try points.map { try #require($0) }, years)
    }

    private static func smile(_ random: inout SeededGenerator) throws -> String {
        let points = try points(&random).points.sorted { $0.x < $1.x }
        let curve = try #require(SmileCurve(points))
        let (low, high) = (points[0].x, points[points.count - 1].x)
        let asked = (0..<5).map { _ in Double.random(in: low...high, using: &random) }
        return line("smile", [points.map(\.x), points.map(\.variance), asked], asked.map(curve.variance))
    }

    private static func kernel(_ random: inout SeededGenerator) throws -> String {
        let returns = (0..<Int.random(in: 30...60, using: &random)).map { _ in Double.random(in: -0.3...0.3, using: &random) }
        let spot = Double.random(in: 50...100_000, using: &random)
        let kernel = try #require(KernelDensity(spot: spot, returns))
        let price = spot * Double.random(in: 0.6...1.5, using: &random)
        return line(
            "kernel", [returns, [spot, price]], [kernel.bandwidth, kernel.density(price) * spot, kernel.probabilityAbove(price)])
    }

    private static func moments(_ random: inout SeededGenerator) throws -> String {
        let values = (0..<Int.random(in: 2...50, using: &random)).map { _ in Double.random(in: -5...5, using: &random) }
        let moments = SampleMoments(values)
        return line("moments", [values], [try #require(moments.mean), try #require(moments.deviation)])
    }

    private static func touch(_ random: inout SeededGenerator) throws -> String {
        let spot = Double.random(in: 50...100_000, using: &random)
        let given = [
            spot * Double.random(in: 0.7...1.4, using: &random), spot, spot * Double.random(in: 0.97...1.05, using: &random),
            Double.random(in: 0.2...1.2, using: &random), Double.random(in: 5...200, using: &random) / 365,
        ]
        let probability = try #require(
            RiskNeutralDensity.touch(level: given[0], spot: given[1], forward: given[2], volatility: given[3], years: given[4]))
        return line("touch", [given], [probability])
    }

    private static func density(_ random: inout SeededGenerator) throws -> String {
        let isFlat = Bool.random(using: &random)
        let points = try points(&random, flat: isFlat).points.sorted { $0.x < $1.x }
        let forward = Double.random(in: 50...100_000, using: &random)
        let curve = try #require(SmileCurve(points))
        let density = try #require(RiskNeutralDensity(curve, forward: forward, count: 401, low: -9, high: 7))
        let strikes = [0.8, 0.95, 1, 1.1, 1.3].map { $0 * forward }
        return line(
            "density", [points.map(\.x), points.map(\.variance), [forward, isFlat ? 1 : 0], strikes],
            [density.massError, density.mean, density.expectedMove, density.masses.reduce(0, +)] + strikes.map(density.cumulative))
    }
}
