import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// The tables of observations: rows of hand-made observations, corrections, and keys with several parts.
@Suite struct ObservationsProjectionTests {
    /// Events in order, and the rows that a projection folds from them.
    private struct Log {
        private(set) var events: [RecordedEvent] = []

        mutating func add(
            _ kind: MarketKind, _ fields: [(name: String, value: MarketValue)],
            _ provenance: MarketObservedPayload.Provenance = .init()
        ) throws {
            let observed = try #require(MarketObservedPayload(kind: kind, fields: fields, provenance: provenance))
            let previous = events.count { $0.stream.isBytewiseEqual(to: observed.stream) }
            let event = observed.event(previousVersion: Int64(previous))
            let position = Int64(events.count + 1)
            events.append(
                RecordedEvent(
                    position: position, eventID: event.eventID, stream: event.stream, streamVersion: Int64(previous + 1),
                    type: event.type.rawValue, schemaVersion: event.schemaVersion,
                    recordedAt: try instant("2026-02-01T00:00:00Z", plusSeconds: Int(position)), effectiveAt: event.effectiveAt,
                    runID: UniqueID(high: 1, low: 1), payload: event.payload, leafHash: Digest32(sha256Of: "")))
        }

        func rows(_ name: String, upTo position: Int64 = .max) throws -> [JSONValue] {
            let definition = try #require(try projectRegistry().firstDefinition(name))
            let fold = definition.completeFold()
            for record in events where record.position <= position {
                if let event = try definition.decode(record) { try fold.apply(event) }
            }
            var rows: [JSONValue] = []
            try fold.forEachRow { key, document in
                let root = try JSONDocument(parsing: document).root
                #expect(try canonicalize(root) == document && root.members.map(\.key) == definition.columns.columns.map(\.name))
                // A row is its own facts, and its key is found in it again.
                let again = try definition.rows(fromFacts: document)
                #expect(again.map(\.key) == [key] && again.map(\.document) == [document])
                let shown = definition.columns.key.map { root[$0].map { $0.string ?? $0.sourceText } ?? "" }
                #expect(definition.columns.rowKey(shown) == key)
                rows.append(root)
            }
            return rows
        }
    }

    private func decimal(_ text: String) throws -> MarketValue { .decimal(try FixedDecimal(text)) }

    private func market(_ time: String, _ currency: String = "BTC") throws -> [(name: String, value: MarketValue)] {
        [("currency", .text(currency)), ("timestamp", .instant(try instant(time)))]
    }

    @Test func `a strike's row is what its last observation says, with the snapshot of its market and day`() throws {
        var log = Log()
        let identity =
            try market("2026-01-05T08:03:10.123456Z") + [
                ("expiry", .date(try #require(CalendarDate("2026-03-27")))), ("strike", decimal("90000")),
                ("option_type", .optionType(.call)),
            ]
        try log.add(.gexStrike, identity + [("dealer_net_inventory", decimal("-12.5")), ("gamma_level", decimal("0.0000031"))])
        try log.add(.gexStrike, identity + [("dealer_net_inventory", decimal("-13")), ("spot", decimal("91250.5"))])
        let before = try #require(try log.rows("gex_snapshots", upTo: 1).first)
        #expect(before["dealer_net_inventory"]?.string == "-12.5" && before["gamma_level"]?.string == "0.0000031")
        let rows = try log.rows("gex_snapshots")
        #expect(
            rows.map(\.sourceText) == [
                #"{"currency":"BTC","dealer_gamma":null,"dealer_net_inventory":"-13","expiry":"2026-03-27","gamma_level":null,"#
                    + #""observed_position":2,"observed_source":null,"option_type":"call","recorded_at":"2026-02-01T00:00:02Z","#
                    + #""snapshot_id":"\#(Self.id(#"["BTC","2026-01-05","gex"]"#))","spot":"91250.5","strike":"90000","#
                    + #""timestamp":"2026-01-05T08:03:10.123456Z"}"#
            ])
    }

    private static func id(_ key: String) -> String { String(Digest32(sha256Of: Array(key.utf8)).description.prefix(16)) }

    @Test func `points of a surface come by tenor and delta as numbers, whatever their digits`() throws {
        var log = Log()
        for (dte, delta) in [("180", "5"), ("7", "-45"), ("30", "50"), ("7", "5"), ("7", "-5"), ("7.5", "-10"), ("30", "-45"), ("7", "45")]
        {
            let identity = try market("2026-01-05T08:00:00Z") + [("dte", decimal(dte)), ("delta", decimal(delta))]
            try log.add(.ivSurface, identity + [("iv", decimal("58.3"))])
        }
        try log.add(.ivSurface, try market("2026-01-05T07:00:00Z") + [("dte", decimal("365")), ("delta", decimal("45"))])
        try log.add(.ivSurface, try market("2026-01-05T07:00:00Z", "ADA") + [("dte", decimal("1")), ("delta", decimal("0"))])
        let rows = try log.rows("iv_surface_snapshots")
        #expect(
            rows.map { "\($0["currency"]?.string ?? "") \($0["dte"]?.string ?? "") \($0["delta"]?.string ?? "")" } == [
                "ADA 1 0", "BTC 365 45", "BTC 7 -45", "BTC 7 -5", "BTC 7 5", "BTC 7 45", "BTC 7.5 -10", "BTC 30 -45", "BTC 30 50",
                "BTC 180 5",
            ])
        #expect(rows[2]["iv"]?.string == "58.3" && rows[1]["iv"]?.isNull == true && rows[2]["source_index_price"]?.isNull == true)
        #expect(rows[2]["snapshot_id"]?.string == Self.id(#"["BTC","2026-01-05","iv_surface"]"#))
    }

    @Test func `prices and open interest have their own tables, and no table has another kind's observations`() throws {
        var log = Log()
        try log.add(.spot, try market("2026-01-05T08:00:00Z") + [("price", decimal("95016.25")), ("source", .text("amberdata"))])
        for exchange in ["okex", "binance", "Deribit"] {
            try log.add(
                .openInterest,
                try market("2026-01-05T00:00:00Z") + [("exchange", .text(exchange)), ("oi_value", decimal("10")), ("oi_notional", .null)])
        }
        let spot = try #require(try log.rows("spot_snapshots").first)
        #expect(spot["price"]?.string == "95016.25" && spot["source"]?.string == "amberdata" && spot["observed_position"]?.integer == 1)
        #expect(spot["snapshot_id"]?.string == Self.id(#"["BTC","2026-01-05","spot"]"#))
        let interest = try log.rows("oi_snapshots")
        #expect(interest.map { $0["exchange"]?.string } == ["Deribit", "binance", "okex"])
        #expect(interest[0]["snapshot_id"]?.string == Self.id(#"["BTC","2026-01-05","oi"]"#))
        #expect(interest.allSatisfy { $0["oi_value"]?.string == "10" && $0["oi_notional"]?.isNull == true })
        for view in View.all where view.latest != nil && ![View.spotSnapshots, .oiSnapshots].contains(where: { $0.name == view.name }) {
            #expect(try log.rows(view.projection).isEmpty, "\(view.name)")
        }
    }

    @Test func `a row names who observed it and the sources that failed, as its last event says`() throws {
        var log = Log()
        let identity = try market("2026-01-05T08:00:00Z")
        try log.add(
            .volMetrics, identity + [("dvol", decimal("48.31"))],
            .init(observedSource: "amberdata", missingSources: ["put_call", "surface"]))
        try log.add(
            .volMetrics, identity + [("dvol", decimal("48.31")), ("put_call_ratio", decimal("0.81"))], .init(observedSource: "desk"))
        let before = try #require(try log.rows("vol_metrics_snapshots", upTo: 1).first)
        #expect(before["missing_sources"]?.elements.map(\.string) == ["put_call", "surface"])
        #expect(before["observed_source"]?.string == "amberdata" && before["put_call_ratio"]?.isNull == true)
        let after = try #require(try log.rows("vol_metrics_snapshots").first)
        #expect(after["missing_sources"]?.count == 0 && after["observed_source"]?.string == "desk")
        #expect(after["put_call_ratio"]?.string == "0.81" && after["observed_position"]?.integer == 2)
    }

    private func instrument(_ time: String, _ venue: String, _ instrument: String) throws -> [(name: String, value: MarketValue)] {
        try market(time) + [("venue", .text(venue)), ("instrument", .text(instrument))]
    }

    @Test func `series of instruments come by venue, instrument, time and tenor`() throws {
        var log = Log()
        let (first, second) = ("2026-01-05T00:00:00Z", "2026-01-05T08:00:00Z")
        for (time, venue, tenor) in [
            (second, "bybit", 180), (first, "okex", 7), (second, "bybit", 7), (first, "bybit", 90), (second, "bybit", 30),
        ] as [(String, String, Int64)] {
            try log.add(
                .futuresBasis,
                try instrument(time, venue, "BTC-USDC") + [
                    ("tenor_days", .integer(tenor)), ("basis_usd", decimal("-579.5")), ("apr", decimal("-0.0424")),
                ])
        }
        let basis = try log.rows("futures_basis")
        #expect(
            basis.map { "\($0["venue"]?.string ?? "") \($0["timestamp"]?.string ?? "") \($0["tenor_days"]?.integer ?? 0)" } == [
                "bybit \(first) 90", "bybit \(second) 7", "bybit \(second) 30", "bybit \(second) 180", "okex \(first) 7",
            ])
        #expect(basis[0]["basis_usd"]?.string == "-579.5" && basis[0]["apr"]?.string == "-0.0424")
        try log.add(
            .fundingRate, try instrument(first, "binance", "BTCUSDT") + [("rate", decimal("0.0007532")), ("interval_hours", .null)])
        try log.add(
            .fundingRate, try instrument(first, "binance", "BTCUSDT") + [("rate", decimal("0.0007532")), ("interval_hours", .integer(8))])
        #expect(
            try log.rows("funding_rates").map(\.sourceText) == [
                #"{"currency":"BTC","instrument":"BTCUSDT","interval_hours":8,"observed_position":7,"observed_source":null,"rate":"0.0007532","#
                    + #""recorded_at":"2026-02-01T00:00:07Z","timestamp":"2026-01-05T00:00:00Z","venue":"binance"}"#
            ])
        for side in ["sell", "buy"] {
            try log.add(
                .liquidation, try instrument(first, "binance", "total") + [("side", .text(side)), ("amount_usd", decimal("120000"))])
        }
        let liquidations = try log.rows("liquidations")
        #expect(liquidations.map { $0["side"]?.string } == ["buy", "sell"])
        #expect(liquidations[0]["amount_usd"]?.string == "120000" && liquidations[0]["amount"]?.isNull == true)
        #expect(liquidations[0]["price"]?.isNull == true && liquidations[0]["snapshot_id"] == nil)
    }

    @Test func `series of a market come by time, then by tenor, window, days or kind of venue`() throws {
        var log = Log()
        let time = "2026-01-05T00:00:00Z"
        for dte in ["180", "7", "30"] {
            try log.add(.termStructure, try market(time) + [("dte", decimal(dte)), ("iv", decimal("58.3")), ("forward_iv", .null)])
        }
        for days in [180, 1, 30] as [Int64] {
            try log.add(.volCone, try market(time) + [("days", .integer(days)), ("current", decimal("62.5")), ("p50", decimal("57"))])
        }
        for (hours, kind) in [(24, "block"), (1, "on_screen"), (1, "block")] as [(Int64, String)] {
            try log.add(
                .putCall,
                try market(time) + [
                    ("window_hours", .integer(hours)), ("venue_kind", .text(kind)), ("puts_sold_premium_usd", decimal("14974691.2686626")),
                ])
            try log.add(
                .volume,
                try market(time) + [("interval_hours", .integer(hours)), ("venue_kind", .text(kind)), ("contracts", decimal("60"))])
        }
        let terms = try log.rows("term_structures")
        #expect(terms.map { $0["dte"]?.string } == ["7", "30", "180"] && terms.allSatisfy { $0["forward_iv"]?.isNull == true })
        let cones = try log.rows("vol_cones")
        #expect(cones.map { $0["days"]?.integer } == [1, 30, 180] && cones[0]["p50"]?.string == "57" && cones[0]["min"]?.isNull == true)
        let expected = ["1 block", "1 on_screen", "24 block"]
        let calls = try log.rows("put_call")
        #expect(calls.map { "\($0["window_hours"]?.integer ?? 0) \($0["venue_kind"]?.string ?? "")" } == expected)
        #expect(calls[0]["puts_sold_premium_usd"]?.string == "14974691.2686626" && calls[0]["calls_bought_contracts"]?.isNull == true)
        let volumes = try log.rows("volumes")
        #expect(volumes.map { "\($0["interval_hours"]?.integer ?? 0) \($0["venue_kind"]?.string ?? "")" } == expected)
        #expect(volumes[0]["contracts"]?.string == "60" && volumes[0]["notional_usd"]?.isNull == true)
    }

    @Test func `a print stays where its identity is, whatever its figures become, and its time stands beside it`() throws {
        var log = Log()
        func print(_ id: String, _ time: String, _ more: [(name: String, value: MarketValue)]) throws {
            let identity: [(name: String, value: MarketValue)] = [
                ("underlying", .text("BTC")), ("source", .text("deribit")), ("print_id", .text(id)),
                ("timestamp", .instant(try instant(time))),
            ]
            try log.add(.optionPrint, identity + more)
        }
        try print("301", "2026-01-05T08:00:00Z", [("price", decimal("0.0245")), ("aggressor", .text("buy")), ("legs", .integer(1))])
        try print(
            "1200", "2026-01-05T07:00:00Z", [("strike", decimal("90000")), ("option_type", .optionType(.put)), ("delta", decimal("-0.45"))])
        // The vendor corrects time and post-trade figures.
        try print("301", "2026-01-05T08:00:01.25Z", [("price", decimal("0.0245")), ("open_interest_change", decimal("-0.5"))])
        let rows = try log.rows("option_prints")
        #expect(rows.map { $0["print_id"]?.string } == ["1200", "301"])
        #expect(rows[1]["timestamp"]?.string == "2026-01-05T08:00:01.250000Z" && rows[1]["aggressor"]?.isNull == true)
        #expect(rows[1]["open_interest_change"]?.string == "-0.5" && rows[1]["observed_position"]?.integer == 3)
        #expect(rows[0]["delta"]?.string == "-0.45" && rows[0]["option_type"]?.string == "put" && rows[0]["expiry"]?.isNull == true)
        let definition = try #require(try projectRegistry().firstDefinition("option_prints"))
        let stored = try definition.rows(fromFacts: try canonicalize(rows[1])).map(\.stored)
        #expect(stored == [[.instant(try instant("2026-01-05T08:00:01.25Z"))]])
    }
}
