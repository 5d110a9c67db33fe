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
}
