import Glibc

/// European options without interest and dividends, on a price or on a forward, which are then the same formula.
///
/// Callers pass prices, volatility and years above zero. Model figures are doubles, rounded where they are published.
///
/// The normal distribution and its parts are the C library's, not those of `ModelMath`: the two differ in the last bits, and
/// published figures of scenarios and of zero gamma have digits that show it.
package struct BlackScholes: Sendable {
    package let price: Double
    package let strike: Double
    /// A fraction: 0.583 is 58.3 vol points.
    package let volatility: Double
    package let years: Double

    /// Nil for what the model can't take.
    package init?(price: Double, strike: Double, volatility: Double, years: Double) {
        guard price > 0, strike > 0, volatility > 0, years > 0, price.isFinite, strike.isFinite, volatility.isFinite, years.isFinite
        else { return nil }
        (self.price, self.strike, self.volatility, self.years) = (price, strike, volatility, years)
    }

    private var deviation: Double { volatility * years.squareRoot() }
    private var d1: Double { (log(price / strike) + volatility * volatility * years / 2) / deviation }

    package var call: Double {
        let d1 = d1
        return price * Self.cumulative(d1) - strike * Self.cumulative(d1 - deviation)
    }

    package var put: Double {
        let d1 = d1
        return strike * Self.cumulative(deviation - d1) - price * Self.cumulative(-d1)
    }

    package var gamma: Double { Self.density(d1) / (price * deviation) }

    /// Of a day of 365, below zero.
    package var thetaADay: Double { -price * Self.density(d1) * volatility / (2 * years.squareRoot()) / 365 }

    static func cumulative(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }
    static func density(_ x: Double) -> Double { exp(-x * x / 2) / (2 * Double.pi).squareRoot() }
}
