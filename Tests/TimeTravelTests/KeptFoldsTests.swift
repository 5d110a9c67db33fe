import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import Operations

/// Sums and first rows that are brought up to date, held against passes over all rows.
@Suite struct KeptFoldsTests {
    /// A view, the columns of its totals, and the filters of both.
    private struct Question {
        let view: View
        let by: String
        var filters: [(name: String, value: String)] = []
    }

    private static let questions = [
        Question(view: .trades, by: "direction,trade_date:month"),
        Question(view: .lifecycles, by: "lifecycle_state,expiry"),
        Question(view: .alignment, by: "context_quality"),
        Question(view: .executionQuality, by: "benchmark_quality", filters: [("underlying", "MSTR")]),
        Question(view: .outcomes, by: "horizon_key,outcome_state,target_timestamp:day"),
        Question(view: .outcomes, by: "needs_mark", filters: [("from", "2026-01-05")]),
        Question(view: .context, by: "gamma_regime"),
    ]

    /// The aggregates, the totals, and the first pages of the latest rows, at a position and a moment, as JSON.
    private func answers(
        _ reader: ViewReader, _ question: Question, position: Int64, now: Instant
    ) async throws -> [String] {
        var ask = ViewRequest()
        ask.filters = try ViewReader.filters(question.view, question.filters)
        (ask.asOfPosition, ask.asOf, ask.limit) = (position, now, 1)
        let page = try await reader.page(question.view, ask)
        let totals = try await reader.totals(question.view, ask, by: try ViewRequest.groupings(parsing: question.by))
        ask.sort = question.view.timeColumn.map { "-\($0)" }
        ask.hasAggregates = false
        ask.limit = 3
        let first = try await reader.page(question.view, ask)
        ask.cursor = first.nextCursor
        let second = try await reader.page(question.view, ask)
        return ([page.aggregates?.httpBytes() ?? [], totals.json()] + first.rows + second.rows).map { String(decoding: $0, as: UTF8.self) }
    }

    private func reader(_ bench: TimeTravelBench, _ kept: KeptFolds) -> ViewReader {
        ViewReader(bench.ledger, folds: FoldGate(), kept: kept)
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `sums and first rows brought up to date are those of a pass over all rows, wherever readers stand`(seed: UInt64) async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            var random = SeededGenerator(seed: seed &* 977)
            var log = RandomTradeLog(seed: seed, trades: 9)
            // Some pages lie beyond the first rows.
            let kept = KeptFolds(leadingRows: [4, 2000].randomElement(using: &random) ?? 4)
            var now = try instant("2026-01-12T00:00:00Z")
            var asked = 0
            for _ in 0..<8 {
                try await bench.append(try log.events(Int.random(in: 0...12, using: &random)))
                try await bench.project()
                let head = try await bench.ledger.read(.latest) { session in try LogReader().head(session).position }
                // Up to three weeks: horizons mature and contracts expire in between.
                now = now.advanced(byMicroseconds: Int64.random(in: 0...21 * 86_400_000_000, using: &random)) ?? now
                for question in Self.questions {
                    // Most readers stand at the head, others at a page's moment before it.
                    let isBehind = Int.random(in: 0..<4, using: &random) == 0
                    let position = isBehind ? Int64.random(in: 1...head, using: &random) : head
                    let moment =
                        Int.random(in: 0..<6, using: &random) == 0 ? now.advanced(byMicroseconds: -10 * 86_400_000_000) ?? now : now
                    let found = try await answers(reader(bench, kept), question, position: position, now: moment)
                    let expected = try await answers(
                        reader(bench, KeptFolds(capacity: 0)), question, position: position, now: moment)
                    #expect(found == expected, "seed \(seed), \(question.view.name) by \(question.by) at \(position), \(moment)")
                    asked += found[0].isEmpty ? 2 : 3
                }
            }
            // Who is behind everybody else needs a pass, and so does the first of all.
            #expect(kept.passes < asked / 2, "\(kept.passes) passes for \(asked) answers")
        }
    }

    @Test func `readers see a row otherwise at the announced instant and not before`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            var log = RandomTradeLog(seed: 5, trades: 20)
            try await bench.append(try log.events(200))
            try await bench.project()
            var announced: [String: Int] = [:]
            for definition in bench.ledger.registry.definitions {
                let fold = FoldFromZero(definition)
                for event in try await bench.events() { try fold.apply(event) }
                for day in stride(from: 0, to: 80, by: 9) {
                    let now = try instant("2026-01-10T14:30:00Z", plusSeconds: day * 86_400)
                    try fold.forEachDocument { document in
                        let shown = definition.present(document, now: now)
                        let change = definition.nextChange(of: try JSONDocument(parsing: shown), after: now)
                        if let change {
                            announced[definition.identity.name, default: 0] += 1
                            let before = try #require(change.advanced(byMicroseconds: -1))
                            #expect(change > now && definition.present(document, now: before) == shown)
                            #expect(definition.present(document, now: change) != shown)
                        } else {
                            let later = try instant("2190-01-01T00:00:00Z")
                            #expect(definition.present(document, now: later) == shown)
                        }
                    }
                }
            }
            #expect(announced.keys.sorted() == ["lifecycles", "outcomes"])
        }
    }

    @Test func `sums that were made from another history are not brought up to date`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await bench.append((0..<20).map { recorded(try sampleRow("T\($0)")) })
            try await bench.project()
            let kept = KeptFolds()
            let question = Question(view: .trades, by: "")
            let moment = try instant("2026-05-01T00:00:00Z")
            let head = activations + 20
            let first = try await answers(reader(bench, kept), question, position: head, now: moment)
            // Another history: the last event is another one, and the rows are those of another log.
            let owner = try await PostgresConnection.open(PostgresConfiguration(uri: bench.uri))
            try await owner.run { session in
                try session.executeScript(
                    """
                    ALTER TABLE ledger.events DISABLE TRIGGER ALL;
                    UPDATE ledger.events SET leaf_hash = sha256('another') WHERE position = \(head);
                    """)
                let table = try bench.ledger.catalog.served("trades", session)
                let rows = "projection.\(quoteIdentifier(try #require(table).tableName))"
                try session.executeScript(
                    "UPDATE \(rows) SET document = replace(document, '\"fees_usd\":\"3\"', '\"fees_usd\":\"4\"')")
            }
            await owner.close()
            try await bench.append([recorded(try sampleRow("T20"))])
            try await bench.project()
            let found = try await answers(reader(bench, kept), question, position: head + 1, now: moment)
            let expected = try await answers(reader(bench, KeptFolds(capacity: 0)), question, position: head + 1, now: moment)
            #expect(found == expected && found != first)
            // One of the totals and one of the first rows, before and after.
            #expect(kept.passes == 4)
        }
    }

    @Test func `sums of a portfolio come from those of all portfolios, whatever the case of its letters`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            let portfolios = ["IMST", "ICOI", "imst"]
            var rows = try (0..<12).map { number in
                var row = try sampleRow("T\(number)", quantity: number + 1)
                row.sourcePortfolio = portfolios[number % 3]
                return row
            }
            try await bench.append(rows.map { recorded($0) })
            try await bench.project()
            let kept = KeptFolds()
            let questions = [Question(view: .trades, by: "direction"), Question(view: .outcomes, by: "needs_mark")]
            let moment = try instant("2026-03-01T00:00:00Z")
            var head = activations + 12
            for question in questions {
                var request = ViewRequest()
                (request.asOfPosition, request.asOf) = (head, moment)
                let groupings = [try ViewRequest.groupings(parsing: question.by)]
                try await reader(bench, kept).keepUpToDate(question.view, request, totalsBy: groupings)
            }
            func check(_ text: String, _ matching: FilterMatching) async throws {
                for question in questions {
                    func answers(_ kept: KeptFolds) async throws -> [[UInt8]] {
                        var ask = ViewRequest()
                        ask.filters = try ViewReader.filters(question.view, [("portfolio", text)], matching)
                        (ask.asOfPosition, ask.asOf, ask.limit) = (head, moment, 1)
                        let page = try await reader(bench, kept).page(question.view, ask)
                        let totals = try await reader(bench, kept).totals(
                            question.view, ask, by: try ViewRequest.groupings(parsing: question.by))
                        return [page.aggregates?.httpBytes() ?? [], totals.json()]
                    }
                    #expect(try await answers(kept) == answers(KeptFolds(capacity: 0)), "\(question.view.name) of \(text) at \(head)")
                }
            }
            for round in 0..<2 {
                let passes = kept.passes
                for text in ["ICOI", "icoi", "IMST", "nobody"] { try await check(text, .forgiving) }
                for text in ["ICOI", "icoi", "nobody"] { try await check(text, .exact) }
                #expect(kept.passes == passes, "no portfolio takes a pass of its own")
                try await check("IMST", .exact)
                // Its own sums are kept then.
                #expect(round > 0 || kept.passes > passes, "`imst` is another one for a program")
                // A trade moves to another portfolio, and a new portfolio comes.
                let old = rows[1]
                rows[1].sourcePortfolio = "NEW"
                try await bench.append([updated(rows[1], from: old, previous: 1), recorded(try sampleRow("T\(90 + round)"))])
                try await bench.project()
                head += 2
                try await check("NEW", .exact)
                rows.swapAt(1, 4)
            }
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `numbers of rows whose time has come are those that the database counts, wherever readers stand`(seed: UInt64) async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            var random = SeededGenerator(seed: seed &* 131)
            var log = RandomTradeLog(seed: seed, trades: 9)
            let kept = KeptFolds()
            let questions = [(View.alignment, ["alignment_label", "context_quality"]), (.executionQuality, ["benchmark_quality"])]
            // The trades are of 14:30.
            var now = try instant("2026-01-10T13:00:00Z")
            var asked = 0
            for _ in 0..<10 {
                try await bench.append(try log.events(Int.random(in: 1...9, using: &random)))
                try await bench.project()
                let head = try await bench.ledger.read(.latest) { session in try LogReader().head(session).position }
                now = now.advanced(byMicroseconds: Int64.random(in: 0...1_800_000_000, using: &random)) ?? now
                for (view, columns) in questions {
                    var ask = ViewRequest()
                    ask.asOfPosition = Int.random(in: 0..<4, using: &random) == 0 ? Int64.random(in: 1...head, using: &random) : head
                    ask.asOf = now
                    let found = try await reader(bench, kept).reading(view, ask) { rows, session in
                        let empty = CountedRows(by: columns, time: "trade_date", now: rows.standing.now)
                        let folds = try kept.folds([.counts(empty, "")], of: rows, FoldDeadline(instant: nil), session)
                        return try (folds[0] as? CountedRows)?.counts(by: rows.standing.now).documents().map(\.bytes)
                    }
                    let later = try #require(now.advanced(byMicroseconds: 1))
                    ask.filters = [.before(column: "trade_date", later)]
                    let expected = try await reader(bench, kept).reading(view, ask) { rows, session in
                        try rows.counts(by: columns, FoldDeadline(instant: nil), session).documents().map(\.bytes)
                    }
                    #expect(found == expected, "seed \(seed), \(view.name) at \(ask.asOfPosition ?? 0), \(now)")
                    asked += 1
                }
            }
            #expect(kept.passes < asked / 2, "\(kept.passes) passes for \(asked) answers")
        }
    }

    @Test(arguments: 1...100 as ClosedRange<UInt64>)
    func `the first texts of a group are the first of all its rows that are left`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var first = FirstTexts(of: "id", by: "day", limit: 3)
        var all: [(day: String?, id: String)] = []
        func add(_ row: (day: String?, id: String), times: Int64) throws {
            let node = JSONNode.object([("day", row.day.map { .string($0) } ?? .null), ("id", .string(row.id))])
            first.add(try JSONDocument(parsing: node.canonicalBytes()).root, RowKey([row.id]), times: times)
        }
        for step in 0..<150 {
            let isGone = !all.isEmpty && Int.random(in: 0..<5, using: &random) < 2
            let day = ["a", "b", nil].randomElement(using: &random) ?? nil
            let row =
                isGone
                ? all.remove(at: Int.random(in: 0..<all.count, using: &random))
                : (day: day, id: "\(Int.random(in: 100..<1000, using: &random))-\(step)")
            if !isGone { all.append(row) }
            try add(row, times: isGone ? -1 : 1)
            // What lies beyond the texts that are known is not guessed: such a fold is made anew.
            if first.isWorn {
                first = FirstTexts(of: "id", by: "day", limit: 3)
                for row in all { try add(row, times: 1) }
            }
            let groups = Dictionary(grouping: all) { $0.day ?? "" }.sorted { $0.key < $1.key }
            let expected = groups.map { name, rows in
                TextGroup(name: name, rowCount: rows.count, texts: Array(rows.map(\.id).sorted().prefix(3)))
            }
            #expect(first.found() == expected, "seed \(seed), step \(step)")
        }
    }

    @Test func `readers find the sums that were kept for them, and old ones make room`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            var log = RandomTradeLog(seed: 3, trades: 9)
            try await bench.append(try log.events(60))
            try await bench.project()
            let kept = KeptFolds()
            for (view, by) in [(View.outcomes, ["needs_mark", ""]), (.alignment, ["context_quality"])] {
                let groupings = try by.map { try ViewRequest.groupings(parsing: $0) }
                var request = ViewRequest()
                request.sort = "-trade_date"
                try await reader(bench, kept).keepUpToDate(view, request, totalsBy: groupings)
            }
            #expect(kept.passes == 2, "one pass for all sums of a view")
            for (view, by) in [(View.outcomes, "needs_mark"), (.outcomes, ""), (.alignment, "context_quality")] {
                _ = try await reader(bench, kept).page(view, ViewRequest())
                _ = try await reader(bench, kept).totals(view, ViewRequest(), by: try ViewRequest.groupings(parsing: by))
                try await reader(bench, kept).keepUpToDate(view, ViewRequest(), totalsBy: [try ViewRequest.groupings(parsing: by)])
            }
            #expect(kept.passes == 2)

            let small = KeptFolds(capacity: 3000)
            for by in ["direction", "source_portfolio", "underlying_symbol", "direction"] {
                _ = try await reader(bench, small).totals(.trades, ViewRequest(), by: try ViewRequest.groupings(parsing: by))
            }
            #expect(small.passes == 4)
        }
    }

    @Test(arguments: 1...200 as ClosedRange<UInt64>)
    func `the first rows of an order are the first of all rows that are left`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let columns = try ColumnSet(parsing: try #require(projectRuleFile("trades/columns.json")))
        let order = try RowOrder(parsing: Bool.random(using: &random) ? "-quantity" : "quantity", columns)
        var leading = LeadingRows(in: order, limit: 6)
        var all: [RowOrder.Place] = []
        func add(_ place: RowOrder.Place, times: Int64) throws {
            var quantity = "null"
            if case .number(let number) = place.value { quantity = "\"\(number)\"" }
            let row = try JSONDocument(parsing: Array("{\"quantity\":\(quantity)}".utf8))
            try leading.add(row.root, place.key, times: times)
        }
        for step in 0..<120 {
            if Int.random(in: 0..<3, using: &random) == 0, let gone = all.randomElement(using: &random) {
                all.removeAll { $0 == gone }
                try add(gone, times: -1)
            } else {
                let value = Int.random(in: 0..<40, using: &random)
                let place = RowOrder.Place(value: value == 0 ? nil : .number(FixedDecimal(value)), key: RowKey(["T\(step)"]))
                all.append(place)
                try add(place, times: 1)
            }
            if step % 5 > 0 { continue }
            all.sort { order.precedes($0, $1) }
            let start = all.isEmpty || step % 2 == 0 ? nil : all[Int.random(in: 0..<min(4, all.count), using: &random)]
            let expected = Array((start.map { start in all.filter { order.precedes(start, $0) } } ?? all).prefix(2))
            // What lies beyond the rows that are known is not guessed.
            if let found = leading.first(2, after: start) { #expect(found == expected, "seed \(seed), step \(step)") }
            if start == nil, !leading.isWorn { #expect(leading.first(2, after: nil) == expected, "seed \(seed), step \(step)") }
        }
    }

    @Test func `coming changes beyond those that are known are not passed over`() throws {
        var changes = ComingChanges()
        let start = try instant("2026-01-01T00:00:00Z")
        for number in 0..<25_000 {
            let at = try #require(start.advanced(byMicroseconds: Int64((number &* 7919) % 25_000) * 1_000_000))
            changes.note(at, of: RowKey(["T\(number)"]))
        }
        let end = try #require(changes.end)
        #expect(changes.count <= 10_000)
        #expect(!changes.isComplete(through: end))
        let last = try #require(end.advanced(byMicroseconds: -1))
        #expect(changes.isComplete(through: last))
        // One entity changes each second.
        #expect(changes.due(through: last).count == Int((end.microseconds - start.microseconds) / 1_000_000))
        changes.remove(RowKey(["T0"]))
        #expect(changes.due(through: start).isEmpty)
    }
}
