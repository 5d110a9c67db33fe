import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Scores, labels and confidences, by hand (docs/contract/alignment.md, "Score").
@Suite struct AlignmentTests {
    let fixture: AlignmentFixture

    init() throws { fixture = try AlignmentFixture() }

    private static func everySupport(_ stamp: inout ContextStampedPayload) {
        stamp.dvolPercentile = FixedDecimal(10)
        stamp.vrp = FixedDecimal(-8)
        stamp.smileRichCheap = "cheap"
        stamp.gammaRegime = "short_gamma"
        stamp.termStructureState = "near_term_risk"
        stamp.stationarityStatus = "stable"
    }

    @Test func `a stamp with every signal for a buy adds up to 106 and is kept at 100`() throws {
        let alignment = try fixture.alignment(.buy, Self.everySupport)
        // 50 + 15 + 15 + 10 + 6 + 6 + 4 = 106
        #expect(alignment.score == FixedDecimal(100))
        #expect(alignment.label == "aligned")
        #expect(alignment.assumedStrategy == .longVol)
        #expect(alignment.strategyIntent == "unknown")
        #expect(
            alignment.drivers.map(\.signal) == [
                .dvolPercentile, .vrp, .smile, .gammaRegime, .termStructure, .stationarity,
            ])
        #expect(alignment.drivers.map { "\($0.impact)" } == ["15", "15", "10", "6", "6", "4"])
        #expect(alignment.drivers[0].value == .number(FixedDecimal(10)))
        #expect(alignment.drivers[2].value == .state("cheap"))
        #expect(alignment.detractors.isEmpty)
        #expect(alignment.observedSignalCount == 6)
        #expect(alignment.missingSignals.isEmpty)
        #expect(alignment.confidence == FixedDecimal(1))
        #expect(alignment.confidenceLabel == .high)
    }

    @Test func `a stamp with every signal against a sale adds up to 0 and below`() throws {
        let alignment = try fixture.alignment(.sell) { stamp in
            Self.everySupport(&stamp)
            stamp.stationarityStatus = "unstable"
        }
        // 50 − 15 − 15 − 10 − 3 − 3 − 6 = −2
        #expect(alignment.score == .zero)
        #expect(alignment.label == "misaligned")
        #expect(alignment.assumedStrategy == .shortVol)
        #expect(alignment.drivers.isEmpty)
        #expect(
            alignment.detractors.map(\.signal) == [
                .dvolPercentile, .vrp, .smile, .stationarity, .gammaRegime, .termStructure,
            ])
        #expect(alignment.detractors.map { "\($0.impact)" } == ["-15", "-15", "-10", "-6", "-3", "-3"])
        #expect(alignment.confidence == (try .of("0.6")))
    }

    @Test func `without the last detractor a sale against everything scores 8`() throws {
        let alignment = try fixture.alignment(.sell, Self.everySupport)
        // 50 − 15 − 15 − 10 − 3 − 3 + 4
        #expect(alignment.score == FixedDecimal(8))
        #expect(alignment.drivers.map(\.signal) == [.stationarity])
    }

    /// 50 + 15·clamp((50−p)÷30) + 2·(2.5−vrp)
    @Test(
        "Labels begin at 70, 58, 45 and 30, inclusive",
        arguments: [
            ("20", "-5", "80", "aligned"), ("20", "0", "70", "aligned"),
            ("20", "0.0001", "69.9998", "partially_aligned"),
            ("50", "-1.5", "58", "partially_aligned"), ("50", "-1.4999", "57.9998", "mixed"),
            ("50", "5", "45", "mixed"),
            ("50", "5.0001", "44.9998", "weak_alignment"), ("80", "5", "30", "weak_alignment"),
            ("80", "5.0001", "29.9998", "misaligned"), ("80", "10", "20", "misaligned"),
        ])
    func labels(_ percentile: String, _ vrp: String, _ score: String, _ label: String) throws {
        let alignment = try fixture.alignment(.buy) { stamp in
            stamp.dvolPercentile = try .of(percentile)
            stamp.vrp = try .of(vrp)
        }
        #expect(alignment.score == (try .of(score)))
        #expect(alignment.label == label)
    }

    @Test func `the score is the sum of the rounded impacts, not of the exact ones`() throws {
        // (50 − 49.9999) ÷ 2 = 0.00005 and 2 × (2.5 − 2.499975) = 0.00005: 0.0001 exactly, 0 as published.
        let alignment = try fixture.alignment(.buy) { stamp in
            stamp.dvolPercentile = try .of("49.9999")
            stamp.vrp = try .of("2.499975")
        }
        #expect(alignment.score == FixedDecimal(50))
        #expect(alignment.drivers.isEmpty)
        #expect(alignment.detractors.isEmpty)
        #expect(alignment.observedSignalCount == 2)
    }

    /// Mapping × context × stationarity × (0.5 + 0.5 × observed ÷ 6).
    struct ConfidenceCase: Sendable, CustomTestStringConvertible {
        var mapping = "available"
        var context = "available"
        var stationarity: String? = "stable"
        var smile: String? = "fair"
        /// Without term structure and gamma.
        var onlyNumbers = false
        let expected: String
        let label: ConfidenceLabel
        var testDescription: String { "\(mapping) \(context) \(stationarity ?? "-") \(smile ?? "-"): \(expected)" }
    }

    @Test(
        "Confidence is the product of its factors, to 4 places",
        arguments: [
            ConfidenceCase(expected: "1", label: .high),
            // 11 ÷ 12
            ConfidenceCase(smile: nil, expected: "0.9167", label: .high),
            ConfidenceCase(mapping: "proxy_mapped", context: "proxy_mapped", expected: "0.8", label: .high),
            // 0.8 × 11 ÷ 12: the peak of a proxied row without a smile
            ConfidenceCase(
                mapping: "proxy_mapped", context: "proxy_mapped", smile: nil, expected: "0.7333", label: .medium),
            // 0.8 × 0.7 × 11 ÷ 12
            ConfidenceCase(mapping: "proxy_mapped", context: "stale", smile: nil, expected: "0.5133", label: .medium),
            ConfidenceCase(context: "stale", expected: "0.7", label: .medium),
            // 0.8 × 0.6 × 11 ÷ 12
            ConfidenceCase(
                mapping: "proxy_mapped", context: "proxy_mapped", stationarity: "unstable", smile: nil,
                expected: "0.44",
                label: .low),
            // 0.8 × 0.7 × 0.6 × 11 ÷ 12
            ConfidenceCase(
                mapping: "proxy_mapped", context: "stale", stationarity: "unstable", smile: nil, expected: "0.308",
                label: .low),
            ConfidenceCase(stationarity: "unstable", expected: "0.6", label: .medium),
            // 0.75 × (0.5 + 0.5 × 5 ÷ 6)
            ConfidenceCase(stationarity: "insufficient", expected: "0.6875", label: .medium),
            ConfidenceCase(stationarity: nil, expected: "0.6875", label: .medium),
            // 0.8 × 0.75 × (0.5 + 0.5 × 4 ÷ 6): exactly 0.5
            ConfidenceCase(
                mapping: "proxy_mapped", context: "proxy_mapped", stationarity: nil, smile: nil, expected: "0.5",
                label: .medium),
            // 0.5 + 0.5 × 3 ÷ 6: exactly 0.75
            ConfidenceCase(smile: nil, onlyNumbers: true, expected: "0.75", label: .high),
            // 0.75 × (0.5 + 0.5 × 2 ÷ 6): exactly 0.5
            ConfidenceCase(stationarity: nil, smile: nil, onlyNumbers: true, expected: "0.5", label: .medium),
            // 0.8 × 0.7 × 0.75 × (0.5 + 0.5 × 2 ÷ 6)
            ConfidenceCase(
                mapping: "proxy_mapped", context: "stale", stationarity: nil, smile: nil, onlyNumbers: true,
                expected: "0.28", label: .low),
            // 0.6 × (0.5 + 0.5 × 3 ÷ 6)
            ConfidenceCase(stationarity: "unstable", smile: nil, onlyNumbers: true, expected: "0.45", label: .low),
        ])
    func confidence(_ given: ConfidenceCase) throws {
        let alignment = try fixture.alignment(.buy) { stamp in
            stamp.dvolPercentile = FixedDecimal(50)
            stamp.vrp = FixedDecimal(1)
            stamp.smileRichCheap = given.smile
            if !given.onlyNumbers {
                stamp.gammaRegime = "neutral"
                stamp.termStructureState = "flat"
            }
            stamp.stationarityStatus = given.stationarity
            stamp.mappingQuality = given.mapping
            stamp.contextQuality = given.context
        }
        #expect(alignment.score != nil)
        #expect(alignment.confidence == (try .of(given.expected)))
        #expect(alignment.confidenceLabel == given.label)
    }

    @Test func `no score without a direction, yet the stamp's signals are counted`() throws {
        let alignment = try fixture.alignment(nil) { stamp in
            stamp.dvolPercentile = FixedDecimal(10)
            stamp.vrp = FixedDecimal(-8)
            stamp.stationarityStatus = "stable"
        }
        try expectUnscored(alignment)
        #expect(alignment.assumedStrategy == nil)
        #expect(alignment.observedSignalCount == 3)
        #expect(alignment.missingSignals == [.gammaRegime, .smile, .termStructure])
    }

    @Test func `no score without a stamp: every signal is missing`() throws {
        let alignment = Alignment(of: try fixture.row(.buy), stamp: nil, rules: fixture.rules)
        try expectUnscored(alignment)
        #expect(alignment.assumedStrategy == .longVol)
        #expect(alignment.observedSignalCount == 0)
        #expect(
            alignment.missingSignals.map(\.rawValue) == [
                "dvol_percentile", "gamma_regime", "smile", "stationarity", "term_structure", "vrp",
            ])
        #expect(alignment.stamp == nil)
    }

    @Test(arguments: 0..<6)
    func `a stamp of another basis is no stamp`(_ field: Int) throws {
        let row = try fixture.row(.buy)
        let alignment = Alignment(
            of: row,
            stamp: try AlignmentFixture.stamp(row) { stamp in
                Self.everySupport(&stamp)
                switch field {
                case 0: stamp.basis.tradeDate = try instant("2026-01-10T14:30:01Z")
                case 1: stamp.basis.underlyingSymbol = "COIN"
                case 2: stamp.basis.contractKey = nil
                case 3: stamp.basis.optionType = .put
                case 4: stamp.basis.strike = nil
                default: stamp.basis.expiry = CalendarDate("2026-01-31")
                }
            }, rules: fixture.rules)
        try expectUnscored(alignment)
        #expect(alignment.observedSignalCount == 0)
    }

    @Test(
        "No score in a context that is unmapped or unavailable, whatever it holds",
        arguments: ["unmapped", "unavailable"])
    func unscoredContexts(_ quality: String) throws {
        let alignment = try fixture.alignment(.buy) { stamp in
            Self.everySupport(&stamp)
            stamp.contextQuality = quality
        }
        try expectUnscored(alignment)
        #expect(alignment.observedSignalCount == 6)
    }

    @Test(
        "A score in a context that is available, proxied or stale", arguments: ["available", "proxy_mapped", "stale"])
    func scoredContexts(_ quality: String) throws {
        let alignment = try fixture.alignment(.buy) { stamp in
            Self.everySupport(&stamp)
            stamp.contextQuality = quality
        }
        #expect(alignment.score == FixedDecimal(100))
    }

    @Test func `one signal and stationarity make no score, two signals do without it`() throws {
        let one = try fixture.alignment(.buy) { stamp in
            stamp.dvolPercentile = FixedDecimal(10)
            stamp.stationarityStatus = "stable"
        }
        try expectUnscored(one)
        #expect(one.observedSignalCount == 2)
        #expect(one.missingSignals == [.gammaRegime, .smile, .termStructure, .vrp])
        let two = try fixture.alignment(.buy) { stamp in
            stamp.smileRichCheap = "fair"
            stamp.termStructureState = "flat"
        }
        #expect(two.score == FixedDecimal(50))
        #expect(two.label == "mixed")
    }

    @Test func `a missing signal adds nothing and a signal of 0 is observed`() throws {
        let without = try fixture.alignment(.buy) { stamp in
            stamp.gammaRegime = "short_gamma"
            stamp.termStructureState = "near_term_risk"
        }
        #expect(without.score == FixedDecimal(62))
        let zeros = try fixture.alignment(.buy) { stamp in
            stamp.gammaRegime = "short_gamma"
            stamp.termStructureState = "near_term_risk"
            stamp.dvolPercentile = .zero
            stamp.vrp = .zero
        }
        #expect(zeros.score == FixedDecimal(82))
        #expect(zeros.observedSignalCount == 4)
    }

    private func expectUnscored(_ alignment: Alignment) throws {
        #expect(alignment.score == nil)
        #expect(alignment.label == "insufficient_data")
        #expect(alignment.drivers.isEmpty)
        #expect(alignment.detractors.isEmpty)
        #expect(alignment.confidence == .zero)
        #expect(alignment.confidenceLabel == .low)
    }
}
