import LedgerRules
package import LedgerValues

/// When recent values of a series are of a kind with older ones: the last value of each UTC day, a day being 24 hours.
package struct StationarityRules: Sendable, Equatable {
    /// The recent window: that many days before now, or the trade.
    package let recentDays: Int
    /// At least two.
    package let minimumRecent: Int
    /// The older window begins that many days before and ends where the recent one begins.
    package let olderDays: Int
    /// At least two.
    package let minimumOlder: Int
    /// In pooled variances: how far apart the means may be, squared.
    package let maximumMeanShift: FixedDecimal
    package let varianceRatioLower: FixedDecimal
    package let varianceRatioUpper: FixedDecimal
    package let stableWeight: FixedDecimal
    package let unstableWeight: FixedDecimal
    package let insufficientWeight: FixedDecimal

    func blendWeight(_ status: StationarityTest.Status) -> FixedDecimal {
        switch status {
        case .stable: stableWeight
        case .unstable: unstableWeight
        case .insufficient: insufficientWeight
        }
    }
}

extension StationarityRules {
    init(_ node: RuleNode) throws {
        try node.allowOnly([
            "recent_days", "minimum_recent", "older_days", "minimum_older", "maximum_mean_shift", "variance_ratio",
            "blend_weight",
        ])
        recentDays = try node.whole("recent_days", from: 1)
        // A sample variance needs two values.
        minimumRecent = try node.whole("minimum_recent", from: 2)
        olderDays = try node.whole("older_days", from: recentDays + 1)
        minimumOlder = try node.whole("minimum_older", from: 2)
        maximumMeanShift = try node.decimal("maximum_mean_shift")
        let ratio = try node.member("variance_ratio")
        try ratio.allowOnly(["lower", "upper"])
        varianceRatioLower = try ratio.decimal("lower")
        varianceRatioUpper = try ratio.decimal("upper")
        let weight = try node.member("blend_weight")
        try weight.allowOnly(["stable", "unstable", "insufficient"])
        stableWeight = try weight.decimal("stable")
        unstableWeight = try weight.decimal("unstable")
        insufficientWeight = try weight.decimal("insufficient")
    }
}
