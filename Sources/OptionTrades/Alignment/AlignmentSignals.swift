import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues

/// A signal of a stamp and its impact on a trade's score, computed step by step from the rules.
struct ExplainedSignal {
    let signal: AlignmentSignal
    let value: Shown
    /// Points, rounded half to even to 4 places. Nil without a strategy.
    let impact: FixedDecimal?
}

extension AlignmentSignal {
    /// The stamp's field that holds the signal.
    var stampField: String {
        switch self {
        case .dvolPercentile: "dvol_percentile"
        case .gammaRegime: "gamma_regime"
        case .smile: "smile_rich_cheap"
        case .stationarity: "stationarity_status"
        case .termStructure: "term_structure_state"
        case .vrp: "vrp"
        }
    }
}

extension AlignmentExplainer {
    /// The signals that the stamp has, in order of their names. Every signal becomes an input, observed or not.
    func signals(
        _ stamp: ContextStampedPayload?, _ event: DecodedEvent?, _ strategy: AssumedStrategy?, _ sheet: inout Worksheet
    ) -> [ExplainedSignal] {
        AlignmentSignal.allCases.compactMap { signal in
            guard let stamp else { return nil }
            switch (rules.scales[signal], stamp.value(of: signal)) {
            case (.ramp(let ramp)?, .number(let number)?):
                let value = Shown(number)
                sheet.input(signal.stampField, value, event)
                return ExplainedSignal(
                    signal: signal, value: value, impact: strategy.flatMap { impact(signal, ramp, number, $0, &sheet) })
            case (.table(let table)?, .state(let state)?) where table.lists(state):
                let value = Shown(state)
                sheet.input(signal.stampField, value, event)
                return ExplainedSignal(
                    signal: signal, value: value, impact: strategy.flatMap { impact(signal, table, state, $0, &sheet) })
            case (_, let value):
                switch value {
                case .number(let number)?: sheet.input(signal.stampField, Shown(number), event)
                case .state(let state)?: sheet.input(signal.stampField, Shown(state), event)
                case nil: sheet.input(signal.stampField, .null, event)
                }
                sheet.note("\(signal.rawValue) was not observed: the stamp's \(signal.stampField) gives it no value that the rules list")
                return nil
            }
        }
    }

    /// weight × clamp((center − value) ÷ width, −limit, limit)
    private func impact(
        _ signal: AlignmentSignal, _ ramp: AlignmentRules.Ramp, _ value: FixedDecimal, _ strategy: AssumedStrategy,
        _ sheet: inout Worksheet
    ) -> FixedDecimal? {
        for key in ["weight", "center", "width", "limit"] {
            sheet.rule(rules.file, path: ["signals", signal.rawValue, key])
        }
        guard let weight = ramp.weights[strategy],
            let slope = (ramp.center.exact - value.exact).divided(by: ramp.width.exact)
        else { return nil }
        let limit = ramp.limit.exact
        let clamped = min(max(slope, -limit), limit)
        let points = (weight.exact * clamped).rounded(fractionDigits: 4)
        sheet.step(
            "\(signal.rawValue), rounded half to even to 4 digits",
            "\(weight) × clamp((\(ramp.center) − \(value)) ÷ \(ramp.width), −\(ramp.limit), \(ramp.limit)) = \(weight) × \(clamped)",
            Shown(points))
        return points
    }

    /// The impact of the state in the strategy's table.
    private func impact(
        _ signal: AlignmentSignal, _ table: AlignmentRules.Table, _ state: String, _ strategy: AssumedStrategy,
        _ sheet: inout Worksheet
    ) -> FixedDecimal? {
        sheet.rule(rules.file, path: ["signals", signal.rawValue, strategy.rawValue])
        let points = table.impacts[strategy]?[ByteKey(state)]?.exact.rounded(fractionDigits: 4)
        sheet.step("\(signal.rawValue)", "\(state) under \(strategy.rawValue)", Shown(points))
        return points
    }
}
