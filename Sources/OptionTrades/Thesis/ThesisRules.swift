import LedgerRules
import LedgerValues

/// The rules of `thesis`.
struct ThesisRules: Sendable {
    let scales: [AlignmentSignal: AlignmentRules.Scale]
    let startScore: FixedDecimal
    let lowestScore: FixedDecimal
    let highestScore: FixedDecimal
    let minimumSignals: Int
    let longFrom: FixedDecimal
    let shortTo: FixedDecimal
    let startConfidence: FixedDecimal
    let staleFactor: FixedDecimal
    let stableFactor: FixedDecimal
    let unstableFactor: FixedDecimal
    let otherFactor: FixedDecimal
    let coverageBase: FixedDecimal
    let coverageShare: FixedDecimal
    let percentile: ContextRules.DvolPercentile
    let regime: ContextRules.GammaRegime
    let term: ContextRules.TermStructure
    let stationarity: StationarityRules

    /// The signals that say a direction, in order.
    static let directional = AlignmentSignal.allCases.filter { $0 != .stationarity }
    static let keys: Set<String> = [
        "signals", "score", "headline", "confidence", "dvol_percentile", "gamma_regime", "term_structure", "stationarity",
    ]

    init(_ root: RuleNode) throws {
        let signals = try root.member("signals")
        try signals.allowOnly(Set(Self.directional.map(\.rawValue)))
        var scales: [AlignmentSignal: AlignmentRules.Scale] = [:]
        for signal in Self.directional {
            let node = try signals.member(signal.rawValue)
            switch signal {
            case .dvolPercentile, .vrp: scales[signal] = .ramp(try AlignmentRules.Ramp(node))
            default: scales[signal] = .table(try AlignmentRules.Table(node))
            }
        }
        self.scales = scales
        let score = try root.member("score")
        try score.allowOnly(["start", "lowest", "highest", "minimum_signals"])
        startScore = try score.decimal("start")
        lowestScore = try score.decimal("lowest")
        highestScore = try score.decimal("highest")
        guard lowestScore <= highestScore else { throw score.fail("`lowest` is above `highest`") }
        minimumSignals = try score.whole("minimum_signals", from: 1)
        let headline = try root.member("headline")
        try headline.allowOnly(["long_from", "short_to"])
        longFrom = try headline.decimal("long_from")
        shortTo = try headline.decimal("short_to")
        let confidence = try root.member("confidence")
        try confidence.allowOnly(["start", "stale", "stationarity", "other_stationarity", "coverage"])
        startConfidence = try confidence.decimal("start")
        staleFactor = try confidence.decimal("stale")
        let factors = try confidence.member("stationarity")
        try factors.allowOnly(["stable", "unstable"])
        stableFactor = try factors.decimal("stable")
        unstableFactor = try factors.decimal("unstable")
        otherFactor = try confidence.decimal("other_stationarity")
        let coverage = try confidence.member("coverage")
        try coverage.allowOnly(["base", "share"])
        coverageBase = try coverage.decimal("base")
        coverageShare = try coverage.decimal("share")
        percentile = try ContextRules.DvolPercentile(try root.member("dvol_percentile"))
        regime = try ContextRules.GammaRegime(try root.member("gamma_regime"))
        term = try ContextRules.TermStructure(try root.member("term_structure"))
        stationarity = try StationarityRules(try root.member("stationarity"))
    }

    /// Points of score of a signal for long_vol, rounded half to even to 4 places; nil if the rules give the value none.
    func impact(of signal: AlignmentSignal, _ value: SignalValue) -> FixedDecimal? {
        let exact: ExactNumber?
        switch (scales[signal], value) {
        case (.ramp(let ramp), .number(let number)): exact = ramp.impact(of: number, strategy: .longVol)
        case (.table(let table), .state(let state)): exact = table.impact(of: state, .longVol)?.exact
        default: exact = nil
        }
        return exact?.rounded(fractionDigits: SignalImpact.places)
    }
}
