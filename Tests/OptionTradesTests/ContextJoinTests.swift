import LedgerEvents
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Which observation stands for the market at trade time, and what its distance means.
@Suite struct ContextJoinTests {
    private let minute = ContextFixture.minute

    @Test func `the nearest observation is taken and of two the earlier`() throws {
        let context = try ContextFixture()
        let tie = try context.stamp(gex: [
            try context.gex(1, -30 * minute, spot: "97000"), try context.gex(2, 30 * minute, spot: "98000"),
        ]).payload
        #expect(tie.spotAtTrade == FixedDecimal(97_000))
        #expect(tie.spotTimeDeltaMinutes == FixedDecimal(30))
        let later = try context.stamp(gex: [
            try context.gex(1, -30 * minute, spot: "97000"), try context.gex(2, 30 * minute - 1, spot: "98000"),
        ]).payload
        #expect(later.spotAtTrade == FixedDecimal(98_000))
        #expect("\(try #require(later.spotTimeDeltaMinutes))" == "30")
        #expect(later.inputs.contains(EventInput(field: "spot_at_trade", position: 2)))
    }

    @Test func `the distance is rounded half to even to four places`() throws {
        let context = try ContextFixture()
        for (microseconds, text) in [
            (3_000, "0"), (3_001, "0.0001"), (9_000, "0.0002"), (15_000, "0.0002"), (15_001, "0.0003"),
            (1_000_000, "0.0167"), (0, "0"), (90 * 60_000_000, "90"),
        ] {
            let stamp = try context.stamp(gex: [try context.gex(1, -Int64(microseconds), spot: "1")]).payload
            #expect("\(try #require(stamp.spotTimeDeltaMinutes))" == text, "\(microseconds) µs")
        }
    }

    @Test(arguments: [("gex_hourly", 90), ("vol_metrics", 2160)] as [(String, Int64)])
    func tolerancesAreInclusiveAndAnObservationAfterTheTradeMustBeFresh(kind: String, fresh: Int64) throws {
        let context = try ContextFixture()
        func stamp(_ distance: Int64) throws -> ContextStampedPayload {
            kind == "gex_hourly"
                ? try context.stamp(gex: [try context.gex(1, distance, spot: "97000")]).payload
                : try context.stamp(vol: [try context.vol(1, distance, spot: "97000")]).payload
        }
        let (edge, reach) = (fresh * minute, 10_080 * minute)
        #expect(try stamp(-edge).contextQuality == "proxy_mapped")
        #expect(try stamp(-edge - 1).contextQuality == "stale")
        #expect(try stamp(-edge - 1).spotAtTrade == FixedDecimal(97_000))
        #expect(try stamp(-reach).contextQuality == "stale")
        #expect(try stamp(-reach - 1).contextQuality == "unavailable")
        #expect(try stamp(-reach - 1).spotAtTrade == nil)
        #expect(try stamp(edge).contextQuality == "proxy_mapped")
        #expect(try stamp(edge + 1).contextQuality == "unavailable")
        #expect(try stamp(edge + 1).spotAtTrade == nil)
    }

    @Test func `a stale observation before the trade goes before a nearer one after it that is not fresh`() throws {
        let context = try ContextFixture()
        let stamp = try context.stamp(gex: [
            try context.gex(1, -120 * minute, spot: "97000"), try context.gex(2, 100 * minute, spot: "98000"),
        ]).payload
        #expect(stamp.spotAtTrade == FixedDecimal(97_000))
        #expect(stamp.contextQuality == "stale")
    }

    @Test func `at or before never looks past the trade`() throws {
        let context = try ContextFixture([("join: nearest", "join: at_or_before")])
        let points = [
            try context.gex(1, -80 * minute, spot: "97000"), try context.gex(2, 1, spot: "98000"),
        ]
        #expect(try context.stamp(gex: points).payload.spotAtTrade == FixedDecimal(97_000))
        #expect(try context.stamp(gex: [try context.gex(2, 1, spot: "98000")]).payload.contextQuality == "unavailable")
        #expect(
            try context.stamp(gex: [try context.gex(2, 0, spot: "98000")]).payload.spotAtTrade == FixedDecimal(98_000))
    }

    @Test func `a null in the nearest row stays null and only spot falls to the other kind`() throws {
        let context = try ContextFixture()
        let gex = [
            try context.gex(1, -60 * minute, spot: "97000", imbalance: "0.5"), try context.gex(2, -1 * minute),
        ]
        let vol = [
            try context.vol(3, -120 * minute, dvol: "55", near: "50", far: "51", realized: "40"),
            try context.vol(4, -5 * minute, spot: "96500"),
        ]
        let stamp = try context.stamp(gex: gex, vol: vol).payload
        #expect(stamp.spotAtTrade == FixedDecimal(96_500))
        #expect(stamp.spotSource == "vol_metrics")
        #expect(stamp.spotTimeDeltaMinutes == FixedDecimal(5))
        #expect(stamp.gexImbalance == nil && stamp.gammaRegime == nil)
        #expect(stamp.dvol == nil && stamp.iv30d == nil && stamp.rv30d == nil && stamp.vrp == nil)
        #expect(stamp.vrpSource == nil && stamp.termStructureState == nil && stamp.dvolPercentile == nil)
        #expect(
            stamp.missingFields == [
                "dvol", "dvol_percentile", "gamma_regime", "gex_imbalance", "iv_30d", "open_interest", "rv_30d",
                "term_structure_state", "volume_24h", "vrp",
            ])
    }

    @Test func `both nearest rows count for staleness whatever they hold`() throws {
        let context = try ContextFixture()
        let fresh = try context.gex(1, -1 * minute, spot: "97000")
        let stale = try context.vol(2, -2161 * minute)
        #expect(try context.stamp(gex: [fresh], vol: [stale]).payload.contextQuality == "stale")
        #expect(try context.stamp(gex: [fresh], vol: []).payload.contextQuality == "proxy_mapped")
        let staleGex = try context.gex(3, -91 * minute)
        let freshVol = try context.vol(4, 0, spot: "97000")
        #expect(try context.stamp(gex: [staleGex], vol: [freshVol]).payload.contextQuality == "stale")
        #expect(try context.stamp(try context.row("BTC"), gex: [fresh]).payload.contextQuality == "available")
    }

    @Test func `a stamp holds from the trade or the latest joined observation`() throws {
        let context = try ContextFixture()
        #expect(try context.stamp().effectiveAt == context.trade)
        #expect(try context.stamp(gex: [try context.gex(1, -minute)]).effectiveAt == context.trade)
        let gex = [try context.gex(1, 20 * minute)]
        #expect(try context.stamp(gex: gex).effectiveAt == context.at(20 * minute))
        #expect(
            try context.stamp(gex: gex, vol: [try context.vol(2, 600 * minute)]).effectiveAt == context.at(600 * minute)
        )
        // Out of reach: not joined.
        #expect(
            try context.stamp(gex: gex, vol: [try context.vol(2, 2161 * minute)]).effectiveAt == context.at(20 * minute)
        )
        #expect(try context.stamp(try context.row("XYZ"), gex: gex).effectiveAt == context.trade)
    }

    @Test func `a stamp names the positions it used`() throws {
        let context = try ContextFixture()
        let stamp = try context.stamp(
            gex: [try context.gex(11, -minute, spot: "97000", imbalance: "0.2")],
            vol: [try context.vol(12, -minute, dvol: "58.3", near: "60", far: "57", realized: "41.1", spot: "1")]
        ).payload
        let byField = stamp.inputs.map { "\($0.field)=\($0.positions)" }
        #expect(
            byField == [
                "dvol=[12]", "gamma_regime=[11]", "gex_hourly=[11]", "gex_imbalance=[11]", "iv_30d=[12]", "rv_30d=[12]",
                "spot_at_trade=[11]", "term_structure_state=[12]", "vol_metrics=[12]", "vrp=[12]",
            ])
        #expect(stamp.observedThroughPosition == 4711)
        #expect(try context.stamp().payload.inputs.isEmpty)
    }

    @Test func `a later observation supersedes the earlier of its identity in any order`() throws {
        let context = try ContextFixture()
        func observed(_ position: Int64, _ minutes: Int64, _ spot: Int?) throws -> (
            position: Int64, payload: MarketObservedPayload
        ) {
            let fields: [(name: String, value: MarketValue)] = [
                ("currency", .text("BTC")), ("timestamp", .instant(try context.at(minutes * minute))),
                ("spot", spot.map { .decimal(FixedDecimal($0)) } ?? .null),
            ]
            return (position, try #require(MarketObservedPayload(kind: .gexHourly, fields: fields)))
        }
        let all = [
            try observed(1, -10, 100), try observed(2, -70, 90), try observed(3, -10, nil), try observed(4, -130, 80),
        ]
        let forward = MarketSeries.build(from: all)
        #expect(forward == MarketSeries.build(from: all.reversed()))
        let series = try #require(forward[ByteKey("BTC")])
        #expect(series.gex.map(\.position) == [4, 2, 3])
        #expect(series.gex.map(\.spot) == [FixedDecimal(80), FixedDecimal(90), nil])
        let stamp = context.stamper.stamp(row: try context.row(), series: series, observedThrough: 4).payload
        #expect(stamp.spotAtTrade == nil)
    }
}
