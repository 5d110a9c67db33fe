import Foundation
import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// Lists in the order of a column, page by page, held against the whole list put in order by the test.
@Suite struct SortTests {
    private static let end = Instant("2199-01-01T00:00:00Z")

    private func withHistory(
        seed: UInt64, _ body: (TimeTravelBench, _ head: Int64) async throws -> Void
    ) async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await bench.append(
                try RandomHistory(seed: seed, trades: 14, events: 170).events + Self.observations() + sampleAssertions() + sampleOrders()
                    + sampleFlow() + sampleAlerts())
            try await bench.project()
            try await body(bench, try await bench.ledger.primaryHead())
        }
    }

    /// Figures of which some are equal and some absent.
    private static func observations() throws -> [NewEvent] {
        let start = try instant("2026-01-05T00:07:00Z")
        // Bars of hours in one period are one stream.
        var versions: [String: Int64] = [:]
        let captures = try (0..<4).map { number in
            let day = try #require(start.advanced(byMicroseconds: Int64(number / 2) * 86_400_000_000))
            return sampleCaptured(number % 2 == 0 ? "SOL" : "XRP", at: day, number: number).event(previousVersion: 0)
        }
        return try captures
            + (0..<12).flatMap { hour in
                let time = try #require(start.advanced(byMicroseconds: Int64(hour) * 3_600_000_000))
                return try MarketKind.allCases.map { kind in
                    let observed = try sampleObserved(kind, hour < 7 ? "BTC" : "ETH", at: time, number: 10 + hour)
                    let figure = kind.fields.first { !$0.isRequired && $0.type == .decimal }
                    let fields = zip(kind.fields, observed.values).compactMap { field, value -> (String, MarketValue)? in
                        if field.isRequired { return (field.name, value) }
                        return field.name == figure?.name && hour % 4 != 0 ? (field.name, .decimal(FixedDecimal(1 + hour % 3))) : nil
                    }
                    let payload = try #require(MarketObservedPayload(kind: kind, fields: fields))
                    let stream = payload.event(previousVersion: 0).stream
                    defer { versions[stream, default: 0] += 1 }
                    return payload.event(previousVersion: versions[stream, default: 0])
                }
            }
    }

    private func all(_ bench: TimeTravelBench, _ view: View, _ ask: ViewRequest) async throws -> (rows: [String], last: ViewPage) {
        var ask = ask
        var rows: [String] = []
        while true {
            let page = try await ViewReader(bench.ledger).page(view, ask)
            #expect(page.nextCursor == nil || page.rows.count == ask.limit)
            rows += page.rows.map { String(decoding: $0, as: UTF8.self) }
            guard let cursor = page.nextCursor else { return (rows, page) }
            ask.cursor = cursor
        }
    }

    // MARK: - An order of its own

    /// Whether a value comes before another, by their JSON: as texts of one length where they are instants, as numbers of
    /// Foundation where they are numbers, and else by bytes.
    private static func precedes(_ left: JSONValue, _ right: JSONValue, _ type: String) throws -> Bool {
        func bytes(_ text: String?) -> [UInt8] { Array((text ?? "").utf8) }
        switch type {
        case "decimal", "integer":
            return try #require(Decimal(string: left.sourceText)) < #require(Decimal(string: right.sourceText))
        case "instant":
            func padded(_ value: JSONValue) -> [UInt8] {
                let digits = (value.string ?? "").dropLast().split(separator: ".")
                return bytes("\(digits[0]).\(digits.count > 1 ? digits[1] : "000000")")
            }
            return padded(left).lexicographicallyPrecedes(padded(right))
        case "boolean": return left.bool == false && right.bool == true
        default: return bytes(left.string).lexicographicallyPrecedes(bytes(right.string))
        }
    }

    /// The rows, which are in key order, in the order of a column.
    private static func sorted(
        _ rows: [String], _ name: String, _ type: String, isDescending: Bool
    ) throws -> (rows: [String], ties: Int, nulls: Int) {
        let values = try rows.enumerated().map { ($0, try JSONDocument(parsing: Array($1.utf8)).root[name], $1) }
        let present = values.filter { $0.1?.isNull == false }
        var ties = 0
        let order = try present.sorted { left, right in
            let (one, other) = isDescending ? (right, left) : (left, right)
            if let a = one.1, let b = other.1 {
                if try precedes(a, b, type) { return true }
                if try precedes(b, a, type) { return false }
            }
            ties += 1
            return left.0 < right.0
        }
        return ((order + values.filter { $0.1?.isNull != false }).map(\.2), ties, values.count - present.count)
    }

    /// The sortable columns of a view with their types, by its file.
    private static func columns(_ view: View) throws -> [(name: String, type: String)] {
        let text = try #require(projectText("projections/\(view.projection)/columns.json"))
        let members = try #require(try JSONDocument(parsing: Array(text.utf8)).root["columns"])
        return members.members.compactMap { name, column in
            column["type"]?.string.flatMap { ["texts", "object"].contains($0) ? nil : (name, $0) }
        }
    }

    // MARK: - Tests

    @Test(arguments: [81] as [UInt64])
    func `pages in the order of any column are the whole list in that order`(seed: UInt64) async throws {
        try await withHistory(seed: seed) { bench, head in
            var random = SeededGenerator(seed: seed)
            for view in View.all {
                // Stored rows, at the end and before; rows from facts, at another valid time and under rules that nothing
                // stored; outcomes at other horizons.
                var asks = [ViewRequest(), ViewRequest(), ViewRequest(), ViewRequest()]
                asks[1].asOfPosition = head * 2 / 3
                asks[2].effectiveAt = try instant("2026-02-20T12:00:00Z")
                asks[3].rules = .version(VersionReference(version: "v2"))
                if view.hasHorizons { asks[3].horizons = "3,14,expiry" }
                // Of observations the facts are the rows, and research has one version and no valid time.
                if view.latest != nil || !view.hasValidTime { asks.removeLast(2) }
                for index in asks.indices where asks[index].asOfPosition == nil { asks[index].asOfPosition = head }
                var (ties, nulls) = (0, 0)
                for (index, plain) in asks.enumerated() {
                    var whole = plain
                    whole.limit = 1000
                    let (rows, last) = try await all(bench, view, whole)
                    #expect(last.nextCursor == nil)
                    if index == 0 { #expect(rows.count > 1, "\(view.name)") }
                    for (name, type) in try Self.columns(view) {
                        // Each column in both directions of stored rows, and in one of the others.
                        for isDescending in index == 0 ? [false, true] : [Bool.random(using: &random)] {
                            var ask = plain
                            ask.sort = (isDescending ? "-" : "") + name
                            ask.limit = index == 0 ? Int.random(in: 2...max(3, rows.count / 3), using: &random) : rows.count / 2 + 1
                            ask.hasAggregates = false
                            let expected = try Self.sorted(rows, name, type, isDescending: isDescending)
                            let found = try await all(bench, view, ask).rows
                            #expect(
                                found == expected.rows,
                                "seed \(seed), \(view.name) \(index), sort=\(ask.sort ?? "") limit=\(ask.limit)\n\(found)\n\(expected.rows)"
                            )
                            ties += expected.ties
                            nulls += expected.nulls
                        }
                    }
                    // The sums and the receipt are of the same rows.
                    if index == 0 {
                        var sorted = whole
                        sorted.sort = "-\(try #require(try Self.columns(view).last).name)"
                        (sorted.hasReceipt, whole.hasReceipt) = (true, true)
                        let (one, other) = (try await all(bench, view, sorted).last, try await all(bench, view, whole).last)
                        #expect(one.aggregates?.httpBytes() == other.aggregates?.httpBytes() && one.receipt == other.receipt)
                    }
                }
                // Without ties and nulls nothing would be shown. No column of a snapshot is ever null.
                #expect(ties > 0 && (nulls > 0 || view.name == "snapshots"), "\(view.name): \(ties) ties, \(nulls) nulls")
            }
        }
    }

    @Test func `filters and an order go together from rows and from facts`() async throws {
        try await withHistory(seed: 83) { bench, head in
            var selected = 0
            for view in View.all where view.isOfTrades {
                let time = try #require(view.timeColumn)
                var ask = ViewRequest()
                ask.asOfPosition = head
                ask.filters = try ViewReader.filters(view, [("underlying", "MSTR"), ("from", "2026-01-20"), ("to", "2026-04-01")])
                ask.limit = 1000
                let rows = try await all(bench, view, ask).rows
                selected += rows.count
                for isDescending in [false, true] {
                    let expected = try Self.sorted(rows, time, "instant", isDescending: isDescending).rows
                    ask.sort = (isDescending ? "-" : "") + time
                    ask.limit = 2
                    for effective in [nil, Self.end] {
                        ask.effectiveAt = effective
                        #expect(try await all(bench, view, ask).rows == expected, "\(view.name) \(ask.sort ?? "")")
                    }
                    ask.effectiveAt = nil
                }
            }
            #expect(selected > 20)
        }
    }

    @Test func `a list stays at its position in any order while the ledger grows`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            let history = try RandomHistory(seed: 84, trades: 12, events: 160).events
            try await bench.append(history[..<100])
            try await bench.project()
            for (index, view) in someViews(seed: 84, of: 4).enumerated() {
                var ask = ViewRequest()
                ask.sort = "-\(view.key[view.key.count - 1])"
                ask.limit = 1
                let first = try await ViewReader(bench.ledger).page(view, ask)
                var rows = first.rows.map { String(decoding: $0, as: UTF8.self) }
                try await bench.append([recorded(try sampleRow("later than \(view.name)")), history[100 + index]])
                try await bench.project()
                ask.cursor = first.nextCursor
                while ask.cursor != nil {
                    let page = try await ViewReader(bench.ledger).page(view, ask)
                    #expect(page.position == first.position && page.asOf == first.asOf)
                    rows += page.rows.map { String(decoding: $0, as: UTF8.self) }
                    ask.cursor = page.nextCursor
                }
                var whole = ViewRequest()
                (whole.asOfPosition, whole.asOf) = (first.position, first.asOf)
                (whole.limit, whole.sort) = (1000, ask.sort)
                #expect(try await all(bench, view, whole).rows == rows, "\(view.name)")
            }
        }
    }

    @Test func `a cursor belongs to its order, and that of key order is what it was`() async throws {
        try await withHistory(seed: 85) { bench, head in
            let orders = [nil, "price", "-price", "trade_date", "-trade_date"]
            var cursors: [String] = []
            for sort in orders {
                var ask = ViewRequest()
                (ask.limit, ask.sort, ask.asOfPosition) = (3, sort, head)
                cursors.append(try #require(try await ViewReader(bench.ledger).page(.trades, ask).nextCursor))
            }
            for (sort, own) in zip(orders, cursors) {
                for cursor in cursors {
                    var ask = ViewRequest()
                    (ask.limit, ask.sort, ask.cursor) = (3, sort, cursor)
                    if cursor.isBytewiseEqual(to: own) {
                        #expect(try await ViewReader(bench.ledger).page(.trades, ask).rows.count == 3)
                    } else {
                        await #expect(throws: ViewError.badCursor) { try await ViewReader(bench.ledger).page(.trades, ask) }
                    }
                }
            }
            let plain = try Self.decoded(cursors[0])
            let text = plain.members.map(\.key).joined()
            #expect(text == "fknpv")
            let selection = Digest32(sha256Of: Array("trades\u{1e}\u{1e}\u{1e}".utf8)).description.prefix(24)
            #expect(plain["f"]?.string == String(selection))
            // A place in an order is that of a row.
            for effective in [nil, Self.end] {
                var ask = ViewRequest()
                (ask.limit, ask.sort, ask.effectiveAt) = (3, "price", effective)
                let cursor = try Self.decoded(try #require(try await ViewReader(bench.ledger).page(.trades, ask).nextCursor))
                let key = cursor["k"]?.elements.compactMap(\.string) ?? []
                ask.cursor = Self.encoded(cursor, key: key)
                #expect(try await ViewReader(bench.ledger).page(.trades, ask).rows.count == 3)
                ask.cursor = Self.encoded(cursor, key: [key[0], "none"])
                await #expect(throws: ViewError.badCursor) { try await ViewReader(bench.ledger).page(.trades, ask) }
            }
        }
    }

    private static func decoded(_ cursor: String) throws -> JSONValue {
        var base64 = cursor.replacing("-", with: "+").replacing("_", with: "/")
        while base64.utf8.count % 4 != 0 { base64 += "=" }
        return try JSONDocument(parsing: Array(try #require(Data(base64Encoded: base64)))).root
    }

    /// The cursor with another key.
    private static func encoded(_ cursor: JSONValue, key: [String]) -> String {
        let members = cursor.members.map { name, value -> (String, JSONNode) in
            switch name {
            case "k": (name, .array(key.map(JSONNode.string)))
            case "p": (name, .integer(value.integer ?? 0))
            default: (name, .string(value.string ?? ""))
            }
        }
        return Data(JSONNode.object(members).canonicalBytes()).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    @Test func `what can't be sorted by is refused with what can`() async throws {
        try await withHistory(seed: 86) { bench, _ in
            for view in View.all {
                let names = try Self.columns(view).map(\.name)
                let file = try #require(projectText("projections/\(view.projection)/columns.json"))
                let every = try #require(try JSONDocument(parsing: Array(file.utf8)).root["columns"]).members.map(\.key)
                let wrong = every.filter { !names.contains($0) }
                let others = ["", "-", "--\(names[0])", " \(names[0])", names[0].uppercased(), "none|\(names[0])"]
                for text in wrong + wrong.map({ "-\($0)" }) + others {
                    var ask = ViewRequest()
                    ask.sort = text
                    let error = await #expect(throws: ViewError.self) { try await ViewReader(bench.ledger).page(view, ask) }
                    guard case .badParameter("sort", let expected) = error else {
                        Issue.record("\(view.name) \(text): \(String(describing: error))")
                        continue
                    }
                    #expect(expected.hasPrefix("one of \(names.joined(separator: ", ")), with `-` before it for the largest first"))
                    #expect(expected.contains("found `\(text)`"))
                }
            }
            var ask = ViewRequest()
            for (text, meant) in [("trade_dat", "; did you mean `trade_date`?"), ("-trade_dat", "; did you mean `-trade_date`?")] {
                ask.sort = text
                let error = await #expect(throws: ViewError.self) { try await ViewReader(bench.ledger).page(.trades, ask) }
                #expect("\(try #require(error))".hasSuffix(meant))
            }
        }
    }

    @Test func `what a reader's now changes is never a column that the database puts in order`() async throws {
        let events = try await withTimeTravel { (bench: TimeTravelBench) async throws -> [RecordedEvent] in
            try await bench.append(
                try RandomHistory(seed: 87, trades: 20, events: 300).events + Self.observations() + sampleAssertions() + sampleOrders()
                    + sampleFlow() + sampleAlerts())
            return try await bench.events()
        }
        for view in View.all where !view.hasHorizons {
            let definition = try #require(try projectRegistry().firstDefinition(view.projection))
            let fold = FoldFromZero(definition)
            for event in events { try fold.apply(event) }
            var (rows, changed) = (0, 0)
            for (before, after) in zip(try fold.rows(now: .minimum), try fold.rows(now: .maximum)) {
                rows += 1
                if before != after { changed += 1 }
                let (one, other) = (try JSONDocument(parsing: Array(before.utf8)).root, try JSONDocument(parsing: Array(after.utf8)).root)
                for column in definition.columns.sortable {
                    #expect(one[column.name]?.sourceText == other[column.name]?.sourceText, "\(view.name) \(column.name)")
                }
            }
            #expect(rows > 0 && (view.name != "lifecycles" || changed > 0), "\(view.name): \(changed) of \(rows)")
        }
    }
}
