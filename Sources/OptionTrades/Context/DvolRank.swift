import LedgerRules
import LedgerValues

/// How a `dvol` ranks among a market's daily last ones, exact.
enum DvolRank {
    /// 100 × (#below + weight × #equal) ÷ n of a value among others; nil with fewer than the rules ask for.
    static func percentile(
        of value: FixedDecimal, among others: [FixedDecimal], _ rules: ContextRules.DvolPercentile
    ) -> ExactNumber? {
        guard others.count >= rules.minimumDays else { return nil }
        var below = 0
        var equal = 0
        for other in others {
            if other < value { below += 1 } else if other == value { equal += 1 }
        }
        let rank = ExactNumber(below) + ExactNumber(rules.equalWeight) * ExactNumber(equal)
        return (ExactNumber(100) * rank).divided(by: ExactNumber(others.count))
    }
}
