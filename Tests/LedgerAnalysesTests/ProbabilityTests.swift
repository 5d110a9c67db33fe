import Foundation
import LedgerAnalyses
import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// The distribution of a surface against closed forms, and that of returns against a kernel estimate made here.
@Suite struct ProbabilityTests {
    private static let now = "2026-04-01T00:30:00Z"
    private static let surface = "2026-04-01T00:00:00Z"
    private static let forward = 60_000.0

    private static let deltas = [-10, -25, -40, 50, 40, 25, 10]

    private func add(
        _ iv: (Int) -> String, dte: String = "30", forward: String? = "60000", index: String? = "60000", minutes: Int = 0,
        deltas: [Int] = ProbabilityTests.deltas, to market: inout ObservedMarket
    ) throws {
        for delta in deltas {
            var figures = ["dte": try decimal(dte), "delta": FixedDecimal(delta), "iv": try decimal(iv(delta))]
            if let forward { figures["forward"] = try decimal(forward) }
            if let index { figures["source_index_price"] = try decimal(index) }
            try market.add(.ivSurface, moment(Self.surface, plusMinutes: minutes), figures)
        }
    }

    private func data(_ market: ObservedMarket, _ values: [String: String] = [:]) throws -> JSONValue {
        try #require(try market.document(.probability, now: moment(Self.now), values).root["data"])
    }

    private func number(_ value: JSONValue?) -> Double { value?.decimal.flatMap { Double("\($0)") } ?? .nan }

    private func normal(_ z: Double) -> Double { erfc(-z / 2.0.squareRoot()) / 2 }

    @Test func `a flat smile is the lognormal distribution around the forward`() throws {
        var market = ObservedMarket()
        try add({ _ in "50" }, to: &market)
        let strikes = stride(from: 40_000, through: 90_000, by: 2500).map { "\($0)" }
        let vanilla = try #require(try data(market, ["strikes": strikes.joined(separator: ",")])["vanilla"])
        let deviation = 0.5 * (30.0 / 365).squareRoot()
        // The mean is the forward, and E|S − F| that of two options at the money: both to the last digits.
        #expect(abs(number(vanilla["mean"]) / Self.forward - 1) < 1e-9 && abs(number(vanilla["mean_error"])) < 1e-9)
        #expect(abs(number(vanilla["mass_error"])) < 1e-9 && number(vanilla["negative_density_share"]) < 1e-9)
        let move = 2 * (2 * normal(deviation / 2) - 1)
        #expect(abs(number(vanilla["expected_move_pct"]) - move) < 1e-9)
        #expect(abs(number(vanilla["expected_move"]) - move * Self.forward) < 1e-4)
        // Between nodes, a twenty-fifth of a deviation apart, lines stand for curves.
        let rows = try #require(vanilla["probability_above"]).elements.map { $0 }
        #expect(rows.count == strikes.count)
        for row in rows {
            let exact = normal((log(Self.forward / number(row["strike"])) - deviation * deviation / 2) / deviation)
            #expect(abs(number(row["probability"]) - exact) < 1e-4, "\(row.sourceText)")
        }
        for (q, z) in [("5", -1.6448536270), ("50", 0), ("95", 1.6448536270)] {
            let exact = Self.forward * exp(z * deviation - deviation * deviation / 2)
            #expect(abs(number(vanilla["quantiles"]?[q]) / exact - 1) < 1e-4, "\(q)")
        }
    }

    @Test(arguments: [[-10: "70", -25: "60", -40: "54", 50: "50", 40: "49", 25: "49.5", 10: "53"], [:]])
    func `the density of any smile is not negative, adds up to one, and has about the forward as its mean`(smile: [Int: String]) throws {
        var market = ObservedMarket()
        try add({ smile[$0] ?? "\(48 + abs($0 - 20) / 9)" }, to: &market)
        let vanilla = try #require(try data(market)["vanilla"])
        let strikes = vanilla["strikes"]?.elements.map { number($0) } ?? []
        let density = vanilla["density"]?.elements.map { number($0) } ?? []
        let cdf = vanilla["cdf"]?.elements.map { number($0) } ?? []
        #expect(strikes.count == 401 && density.count == 401 && cdf.count == 401 && density.allSatisfy { $0 >= 0 })
        var total = 0.0
        var mean = 0.0
        for i in 1..<400 {
            let mass = density[i] * (strikes[i + 1] - strikes[i - 1]) / 2 / Self.forward
            total += mass
            mean += mass * strikes[i]
        }
        #expect(abs(total - 1) < 1e-6 && abs(mean / number(vanilla["mean"]) - 1) < 1e-6)
        #expect(zip(cdf, cdf.dropFirst()).allSatisfy { $0 <= $1 } && cdf.first == 0 && cdf.last == 1)
        // A steep wing leaves mass beyond the grid, and negative masses that are cut off move the mean.
        #expect(abs(number(vanilla["mean_error"])) < 1e-3)
    }

    @Test func `a level is touched as often as a path of one volatility does, and the spot itself for sure`() throws {
        var market = ObservedMarket()
        try add({ _ in "50" }, forward: "60600", to: &market)
        let rows = try #require(try data(market, ["levels": "66000,54000,60000"])["touch"]).elements.map { $0 }
        #expect(rows.compactMap { $0["direction"]?.string } == ["up", "down", "up"])
        #expect(rows.allSatisfy { abs(number($0["iv"]) - 50) < 1e-9 && $0["flag"]?.string == "single_vol_approximation" })
        // The reflection principle in its own words: P = Φ((μT − |h|) ÷ σ√T) + e^(2μ|h| ÷ σ²) Φ((−|h| − μT) ÷ σ√T), μ seen towards the level.
        let (years, volatility) = (30.0 / 365, 0.5)
        for (row, level) in zip(rows, [66_000.0, 54_000, 60_000]) {
            let towards = level >= 60_000 ? 1.0 : -1
            let drift = towards * (log(60_600 / 60_000.0) / years - volatility * volatility / 2)
            let distance = abs(log(level / 60_000))
            let deviation = volatility * years.squareRoot()
            let exact =
                normal((drift * years - distance) / deviation)
                + exp(2 * drift * distance / (volatility * volatility)) * normal((-distance - drift * years) / deviation)
            #expect(abs(number(row["probability"]) - exact) < 1e-9, "\(level)")
        }
        #expect(number(rows[2]["probability"]) == 1)
    }

    @Test func `the newest surface and the nearest days are taken, of two the shorter, among those with five points`() throws {
        var market = ObservedMarket()
        try add({ _ in "50" }, dte: "20", to: &market)
        try add({ _ in "51" }, dte: "40", to: &market)
        try add({ _ in "52" }, dte: "30", deltas: [-25, 50, 25, 10], to: &market)
        try add({ _ in "53" }, dte: "30", minutes: -60, to: &market)
        #expect(try data(market)["surface"]?["dte"]?.sourceText == "20")
        #expect(try data(market, ["dte": "30.5"])["surface"]?["dte"]?.sourceText == "40")
        #expect(try data(market)["surface"]?["points"]?.integer == 7 && data(market)["asked_dte"]?.sourceText == "30")
        #expect(try number(data(market)["surface"]?["iv_atm"]) == 50)
    }

    @Test func `a surface with two forwards, or without any, has no distribution and says so`() throws {
        var market = ObservedMarket()
        try add({ _ in "50" }, deltas: [-25, -10, 50, 25, 10], to: &market)
        try add({ _ in "50" }, forward: "60001", deltas: [-40], to: &market)
        let document = try market.document(.probability, now: moment(Self.now)).root
        #expect(document["warnings"]?.elements.compactMap(\.string).contains("incoherent_forward") == true)
        #expect(document["data"]?["vanilla"]?.isNull == true && document["data"]?["surface"]?.isNull == true)
        var without = ObservedMarket()
        try add({ _ in "50" }, forward: nil, index: nil, to: &without)
        #expect(
            try without.document(.probability, now: moment(Self.now)).root["warnings"]?.elements.compactMap(\.string)
                .contains("missing_forward") == true)
        var index = ObservedMarket()
        try add({ _ in "50" }, forward: nil, index: "59000", to: &index)
        #expect(try data(index)["surface"]?["forward"]?.sourceText == "59000")
        #expect(try data(index)["surface"]?["forward_source"]?.string == "source_index_price")
    }

    @Test func `what followed hours of today's regime is a kernel estimate over returns that do not overlap`() throws {
        var market = ObservedMarket()
        try add({ _ in "50" }, dte: "0.125", to: &market)
        var spots: [Double] = []
        for hour in 0..<150 {
            let spot = 60_000 * (1 + 0.004 * sin(Double(hour)) + 0.002 * cos(Double(hour * hour % 17)))
            let text = String(format: "%.6f", spot)
            spots.append(try #require(Double(text)))
            try market.add(
                .gexHourly, moment(Self.surface, plusMinutes: -60 * hour), ["gex_imbalance": FixedDecimal(0), "spot": decimal(text)])
        }
        let conditional = try #require(try data(market, ["strikes": "59900,60100"])["conditional"])
        // 0.125 days are three hours: the starts are 3, 6, … 147 hours back, 49 of them.
        let returns = stride(from: 3, to: 150, by: 3).map { log(spots[$0 - 3] / spots[$0]) }
        #expect(conditional["horizon_hours"]?.integer == 3 && conditional["n"]?.integer == Int64(returns.count))
        #expect(conditional["regime"]?.string == "neutral" && conditional["status"]?.string == "ok")
        let mean = returns.reduce(0, +) / Double(returns.count)
        let deviation = (returns.reduce(0) { $0 + pow($1 - mean, 2) } / Double(returns.count - 1)).squareRoot()
        let h = deviation * pow(3 * Double(returns.count) / 4, -0.2)
        #expect(abs(number(conditional["bandwidth"]) - h) < 1e-9)
        for row in conditional["probability_above"]?.elements.map({ $0 }) ?? [] {
            let x = log(number(row["strike"]) / spots[0])
            let exact = returns.reduce(0) { $0 + 1 - normal((x - $1) / h) } / Double(returns.count)
            #expect(abs(number(row["probability"]) - exact) < 1e-9, "\(row.sourceText)")
        }
        let strikes = try data(market)["vanilla"]?["strikes"]?.elements.map { number($0) } ?? []
        let density = conditional["density"]?.elements.map { number($0) } ?? []
        for index in [180, 225, 260] {
            let x = log(strikes[index] / spots[0])
            let kernel = returns.reduce(0) { $0 + exp(-pow((x - $1) / h, 2) / 2) / (2 * Double.pi).squareRoot() }
            let exact = Self.forward * kernel / (Double(returns.count) * h * strikes[index])
            #expect(abs(density[index] - exact) < 1e-7 * max(1, exact), "\(index)")
        }
        // Without vol_metrics nobody knows whether the market is of a kind with its past.
        #expect(conditional["blend_weight"]?.isNull == true && conditional["blended_probability_above"]?.isNull == true)
    }

    @Test func `too few returns are insufficient, and chains that are not recorded leave candidates empty`() throws {
        var market = ObservedMarket()
        try add({ _ in "50" }, to: &market)
        try market.add(.gexHourly, moment(Self.surface), ["gex_imbalance": FixedDecimal(0), "spot": decimal("60000")])
        let document = try market.document(.probability, now: moment(Self.now)).root
        let conditional = try #require(document["data"]?["conditional"])
        #expect(conditional["status"]?.string == "insufficient" && conditional["density"]?.isNull == true && conditional["n"]?.integer == 0)
        #expect(document["data"]?["candidates"]?.isNull == true)
        #expect(document["warnings"]?.elements.compactMap(\.string) == ["unavailable:vol_metrics", "unavailable:option_chain"])
    }

    @Test(arguments: [("dte", "0"), ("dte", "3651"), ("dte", "7,30"), ("strikes", "1,,2"), ("levels", "-5"), ("levels", "x")])
    func `what can't be asked is refused by its parameter`(name: String, value: String) throws {
        let problem = #expect(throws: ParameterProblem.self) {
            _ = try ObservedMarket().document(.probability, now: moment(Self.now), [name: value])
        }
        #expect(problem?.name == name)
    }
}
