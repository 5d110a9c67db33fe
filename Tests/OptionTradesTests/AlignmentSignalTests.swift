import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades
import Testing

/// Each signal's impact, by hand (docs/contract/alignment.md, "Signals").
@Suite struct AlignmentSignalTests {
    let fixture: AlignmentFixture

    init() throws { fixture = try AlignmentFixture() }

    /// 15 × clamp((50 − p) ÷ 30, −1, 1), half to even to 4 places; nil where that is 0.
    @Test(
        "DVol percentile: 15 × clamp((50 − p) ÷ 30, −1, 1)",
        arguments: [
            ("0", "15"), ("19.9999", "15"), ("20", "15"), ("20.0001", "15"), ("20.0002", "14.9999"), ("35", "7.5"),
            ("33.3333", "8.3334"), ("33.3331", "8.3334"), ("33.3335", "8.3332"), ("49.9996", "0.0002"),
            ("49.9997", "0.0002"), ("49.9998", "0.0001"), ("49.9999", nil), ("50", nil), ("50.0001", nil),
            ("50.0002", "-0.0001"), ("50.0003", "-0.0002"), ("65", "-7.5"), ("79.9998", "-14.9999"), ("79.9999", "-15"),
            ("80", "-15"), ("80.0001", "-15"), ("100", "-15"),
        ] as [(String, String?)])
    func dvolPercentile(_ percentile: String, _ expected: String?) throws {
        let value = try FixedDecimal(percentile)
        #expect(try fixture.impact(of: .dvolPercentile, .buy) { $0.dvolPercentile = value } == expected)
        let opposite = expected.map { $0.hasPrefix("-") ? String($0.dropFirst()) : "-" + $0 }
        #expect(try fixture.impact(of: .dvolPercentile, .sell) { $0.dvolPercentile = value } == opposite)
    }

    /// 15 × clamp((2.5 − vrp) ÷ 7.5, −1, 1) = 2 × (2.5 − vrp) between −5 and 10.
    @Test(
        "VRP: 15 × clamp((2.5 − vrp) ÷ 7.5, −1, 1)",
        arguments: [
            ("-400", "15"), ("-5.0001", "15"), ("-5", "15"), ("-4.9999", "14.9998"), ("0", "5"), ("-0.00001", "5"),
            ("1.25", "2.5"), ("2.4999", "0.0002"), ("2.499925", "0.0002"), ("2.499975", nil), ("2.5", nil),
            ("2.500025", nil), ("2.500075", "-0.0002"), ("3", "-1"), ("9.9999", "-14.9998"), ("10", "-15"),
            ("10.0001", "-15"), ("999", "-15"),
        ] as [(String, String?)])
    func vrp(_ vrp: String, _ expected: String?) throws {
        let value = try FixedDecimal(vrp)
        #expect(try fixture.impact(of: .vrp, .buy) { $0.vrp = value } == expected)
        let opposite = expected.map { $0.hasPrefix("-") ? String($0.dropFirst()) : "-" + $0 }
        #expect(try fixture.impact(of: .vrp, .sell) { $0.vrp = value } == opposite)
    }

    @Test(
        "States add what the table gives a buy and a sale",
        arguments: [
            (.smile, "cheap", "10", "-10"), (.smile, "rich", "-10", "10"), (.smile, "fair", nil, nil),
            (.gammaRegime, "short_gamma", "6", "-3"), (.gammaRegime, "long_gamma", "-3", "6"),
            (.gammaRegime, "neutral", nil, nil), (.termStructure, "near_term_risk", "6", "-3"),
            (.termStructure, "contango", "-3", "6"), (.termStructure, "flat", nil, nil),
            (.stationarity, "stable", "4", "4"), (.stationarity, "unstable", "-6", "-6"),
            (.stationarity, "insufficient", nil, nil),
        ] as [(AlignmentSignal, String, String?, String?)])
    func states(_ signal: AlignmentSignal, _ state: String, _ buy: String?, _ sell: String?) throws {
        func set(_ stamp: inout ContextStampedPayload) {
            switch signal {
            case .gammaRegime: stamp.gammaRegime = state
            case .smile: stamp.smileRichCheap = state
            case .stationarity: stamp.stationarityStatus = state
            case .termStructure: stamp.termStructureState = state
            case .dvolPercentile, .vrp: Issue.record("is no state")
            }
        }
        #expect(try fixture.impact(of: signal, .buy, set) == buy)
        #expect(try fixture.impact(of: signal, .sell, set) == sell)
    }

    @Test func `a state that no table lists is not observed, and a stationarity that is insufficient neither`() throws {
        let alignment = try fixture.alignment(.buy) { stamp in
            stamp.dvolPercentile = FixedDecimal(20)
            stamp.vrp = FixedDecimal(0)
            stamp.gammaRegime = "sideways"
            stamp.smileRichCheap = "Cheap"
            stamp.stationarityStatus = "insufficient"
        }
        #expect(alignment.score == FixedDecimal(70))
        #expect(alignment.observedSignalCount == 2)
        #expect(alignment.missingSignals == [.gammaRegime, .smile, .stationarity, .termStructure])
    }

    @Test func `words of an impact name the rule and the figures`() throws {
        let number = SignalExplanation(
            of: .vrp, value: "-1.25", impact: try .of("7.5"), strategy: .longVol, rules: fixture.rules)
        #expect(number.rule == "15 × clamp((2.5 − vrp) ÷ 7.5, −1, 1)")
        #expect(number.explanation == "Volatility risk premium -1.25 supports long_vol by 7.5 points.")
        let state = SignalExplanation(
            of: .gammaRegime, value: "short_gamma", impact: FixedDecimal(-3), strategy: .shortVol, rules: fixture.rules)
        #expect(state.rule == "long_gamma +6, neutral 0, short_gamma −3")
        #expect(state.explanation == "Gamma regime short_gamma contradicts short_vol by 3 points.")
    }
}
