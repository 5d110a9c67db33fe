import AlphaFeed
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

/// `audit impact`: what one event changes in every view.
@Suite struct ImpactTests {
    /// Row key and field → the values before and after, as texts; `""` for the row itself where only one side has it.
    private typealias Changes = [String: String]

    private func changes(of view: View, in impact: Impact, _ columns: ColumnSet) throws -> Changes {
        try changes(try #require(impact.views.first { $0.view.name == view.name }), columns)
    }

    private func changes(_ view: Impact.OfView, _ columns: ColumnSet) throws -> Changes {
        var found: Changes = [:]
        for (change, row) in view.changes {
            let shown = change.key.map { $0.value.string ?? $0.value.sourceText }
            let key = try #require(columns.rowKey(shown)).parts.map(\.text).joined(separator: "|")
            for field in change.fields {
                found["\(key)|\(field.column.name)"] = "\(field.from?.sourceText ?? "") \(field.to?.sourceText ?? "")"
            }
            if change.kind == .changed {
                #expect(row == nil && !change.fields.isEmpty)
            } else {
                found["\(key)|"] = change.kind.rawValue
                #expect(row != nil)
            }
        }
        return found
    }

    /// The same by comparing two folds from zero.
    private func changes(
        _ before: [RowKey: JSONDocument], _ after: [RowKey: JSONDocument], _ columns: ColumnSet
    ) -> Changes {
        var found: Changes = [:]
        for key in Set(before.keys).union(after.keys) {
            let name = key.parts.map(\.text).joined(separator: "|")
            guard let old = before[key], let new = after[key] else {
                found["\(name)|"] = before[key] == nil ? "added" : "removed"
                continue
            }
            for column in columns.columns where column.isDigested {
                let values = [old, new].map { $0.root[column.name]?.sourceText ?? "" }
                if values[0] != values[1] { found["\(name)|\(column.name)"] = values.joined(separator: " ") }
            }
        }
        return found
    }

    private func rows(_ fold: CompleteFold, _ definition: ProjectionDefinition, now: Instant) throws -> [RowKey: JSONDocument] {
        var rows: [RowKey: JSONDocument] = [:]
        try fold.forEachRow { key, document in
            rows[key] = try JSONDocument(parsing: definition.present(try JSONDocument(parsing: document), now: now))
        }
        return rows
    }

    @Test(arguments: 31...32 as ClosedRange<UInt64>)
    func `what an event changed is the difference of two folds from zero`(seed: UInt64) async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await bench.append(try RandomHistory(seed: seed, trades: 8, events: 90).events)
            try await bench.project()
            let events = try await bench.events()
            let definitions = try View.all.map { try bench.definition($0, "v1") }
            let folds = definitions.map { $0.completeFold() }
            var changed = 0
            for event in events {
                let before = try zip(folds, definitions).map { try rows($0, $1, now: event.recordedAt) }
                for (fold, definition) in zip(folds, definitions) {
                    if let decoded = try definition.decode(event) { try fold.apply(decoded) }
                }
                let impact = try await bench.ledger.impact(ofEventAt: event.position)
                #expect(impact.verdict == .recorded && impact.asOf == event.recordedAt)
                for (index, view) in impact.views.enumerated() {
                    let after = try rows(folds[index], definitions[index], now: event.recordedAt)
                    let expected = changes(before[index], after, definitions[index].columns)
                    let found = try changes(view, definitions[index].columns)
                    #expect(found == expected, "seed \(seed), \(view.view.name) at \(event.position)")
                    changed += expected.count
                }
            }
            #expect(changed > 100)
            await #expect(throws: LedgerError.self) { try await bench.ledger.impact(ofEventAt: Int64(events.count) + 1) }
            await #expect(throws: LedgerError.self) { try await bench.ledger.impact(ofEventAt: 0) }
        }
    }

    /// The rows that are stored now, as readers at a moment see them.
    private func stored(_ bench: TimeTravelBench, _ view: View, now: Instant) async throws -> [RowKey: JSONDocument] {
        let definition = try bench.definition(view, "v1")
        return try await bench.ledger.pool.run { session in
            let version = try #require(try ProjectionCatalog().served(view.projection, session))
            var rows: [RowKey: JSONDocument] = [:]
            for row in try session.execute("SELECT document FROM projection.\(quoteIdentifier(version.tableName)) WHERE valid_to IS NULL") {
                let document = try JSONDocument(parsing: definition.present(try JSONDocument(parsing: try row.utf8(0)), now: now))
                let shown = definition.columns.key.map { name in document.root[name].map { $0.string ?? $0.sourceText } ?? "" }
                rows[try #require(definition.columns.rowKey(shown))] = document
            }
            return rows
        }
    }

    /// What a candidate would change is how the stored rows differ once its event is appended, and what the event is then said
    /// to have changed; nothing is written before.
    @Test(arguments: 33...36 as ClosedRange<UInt64>)
    func `what a candidate would change is what appending it changes`(seed: UInt64) async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            let history = try RandomHistory(seed: seed, trades: 8, events: 70).events
            try await bench.append(history.prefix(30))
            try await bench.project()
            let views = someViews(seed: seed, of: 4)
            var cases = 0
            for event in history.dropFirst(30) {
                let isOfATrade = ![.marketObserved, .snapshotCaptured, .intradayFlowSummarized, .alphaSyncCompleted, .alphaSyncFailed]
                    .contains(event.type)
                guard isOfATrade else {
                    try await bench.append([event])
                    continue
                }
                try await bench.project()
                let text = "{\"type\":\"\(event.type.rawValue)\",\"payload\":\(String(decoding: event.payload, as: UTF8.self))}"
                let candidate = try ImpactCandidate(parsing: Array(text.utf8), bench.ledger.settings)
                let head = try await bench.events().count
                let expected = try await bench.ledger.impact(of: candidate)
                #expect(try await bench.events().count == head)
                #expect(expected.event?.type == event.type.rawValue && expected.event?.stream == event.stream)
                #expect(expected.positionBefore == Int64(head))
                var before: [[RowKey: JSONDocument]] = []
                for view in views { before.append(try await stored(bench, view, now: expected.asOf)) }
                try await bench.append([event])
                try await bench.project()
                let impact = try await bench.ledger.impact(ofEventAt: Int64(head) + 1)
                for (index, view) in views.enumerated() {
                    let after = try await stored(bench, view, now: expected.asOf)
                    let columns = try bench.definition(view, "v1").columns
                    let happened = changes(before[index], after, columns)
                    let (would, did) = (try changes(of: view, in: expected, columns), try changes(of: view, in: impact, columns))
                    #expect(would == happened, "seed \(seed), \(view.name), \(event.type) after \(head)")
                    #expect(did == happened, "seed \(seed), \(view.name), \(event.type) after \(head)")
                }
                cases += 1
            }
            #expect(cases >= 25)
        }
    }

    @Test func `a row of the feed is read as a sync reads it`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            func feedRow(_ change: String = "", updatedAt: String = "2026-02-01T00:00:00Z", quantity: String = "\"4\"") -> [UInt8] {
                Array(
                    """
                    {"tradeId":"late","updatedAt":"\(updatedAt)","tradeDate":"2026-01-09T10:00:00Z","tradeStatus":"FILLED",
                     "portfolioName":"IMST","underlyingSymbol":"MSTR","optionSymbol":"MSTR260130C00350000","side":"SELL",
                     "optionType":"CALL","strike":"350","expiry":"2026-01-30","filledQuantity":\(quantity),"price":"20",
                     "priceCurrency":"USD","contractMultiplier":"100","quantityUnit":"CONTRACTS","feesUsd":"1"\(change)}
                    """.utf8)
            }
            try await bench.append([recorded(try sampleRow("T1"))])
            try await bench.project()
            func impact(_ bytes: [UInt8]) async throws -> Impact {
                try await bench.ledger.impact(of: try ImpactCandidate(parsing: bytes, bench.ledger.settings))
            }
            // A fill before the one that is known: it opens the position that the known one then closes.
            let late = try await impact(feedRow())
            #expect(late.verdict == .inserted)
            let root = try JSONDocument(parsing: late.json()).root
            let lifecycles = try #require(root["views"]?.elements.first { $0["view"]?.string == "lifecycles" })
            let fields = try #require(lifecycles["changes"]?.elements.first { _ in true }?["fields"])
            func moved(_ name: String) -> [String?] {
                let field = fields.elements.first { $0["field"]?.string == name }
                return [field?["from"]?.sourceText, field?["to"]?.sourceText]
            }
            #expect(moved("net_quantity") == ["10", "6"] && moved("closed_quantity") == ["0", "4"])
            #expect(moved("opened_at") == ["\"2026-01-10T14:30:00Z\"", "\"2026-01-09T10:00:00Z\""])
            // Sold at 20, bought back at 12.5: 7.5 × 4 × 100.
            #expect(moved("realized_pnl_before_fees_usd") == ["0", "3000"])
            let sum = lifecycles["sums"]?.elements.first { $0["field"]?.string == "realized_pnl_before_fees_usd" }
            #expect(sum?["from"]?.sourceText == "0" && sum?["to"]?.sourceText == "3000" && sum?["delta"]?.sourceText == "3000")
            #expect(try await bench.events().count == bench.ledger.registry.names.count + 1)

            for (bytes, part) in [
                (feedRow(quantity: "\"x\""), "invalid:filledQuantity"), (Array("[]".utf8), "JSON object"),
                (Array("{".utf8), "not JSON"), (Array(#"{"type":"X","payload":{}}"#.utf8), "type: expected one of"),
                (Array(#"{"type":"AlphaExecutionMissing","payload":{}}"#.utf8), "payload: "),
            ] {
                let error = #expect(throws: ImpactCandidateError.self) {
                    try ImpactCandidate(parsing: bytes, bench.ledger.settings)
                }
                #expect(error?.description.contains(part) == true, "\(part): \(error?.description ?? "")")
            }

            // Once it is in the log, the same row changes nothing, an older one neither, another one of the same time is refused.
            guard case .accepted(let row, _) = try normalized(feedRow()) else { throw BadSample() }
            try await bench.append([recorded(row)])
            try await bench.project()
            #expect(try await impact(feedRow()).verdict == .unchanged)
            #expect(try await impact(feedRow(updatedAt: "2026-01-31T00:00:00Z")).verdict == .stale)
            #expect(try await impact(feedRow(quantity: "\"5\"")).verdict == .conflicting)
            #expect(try await impact(feedRow(updatedAt: "2026-02-02T00:00:00Z", quantity: "\"5\"")).verdict == .updated)
            #expect(try await impact(feedRow()).views.isEmpty)
        }
    }
}

private func normalized(_ bytes: [UInt8]) throws -> NormalizedRow {
    RowNormalizer.normalize(try JSONDocument(parsing: bytes).root, scope: try ExecutionScope(portfolios: ["IMST"]))
}
