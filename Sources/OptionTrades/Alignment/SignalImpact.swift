import LedgerRules
package import LedgerValues

/// The value of a signal when the trade was made.
package enum SignalValue: Sendable, Equatable {
    case number(FixedDecimal)
    case state(String)
}

/// The impact of an observed signal on a trade's alignment.
package struct SignalImpact: Sendable, Equatable {
    package let signal: AlignmentSignal
    package let value: SignalValue
    /// Points of score, rounded half to even to 4 places. Above zero the signal is a driver, below zero a detractor.
    package let impact: FixedDecimal

    /// The number of fractional digits of impacts, scores and confidences.
    static let places = 4

    /// Nil if the rules give the value no impact. The signal then counts as unobserved.
    init?(_ signal: AlignmentSignal, _ value: SignalValue, strategy: AssumedStrategy, rules: AlignmentRules) {
        let exact: ExactNumber?
        switch (rules.scale(of: signal), value) {
        case (.ramp(let ramp), .number(let number)): exact = ramp.impact(of: number, strategy: strategy)
        case (.table(let table), .state(let state)):
            exact = table.impact(of: state, strategy).map { ExactNumber($0) }
        default: exact = nil
        }
        guard let impact = exact?.rounded(fractionDigits: Self.places) else { return nil }
        self.signal = signal
        self.value = value
        self.impact = impact
    }

    /// By absolute impact, the largest first, then by the signal's name.
    static func precedes(_ left: SignalImpact, _ right: SignalImpact) -> Bool {
        let (a, b) = (left.impact.magnitude, right.impact.magnitude)
        return a == b ? left.signal.rawValue.isBytewiseLess(than: right.signal.rawValue) : a > b
    }
}

extension AlignmentRules.Ramp {
    /// weight × clamp((center − value) ÷ width, −limit, limit), exact.
    func impact(of value: FixedDecimal, strategy: AssumedStrategy) -> ExactNumber? {
        guard let weight = weights[strategy],
            let slope = (ExactNumber(center) - ExactNumber(value)).divided(by: ExactNumber(width))
        else { return nil }
        let limit = ExactNumber(limit)
        return ExactNumber(weight) * min(max(slope, -limit), limit)
    }
}
