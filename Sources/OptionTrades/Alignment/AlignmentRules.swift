package import LedgerRules
package import LedgerValues

/// The volatility position that an execution's direction is assumed to stand for.
package enum AssumedStrategy: String, Sendable, Hashable, CaseIterable {
    case longVol = "long_vol"
    case shortVol = "short_vol"
}

/// A feature of the market around an execution that speaks for or against its strategy. The cases are in bytewise order
/// of their names.
package enum AlignmentSignal: String, Sendable, Hashable, CaseIterable {
    case dvolPercentile = "dvol_percentile"
    case gammaRegime = "gamma_regime"
    case smile
    case stationarity
    case termStructure = "term_structure"
    case vrp

    /// Every signal, in order.
    package static let all = allCases

    /// The signal's index in ``all``.
    var place: Int {
        switch self {
        case .dvolPercentile: 0
        case .gammaRegime: 1
        case .smile: 2
        case .stationarity: 3
        case .termStructure: 4
        case .vrp: 5
        }
    }
}

/// The label of a score, best first.
package enum AlignmentLabel: String, Sendable, Hashable, CaseIterable {
    case aligned
    case partiallyAligned = "partially_aligned"
    case mixed
    case weakAlignment = "weak_alignment"
    case misaligned
    /// The alignment has no score.
    case insufficientData = "insufficient_data"
}

/// The label of a confidence.
package enum ConfidenceLabel: String, Sendable, Hashable, CaseIterable {
    case high, medium, low
}

/// The rules of opportunity alignment (`alignment/rules.v<N>.yaml`), with the rule files that they use.
package final class AlignmentRules: Sendable {
    /// The impact of a numeric signal: weight × clamp((center − value) ÷ width, −limit, limit).
    package struct Ramp: Sendable, Equatable {
        package let weights: [AssumedStrategy: FixedDecimal]
        package let center: FixedDecimal
        /// Above zero.
        package let width: FixedDecimal
        /// Zero or more.
        package let limit: FixedDecimal
    }

    /// The impact of a signal that is a state, by strategy and state. Every strategy lists the same states.
    package struct Table: Sendable {
        package let impacts: [AssumedStrategy: [ByteKey: FixedDecimal]]
        private let long: NamedValues<FixedDecimal>
        private let short: NamedValues<FixedDecimal>

        init(impacts: [AssumedStrategy: [ByteKey: FixedDecimal]]) {
            self.impacts = impacts
            long = NamedValues(impacts[.longVol] ?? [:])
            short = NamedValues(impacts[.shortVol] ?? [:])
        }

        /// Whether the signal knows a state.
        package func lists(_ state: String) -> Bool { long[ByteKey(state)] != nil && short[ByteKey(state)] != nil }

        /// The impact of a state. Nil if the signal does not know it.
        package func impact(of state: String, _ strategy: AssumedStrategy) -> FixedDecimal? {
            strategy == .longVol ? long[ByteKey(state)] : short[ByteKey(state)]
        }
    }

    /// How a signal's value turns into an impact on the score.
    package enum Scale: Sendable {
        case ramp(Ramp)
        case table(Table)
    }

    /// A label and the inclusive start of its range.
    package struct Step<Label: Sendable & Equatable>: Sendable, Equatable {
        package let from: FixedDecimal
        package let label: Label
    }

    /// The factors that reduce confidence.
    package struct Confidence: Sendable {
        package let start: FixedDecimal
        /// The confidence without a score.
        package let unscored: FixedDecimal
        /// The factor for a quality or status. An unlisted one leaves the confidence unchanged.
        package let byMappingQuality: NamedValues<FixedDecimal>
        package let byContextQuality: NamedValues<FixedDecimal>
        package let byStationarity: NamedValues<FixedDecimal>
        /// The factor for any other stationarity, and for a missing one.
        package let otherStationarity: FixedDecimal
        /// The coverage factor: base + share × observed ÷ all signals.
        package let coverageBase: FixedDecimal
        package let coverageShare: FixedDecimal
        /// In descending order.
        package let steps: [Step<ConfidenceLabel>]
        package let lowest: ConfidenceLabel

        /// The factors of a context.
        package func factors(mappingQuality: String, contextQuality: String, stationarity: String?) -> [FixedDecimal] {
            [
                byMappingQuality[ByteKey(mappingQuality)], byContextQuality[ByteKey(contextQuality)],
                stationarity.flatMap { byStationarity[ByteKey($0)] } ?? otherStationarity,
            ].compactMap { $0 }
        }

        package func label(of confidence: FixedDecimal) -> ConfidenceLabel {
            steps.first { confidence >= $0.from }?.label ?? lowest
        }
    }

    package let file: RuleFile
    package let trades: TradesRules
    /// The published intent of a strategy.
    package let strategyIntent: String
    /// By direction, `buy` or `sell`.
    private let assumed: NamedValues<AssumedStrategy>
    /// One for each signal, in order.
    private let scaleList: [Scale]
    package let startScore: FixedDecimal
    package let lowestScore: FixedDecimal
    package let highestScore: FixedDecimal
    /// The smallest number of observed signals among ``countedSignals`` that makes a score.
    package let minimumSignals: Int
    package let countedSignals: Set<AlignmentSignal>
    private let isCounted: [Bool]
    private let unscoredContextQualities: NameList
    /// In descending order.
    package let labelSteps: [Step<AlignmentLabel>]
    package let lowestLabel: AlignmentLabel
    package let confidence: Confidence

    /// All files read, in path order.
    package var files: [RuleFile] { ([file] + trades.files).sorted { $0.path < $1.path } }

    package convenience init(version: Int, read: RuleFileReader) throws {
        try self.init(path: "alignment/rules.v\(version).yaml", read: read)
    }

    /// - Parameter path: the path in another rule file's `uses`
    package init(path: String, read: RuleFileReader) throws {
        let document = try RuleDocument(path: path, kind: "alignment", read: read)
        let root = document.root
        try root.allowOnly([
            "rules", "version", "uses", "strategy", "signals", "score", "scored", "labels", "confidence",
        ])
        file = document.file
        trades = try TradesRules(path: try root.used("trades/rules."), read: read)

        let strategy = try root.member("strategy")
        try strategy.allowOnly(["intent", "assumed"])
        strategyIntent = try strategy.text("intent")
        assumed = NamedValues(try strategy.member("assumed").keyed { try $0.named(AssumedStrategy.self) })

        let signals = try root.member("signals")
        try signals.allowOnly(Set(AlignmentSignal.allCases.map(\.rawValue)))
        var scales: [Scale] = []
        for signal in AlignmentSignal.allCases {
            let node = try signals.member(signal.rawValue)
            switch signal {
            case .dvolPercentile, .vrp: scales.append(.ramp(try Ramp(node)))
            case .gammaRegime, .smile, .stationarity, .termStructure: scales.append(.table(try Table(node)))
            }
        }
        scaleList = scales

        let score = try root.member("score")
        try score.allowOnly(["start", "lowest", "highest"])
        startScore = try score.decimal("start")
        lowestScore = try score.decimal("lowest")
        highestScore = try score.decimal("highest")
        guard lowestScore <= highestScore else { throw score.fail("`lowest` is above `highest`") }

        let scored = try root.member("scored")
        try scored.allowOnly(["minimum_signals", "signals", "unscored_context_qualities"])
        minimumSignals = try scored.integer("minimum_signals")
        let counted = Set(try scored.member("signals").elements().map { try $0.named(AlignmentSignal.self) })
        countedSignals = counted
        isCounted = AlignmentSignal.all.map { counted.contains($0) }
        unscoredContextQualities = NameList(try scored.texts("unscored_context_qualities"))

        (labelSteps, lowestLabel) = try root.member("labels").steps(AlignmentLabel.self, by: "score")
        confidence = try Confidence(try root.member("confidence"))
    }

    /// The assumed strategy of a direction, `buy` or `sell`. Nil if the rules name none.
    package func assumedStrategy(direction: String) -> AssumedStrategy? { assumed[ByteKey(direction)] }

    /// The scale of a signal.
    package func scale(of signal: AlignmentSignal) -> Scale { scaleList[signal.place] }

    /// The scales of all signals.
    package var scales: [AlignmentSignal: Scale] {
        Dictionary(uniqueKeysWithValues: zip(AlignmentSignal.all, scaleList))
    }

    /// Whether a signal is among ``countedSignals``.
    package func counts(_ signal: AlignmentSignal) -> Bool { isCounted[signal.place] }

    /// Whether a context of the given quality can be scored.
    package func scores(contextQuality: String) -> Bool { !unscoredContextQualities.contains(contextQuality) }

    /// The label of a score.
    package func label(of score: FixedDecimal) -> AlignmentLabel {
        labelSteps.first { score >= $0.from }?.label ?? lowestLabel
    }
}
