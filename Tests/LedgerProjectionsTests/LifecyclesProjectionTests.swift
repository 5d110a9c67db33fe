import LedgerEvents
import LedgerJSON
import LedgerRules
import LedgerValues
import TestSupport
import Testing

@testable import LedgerProjections
@testable import OptionTrades

@Suite struct LifecyclesProjectionTests {
    let fixture: LifecyclesFixture

    init() throws { fixture = try LifecyclesFixture() }

    private func row(
        _ id: String, _ side: Direction?, _ quantity: Int?, _ price: String?, at minutes: Int,
        _ change: (inout ExecutionRow) throws -> Void = { _ in }
    ) throws -> ExecutionRow {
        try LifecyclesFixture.row(id, side, quantity, price, at: minutes, change)
    }

    @Test func `a whole row by hand`() throws {
        var log = LifecyclesLog()
        try log.append(row("A", .buy, 5, "10", at: 0))
        try log.append(row("B", .sell, 8, "12.5", at: 1) { $0.feesUSD = nil })
        try log.append(row("C", nil, 1, "1", at: 2))
        let documents = try fixture.fold(log).rows.documents()
        #expect(documents.keys.map(\.description) == ["alpha_sync|pos_c69908d94029fa4e6bd6d9b18257f016"])
        // Closed: (12.5 − 10) × 5 × 100 = 1250. Open: 3 short at 12.5, × 100 = 3750. Premiums 5000, 10000 and 100.
        #expect(
            documents.values.first == """
                {"average_open_price":"12.5","closed_at":null,"closed_quantity":"5",\
                "contract_key":"MSTR260130C00350000","cycle_count":2,"event_positions":[1,2,3],"expiry":"2026-01-30",\
                "fees_quality":"partial","known_fees_usd":"13","known_gross_premium_usd":"15100",\
                "known_net_premium_cashflow_usd":"5000","last_execution_at":"2026-01-10T14:32:00Z",\
                "lifecycle_flags":["flipped","incomplete_fees","missing_direction"],"lifecycle_quality":"ambiguous",\
                "lifecycle_state":"open_short","matches":[{"close_price":"12.5","close_trade_id":"B",\
                "open_price":"10","open_side":"buy","open_trade_id":"A","pnl_before_fees_usd":"1250","quantity":"5"}],\
                "missing_fields":["direction","fees_usd"],"net_premium_cashflow_usd":null,"net_quantity":"-3",\
                "open_lots":[{"contract_multiplier":"100","opened_at":"2026-01-10T14:31:00Z","price":"12.5",\
                "remaining_quantity":"3","side":"sell","trade_id":"B"}],"open_premium_usd":"3750",\
                "opened_at":"2026-01-10T14:30:00Z","option_type":"call",\
                "position_id":"pos_c69908d94029fa4e6bd6d9b18257f016","premium_quality":"complete",\
                "realized_pnl_authority":"derived_unvalidated","realized_pnl_before_fees_usd":"1250",\
                "source":"alpha_sync","source_portfolio":"IMST","source_trade_ids":["A","B","C"],"strike":"350",\
                "total_buy_quantity":"5","total_fees_usd":null,"total_gross_premium_usd":"15100",\
                "total_sell_quantity":"8","trade_ids":["A","B","C"],"underlying_symbol":"MSTR",\
                "unmatched_trade_ids":["C"]}
                """)
    }

    @Test func `the row has exactly the columns and stored values`() throws {
        let facts = LifecycleGroup(
            key: LifecycleKey(of: try row("A", .buy, 1, "1", at: 5)),
            members: [LifecycleMember(of: try row("A", .buy, 1, "1", at: 5), position: 1)])
        let projected = try #require(fixture.projection.rows(of: facts).first)
        let document = try JSONDocument(parsing: projected.document)
        #expect(document.root.members.map(\.key) == fixture.definition.columns.columns.map(\.name))
        let at = try instant("2026-01-10T14:35:00Z")
        #expect(
            projected.stored == [
                .instant(at), .instant(at), .text("IMST"), .text("MSTR"), .text("open_long"), .text("open"),
            ])
        #expect(fixture.definition.columns.stored.count == projected.stored.count)
        #expect(try canonicalize(document.root) == projected.document)
        var published: [UInt8] = []
        fixture.definition.columns.appendPublished(document, to: &published)
        let shown = String(decoding: published, as: UTF8.self)
        #expect(
            shown.contains(#""open_lots":[{"contract_multiplier":100,"opened_at":"2026-01-10T14:35:00Z","price":1,"remaining_quantity":1,"#)
        )
        #expect(shown.contains(#""strike":350,"#) && shown.contains(#""event_positions":[1]"#))
    }

    @Test func `a position is the hash of its seven key fields`() throws {
        let empty = LifecycleKey(
            source: "alpha_sync", sourcePortfolio: nil, underlyingSymbol: nil, contractKey: nil, optionType: nil,
            strike: nil, expiry: nil)
        #expect(empty.positionID == "pos_6702dd947ba55f019b382aa573eda90d")
        let full = LifecycleKey(
            source: "alpha_sync", sourcePortfolio: "Fonds \u{e9}\"1\"", underlyingSymbol: "MSTR",
            contractKey: "MSTR 30JAN26 352.5 P", optionType: .put, strike: try FixedDecimal("352.50"),
            expiry: CalendarDate("2026-01-30"))
        #expect(full.positionID == "pos_3d9f4e59e94191bcc1c4c8d2f15a465b")
    }

    @Test func `a bust takes an execution out and a bust of the last takes the row`() throws {
        var log = LifecyclesLog()
        try log.append(row("A", .buy, 5, "10", at: 0))
        try log.append(row("B", .sell, 5, "12", at: 1))
        try log.correct("B") { $0.tradeStatus = .busted }
        try log.correct("A") { $0.tradeStatus = .busted }
        try log.correct("A") { $0.tradeStatus = .filled }
        func state(_ position: Int64) throws -> [String?] {
            try fixture.rows(log, at: position).map { $0["lifecycle_state"]?.string }
        }
        #expect(try state(1) == ["open_long"] && state(2) == ["closed"] && state(3) == ["open_long"])
        #expect(try state(4).isEmpty && state(5) == ["open_long"])
        let last = try #require(try fixture.rows(log).first)
        #expect(last["event_positions"]?.elements.compactMap(\.integer) == [5])
        #expect(last["trade_ids"]?.sourceText == #"["A"]"#)
    }

    @Test func `a pending order counts once it is filled`() throws {
        var log = LifecyclesLog()
        try log.append(row("A", .buy, 0, nil, at: 0) { $0.tradeStatus = .pending })
        try log.correct("A") { row in
            row.tradeStatus = .partiallyFilled
            row.quantity = FixedDecimal(3)
            row.price = FixedDecimal(2)
        }
        #expect(try fixture.rows(log, at: 1).isEmpty)
        let row = try #require(try fixture.rows(log).first)
        #expect(row["net_quantity"]?.string == "3" && row["event_positions"]?.sourceText == "[2]")
    }

    @Test func `a correction replaces the row and never adds to it`() throws {
        var log = LifecyclesLog()
        try log.append(row("A", .buy, 5, "10", at: 0))
        try log.correct("A") { $0.quantity = FixedDecimal(7) }
        let row = try #require(try fixture.rows(log).first)
        #expect(row["total_buy_quantity"]?.string == "7" && row["trade_ids"]?.count == 1)
    }

    @Test func `a correction moves an execution from one group to another`() throws {
        var log = LifecyclesLog()
        try log.append(row("A", .buy, 5, "10", at: 0))
        try log.append(row("B", .sell, 5, "12", at: 1))
        try log.append(row("C", .buy, 1, "1", at: 2) { $0.strike = FixedDecimal(360) })
        try log.correct("B") { $0.strike = FixedDecimal(360) }
        let event = try #require(log.events.last)
        #expect(try fixture.projection.entities(touchedBy: event).count == 2)
        func show(_ position: Int64) throws -> [String] {
            try fixture.rows(log, at: position).map { row in
                "\(row["strike"]?.string ?? "") \(row["trade_ids"]?.sourceText ?? "") \(row["lifecycle_state"]?.string ?? "")"
            }.sorted { $0.isBytewiseLess(than: $1) }
        }
        #expect(try show(3) == [#"350 ["A","B"] closed"#, #"360 ["C"] open_long"#])
        #expect(try show(4) == [#"350 ["A"] open_long"#, #"360 ["B","C"] open_short"#])

        // The last one to leave takes the group with it: neither row nor facts are current.
        try log.correct("A") { $0.sourcePortfolio = nil }
        #expect(
            try show(5) == [#"350 ["A"] open_long"#, #"360 ["B","C"] open_short"#])
        let tables = try fixture.fold(log)
        #expect(tables.facts.documents().count == 2)
        #expect(try fixture.rows(log).compactMap { $0["source_portfolio"]?.string } == ["IMST"])
    }

    @Test func `a late backdated fill rederives its group and no other`() throws {
        var log = LifecyclesLog()
        try log.append(row("A", .buy, 5, "10", at: 10))
        try log.append(row("B", .sell, 5, "12", at: 20))
        try log.append(row("C", .buy, 1, "1", at: 0) { $0.strike = FixedDecimal(360) })
        try log.append(row("D", .buy, 5, "11", at: 0))
        let tables = try fixture.fold(log)
        #expect(tables.rows.versions.mapValues(\.count).values.sorted() == [1, 3])
        let row = try #require(try fixture.rows(log).first { $0["strike"]?.string == "350" })
        // The late fill is the older lot: (12 − 11) × 5 × 100.
        #expect(row["realized_pnl_before_fees_usd"]?.string == "500")
        #expect(row["opened_at"]?.string == "2026-01-10T14:30:00Z" && row["trade_ids"]?.sourceText == #"["D","A","B"]"#)
    }

    @Test func `a change that no lifecycle follows from only moves the position`() throws {
        var log = LifecyclesLog()
        try log.append(row("A", .buy, 5, "10", at: 0))
        let before = try fixture.digestLines(fixture.fold(log))
        try log.correct("A") { $0.notes = "checked" }
        let after = try fixture.fold(log)
        #expect(try fixture.digestLines(after) == before)
        #expect(try fixture.rows(log).first?["event_positions"]?.sourceText == "[2]")
    }

    @Test func `what had happened by an instant is worked out from the facts`() throws {
        var log = LifecyclesLog()
        try log.append(row("A", .buy, 5, "10", at: 0))
        try log.append(row("B", .sell, 5, "12", at: 60))
        let facts = try #require(try fixture.fold(log).facts.documents().values.first)
        func state(_ text: String) throws -> [String?] {
            try fixture.definition.rows(fromFacts: Array(facts.utf8), effectiveBy: try instant(text)).map {
                try JSONDocument(parsing: $0.document).root["lifecycle_state"]?.string
            }
        }
        #expect(try state("2026-01-10T14:29:59.999999Z").isEmpty)
        #expect(try state("2026-01-10T14:30:00Z") == ["open_long"])
        #expect(try state("2026-01-10T15:30:00Z") == ["closed"])
    }

    @Test func `an open lifecycle is expired from the day after expiry in new york`() throws {
        func flags(_ rows: [ExecutionRow], at now: String) throws -> String? {
            var log = LifecyclesLog()
            for row in rows { try log.append(row) }
            let stored = try #require(try fixture.fold(log).rows.documents().values.first)
            let document = try JSONDocument(parsing: Array(stored.utf8))
            let shown = fixture.projection.present(document, now: try instant(now))
            let presented = try JSONDocument(parsing: shown)
            #expect(try canonicalize(presented.root) == shown)
            return presented.root["lifecycle_flags"]?.sourceText
        }
        let open = [try row("A", .sell, 1, "1", at: 0) { $0.isSynthetic = true }]
        let plain = #"["includes_synthetic","unmatched_opening_sell"]"#
        let expired = #"["expired_unresolved","includes_synthetic","unmatched_opening_sell"]"#
        // 2026-01-31 begins in New York at 05:00 UTC.
        #expect(try flags(open, at: "2026-01-30T21:00:00Z") == plain)
        #expect(try flags(open, at: "2026-01-31T04:59:59.999999Z") == plain)
        #expect(try flags(open, at: "2026-01-31T05:00:00Z") == expired)
        // In summer at 04:00 UTC.
        let summer = [try row("A", .sell, 1, "1", at: 0) { $0.expiry = CalendarDate("2026-07-17") }]
        #expect(try flags(summer, at: "2026-07-18T03:59:59Z") == #"["unmatched_opening_sell"]"#)
        #expect(try flags(summer, at: "2026-07-18T04:00:00Z") == #"["expired_unresolved","unmatched_opening_sell"]"#)
        let closed = open + [try row("B", .buy, 1, "1", at: 1)]
        #expect(try flags(closed, at: "2027-01-01T00:00:00Z") == plain)
        let unknown = [try row("A", .buy, 1, "1", at: 0) { $0.expiry = nil }]
        #expect(try flags(unknown, at: "2027-01-01T00:00:00Z") == #"["missing_expiry"]"#)
        let indeterminate = [try row("A", nil, 1, "1", at: 0)]
        #expect(try flags(indeterminate, at: "2027-01-01T00:00:00Z") == #"["missing_direction"]"#)
        let long = [try row("A", .buy, 1, "1", at: 0)]
        #expect(try flags(long, at: "2027-01-01T00:00:00Z") == #"["expired_unresolved"]"#)
    }

    @Test func `facts that do not read back are a problem`() throws {
        var log = LifecyclesLog()
        try log.append(row("A", .buy, 5, "10", at: 0))
        let facts = try #require(try fixture.fold(log).facts.documents().values.first)
        #expect(throws: Never.self) { try fixture.projection.facts(from: Array(facts.utf8)) }
        for (old, new) in [
            (#""members":["#, #""member":["#), (#""position":1"#, #""position":"1""#), (#""price":"10""#, #""price":"ten""#),
            (#""direction":"buy""#, #""direction":"hold""#), (#""trade_date":"#, #""trade_day":"#),
            (#""source_trade_id":"A""#, #""source_trade_id":null"#),
        ] {
            #expect(facts.contains(old))
            let broken = facts.replacing(old, with: new)
            #expect(throws: (any Error).self, "\(old)") { try fixture.projection.facts(from: Array(broken.utf8)) }
        }
    }
}
