import LedgerEvents
import LedgerJSON
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// The views over a ledger with executions, stamps, benchmarks and marks of its own.
@Suite struct ViewsTests {
    /// Thirty executions in few contracts over two months, enriched from what was observed and imported.
    private func withViews(_ body: (QuotesBench, ViewReader) async throws -> Void) async throws {
        try await withQuotes { (bench: QuotesBench) async throws -> Void in
            var random = SeededGenerator(seed: 71)
            for hour in 0..<400 {
                let time = try #require(Instant(microseconds: 1_767_225_600_000_000 + Int64(hour) * 3_600_000_000))
                try await bench.gex(at: time.description, spot: hour % 7 == 0 ? nil : "\(90_000 + hour)")
            }
            for number in 0..<30 {
                let row = try bench.row("T\(number)") { row in
                    row.tradeDate = Instant(microseconds: 1_767_281_400_000_000 + Int64(number) * 86_400_000_000) ?? row.tradeDate
                    row.direction = Bool.random(using: &random) ? .buy : .sell
                    row.underlyingSymbol = ["MSTR", "COIN", "BTC", "TSLA"].randomElement(using: &random)
                    row.sourcePortfolio = ["IMST", "ICOI", nil].randomElement(using: &random) ?? nil
                    row.quantity = Int.random(in: 0..<6, using: &random) == 0 ? nil : FixedDecimal(Int.random(in: 1...9, using: &random))
                    row.feesUSD = Bool.random(using: &random) ? FixedDecimal(3) : nil
                    row.strike = FixedDecimal(350)
                    row.tradeStatus = number == 11 ? .busted : .filled
                }
                try await bench.record(row)
                if number % 3 == 0 {
                    try await bench.quote(at: row.tradeDate.description, underlying: row.underlyingSymbol ?? "MSTR")
                    let week = try #require(row.tradeDate.advanced(byMicroseconds: 7 * 86_400_000_000))
                    try await bench.quote(at: week.description, mark: "4.5", underlying: row.underlyingSymbol ?? "MSTR")
                }
            }
            _ = try await ContextBackfill(ledger: bench.ledger).run(ContextBackfillOptions(apply: true))
            try await bench.benchmarks()
            try await bench.marks()
            let samples = try sampleObservations() + sampleAssertions() + sampleOrders() + sampleFlow() + sampleAlerts()
            try await bench.ledger.log.append(samples, runID: bench.ledger.newID())
            try await bench.ledger.bringUpToDate(bench.ledger.registry.names)
            try await body(bench, ViewReader(bench.ledger))
        }
    }

    private func all(_ reader: ViewReader, _ view: View, _ ask: ViewRequest) async throws -> (rows: [String], last: ViewPage) {
        var ask = ask
        var rows: [String] = []
        while true {
            let page = try await reader.page(view, ask)
            rows += page.rows.map { String(decoding: $0, as: UTF8.self) }
            guard let cursor = page.nextCursor else { return (rows, page) }
            ask.cursor = cursor
        }
    }

    private static let enriched: [View] = [.lifecycles, .context, .executionQuality, .alignment, .outcomes]

    @Test func `rows worked out from facts are the stored ones under any filter`() async throws {
        try await withViews { _, reader in
            let end = try #require(Instant("2199-01-01T00:00:00Z"))
            for view in View.all where view.timeColumn != nil {
                let everything = try await all(reader, view, ViewRequest()).rows
                #expect(everything.count >= 5, "\(view.name)")
                var selections: [[(name: String, value: String)]] = [[]]
                for filter in view.filters {
                    let values = Set(try everything.compactMap { try JSONDocument(parsing: Array($0.utf8)).root[filter.column]?.string })
                    for value in values {
                        selections.append([(filter.parameter, value)])
                        // A person's spelling finds what the exact one does, from rows and from facts.
                        var (exact, person) = (ViewRequest(), ViewRequest())
                        exact.filters = try ViewReader.filters(view, [(filter.parameter, value)])
                        person.filters = try ViewReader.filters(view, [(filter.parameter, " \(value.lowercased())\t")], .forgiving)
                        let found = try await all(reader, view, exact).rows
                        #expect(try await all(reader, view, person).rows == found, "\(view.name) \(filter.parameter) \(value)")
                        person.effectiveAt = end
                        #expect(try await all(reader, view, person).rows == found, "\(view.name) \(filter.parameter) \(value), from facts")
                    }
                }
                let selecting = [("underlying", "MSTR"), ("currency", "BTC"), ("portfolio", "IMST"), ("ticker", "SPY")]
                let (name, market) = try #require(selecting.first { view.filter($0.0) != nil })
                selections.append([("from", "2026-01-10"), ("to", "2026-01-20T14:30:00Z"), (name, market)])
                selections.append([(name, "nothing")])
                for selection in selections {
                    var ask = ViewRequest()
                    ask.limit = 7
                    ask.filters = try ViewReader.filters(view, selection)
                    let stored = try await all(reader, view, ask)
                    ask.effectiveAt = end
                    let derived = try await all(reader, view, ask)
                    #expect(stored.rows == derived.rows, "\(view.name) \(selection)")
                    #expect(stored.last.aggregates?.httpBytes() == derived.last.aggregates?.httpBytes(), "\(view.name) \(selection)")
                    let plain =
                        try ask.filters.isEmpty
                        ? everything
                        : everything.filter { row in
                            let root = try JSONDocument(parsing: Array(row.utf8)).root
                            return ask.filters.allSatisfy { $0.passes(root) }
                        }
                    #expect(stored.rows == plain, "\(view.name) \(selection)")
                }
            }
        }
    }

    @Test func `what had not happened by then is left out`() async throws {
        try await withViews { _, reader in
            let moment = try #require(Instant("2026-01-12T00:00:00Z"))
            var ask = ViewRequest()
            ask.effectiveAt = moment
            let trades = try await all(reader, .trades, ask).rows
            #expect(trades.count == 11)
            for view in Self.enriched {
                for row in try await all(reader, view, ask).rows {
                    let root = try JSONDocument(parsing: Array(row.utf8)).root
                    let date = root["last_execution_at"]?.string ?? root["trade_date"]?.string
                    let instant = try #require(date.flatMap { Instant($0) })
                    #expect(instant <= moment, "\(view.name)")
                }
            }
            // The seventh day of the first trade was still to come, whatever is known of it today.
            ask.effectiveAt = Instant("2026-01-05T00:00:00Z")
            ask.horizons = "7"
            for row in try await all(reader, .outcomes, ask).rows {
                let root = try JSONDocument(parsing: Array(row.utf8)).root
                #expect(root["outcome_state"]?.string == "pending" && root["mark_price"]?.isNull == true)
                #expect(root["missing_fields"]?.count == 0 && root["needs_mark"]?.bool == false)
            }
        }
    }

    @Test func `horizons are those that are asked for and pages have one set of aggregates`() async throws {
        try await withViews { _, reader in
            var ask = ViewRequest()
            ask.limit = 5
            ask.horizons = "14,7d,expiry"
            let first = try await reader.page(.outcomes, ask)
            let whole = try await all(reader, .outcomes, ask)
            #expect(whole.rows.count == 29 * 3)
            #expect(first.aggregates?.httpBytes() == whole.last.aggregates?.httpBytes() && first.aggregates != nil)
            let root = try JSONDocument(parsing: Array(whole.rows.joined(separator: "\n").split(separator: "\n")[0].utf8)).root
            #expect(root["horizon_key"]?.string == "14d")
            let plain = try await all(reader, .outcomes, ViewRequest()).rows
            #expect(plain.count == 29 * 4)
            for text in ["0", "3651", "7,", "1,2,3,4,5,6,7,8,9", "week"] {
                ask.horizons = text
                await #expect(throws: ViewError.self) { try await reader.page(.outcomes, ask) }
            }
            // A cursor belongs to the horizons that it was made for.
            ask.horizons = "7"
            ask.cursor = first.nextCursor
            await #expect(throws: ViewError.badCursor) { try await reader.page(.outcomes, ask) }
        }
    }

    @Test func `a cursor goes on only where its position and moment are those that are asked for`() async throws {
        try await withViews { bench, reader in
            let head = try await bench.ledger.pool.run { session in try LogReader().head(session) }
            let recorded = try #require(head.recordedAt)
            var ask = ViewRequest()
            ask.limit = 3
            ask.asOfPosition = head.position
            let first = try await reader.page(.trades, ask)
            ask.cursor = try #require(first.nextCursor)
            // The same position again, with or without the moment that the cursor has.
            let next = try await reader.page(.trades, ask)
            #expect(next.rows.count == 3 && next.rows != first.rows)
            ask.asOf = recorded
            #expect(try await reader.page(.trades, ask).rows == next.rows)
            ask.asOfPosition = nil
            #expect(try await reader.page(.trades, ask).rows == next.rows)
            for (position, instant) in [
                (head.position - 1, nil), (head.position - 1, recorded), (head.position, Instant("2026-01-05T00:00:00Z")),
                (nil, Instant("2026-01-05T00:00:00Z")),
            ] as [(Int64?, Instant?)] {
                ask.asOfPosition = position
                ask.asOf = instant
                await #expect(throws: ViewError.badCursor) { try await reader.page(.trades, ask) }
            }
        }
    }

    @Test func `no figure of another market reaches a trade of MSTR`() async throws {
        try await withViews { _, reader in
            for row in try await all(reader, .outcomes, ViewRequest()).rows {
                let root = try JSONDocument(parsing: Array(row.utf8)).root
                if root["underlying_symbol"]?.string == "BTC" { continue }
                #expect(root["spot_at_entry"]?.isNull == true && root["moneyness_at_entry"]?.isNull == true)
                #expect(root["realized_vol_after_trade"]?.isNull == true)
            }
        }
    }
}
