public import Rules
public import Values

/// What an execution's direction is taken to have stood for.
public enum AssumedStrategy: String, Sendable, Hashable, CaseIterable {
    case longVol = "long_vol"
    case shortVol = "short_vol"
}

/// What of the market around an execution speaks for or against its strategy; in bytewise order of the names.
public enum AlignmentSignal: String, Sendable, Hashable, CaseIterable {
    case dvolPercentile = "dvol_percentile"
    case gammaRegime = "gamma_regime"
    case smile
    case stationarity
    case termStructure = "term_structure"
    case vrp

    /// Every signal, in their order.
    public static let all = allCases

    /// Its place among all, from 0.
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

/// What a score is called, best first.
public enum AlignmentLabel: String, Sendable, Hashable, CaseIterable {
    case aligned
    case partiallyAligned = "partially_aligned"
    case mixed
    case weakAlignment = "weak_alignment"
    case misaligned
    /// There is no score.
    case insufficientData = "insufficient_data"
}

/// What a confidence is called.
public enum ConfidenceLabel: String, Sendable, Hashable, CaseIterable {
    case high, medium, low
}

/// The rules of opportunity alignment (`alignment/rules.v<N>.yaml`) with the files that they use.
public final class AlignmentRules: Sendable {
    /// What a signal that is a number adds: weight × clamp((center − value) ÷ width, −limit, limit).
    public struct Ramp: Sendable, Equatable {
        public let weights: [AssumedStrategy: FixedDecimal]
        public let center: FixedDecimal
        /// Above zero.
        public let width: FixedDecimal
        /// Zero or more.
        public let limit: FixedDecimal
    }

    /// What a signal that is a state adds, by strategy and state; every strategy lists the same states.
    public struct Table: Sendable {
        public let impacts: [AssumedStrategy: [ByteKey: FixedDecimal]]
        private let long: NamedValues<FixedDecimal>
        private let short: NamedValues<FixedDecimal>

        init(impacts: [AssumedStrategy: [ByteKey: FixedDecimal]]) {
            self.impacts = impacts
            long = NamedValues(impacts[.longVol] ?? [:])
            short = NamedValues(impacts[.shortVol] ?? [:])
        }

        /// Whether a state is one that the signal knows.
        public func lists(_ state: String) -> Bool { long[ByteKey(state)] != nil && short[ByteKey(state)] != nil }

        /// What a state adds; nil for one that the signal does not know.
        public func impact(of state: String, _ strategy: AssumedStrategy) -> FixedDecimal? {
            strategy == .longVol ? long[ByteKey(state)] : short[ByteKey(state)]
        }
    }

    /// What a signal adds to the score.
    public enum Scale: Sendable {
        case ramp(Ramp)
        case table(Table)
    }

    /// A label and where it begins, inclusive.
    public struct Step<Label: Sendable & Equatable>: Sendable, Equatable {
        public let from: FixedDecimal
        public let label: Label
    }

    /// How confidence is lost.
    public struct Confidence: Sendable {
        public let start: FixedDecimal
        /// The confidence where there is no score.
        public let unscored: FixedDecimal
        /// What a quality or status multiplies confidence with; one that is not listed leaves it as it is.
        public let byMappingQuality: NamedValues<FixedDecimal>
        public let byContextQuality: NamedValues<FixedDecimal>
        public let byStationarity: NamedValues<FixedDecimal>
        /// What any other stationarity, and a missing one, multiplies it with.
        public let otherStationarity: FixedDecimal
        /// Times base + share × observed ÷ all signals.
        public let coverageBase: FixedDecimal
        public let coverageShare: FixedDecimal
        /// Descending.
        public let steps: [Step<ConfidenceLabel>]
        public let lowest: ConfidenceLabel

        /// The factors that a context multiplies confidence with.
        public func factors(mappingQuality: String, contextQuality: String, stationarity: String?) -> [FixedDecimal] {
            [
                byMappingQuality[ByteKey(mappingQuality)], byContextQuality[ByteKey(contextQuality)],
                stationarity.flatMap { byStationarity[ByteKey($0)] } ?? otherStationarity,
            ].compactMap { $0 }
        }

        public func label(of confidence: FixedDecimal) -> ConfidenceLabel {
            steps.first { confidence >= $0.from }?.label ?? lowest
        }
    }

    public let file: RuleFile
    public let trades: TradesRules
    /// What a strategy's intent is given as.
    public let strategyIntent: String
    /// By direction, `buy` or `sell`.
    private let assumed: NamedValues<AssumedStrategy>
    /// One of each signal, in their order.
    private let scaleList: [Scale]
    public let startScore: FixedDecimal
    public let lowestScore: FixedDecimal
    public let highestScore: FixedDecimal
    /// The least number of observed signals among ``countedSignals`` that makes a score.
    public let minimumSignals: Int
    public let countedSignals: Set<AlignmentSignal>
    private let isCounted: [Bool]
    private let unscoredContextQualities: NameList
    /// Descending.
    public let labelSteps: [Step<AlignmentLabel>]
    public let lowestLabel: AlignmentLabel
    public let confidence: Confidence

    /// All files that were read, in path order.
    public var files: [RuleFile] { ([file] + trades.files).sorted { $0.path < $1.path } }

    public convenience init(version: Int, read: RuleFileReader) throws {
        try self.init(path: "alignment/rules.v\(version).yaml", read: read)
    }

    /// - Parameter path: as another rule file's `uses` lists it.
    public init(path: String, read: RuleFileReader) throws {
        let document = try RuleDocument(path: path, kind: "alignment", read: read)
        let root = document.root
        try root.allowOnly([
            "rules", "version", "uses", "strategy", "signals", "score", "scored", "labels", "confidence",
        ])
        file = document.file
        guard let used = try root.texts("uses").first(where: { $0.hasPrefix("trades/rules.") }) else {
            throw RuleError(path: document.file.path, key: "uses", problem: "no trades/rules.…yaml is listed")
        }
        trades = try TradesRules(path: used, read: read)

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

    /// What a direction, `buy` or `sell`, is taken to stand for; nil where the rules name nothing.
    public func assumedStrategy(direction: String) -> AssumedStrategy? { assumed[ByteKey(direction)] }

    /// What a signal adds.
    public func scale(of signal: AlignmentSignal) -> Scale { scaleList[signal.place] }

    /// One of each signal.
    public var scales: [AlignmentSignal: Scale] {
        Dictionary(uniqueKeysWithValues: zip(AlignmentSignal.all, scaleList))
    }

    /// Whether a signal is one of ``countedSignals``.
    public func counts(_ signal: AlignmentSignal) -> Bool { isCounted[signal.place] }

    /// Whether a context of that quality can be scored.
    public func scores(contextQuality: String) -> Bool { !unscoredContextQualities.contains(contextQuality) }

    /// The label of a score.
    public func label(of score: FixedDecimal) -> AlignmentLabel {
        labelSteps.first { score >= $0.from }?.label ?? lowestLabel
    }
}

extension AlignmentRules.Ramp {
    fileprivate init(_ node: RuleNode) throws {
        try node.allowOnly(["weight", "center", "width", "limit"])
        let weight = try node.member("weight")
        try weight.allowOnly(Set(AssumedStrategy.allCases.map(\.rawValue)))
        var weights: [AssumedStrategy: FixedDecimal] = [:]
        for strategy in AssumedStrategy.allCases { weights[strategy] = try weight.decimal(strategy.rawValue) }
        self.init(
            weights: weights, center: try node.decimal("center"), width: try node.decimal("width"),
            limit: try node.decimal("limit"))
        guard width > .zero else { throw try node.member("width").fail("expected a number above 0") }
        guard limit >= .zero else { throw try node.member("limit").fail("expected a number that is not below 0") }
    }
}

extension AlignmentRules.Table {
    fileprivate init(_ node: RuleNode) throws {
        try node.allowOnly(Set(AssumedStrategy.allCases.map(\.rawValue)))
        var impacts: [AssumedStrategy: [ByteKey: FixedDecimal]] = [:]
        for strategy in AssumedStrategy.allCases {
            impacts[strategy] = try node.member(strategy.rawValue).keyed { try $0.decimal() }
        }
        guard Set(impacts.values.map { Set($0.keys) }).count == 1 else {
            throw node.fail("the strategies do not list the same states")
        }
        self.init(impacts: impacts)
    }
}

extension AlignmentRules.Confidence {
    fileprivate init(_ node: RuleNode) throws {
        try node.allowOnly([
            "start", "unscored", "mapping_quality", "context_quality", "stationarity", "other_stationarity", "coverage",
            "labels",
        ])
        start = try node.decimal("start")
        unscored = try node.decimal("unscored")
        byMappingQuality = NamedValues(try node.member("mapping_quality").keyed { try $0.decimal() })
        byContextQuality = NamedValues(try node.member("context_quality").keyed { try $0.decimal() })
        byStationarity = NamedValues(try node.member("stationarity").keyed { try $0.decimal() })
        otherStationarity = try node.decimal("other_stationarity")
        let coverage = try node.member("coverage")
        try coverage.allowOnly(["base", "share"])
        coverageBase = try coverage.decimal("base")
        coverageShare = try coverage.decimal("share")
        (steps, lowest) = try node.member("labels").steps(ConfidenceLabel.self, by: "confidence")
    }
}

extension RuleNode {
    /// This node's own decimal.
    fileprivate func decimal() throws -> FixedDecimal {
        do {
            return try FixedDecimal(try scalar())
        } catch let error as DecimalError {
            throw fail("expected a decimal number (\(error))")
        }
    }

    /// One of the names that a type knows.
    fileprivate func named<Name: RawRepresentable & CaseIterable>(_ type: Name.Type) throws -> Name
    where Name.RawValue == String {
        guard let name = Name(rawValue: try scalar()) else {
            throw fail("expected one of \(Name.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return name
    }

    fileprivate func keyed<Value>(_ read: (RuleNode) throws -> Value) throws -> [ByteKey: Value] {
        var found: [ByteKey: Value] = [:]
        for (name, node) in try members() { found[ByteKey(name)] = try read(node) }
        return found
    }

    /// `from: [{<figure>: 70, label: aligned}, …], otherwise: <label>`, in descending order.
    fileprivate func steps<Label: RawRepresentable & CaseIterable & Sendable & Equatable>(
        _ type: Label.Type, by figure: String
    ) throws -> ([AlignmentRules.Step<Label>], otherwise: Label) where Label.RawValue == String {
        try allowOnly(["from", "otherwise"])
        var found: [AlignmentRules.Step<Label>] = []
        for node in try member("from").elements() {
            try node.allowOnly([figure, "label"])
            let step = AlignmentRules.Step(
                from: try node.decimal(figure), label: try node.member("label").named(Label.self))
            if let last = found.last, step.from >= last.from { throw node.fail("is not below the one before") }
            found.append(step)
        }
        return (found, try member("otherwise").named(Label.self))
    }
}
