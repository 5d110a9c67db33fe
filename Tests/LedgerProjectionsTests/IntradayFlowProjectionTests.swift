import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct IntradayFlowProjectionTests {
    let projection: IntradayFlowProjection

    init() throws { projection = IntradayFlowProjection(rules: try IntradayFlowRules(version: 1, read: projectRuleFile)) }

    private func flow(_ trades: Int64, source: FlowSource = .rest, symbol: String = "MSTR260220C00100000") throws -> IntradayFlowPayload {
        var flow = IntradayFlowPayload()
        (flow.source, flow.symbol, flow.underlying) = (source, symbol, "MSTR")
        flow.marketDate = try #require(CalendarDate("2026-01-30"))
        flow.expiry = try #require(CalendarDate("2026-02-20"))
        (flow.strike, flow.multiplier) = (FixedDecimal(100), FixedDecimal(100))
        flow.figures.tradeCount = trades
        return flow
    }

    private func log(_ flows: [(IntradayFlowPayload, String)]) throws -> TradeEventLog {
        var log = TradeEventLog()
        for (flow, time) in flows { log.entries.append(.init(payload: flow, effectiveAt: try instant(time), stream: flow.stream)) }
        return log
    }

    @Test func `the summary that was recorded last is the row, and each source has its own`() throws {
        let log = try log([
            (flow(1), "2026-01-30T15:00:00Z"), (flow(2, source: .stream), "2026-01-30T16:00:00Z"), (flow(3), "2026-01-30T17:00:00Z"),
        ])
        let rows = try log.rows(projection, restarts: true)
        let columns = try ColumnSet(parsing: try #require(projectRuleFile("intraday_flow/columns.json")))
        for row in rows { try expectColumns(row, columns, isDated: false) }
        let roots = try rows.map { try $0.root() }
        #expect(roots.map { $0.text("source") } == ["rest", "stream"] && roots.map { $0.text("trade_count") } == ["3", "2"])
        #expect(roots.map { $0.text("observed_position") } == ["3", "2"])
        #expect(roots.map { $0.text("timestamp") } == ["2026-01-30T17:00:00Z", "2026-01-30T16:00:00Z"])
    }

    @Test func `a summary holds in the world from its last trade on`() throws {
        let log = try log([(flow(1), "2026-01-30T15:00:00Z")])
        #expect(try log.rows(projection, effectiveBy: instant("2026-01-30T14:59:59Z")).isEmpty)
        #expect(try log.rows(projection, effectiveBy: instant("2026-01-30T15:00:00Z")).count == 1)
    }

    // MARK: - Groups

    private func groups(_ group: FlowGroups.Group, _ rows: [(row: String, delta: String?)]) throws -> [JSONValue] {
        var groups = FlowGroups(by: group, try IntradayFlowRules(version: 1, read: projectRuleFile))
        for (row, delta) in rows { groups.add(try JSONDocument(parsing: Array(row.utf8)).root, deltaBucket: delta) }
        let bytes = JSONWriter.bytes(reservingCapacity: 256) { groups.write(to: &$0) }
        return try JSONDocument(parsing: bytes).root.elements.map { $0 }
    }

    private func row(strike: String, bought: String, sold: String, trades: Int, unknown: Int, quoted: Int) -> String {
        #"{"market_date":"2026-01-30","strike":"\#(strike)","buy_volume":"\#(bought)","sell_volume":"\#(sold)","unknown_volume":"0","#
            + #""buy_notional":"\#(bought)","sell_notional":"\#(sold)","trade_count":\#(trades),"unknown_trade_count":\#(unknown),"#
            + #""valid_quote_count":\#(quoted),"warnings":[],"buckets":["#
            + #"{"bucket_minutes":5,"bucket_start_utc":"2026-01-30T14:35:00Z","buy_volume":"\#(bought)","sell_volume":"0","#
            + #""unknown_volume":"0","buy_notional":"1","sell_notional":"0","trade_count":1,"unknown_trade_count":1},"#
            + #"{"bucket_minutes":15,"bucket_start_utc":"2026-01-30T14:30:00Z","buy_volume":"\#(sold)","sell_volume":"0","#
            + #""unknown_volume":"0","buy_notional":"1","sell_notional":"0","trade_count":1,"unknown_trade_count":0}]}"#
    }

    @Test func `groups have exact sums, and shares of summed counts`() throws {
        let rows = [
            row(strike: "100", bought: "0.1", sold: "2", trades: 2, unknown: 1, quoted: 1),
            row(strike: "9.5", bought: "1", sold: "0", trades: 1, unknown: 0, quoted: 1),
            row(strike: "100", bought: "0.2", sold: "1", trades: 1, unknown: 1, quoted: 0),
        ]
        let strikes = try groups(.strike, rows.map { ($0, nil) })
        // By value, not by text.
        #expect(strikes.map { $0["key"]?.sourceText } == ["9.5", "100"])
        let last = try #require(strikes.last)
        #expect(last["buy_volume"]?.sourceText == "0.3" && last["net_notional"]?.sourceText == "-2.7")
        #expect(last["unknown_trade_share"]?.sourceText == "0.6667" && last["quote_coverage_pct"]?.sourceText == "0.3333")
        let deltas = try groups(.deltaBucket, zip(rows, [nil, "d40_60", "d00_20"]).map { ($0, $1) })
        #expect(deltas.map { $0["key"]?.sourceText } == [#""d00_20""#, #""d40_60""#, "null"])
        let buckets = try groups(.bucket5m, rows.map { ($0, nil) })
        #expect(buckets.count == 1 && buckets[0]["key"]?.string == "2026-01-30T14:35:00Z" && buckets[0]["buy_volume"]?.sourceText == "1.3")
        #expect(buckets[0]["unknown_trade_share"]?.sourceText == "1" && buckets[0]["quote_coverage_pct"]?.isNull == true)
        #expect(try groups(.bucket15m, rows.map { ($0, nil) }).first?["buy_volume"]?.sourceText == "3")
    }
}
