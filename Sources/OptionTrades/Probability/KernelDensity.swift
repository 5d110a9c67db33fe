/// A distribution of a price from log returns that were seen, smoothed by a Gaussian kernel.
struct KernelDensity: Sendable {
    let spot: Double
    let returns: [Double]
    /// s · (3n ÷ 4)^(−1/5) with the sample standard deviation s.
    let bandwidth: Double

    /// Nil with fewer than two returns, or without any spread.
    init?(spot: Double, _ returns: [Double]) {
        guard spot > 0, let deviation = SampleMoments(returns).deviation, deviation > 0 else { return nil }
        self.spot = spot
        self.returns = returns
        bandwidth = deviation * ModelMath.exp(-ModelMath.log(0.75 * Double(returns.count)) / 5)
    }

    /// The density of the price.
    func density(_ price: Double) -> Double {
        let x = ModelMath.log(price / spot)
        let sum = returns.reduce(0) { $0 + ModelMath.normalDensity((x - $1) / bandwidth) }
        return sum / (Double(returns.count) * bandwidth * price)
    }

    /// P(S > price).
    func probabilityAbove(_ price: Double) -> Double {
        let x = ModelMath.log(price / spot)
        return returns.reduce(0) { $0 + ModelMath.normal(($1 - x) / bandwidth) } / Double(returns.count)
    }

    /// What an option pays on average: each return's kernel is a lognormal distribution.
    func expectedPayoff(strike: Double, isCall: Bool) -> Double {
        let sum = returns.reduce(0) { sum, value in
            let d2 = (ModelMath.log(spot / strike) + value) / bandwidth
            let d1 = d2 + bandwidth
            let mean = spot * ModelMath.exp(value + bandwidth * bandwidth / 2)
            return sum
                + (isCall
                    ? mean * ModelMath.normal(d1) - strike * ModelMath.normal(d2)
                    : strike * ModelMath.normal(-d2) - mean * ModelMath.normal(-d1))
        }
        return sum / Double(returns.count)
    }
}
