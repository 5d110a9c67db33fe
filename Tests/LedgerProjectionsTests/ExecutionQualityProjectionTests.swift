import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

func executionQualityProjection() throws -> ExecutionQualityProjection {
    ExecutionQualityProjection(rules: try ExecutionQualityRules(version: 1, read: projectRuleFile))
}

func executionQualityColumns() throws -> ColumnSet {
    try ColumnSet(parsing: try #require(projectRuleFile("execution_quality/columns.json")))
}

@Suite struct ExecutionQualityProjectionTests {
    let projection: ExecutionQualityProjection
    let columns: ColumnSet

    init() throws {
        projection = try executionQualityProjection()
        columns = try executionQualityColumns()
    }

    private func benchmark(_ row: ExecutionRow, at time: String = "2026-01-10T14:29:00Z") throws
        -> ExecutionBenchmarkPayload
    {
        ExecutionBenchmarkPayload(
            source: row.source, sourceTradeID: row.sourceTradeID, basis: Basis(of: row),
            quote: OptionQuote(
                timestamp: try instant(time), bid: try FixedDecimal("12.2"), ask: try FixedDecimal("12.6"),
                bidSize: FixedDecimal(7), markIV: try FixedDecimal("61.5")),
            quoteSource: "imported_option_quote", lookedUpAt: .minimum)
    }

    @Test func `a row is a document of all columns with the positions that it follows from`() throws {
        var log = TradeEventLog()
        let row = try sampleRow("T-1")
        log.append(row)
        log.append(try benchmark(row))
        let rows = try log.rows(projection)
        #expect(rows.count == 1)
        try expectColumns(rows[0], columns)
        let expected = """
            {"benchmark_ask":"12.6","benchmark_ask_size":null,"benchmark_bid":"12.2","benchmark_bid_size":"7",\
            "benchmark_flags":[],"benchmark_iv":"61.5","benchmark_mark":"12.4","benchmark_mid":"12.4",\
            "benchmark_quality":"quoted","benchmark_source":"imported_option_quote","benchmark_time_delta_minutes":"1",\
            "benchmark_timestamp":"2026-01-10T14:29:00Z","contract_multiplier":"100","contract_open_interest":null,\
            "contract_volume_24h":null,"direction":"buy","event_positions":[1,2],\
            "execution_liquidity_quality":"partial","expiry":"2026-01-30","fill_price":"12.5","fill_vs_mid":"0.1",\
            "fill_vs_mid_bps":"80.6451612903","fill_vs_mid_usd":"100","fill_vs_surface_mark":"0.1",\
            "inputs":{"benchmark":2,"execution":1},"instrument":null,"mark_lookup_error":null,\
            "missing_fields":["missing:benchmark_ask_size","missing:contract_open_interest",\
            "missing:contract_volume_24h"],"option_symbol":"MSTR260130C00350000","option_type":"call",\
            "price_currency":"USD","quantity":"10","source":"alpha_sync","source_portfolio":"IMST",\
            "source_trade_id":"T-1","spread_capture":"0.25","strike":"350","trade_date":"2026-01-10T14:30:00Z",\
            "underlying_symbol":"MSTR"}
            """
        #expect(String(decoding: rows[0].document, as: UTF8.self) == expected)
        var published: [UInt8] = []
        columns.appendPublished(try JSONDocument(parsing: rows[0].document), to: &published)
        let text = String(decoding: published, as: UTF8.self)
        #expect(text.contains("\"fill_vs_mid_bps\":80.6451612903,"))
        #expect(text.contains("\"benchmark_ask_size\":null,"))
        #expect(!(try rows[0].digested(columns)).contains("event_positions"))
    }

    @Test func `every execution has a row, sourced or not, and nothing else has one`() throws {
        var log = TradeEventLog()
        for (index, status) in TradeStatus.allCases.enumerated() {
            log.append(try sampleRow("T-\(index)", status: status))
        }
        var none = try sampleRow("T-none")
        none.quantity = nil
        log.append(none)
        log.append(try sampleRow("T-zero", quantity: 0))
        log.append(try benchmark(try sampleRow("T-unknown")))
        let rows = try log.rows(projection)
        #expect(rows.map { $0.key.parts[1].text } == ["T-0", "T-1", "T-none"])
        for row in rows {
            try expectColumns(row, columns)
            let root = try row.root()
            #expect(root.text("execution_liquidity_quality") == "not_sourced")
            #expect(root.text("benchmark_quality") == "unavailable")
            #expect(root.text("missing_fields") == "[\"missing:benchmark_quote\"]")
            #expect(root["event_positions"]?.count == 1)
        }
    }

    @Test func `a benchmark may come before its execution`() throws {
        let row = try sampleRow("T-1")
        var log = TradeEventLog()
        log.append(try benchmark(row))
        #expect(try log.rows(projection).isEmpty)
        log.append(row)
        let root = try #require(try log.rows(projection, restarts: true).first).root()
        #expect(root.text("benchmark_quality") == "quoted")
        #expect(root.text("event_positions") == "[1,2]")
        #expect(root.text("inputs") == "{\"benchmark\":1,\"execution\":2}")
    }

    @Test func `the latest benchmark counts, and a correction of the contract makes it stale until the next`() throws {
        var row = try sampleRow("T-1")
        var log = TradeEventLog()
        log.append(row)
        log.append(try benchmark(row, at: "2026-01-10T14:00:00Z"))
        func seen() throws -> JSONValue { try #require(try log.rows(projection, restarts: true).first).root() }
        #expect(try seen().text("benchmark_quality") == "stale")
        log.append(try benchmark(row))
        #expect(try seen().text("benchmark_quality") == "quoted")

        row.price = FixedDecimal(13)
        log.append(row)
        #expect(try seen().text("fill_vs_mid") == "0.6")
        #expect(try seen().text("benchmark_flags") == "[]")

        row.strike = FixedDecimal(355)
        log.append(row)
        #expect(try seen().text("benchmark_flags") == "[\"stale_basis\"]")
        #expect(try seen().text("execution_liquidity_quality") == "not_sourced")
        #expect(try seen().text("event_positions") == "[3,5]")
        log.append(try benchmark(row))
        #expect(try seen().text("benchmark_flags") == "[]")
        #expect(try seen().text("benchmark_quality") == "quoted")

        row.tradeStatus = .busted
        log.append(row)
        #expect(try log.rows(projection).isEmpty)
        row.tradeStatus = .filled
        log.append(row)
        #expect(try seen().text("benchmark_quality") == "quoted")
    }

    @Test func `what had not happened by a moment counts as not recorded`() throws {
        let row = try sampleRow("T-1")
        var log = TradeEventLog()
        log.append(row)
        log.append(try benchmark(row, at: "2026-01-10T14:31:00Z"))
        func quality(_ moment: String) throws -> String? {
            try log.rows(projection, effectiveBy: try instant(moment)).first?.root().text("execution_liquidity_quality")
        }
        #expect(try quality("2026-01-10T14:29:59Z") == nil)
        #expect(try quality("2026-01-10T14:30:00Z") == "not_sourced")
        #expect(try quality("2026-01-10T14:30:59Z") == "not_sourced")
        #expect(try quality("2026-01-10T14:31:00Z") == "partial")
    }

    @Test func `facts that do not read back are refused`() throws {
        for text in [
            "{}", "{\"benchmark\":null}", "{\"benchmark\":{},\"execution\":null}",
            "{\"benchmark\":{\"content\":{},\"effective_at\":null,\"position\":1},\"execution\":null}",
        ] {
            #expect(throws: (any Error).self) { try projection.facts(from: Array(text.utf8)) }
        }
    }
}
