import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Premiums, slopes, mappings and what is named missing.
@Suite struct ContextFigureTests {
    @Test func `volatilities are stamped in vol points and the risk premium is observed or derived`() throws {
        let context = try ContextFixture()
        func stamp(_ vrp: String?, _ dvol: String?, _ realized: String?) throws -> ContextStampedPayload {
            try context.stamp(vol: [try context.vol(dvol: dvol, vrp: vrp, far: "57.25", realized: realized)]).payload
        }
        let observed = try stamp("-3.5", "58.3", "41.1")
        #expect(try observed.vrp == FixedDecimal("-3.5") && observed.vrpSource == "observed")
        #expect(try observed.dvol == FixedDecimal("58.3") && observed.iv30d == FixedDecimal("57.25"))
        #expect(try observed.rv30d == FixedDecimal("41.1"))
        let derived = try stamp(nil, "58.3", "41.1000000001")
        #expect(try derived.vrp == FixedDecimal("17.1999999999") && derived.vrpSource == "derived")
        for missing in [try stamp(nil, nil, "41.1"), try stamp(nil, "58.3", nil)] {
            #expect(missing.vrp == nil && missing.vrpSource == nil && missing.isMissing("vrp"))
        }
        #expect(try stamp("0", nil, nil).vrp == .zero)
    }

    @Test(arguments: [
        ("52", "50", "near_term_risk"), ("51.9999999999", "50", "flat"), ("50", "50", "flat"),
        ("48.0000000001", "50", "flat"), ("48", "50", "contango"), ("10", "50", "contango"),
    ])
    func theTermStructureIsNamedByItsSlopeInclusively(near: String, far: String, state: String) throws {
        let context = try ContextFixture()
        #expect(try context.stamp(vol: [try context.vol(near: near, far: far)]).payload.termStructureState == state)
    }

    @Test func `the term structure needs both ends`() throws {
        let context = try ContextFixture()
        for point in [try context.vol(near: "50"), try context.vol(far: "50")] {
            let stamp = try context.stamp(vol: [point]).payload
            #expect(stamp.termStructureState == nil && stamp.isMissing("term_structure_state"))
        }
    }

    @Test func `an imbalance is the series own else net over absolute`() throws {
        let context = try ContextFixture()
        func imbalance(_ own: String?, _ net: String?, _ abs: String?) throws -> String? {
            let stamp = try context.stamp(gex: [try context.gex(imbalance: own, net: net, abs: abs)]).payload
            #expect(stamp.isMissing("gex_imbalance") == (stamp.gexImbalance == nil))
            #expect(stamp.isMissing("gamma_regime") == (stamp.gexImbalance == nil))
            // Without an imbalance no regime was looked for, and no history is missing.
            #expect(stamp.isMissing("gamma_regime_history") == (stamp.gexImbalance != nil))
            return stamp.gexImbalance.map { "\($0)" }
        }
        #expect(try imbalance("0.25", "1", "3") == "0.25")
        #expect(try imbalance("0.25", "1", "0") == "0.25")
        #expect(try imbalance(nil, "1", "3") == "0.3333333333")
        #expect(try imbalance(nil, "-2", "3") == "-0.6666666667")
        #expect(try imbalance(nil, "0", "3") == "0")
        #expect(try imbalance(nil, "1", "0") == nil)
        #expect(try imbalance(nil, "0", "0") == nil)
        #expect(try imbalance(nil, "1", nil) == nil)
        #expect(try imbalance(nil, nil, "3") == nil)
        // No stored decimal reaches 10^18.
        #expect(try imbalance(nil, "100000000", "0.0000000001") == nil)
        #expect(try imbalance(nil, "99999999.9999999999", "0.0000000001") == "999999999999999999")
    }

    @Test func `a proxy mapped trade without observations is unavailable and names every figure`() throws {
        let context = try ContextFixture()
        for series in [nil, MarketSeries()] {
            let stamp = context.stamper.stamp(row: try context.row(), series: series, observedThrough: 7).payload
            #expect(stamp.contextKey == "BTC" && stamp.marketProxy == "BTC" && stamp.quoteUnderlying == "MSTR")
            #expect(try stamp.mappingMethod == "crypto_equity_proxy" && stamp.mappingConfidence == FixedDecimal("0.8"))
            #expect(stamp.mappingQuality == "proxy_mapped" && stamp.contextQuality == "unavailable")
            #expect(stamp.stationarityStatus == "insufficient" && stamp.stationarityBlendWeight == .zero)
            #expect(stamp.smileState == "not_sourced" && stamp.smileRichCheap == nil)
            #expect(
                stamp.missingFields == [
                    "dvol", "dvol_percentile", "gamma_regime", "gex_imbalance", "iv_30d", "open_interest", "rv_30d",
                    "spot_at_trade", "term_structure_state", "volume_24h", "vrp",
                ])
        }
    }

    @Test(arguments: [("XYZ", "unmapped:XYZ"), (nil, "unmapped:"), ("btc", "unmapped:btc")] as [(String?, String)])
    func anUnmappedStampHasNoFigureButItsSmileState(symbol: String?, key: String) throws {
        let context = try ContextFixture()
        // Even where somebody hands it a series: it is no market of this symbol.
        let stamp = try context.stamp(
            try context.row(symbol), gex: [try context.gex(spot: "97000", imbalance: "0.5")],
            vol: [try context.vol(dvol: "55", vrp: "1", near: "5", far: "5", realized: "5", spot: "97000")]
        ).payload
        #expect(stamp.contextKey == key && stamp.marketProxy == nil && stamp.quoteUnderlying == symbol)
        #expect(stamp.mappingMethod == "unmapped" && stamp.mappingConfidence == .zero)
        #expect(stamp.mappingQuality == "unmapped" && stamp.contextQuality == "unmapped")
        #expect(stamp.smileState == "not_sourced")
        #expect(stamp.spotAtTrade == nil && stamp.spotSource == nil && stamp.spotTimeDeltaMinutes == nil)
        #expect(stamp.dvol == nil && stamp.iv30d == nil && stamp.rv30d == nil && stamp.vrp == nil)
        #expect(stamp.vrpSource == nil && stamp.dvolPercentile == nil && stamp.gexImbalance == nil)
        #expect(stamp.gammaRegime == nil && stamp.termStructureState == nil && stamp.smileRichCheap == nil)
        #expect(stamp.stationarityStatus == nil && stamp.stationarityBlendWeight == nil)
        #expect(stamp.inputs.isEmpty)
        #expect(
            stamp.missingFields == [
                "dvol", "dvol_percentile", "gamma_regime", "gex_imbalance", "iv_30d", "market_proxy", "open_interest",
                "rv_30d", "spot_at_trade", "term_structure_state", "volume_24h", "vrp",
            ])
    }

    @Test func `a stamp carries its basis and the rules that made it`() throws {
        let context = try ContextFixture()
        let row = try context.row()
        let stamp = try context.stamp(row).payload
        #expect(stamp.basis == Basis(of: row) && stamp.basis.target == nil)
        #expect(stamp.rules.map(\.file) == ["context/rules.v1.yaml", "shared/market_proxy.v1.yaml"])
        #expect(stamp.rules.map(\.version) == [1, 1])
        #expect(stamp.rules[0].digest == context.stamper.rules.file.digest)
        #expect(stamp.source == "alpha_sync" && stamp.sourceTradeID == "A")
    }

    @Test func `what came of a stamp reads back`() throws {
        let context = try ContextFixture()
        let stamp = try context.stamp(
            gex: [try context.gex(11, -60_000_000, spot: "97000", net: "1", abs: "3")],
            vol: [try context.vol(12, -60_000_000, dvol: "58.3", near: "60", far: "57", realized: "41.1")]
        ).payload
        #expect(try ContextStampedPayload(decoding: stamp.encode()) == stamp)
    }
}
