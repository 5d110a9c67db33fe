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

        mutating func add(_ kind: MarketKind, _ fields: [(name: String, value: MarketValue)]) throws {
            let observed = try #require(MarketObservedPayload(kind: kind, fields: fields))
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
        for name in ["gex_snapshots", "gex_hourly", "iv_surface_snapshots", "vol_metrics_snapshots"] {
            #expect(try log.rows(name).isEmpty, "\(name)")
        }
    }
}
