import LedgerEvents
import LedgerRules
package import LedgerValues

/// How far the market around an execution was consistent with the volatility position that its direction stands for
/// (docs/contract/alignment.md, "Score"): signal consistency, never P&L.
///
/// An unobserved signal adds nothing and is listed as missing. Without enough observed signals there is no score. The
/// score is the sum of the published impacts, which a reader can add up.
package struct Alignment: Sendable {
    /// Nil without a direction.
    package let assumedStrategy: AssumedStrategy?
    /// Always the rules' value, because nobody has stated what the trade was meant to do.
    package let strategyIntent: String
    /// 0…100, to 4 places. Nil if the inputs do not suffice for a score.
    package let score: FixedDecimal?
    package let alignmentLabel: AlignmentLabel
    /// The signals that support the strategy, largest impact first. Empty without a score.
    package let drivers: [SignalImpact]
    /// The signals that contradict the strategy, largest impact first. Empty without a score.
    package let detractors: [SignalImpact]
    /// The number of signals in the stamp, whether or not there is a score.
    package let observedSignalCount: Int
    /// The signals that the stamp lacks, by name.
    package let missingSignals: [AlignmentSignal]
    /// 0…1, to 4 places. Without a score, the rules' lowest.
    package let confidence: FixedDecimal
    package let confidenceLabel: ConfidenceLabel
    /// The stamp behind the alignment. Nil if no stamp was made from the current row.
    package let stamp: ContextStampedPayload?

    /// The warning beside every score.
    package static let warning =
        "Alignment measures signal consistency at execution time; it is not realized P&L and no prediction of it."

    /// The label's name, for example `partially_aligned`.
    package var label: String { alignmentLabel.rawValue }

    /// - Parameter stamp: the trade's latest stamp. A stamp whose basis differs from the row's counts as absent.
    package init(of row: ExecutionRow, stamp given: ContextStampedPayload?, rules: AlignmentRules) {
        let stamp = given.flatMap { $0.basis.isBasis(of: row) ? $0 : nil }
        let (observed, missing) = Self.observed(stamp, rules)
        let strategy = row.direction.flatMap { rules.assumedStrategy(direction: $0.rawValue) }
        self.stamp = stamp
        assumedStrategy = strategy
        strategyIntent = rules.strategyIntent
        observedSignalCount = observed.count
        missingSignals = missing

        guard let stamp, let strategy, rules.scores(contextQuality: stamp.contextQuality),
            observed.count(where: { rules.counts($0.signal) }) >= rules.minimumSignals
        else {
            score = nil
            alignmentLabel = .insufficientData
            drivers = []
            detractors = []
            confidence = rules.confidence.unscored
            confidenceLabel = rules.confidence.label(of: confidence)
            return
        }
        let impacts = observed.compactMap { SignalImpact($0.signal, $0.value, strategy: strategy, rules: rules) }
            .sorted(by: SignalImpact.precedes)
        let sum = impacts.reduce(rules.startScore) { $0 + $1.impact }
        let score = min(max(sum, rules.lowestScore), rules.highestScore)
        self.score = score
        alignmentLabel = rules.label(of: score)
        drivers = impacts.filter { $0.impact > .zero }
        detractors = impacts.filter { $0.impact < .zero }
        confidence = Self.confidence(in: stamp, observed: observed.count, rules) ?? rules.confidence.unscored
        confidenceLabel = rules.confidence.label(of: confidence)
    }

    private typealias Observation = (signal: AlignmentSignal, value: SignalValue)

    /// The signals that a stamp has, and those that it lacks, by name. A state that the rules do not list counts as
    /// lacking.
    private static func observed(
        _ stamp: ContextStampedPayload?, _ rules: AlignmentRules
    ) -> (observed: [Observation], missing: [AlignmentSignal]) {
        guard let stamp else { return ([], AlignmentSignal.all) }
        var observed: [Observation] = []
        var missing: [AlignmentSignal] = []
        observed.reserveCapacity(AlignmentSignal.all.count)
        for signal in AlignmentSignal.all {
            if let value = stamp.value(of: signal), rules.isObserved(value, as: signal) {
                observed.append((signal, value))
            } else {
                missing.append(signal)
            }
        }
        return (observed, missing)
    }

    /// The product of the rules' factors × (base + share × observed ÷ all signals), rounded once to 4 places.
    private static func confidence(
        in stamp: ContextStampedPayload, observed: Int, _ rules: AlignmentRules
    ) -> FixedDecimal? {
        let rule = rules.confidence
        let factors = rule.factors(
            mappingQuality: stamp.mappingQuality, contextQuality: stamp.contextQuality,
            stationarity: stamp.stationarityStatus)
        guard let share = ExactNumber(observed).divided(by: ExactNumber(AlignmentSignal.all.count)) else {
            return nil
        }
        let coverage = ExactNumber(rule.coverageBase) + ExactNumber(rule.coverageShare) * share
        return factors.reduce(ExactNumber(rule.start) * coverage) { $0 * ExactNumber($1) }
            .rounded(fractionDigits: SignalImpact.places)
    }
}

extension ContextStampedPayload {
    /// The value of a signal in the stamp. Nil if the stamp lacks it.
    package func value(of signal: AlignmentSignal) -> SignalValue? {
        switch signal {
        case .dvolPercentile: self.dvolPercentile.map { .number($0) }
        case .gammaRegime: self.gammaRegime.map { .state($0) }
        case .smile: self.smileRichCheap.map { .state($0) }
        case .stationarity: self.stationarityStatus.map { .state($0) }
        case .termStructure: self.termStructureState.map { .state($0) }
        case .vrp: self.vrp.map { .number($0) }
        }
    }
}

extension AlignmentRules {
    fileprivate func isObserved(_ value: SignalValue, as signal: AlignmentSignal) -> Bool {
        switch (scale(of: signal), value) {
        case (.ramp, .number): true
        case (.table(let table), .state(let state)): table.lists(state)
        default: false
        }
    }
}
