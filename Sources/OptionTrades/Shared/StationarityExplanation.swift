import LedgerExplanations
import LedgerRules
import LedgerValues

extension Worksheet {
    /// Quotes the windows of a stationarity test.
    ///
    /// - Parameter path: where the rule file has the test's rules.
    mutating func windows(in file: RuleFile, at path: [String]) {
        for key in ["recent_days", "minimum_recent", "older_days", "minimum_older"] { rule(file, path: path + [key]) }
    }

    /// Works the test out in the open, without ``StationarityTest``, which was asked first.
    mutating func stationarity(
        _ recent: [ExactNumber], _ older: [ExactNumber], _ rules: StationarityRules, in file: RuleFile, at path: [String]
    ) -> StationarityTest.Status {
        guard recent.count >= rules.minimumRecent, older.count >= rules.minimumOlder, let m1 = mean(recent), let m2 = mean(older),
            let v1 = variance(recent), let v2 = variance(older)
        else {
            step(
                "too few days", "\(recent.count) of \(rules.minimumRecent), \(older.count) of \(rules.minimumOlder)", Shown(false))
            return .insufficient
        }
        rule(file, path: path + ["maximum_mean_shift"])
        rule(file, path: path + ["variance_ratio"])
        func shown(_ number: ExactNumber) -> String { number.rounded().map(\.description) ?? "\(number)" }
        let weighted = ExactNumber(recent.count - 1) * v1 + ExactNumber(older.count - 1) * v2
        let pooled = weighted.divided(by: ExactNumber(recent.count + older.count - 2)) ?? .zero
        let shift = (m1 - m2) * (m1 - m2)
        let isShifted = shift > rules.maximumMeanShift.exact * pooled
        step(
            "the means are apart: (m₁ − m₂)² > \(rules.maximumMeanShift) × pooled variance (shown to 10 digits)",
            "(\(shown(m1)) − \(shown(m2)))² = \(shown(shift)) > \(rules.maximumMeanShift) × \(shown(pooled))", Shown(isShifted))
        if isShifted { return .unstable }
        let ratio = v1.divided(by: v2)
        let isOutside =
            ratio.map { $0 < rules.varianceRatioLower.exact || $0 > rules.varianceRatioUpper.exact } ?? !v1.isZero
        step(
            "v₁ ÷ v₂ is outside [\(rules.varianceRatioLower), \(rules.varianceRatioUpper)] (shown to 10 digits)",
            "\(shown(v1)) ÷ \(shown(v2))" + (ratio.map { " = \(shown($0))" } ?? ""), Shown(isOutside))
        return isOutside ? .unstable : .stable
    }

    /// The mean, exact; nil without a value.
    func mean(_ values: [ExactNumber]) -> ExactNumber? {
        values.reduce(ExactNumber.zero, +).divided(by: ExactNumber(values.count))
    }

    /// The sample variance, exact; nil with fewer than two values.
    func variance(_ values: [ExactNumber]) -> ExactNumber? {
        guard values.count > 1, let mean = mean(values) else { return nil }
        return values.reduce(ExactNumber.zero) { $0 + ($1 - mean) * ($1 - mean) }.divided(by: ExactNumber(values.count - 1))
    }
}
