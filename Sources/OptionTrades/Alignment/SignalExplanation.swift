import LedgerRules
package import LedgerValues

/// A signal's impact in words: how the rules compute it, and what it means.
///
/// This is free text. Another release may word it differently, while the figures may not change.
package struct SignalExplanation: Sendable, Equatable {
    /// For example `15 × clamp((50 − p) ÷ 30, −1, 1)`, or the impact of each state.
    package let rule: String
    /// For example `DVol percentile 12.5 supports long_vol by 15 points.`
    package let explanation: String

    package init(
        of signal: AlignmentSignal, value: String, impact: FixedDecimal, strategy: AssumedStrategy,
        rules: AlignmentRules
    ) {
        switch rules.scale(of: signal) {
        case .ramp(let ramp):
            let weight = Self.text(ramp.weights[strategy] ?? .zero)
            let (center, width) = (Self.text(ramp.center), Self.text(ramp.width))
            let (lower, upper) = (Self.text(-ramp.limit), Self.text(ramp.limit))
            rule = "\(weight) × clamp((\(center) − \(signal.rawValue)) ÷ \(width), \(lower), \(upper))"
        case .table(let table):
            rule = (table.impacts[strategy] ?? [:]).sorted { $0.key < $1.key }
                .map { "\($0.key.text) \(Self.signed($0.value))" }.joined(separator: ", ")
        }
        let verb = impact.isNegative ? "contradicts" : "supports"
        explanation = "\(signal.title) \(value) \(verb) \(strategy.rawValue) by \(impact.magnitude) points."
    }

    private static func text(_ value: FixedDecimal) -> String {
        value.isNegative ? "−\(value.magnitude)" : "\(value)"
    }

    private static func signed(_ value: FixedDecimal) -> String {
        value > .zero ? "+\(value)" : text(value)
    }
}

extension AlignmentSignal {
    /// The signal's name in a sentence.
    fileprivate var title: String {
        switch self {
        case .dvolPercentile: "DVol percentile"
        case .gammaRegime: "Gamma regime"
        case .smile: "Smile"
        case .stationarity: "Stationarity"
        case .termStructure: "Term structure"
        case .vrp: "Volatility risk premium"
        }
    }
}
