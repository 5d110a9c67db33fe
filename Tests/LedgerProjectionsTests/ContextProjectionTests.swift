import LedgerEvents
import LedgerJSON
import LedgerRules
import LedgerValues
import TestSupport
import Testing

@testable import LedgerProjections
@testable import OptionTrades

@Suite struct ContextProjectionTests {
    let fold: ContextFold

    init() throws { fold = try ContextFold() }

    @Test func `a whole row by hand`() throws {
        var log = ContextLog()
        let row = try fold.row("A") { $0.spotAtTrade = FixedDecimal(350) }
        try log.append(row)
        try log.append(try fold.stamp(row))
        let rows = try fold.rows(log)
        #expect(rows.map(\.key.description) == ["alpha_sync|A|BTC"])
        let rules = fold.stamper.rules.stampFiles
        // 0.25 is at or above the fixed 0.10; 58.3 − 41.1 = 17.2; 61 − 57.25 ≥ 2. MSTR's own spot is not here.
        #expect(
            String(decoding: try #require(rows.first).document, as: UTF8.self) == """
                {"context_key":"BTC","context_quality":"proxy_mapped","direction":"buy","dvol":"58.3",\
                "dvol_percentile":null,"event_positions":[1,2],"expiry":"2026-01-30","gamma_regime":"long_gamma",\
                "gex_imbalance":"0.25","inputs":{"dvol":6,"gamma_regime":5,"gex_hourly":5,"gex_imbalance":5,\
                "iv_30d":6,"rv_30d":6,"spot_at_trade":5,"term_structure_state":6,"vol_metrics":6,"vrp":6},\
                "instrument":null,"iv_30d":"57.25","mapping_confidence":"0.8","mapping_method":"crypto_equity_proxy",\
                "mapping_quality":"proxy_mapped","market_proxy":"BTC","missing_fields":["dvol_percentile",\
                "gamma_regime_history","open_interest","volume_24h"],"observed_through_position":9,\
                "open_interest":null,"option_symbol":"MSTR260130C00350000","option_type":"call","quantity":"10",\
                "quote_underlying":"MSTR","rules":[{"digest":"\(rules[0].digest)","file":"context/rules.v1.yaml",\
                "version":1},{"digest":"\(rules[1].digest)","file":"shared/market_proxy.v1.yaml","version":1}],\
                "rv_30d":"41.1","smile_rich_cheap":null,"smile_state":"not_sourced","source":"alpha_sync",\
                "source_portfolio":"IMST","source_trade_id":"A","spot_at_trade":"97000","spot_source":"gex_hourly",\
                "spot_time_delta_minutes":"0","stationarity_blend_weight":"0","stationarity_status":"insufficient",\
                "strike":"350","term_structure_state":"near_term_risk","trade_date":"2026-01-10T14:30:00Z",\
                "underlying_symbol":"MSTR","volume_24h":null,"vrp":"17.2","vrp_source":"derived"}
                """)
    }

    @Test func `the row has exactly the columns and stored values`() throws {
        var log = ContextLog()
        let row = try fold.row("A")
        try log.append(row)
        let late = try #require(row.tradeDate.advanced(byMicroseconds: 5))
        try log.append(try fold.stamp(row), effectiveAt: late)
        let facts = try #require(try fold.facts(log, "A"))
        let projected = try #require(fold.projection.rows(of: facts).first)
        let document = try JSONDocument(parsing: projected.document)
        #expect(document.root.memberViews.map(\.key) == fold.columns.columns.map(\.name))
        #expect(
            projected.stored == [
                .instant(late), .instant(row.tradeDate), .text("IMST"), .text("MSTR"), .text("long_gamma"),
                .text("proxy_mapped"),
            ])
        #expect(fold.columns.stored.count == projected.stored.count)
    }

    @Test func `trades that are no executions have no rows`() throws {
        for status in TradeStatus.allCases {
            var log = ContextLog()
            let row = try fold.row("A") { $0.tradeStatus = status }
            try log.append(row)
            try log.append(try fold.stamp(row))
            #expect(try fold.rows(log).count == (status == .filled || status == .partiallyFilled ? 1 : 0), "\(status)")
        }
        for (quantity, count) in [(FixedDecimal.zero, 0), (nil, 1), (FixedDecimal(1), 1)] as [(FixedDecimal?, Int)] {
            var log = ContextLog()
            let row = try fold.row("A") { $0.quantity = quantity }
            try log.append(row)
            try log.append(try fold.stamp(row))
            #expect(try fold.rows(log).count == count)
        }
    }

    @Test func `a bust ends the row and its revocation brings it back`() throws {
        var log = ContextLog()
        let row = try fold.row("A")
        try log.append(row)
        try log.append(try fold.stamp(row))
        try log.append(try fold.row("A") { $0.tradeStatus = .busted })
        try log.append(row)
        let versions = try fold.versions(log, batch: 1)
        #expect(versions.map(\.validFrom) == [2, 4])
        #expect(versions.map(\.validTo) == [3, nil])
    }

    @Test func `a stamp may come before its execution`() throws {
        var log = ContextLog()
        let row = try fold.row("A")
        try log.append(try fold.stamp(row))
        #expect(try fold.rows(log).isEmpty)
        try log.append(row)
        #expect(try fold.rows(log).count == 1)
        #expect(try fold.versions(log, batch: 1).map(\.validFrom) == [2])
    }

    @Test func `a stamp of another basis counts as absent until its basis is back`() throws {
        var log = ContextLog()
        let row = try fold.row("A")
        try log.append(row)
        try log.append(try fold.stamp(row))
        // Fees are no basis; a strike is.
        try log.append(try fold.row("A") { $0.feesUSD = nil })
        #expect(try fold.rows(log).count == 1)
        try log.append(try fold.row("A") { $0.strike = FixedDecimal(355) })
        #expect(try fold.rows(log).isEmpty)
        try log.append(row)
        #expect(try fold.rows(log).count == 1)
        let changes: [(inout ExecutionRow) throws -> Void] = [
            { $0.tradeDate = try #require($0.tradeDate.advanced(byMicroseconds: 1)) }, { $0.underlyingSymbol = "COIN" },
            { $0.optionSymbol = nil }, { $0.optionType = .put }, { $0.expiry = nil },
        ]
        for change in changes {
            var changed = log
            try changed.append(try fold.row("A", change))
            #expect(try fold.rows(changed).isEmpty)
        }
    }

    @Test func `the latest stamp of each context key is shown`() throws {
        var log = ContextLog()
        let row = try fold.row("A")
        try log.append(row)
        try log.append(try fold.stamp(row, spot: 97_000))
        try log.append(try fold.stamp(row, spot: 98_000))
        // Under another mapping, which is another context.
        var other = try fold.stamp(row)
        other.contextKey = "ETH"
        other.marketProxy = "ETH"
        try log.append(other)
        let rows = try fold.rows(log)
        #expect(rows.map(\.key.description) == ["alpha_sync|A|BTC", "alpha_sync|A|ETH"])
        #expect(try JSONDocument(parsing: rows[0].document).root["spot_at_trade"]?.string == "98000")
        #expect(try JSONDocument(parsing: rows[0].document).root["event_positions"]?.elements.map(\.integer) == [1, 3])
    }

    @Test func `what had not happened in the world is left out and nothing superseded comes back`() throws {
        var log = ContextLog()
        let row = try fold.row("A")
        try log.append(row)
        try log.append(try fold.stamp(row, spot: 97_000))
        let late = try #require(row.tradeDate.advanced(byMicroseconds: 1_000_000))
        try log.append(try fold.stamp(row, spot: 98_000), effectiveAt: late)
        let facts = try #require(try fold.facts(log, "A"))
        func count(_ instant: Instant) throws -> Int? {
            fold.projection.facts(facts, effectiveBy: instant).map { fold.projection.rows(of: $0).count }
        }
        #expect(try count(late) == 1)
        #expect(try count(row.tradeDate) == 0)
        #expect(try count(try #require(row.tradeDate.advanced(byMicroseconds: -1))) == nil)
    }

    @Test func `stamps of unmapped trades are shown without figures`() throws {
        var log = ContextLog()
        let row = try fold.row("A") { $0.underlyingSymbol = "XYZ" }
        try log.append(row)
        try log.append(try fold.stamp(row))
        let rows = try fold.rows(log)
        #expect(rows.map(\.key.description) == ["alpha_sync|A|unmapped:XYZ"])
        let root = try JSONDocument(parsing: rows[0].document).root
        #expect(root["spot_at_trade"]?.isNull == true && root["context_quality"]?.string == "unmapped")
        #expect(root["quote_underlying"]?.string == "XYZ" && root["market_proxy"]?.isNull == true)
    }
}
