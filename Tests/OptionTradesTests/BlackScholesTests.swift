import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct BlackScholesTests {
    private func isNear(_ one: Double, _ other: Double) -> Bool { (one - other).magnitude <= 1e-9 * max(1, other.magnitude) }

    @Test func `prices, gamma and theta are those of the closed forms`() throws {
        // At the money with a deviation of d: call = put = S × (2N(d ÷ 2) − 1). N(0.1) = 0.5398278372770290 (tables to 16 digits).
        let model = try #require(BlackScholes(price: 100, strike: 100, volatility: 0.2, years: 1))
        #expect(isNear(model.call, 100 * (2 * 0.5398278372770290 - 1)) && isNear(model.put, model.call))
        // φ(0.1) = 0.3969525474770118.
        #expect(isNear(model.gamma, 0.3969525474770118 / 20))
        #expect(isNear(model.thetaADay, -100 * 0.3969525474770118 * 0.2 / 2 / 365))
        // d1 = 0.5, d2 = 0: S = K × e^(3 ÷ 8) … with σ√T = 0.5, ln(S ÷ K) = 0.125.
        let other = try #require(BlackScholes(price: 100 * 1.1331484530668263, strike: 100, volatility: 0.5, years: 1))
        #expect(isNear(other.call, 100 * 1.1331484530668263 * 0.6914624612740131 - 100 * 0.5))
    }

    @Test func `a call and a put differ by the forward, whatever the market, and gamma is the slope of the slope`() throws {
        var random = SeededGenerator(seed: 7)
        for seed in 0..<200 {
            let spot = Double.random(in: 1...500, using: &random)
            let strike = spot * Double.random(in: 0.5...2, using: &random)
            let volatility = Double.random(in: 0.05...2, using: &random)
            let years = Double.random(in: 0.01...2, using: &random)
            func price(_ spot: Double) throws -> BlackScholes {
                try #require(BlackScholes(price: spot, strike: strike, volatility: volatility, years: years))
            }
            let model = try price(spot)
            #expect((model.call - model.put - (spot - strike)).magnitude < 1e-9 * spot, "\(seed)")
            #expect(model.call >= max(spot - strike, 0) - 1e-9 && model.put >= max(strike - spot, 0) - 1e-9)
            let step = spot * 1e-4
            let slope = (try price(spot + step).call - 2 * model.call + (try price(spot - step).call)) / (step * step)
            #expect((slope - model.gamma).magnitude < 1e-4 * max(model.gamma, 1e-2), "\(seed)")
        }
    }

    @Test(arguments: [(0.0, 1.0, 1.0, 1.0), (1, 0, 1, 1), (1, 1, 0, 1), (1, 1, 1, 0), (-1, 1, 1, 1), (.nan, 1, 1, 1), (.infinity, 1, 1, 1)])
    func `nothing is passed to the model that it can't take`(_ input: (Double, Double, Double, Double)) {
        #expect(BlackScholes(price: input.0, strike: input.1, volatility: input.2, years: input.3) == nil)
    }

    @Test func `a figure of the model is rounded half to even to ten digits`() throws {
        #expect(try FixedDecimal(model: 0.1) == FixedDecimal("0.1"))
        #expect(try FixedDecimal(model: -1.5) == FixedDecimal("-1.5"))
        // 2^-11 = 0.00048828125 has 11 digits.
        #expect(try FixedDecimal(model: 0x1p-11) == FixedDecimal("0.0004882812"))
        #expect(FixedDecimal(model: .nan) == nil && FixedDecimal(model: .infinity) == nil && FixedDecimal(model: 1e30) == nil)
    }
}
