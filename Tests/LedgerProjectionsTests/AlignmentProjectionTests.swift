import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

func alignmentProjection() throws -> AlignmentProjection {
    AlignmentProjection(rules: try AlignmentRules(version: 1, read: projectRuleFile))
}

func alignmentColumns() throws -> ColumnSet {
    try ColumnSet(parsing: try #require(projectRuleFile("alignment/columns.json")))
}

@Suite struct AlignmentProjectionTests {
    let projection: AlignmentProjection
    let columns: ColumnSet

    init() throws {
        projection = try alignmentProjection()
        columns = try alignmentColumns()
    }

    /// A stamp of a proxied trade: every signal but the smile.
    private func stamp(
        _ row: ExecutionRow, key: String = "BTC", percentile: String = "12.5"
    ) throws -> ContextStampedPayload {
        ContextStampedPayload(
            source: row.source, sourceTradeID: row.sourceTradeID, contextKey: key, basis: Basis(of: row), rules: [],
            quoteUnderlying: row.underlyingSymbol, marketProxy: "BTC", mappingMethod: "crypto_equity_proxy",
            mappingConfidence: try FixedDecimal("0.8"), mappingQuality: "proxy_mapped", vrp: FixedDecimal(4),
            vrpSource: "observed", dvolPercentile: try FixedDecimal(percentile), gexImbalance: try FixedDecimal("-0.2"),
            gammaRegime: "short_gamma", termStructureState: "contango", stationarityStatus: "stable",
            stationarityBlendWeight: FixedDecimal(1), smileState: "not_sourced", contextQuality: "proxy_mapped",
            missingFields: ["open_interest", "volume_24h"], inputs: [EventInput(field: "dvol", position: 77)],
            observedThroughPosition: 99)
    }

    @Test func `a row is a document of all columns; a proxied row's confidence peaks at 0.7333`() throws {
        var log = TradeEventLog()
        let row = try sampleRow("T-1")
        log.append(row)
        log.append(try stamp(row))
        let rows = try log.rows(projection)
        #expect(rows.count == 1)
        try expectColumns(rows[0], columns)
        // 50 + 15 (12.5 is below 20) − 3 (2 × (2.5 − 4)) + 6 − 3 + 4
        let expected = """
            {"alignment_label":"partially_aligned","alignment_score":"69","assumed_strategy":"long_vol",\
            "confidence":"0.7333","confidence_label":"medium","context_quality":"proxy_mapped",\
            "detractors":[{"impact":"-3","signal":"term_structure","value":"contango"},\
            {"impact":"-3","signal":"vrp","value":"4"}],"direction":"buy",\
            "drivers":[{"impact":"15","signal":"dvol_percentile","value":"12.5"},\
            {"impact":"6","signal":"gamma_regime","value":"short_gamma"},\
            {"impact":"4","signal":"stationarity","value":"stable"}],"dvol_percentile":"12.5","event_positions":[1,2],\
            "expiry":"2026-01-30","gamma_regime":"short_gamma","inputs":{"context":2,"execution":1},"instrument":null,\
            "mapping_quality":"proxy_mapped","market_proxy":"BTC","missing_signals":["smile"],\
            "observed_signal_count":5,"option_symbol":"MSTR260130C00350000","option_type":"call","quantity":"10",\
            "source":"alpha_sync","source_portfolio":"IMST","source_trade_id":"T-1","strategy_intent":"unknown",\
            "strike":"350","trade_date":"2026-01-10T14:30:00Z","underlying_symbol":"MSTR",\
            "warning":"Alignment measures signal consistency at execution time; it is not realized P&L and no \
            prediction of it."}
            """
        #expect(String(decoding: rows[0].document, as: UTF8.self) == expected)
    }

    @Test func `readers are given each impact's rule and explanation, which the digest does not cover`() throws {
        var log = TradeEventLog()
        let row = try sampleRow("T-1")
        log.append(row)
        log.append(try stamp(row))
        let stored = try #require(try log.rows(projection).first)
        let shown = projection.present(try JSONDocument(parsing: stored.document), now: .maximum)
        let document = try JSONDocument(parsing: shown)
        #expect(try canonicalize(document.root) == shown)
        #expect(document.root.members.map(\.key) == columns.columns.map(\.name))
        let drivers = try #require(document.root["drivers"]).elements.map(\.sourceText)
        #expect(
            drivers[0]
                == "{\"explanation\":\"DVol percentile 12.5 supports long_vol by 15 points.\",\"impact\":\"15\","
                + "\"rule\":\"15 × clamp((50 − dvol_percentile) ÷ 30, −1, 1)\",\"signal\":\"dvol_percentile\",\"value\":\"12.5\"}"
        )
        let detractors = try #require(document.root["detractors"]).elements.map(\.sourceText)
        #expect(
            detractors[0]
                == "{\"explanation\":\"Term structure contango contradicts long_vol by 3 points.\",\"impact\":\"-3\","
                + "\"rule\":\"contango −3, flat 0, near_term_risk +6\",\"signal\":\"term_structure\",\"value\":\"contango\"}"
        )
        // Presenting again changes nothing, and the words are not digested.
        #expect(projection.present(document, now: .minimum) == shown)
        let line = try stored.digested(columns)
        #expect(!line.contains("explanation") && !line.contains("\"rule\""))
        #expect(line.contains("\"drivers\":[{\"impact\":\"15\","))
    }

    @Test func `over HTTP an impact and a number are JSON numbers, a state is a string`() throws {
        var log = TradeEventLog()
        let row = try sampleRow("T-1")
        log.append(row)
        log.append(try stamp(row))
        let stored = try #require(try log.rows(projection).first)
        let shown = try JSONDocument(
            parsing: projection.present(try JSONDocument(parsing: stored.document), now: .maximum))
        var bytes: [UInt8] = []
        columns.appendPublished(shown, to: &bytes)
        let root = try JSONDocument(parsing: bytes).root
        let drivers = try #require(root["drivers"]).elements.map { $0 }
        #expect(drivers[0]["impact"]?.sourceText == "15")
        #expect(drivers[0]["value"]?.sourceText == "12.5")
        #expect(drivers[1]["value"]?.sourceText == "\"short_gamma\"")
        #expect(root["alignment_score"]?.sourceText == "69")
        #expect(root["confidence"]?.sourceText == "0.7333")
    }

    @Test func `every execution has a row, stamped or not, and nothing else has one`() throws {
        var log = TradeEventLog()
        for (index, status) in TradeStatus.allCases.enumerated() {
            log.append(try sampleRow("T-\(index)", status: status))
        }
        log.append(try sampleRow("T-zero", quantity: 0))
        log.append(try stamp(try sampleRow("T-unknown")))
        let rows = try log.rows(projection)
        #expect(rows.map { $0.key.parts[1].text } == ["T-0", "T-1"])
        for row in rows {
            try expectColumns(row, columns)
            let root = try row.root()
            #expect(root.text("alignment_label") == "insufficient_data")
            #expect(root.text("alignment_score") == nil)
            #expect(root.text("confidence") == "0")
            #expect(root.text("confidence_label") == "low")
            #expect(root.text("observed_signal_count") == "0")
            #expect(root["missing_signals"]?.count == 6)
            for name in ["context_quality", "gamma_regime", "dvol_percentile", "market_proxy", "mapping_quality"] {
                #expect(root.text(name) == nil)
            }
            #expect(root.text("drivers") == "[]")
            #expect(root.text("detractors") == "[]")
        }
    }

    @Test func `the latest stamp of the row's basis counts, in whichever context it was made`() throws {
        var row = try sampleRow("T-1")
        var log = TradeEventLog()
        log.append(try stamp(row, key: "unmapped:MSTR", percentile: "80"))
        log.append(row)
        func seen() throws -> JSONValue { try #require(try log.rows(projection, restarts: true).first).root() }
        #expect(try seen().text("dvol_percentile") == "80")
        #expect(try seen().text("event_positions") == "[1,2]")
        log.append(try stamp(row, key: "BTC", percentile: "20"))
        #expect(try seen().text("dvol_percentile") == "20")
        log.append(try stamp(row, key: "unmapped:MSTR", percentile: "50"))
        #expect(try seen().text("dvol_percentile") == "50")
        #expect(try seen().text("inputs") == "{\"context\":4,\"execution\":2}")

        row.direction = .sell
        log.append(row)
        #expect(try seen().text("assumed_strategy") == "short_vol")
        #expect(try seen().text("dvol_percentile") == "50")

        row.tradeDate = try instant("2026-01-10T15:00:00Z")
        log.append(row)
        #expect(try seen().text("alignment_label") == "insufficient_data")
        #expect(try seen().text("dvol_percentile") == nil)
        #expect(try seen().text("event_positions") == "[6]")
        log.append(try stamp(row, percentile: "40"))
        #expect(try seen().text("dvol_percentile") == "40")

        row.tradeStatus = .busted
        log.append(row)
        #expect(try log.rows(projection).isEmpty)
    }

    @Test func `what had not happened by a moment counts as not recorded`() throws {
        let row = try sampleRow("T-1")
        var log = TradeEventLog()
        log.append(row)
        log.append(try stamp(row), effectiveAt: try instant("2026-01-10T15:00:00Z"))
        func label(_ moment: String) throws -> String? {
            try log.rows(projection, effectiveBy: try instant(moment)).first?.root().text("alignment_label")
        }
        #expect(try label("2026-01-10T14:29:59Z") == nil)
        #expect(try label("2026-01-10T14:30:00Z") == "insufficient_data")
        #expect(try label("2026-01-10T15:00:00Z") == "partially_aligned")
    }

    @Test func `facts that do not read back are refused`() throws {
        for text in [
            "{}", "{\"execution\":null}", "{\"execution\":null,\"stamps\":{}}", "{\"execution\":null,\"stamps\":[{}]}",
        ] {
            #expect(throws: (any Error).self) { try projection.facts(from: Array(text.utf8)) }
        }
    }
}
