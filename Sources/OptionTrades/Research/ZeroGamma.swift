import LedgerValues

/// The spot at which the gamma of a set of chains, repriced, adds up to zero.
struct ZeroGamma {
    /// A contract that can be repriced.
    private struct Contract {
        let strike: Double
        let volatility: Double
        let years: Double
        /// Of the price at the slice's spot: the chain's own forward, or the spot itself.
        let forward: Double?
        /// Open interest × multiplier × move, with the sign of the convention.
        let weight: Double
    }

    private var contracts: [Contract] = []
    private var total = 0
    private var withIV = 0
    private let rules: ExposureRules

    init(_ rules: ExposureRules) { self.rules = rules }

    /// The share of contracts with an IV.
    var coverage: FixedDecimal? { ExactNumber(withIV).divided(by: ExactNumber(total))?.rounded(fractionDigits: 4) }

    mutating func add(_ chain: OptionChain, dte: Int) {
        let years = max(Double(dte), rules.zeroGamma.minimumDays) / rules.zeroGamma.daysPerYear
        let forward = chain.forward.flatMap { $0 > .zero ? Double(nearest: $0) : nil }
        for row in chain.rows {
            total += 1
            guard let iv = row.soundIV else { continue }
            withIV += 1
            guard let interest = row.openInterest, let multiplier = chain.multiplier else { continue }
            let weight = Double(nearest: interest) * Double(nearest: multiplier) * Double(nearest: rules.move)
            contracts.append(
                Contract(
                    strike: Double(nearest: row.strike), volatility: Double(nearest: iv) / 100, years: years, forward: forward,
                    weight: row.optionType == .call ? weight : -weight))
        }
    }

    /// The crossing nearest to the spot, ties to the lower. Nil without one.
    func level(at spot: FixedDecimal) -> Double? {
        let spot = Double(nearest: spot)
        let grid = rules.zeroGamma
        var points: [(price: Double, sum: Double)] = []
        var largest = 0.0
        for step in 0...grid.steps {
            let factor = Double(grid.from + step) / Double(grid.divisor)
            var (sum, gross) = (0.0, 0.0)
            for contract in contracts {
                let price = (contract.forward ?? spot) * factor
                guard
                    let model = BlackScholes(
                        price: price, strike: contract.strike, volatility: contract.volatility, years: contract.years)
                else { continue }
                let term = model.gamma * contract.weight * price * price
                guard term.isFinite else { continue }
                sum += term
                gross += term.magnitude
            }
            largest = max(largest, gross)
            points.append((spot * factor, sum))
        }
        points.removeAll { $0.sum.magnitude < grid.negligible * largest || $0.sum == 0 }
        var best: Double?
        for (one, next) in zip(points, points.dropFirst()) where (one.sum < 0) != (next.sum < 0) {
            let crossing = one.price + (next.price - one.price) * one.sum / (one.sum - next.sum)
            if best.map({ (crossing - spot).magnitude < ($0 - spot).magnitude }) ?? true { best = crossing }
        }
        return best
    }
}
