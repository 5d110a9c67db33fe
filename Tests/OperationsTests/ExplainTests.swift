import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// Explanations of what a real ledger publishes.
@Suite struct ExplainTests {
    /// Executions of a proxied, a mapped and an unmapped symbol, with all that enriches them.
    private func withEnriched(_ body: (QuotesBench) async throws -> Void) async throws {
        try await withQuotes { (bench: QuotesBench) async throws -> Void in
            for hour in 0..<300 {
                let time = try #require(Instant(microseconds: 1_767_225_600_000_000 + Int64(hour) * 3_600_000_000))
                try await bench.gex(at: time.description, spot: "\(90_000 + hour)")
            }
            for number in 0..<6 {
                let row = try execution(number, bench)
                try await bench.record(row)
                try await bench.quote(at: row.tradeDate.description, underlying: row.underlyingSymbol ?? "")
                let day = try #require(row.tradeDate.advanced(byMicroseconds: 86_400_000_000))
                try await bench.quote(at: day.description, mark: "4.5", underlying: row.underlyingSymbol ?? "")
            }
            _ = try await ContextBackfill(ledger: bench.ledger).run(ContextBackfillOptions(apply: true))
            try await bench.benchmarks()
            try await bench.marks()
            let samples = try sampleObservations() + sampleAssertions() + sampleOrders() + sampleFlow() + sampleAlerts()
            try await bench.ledger.log.append(samples, runID: bench.ledger.newID())
            try await bench.ledger.bringUpToDate(bench.ledger.registry.names)
            try await body(bench)
        }
    }

    private func execution(_ number: Int, _ bench: QuotesBench) throws -> ExecutionRow {
        try bench.row("T\(number)") { row in
            row.tradeDate = Instant(microseconds: 1_767_281_400_000_000 + Int64(number) * 86_400_000_000) ?? row.tradeDate
            row.direction = number % 2 == 0 ? .buy : .sell
            row.underlyingSymbol = ["MSTR", "BTC", "TSLA"][number % 3]
            row.feesUSD = number == 1 ? nil : FixedDecimal(3)
        }
    }

    private func keys(_ bench: QuotesBench, _ view: View) async throws -> [[String]] {
        let key = try #require(bench.ledger.registry.firstDefinition(view.projection)).columns.key
        let page = try await ViewReader(bench.ledger).page(view, ViewRequest())
        return try page.rows.map { row in
            let root = try JSONDocument(parsing: row).root
            return try key.map { name in try #require(root[name].map { $0.string ?? $0.sourceText }) }
        }
    }

    @Test func `every row of every view is explained, and stays so to the byte after later events`() async throws {
        try await withEnriched { (bench: QuotesBench) async throws -> Void in
            let ledger = bench.ledger
            let head = try await ledger.pool.run { session in try LogReader().head(session) }
            let now = try #require(head.recordedAt)
            var before: [(ExplainRequest, [UInt8])] = []
            for view in View.all where view.projection != "sync_state" {
                let keys = try await keys(bench, view)
                #expect(keys.count >= 2, "\(view.name)")
                for key in keys {
                    var ask = try ExplainRequest(view: view.name, key: key)
                    ask.asOfPosition = head.position
                    ask.asOf = now
                    let explained = try await ledger.explain(ask)
                    #expect(!explained.hasMismatch, "\(explained.text { $0 }.prefix(600))")
                    let root = try JSONDocument(parsing: explained.json()).root
                    #expect(root["ledger"]?["position"]?.integer == head.position)
                    #expect(root["ledger"]?["as_of"]?.string == now.description)
                    before.append((ask, explained.json()))
                }
            }
            #expect(before.count > 30)
            // A correction of one trade, a late one, and a newer observation.
            let old = try execution(0, bench)
            var corrected = old
            corrected.price = try FixedDecimal("99")
            try await bench.update(corrected, from: old)
            try await bench.record(try bench.row("T9") { $0.tradeDate = old.tradeDate })
            try await bench.gex(at: "2026-01-01T05:00:00Z", spot: "1")
            try await ledger.bringUpToDate(ledger.registry.names)
            for (ask, bytes) in before {
                let again = try await ledger.explain(ask).json()
                #expect(again == bytes, "\(ask.view.name) \(ask.key)")
            }
        }
    }

    @Test func `a figure of an earlier position, of another moment of the world, or of another horizon`() async throws {
        try await withEnriched { (bench: QuotesBench) async throws -> Void in
            let ledger = bench.ledger
            var ask = try ExplainRequest(view: "outcomes", key: ["T0", "14d"], field: "outcome_state")
            #expect(try value(try await ledger.explain(ask)) == "\"unavailable\"")
            ask = try ExplainRequest(view: "outcomes", key: ["alpha_sync", "T0", "1d"], field: "mark_price")
            #expect(try value(try await ledger.explain(ask)) == "4.5")
            ask.effectiveAt = Instant("2026-01-01T16:00:00Z")
            let pending = try await ledger.explain(ask)
            #expect(try value(pending) == "null" && pending.text { $0 }.contains("pending: "))
            // The benchmark came after all executions: before it none was recorded.
            ask = try ExplainRequest(view: "execution-quality", key: ["T0"], field: "benchmark_quality")
            #expect(try value(try await ledger.explain(ask)) == "\"quoted\"")
            ask.asOfPosition = activations + 311
            let early = try await ledger.explain(ask)
            #expect(try value(early) == "\"unavailable\"" && early.text { $0 }.contains("no benchmark was recorded"))
            #expect(early.position == activations + 311)
            // A percentile needs the market's past; the observations behind it are read.
            ask = try ExplainRequest(view: "context", key: ["T3", "BTC"], field: "gamma_regime")
            #expect(try await ledger.explain(ask).text { $0 }.contains("imbalances of the 90 days before the trade"))
        }
    }

    private func value(_ explained: ExplainedFigure) throws -> String? {
        #expect(!explained.hasMismatch)
        return try JSONDocument(parsing: explained.json()).root["value"]?.sourceText
    }

    @Test func `an altered row is a mismatch, and what is not there is refused by name`() async throws {
        try await withQuotes { (bench: QuotesBench) async throws -> Void in
            let ledger = bench.ledger
            try await bench.record(try bench.row("T0"))
            try await ledger.bringUpToDate(ledger.registry.names)
            var ask = try ExplainRequest(view: "trades", key: ["T0"], field: "entry_premium_usd")
            #expect(try value(try await ledger.explain(ask)) == "12500")
            let table = try await ledger.pool.run { session in try ProjectionCatalog().served("trades", session)?.tableName ?? "" }
            let owner = try await PostgresConnection.open(
                PostgresConfiguration(uri: try #require(ledger.settings.databaseURL)))
            let altered = try await owner.run { session in
                try session.execute(
                    "UPDATE projection.\"\(table)\" SET document = replace(document, '\"12500\"', '\"12501\"') RETURNING 1"
                ).rowCount
            }
            await owner.close()
            #expect(altered == 1)
            let told = try await ledger.explain(ask)
            #expect(told.hasMismatch)
            #expect(told.text { $0 }.contains("MISMATCH: entry_premium_usd was published as 12501, but its events and rules give 12500"))
            let mismatches = try #require(try JSONDocument(parsing: told.json()).root["mismatches"])
            #expect(mismatches.sourceText == #"[{"field":"entry_premium_usd","published":12501,"computed":12500}]"#)

            for (key, part) in [(["T0", "x", "y"], "source|source_trade_id"), ([""], "source|source_trade_id")] {
                ask = try ExplainRequest(view: "trades", key: key)
                await #expect { try await ledger.explain(ask) } throws: { "\($0)".contains(part) }
            }
            ask = try ExplainRequest(view: "trades", key: ["T0"], field: "premium")
            await #expect { try await ledger.explain(ask) } throws: {
                "\($0)".hasPrefix("field: expected one of the columns of trades: contract_multiplier, ")
            }
            ask = try ExplainRequest(view: "trades", key: ["none"])
            await #expect { try await ledger.explain(ask) } throws: {
                "\($0)".hasPrefix("trades has no row alpha_sync|none as of position ")
            }
            ask = try ExplainRequest(view: "trades", key: ["T0"])
            ask.asOfPosition = 1_000
            await #expect { try await ledger.explain(ask) } throws: { "\($0)".contains("position 1000 is not in the log") }
            ask = try ExplainRequest(view: "lifecycles", key: try await keys(bench, .lifecycles)[0])
            ask.maximumEvents = 0
            await #expect(throws: ExplainError.tooLarge(events: 1, maximum: 0)) { try await ledger.explain(ask) }
            #expect(throws: ExplainError.self) { try ExplainRequest(view: "positions", key: []) }
        }
    }

    @Test func `a scope's columns come each from the run that reported it`() async throws {
        try await withQuotes { (bench: QuotesBench) async throws -> Void in
            let ledger = bench.ledger
            let details = ExecutionScope.details(portfolios: [], includePending: false)
            let run = UniqueID(high: 3, low: 3)
            func completed(_ number: UInt64, cursor: String?) -> NewEvent {
                let id = UniqueID(high: 4, low: number)
                let summary = RunSummary(
                    runID: id, scopeKey: "a|b", dryRun: false, fullScope: false, startedAt: .minimum, finishedAt: .minimum)
                return SyncCompletedPayload(
                    scopeKey: "a|b", scopeDetails: details, sourceName: TradeLedger.standardFeed, summary: summary.canonicalBytes(),
                    cursor: cursor,
                    watermark: cursor == nil ? nil : Instant("2026-01-01T00:00:00Z")
                ).event(runID: id)
            }
            try await ledger.log.append([completed(1, cursor: "c1"), completed(2, cursor: nil), completed(3, cursor: nil)], runID: run)
            try await ledger.bringUpToDate(["sync_state"])
            let head = try await bench.head()
            for (field, position) in [
                ("last_successful_cursor", head), ("last_successful_watermark", head - 2),
                ("last_successful_sync_at", head), ("last_run_summary", head),
            ] {
                let ask = try ExplainRequest(view: "sync-state", key: ["alpha_trade_feed", "a|b"], field: field)
                let explained = try await ledger.explain(ask)
                #expect(!explained.hasMismatch, "\(field)")
                let inputs = try #require(try JSONDocument(parsing: explained.json()).root["inputs"])
                #expect(inputs.elements.map { $0["position"]?.integer } == [position, position], "\(field)")
            }
            let whole = try await ledger.explain(try ExplainRequest(view: "sync_state", key: ["alpha_trade_feed", "a|b"]))
            #expect(!whole.hasMismatch)
        }
    }

    @Test func `keys are read with their escapes`() throws {
        #expect(try ExplainRequest.key(parsing: "a|b%7Cc%25|%7c") == ["a", "b|c%", "|"])
        #expect(throws: ExplainError.self) { try ExplainRequest.key(parsing: "100%") }
    }
}
