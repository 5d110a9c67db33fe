import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerValues
import TestSupport
import Testing

/// Every column of every row of random ledgers.
@Suite struct ExplanationPropertyTests {
    static let views = ["alignment", "assertions", "context", "execution_quality", "lifecycles", "outcomes", "sync_state", "trades"]

    /// Figures that must have come up, so that a generator that makes only nulls is noticed.
    private static let figures: [String: [String]] = [
        "alignment": ["alignment_score", "confidence", "drivers", "detractors"],
        "assertions": ["difference", "ledger_value", "missing_fields", "trade_ids", "withdrawn_by"],
        "context": ["dvol_percentile", "gamma_regime", "gex_imbalance", "vrp", "spot_time_delta_minutes", "stationarity_status"],
        "execution_quality": ["benchmark_mid", "fill_vs_mid_usd", "fill_vs_mid_bps", "spread_capture", "fill_vs_surface_mark"],
        "lifecycles": ["realized_pnl_before_fees_usd", "average_open_price", "open_premium_usd", "matches", "total_fees_usd"],
        "outcomes": ["pnl_before_fees_usd", "pnl_after_fees_usd", "mark_premium_usd", "spot_move_pct", "moneyness_at_horizon"],
        "sync_state": ["last_error", "last_run_summary", "last_successful_cursor", "last_successful_watermark"],
        "trades": ["entry_premium_usd", "flags", "market_proxy"],
    ]

    /// Ledgers of a view: how many trades, and whether their market is observed.
    private static func ledger(_ view: String, _ seed: UInt64) throws -> RandomLedger {
        let trades = ["lifecycles": 30, "sync_state": 6, "assertions": 8][view] ?? 20
        return try RandomLedger(seed: seed, trades: trades, observes: view == "context", asserts: view == "assertions")
    }

    @Test(arguments: views)
    func `every figure's arithmetic ends in what was published, from events of the row that hold its inputs`(_ view: String) throws {
        let explainer = try ExplainedLog.explainer(view)
        var (rows, notNull) = (0, [String: Int]())
        for seed in UInt64(1)...600 {
            let ledger = try Self.ledger(view, seed)
            let now = try instant(["2026-01-18T00:00:00Z", "2026-03-01T00:00:00Z", "2026-12-31T00:00:00Z"][Int(seed % 3)])
            for row in try ledger.log.rows(view, now: now) {
                rows += 1
                let whole = try explainer.explain(row, field: nil)
                #expect(whole.mismatches.isEmpty, "seed \(seed): \(row.key) \(whole.mismatches.prefix(2))")
                #expect(whole.steps.map(\.text) == explainer.fields)
                for (column, step) in zip(explainer.fields, whole.steps) where !step.result.isNull && step.result.json != "[]" {
                    notNull[column, default: 0] += 1
                }
                try check(whole, of: row, in: ledger.log, "seed \(seed)")
                _ = try JSONDocument(parsing: whole.json())
                if rows > 500 { break }
            }
            if rows > 500 { break }
        }
        #expect(rows > 500)
        for figure in Self.figures[view] ?? [] {
            #expect(notNull[figure, default: 0] > 30, "\(figure): \(notNull[figure, default: 0])")
        }
    }

    /// Every input is of an event that the row follows from, and that event says it.
    private func check(_ explanation: Explanation, of row: ExplainedRow, in log: ExplainedLog, _ seed: String) throws {
        let allowed = Set(row.events.map(\.record.position))
        for input in explanation.inputs {
            guard let source = input.source else {
                #expect(input.name == "now" || input.value.isNull, "\(seed): \(input.name) of no event")
                continue
            }
            let event = try #require(log.event(at: source.position))
            #expect(allowed.contains(source.position), "\(seed): \(input.name) at \(source.position)")
            #expect(event.record.eventID == source.eventID && event.record.type == source.type)
            #expect(event.record.recordedAt == source.recordedAt && event.record.effectiveAt == source.effectiveAt)
            if input.value.isNull { continue }
            #expect(
                try Self.holds(event, payload: log.payload(of: event), input),
                "\(seed): event \(source.position) does not hold \(input.name) = \(input.value.json)")
        }
    }

    /// Whether an event's columns or payload hold a value under the last part of its name, or the value itself.
    private static func holds(_ event: DecodedEvent, payload: [UInt8], _ input: Explanation.Input) throws -> Bool {
        let record = event.record
        let columns = [
            Shown(record.recordedAt), Shown(record.streamVersion), Shown(record.stream), Shown(record.position),
            Shown(record.runID.description),
        ]
        if columns.contains(input.value) { return true }
        let name = input.name.split(separator: ".").last.map(String.init) ?? ""
        return holds(try JSONDocument(parsing: payload).root, name, input.value)
    }

    private static func holds(_ value: JSONValue, _ name: String, _ wanted: Shown) -> Bool {
        for member in value.members {
            if member.key == name {
                if Shown(member.value) == wanted || Shown(member.value.decimal) == wanted { return true }
                if member.value.kind == .object || member.value.kind == .array, same(member.value, name, wanted) { return true }
            }
            if member.value.kind == .object, holds(member.value, name, wanted) { return true }
        }
        return false
    }

    /// Lists and objects that a row shows in another form than the event: by what they hold.
    private static func same(_ value: JSONValue, _ name: String, _ wanted: Shown) -> Bool {
        guard let shown = try? JSONDocument(parsing: Array(wanted.json.utf8)).root else { return false }
        if name == "changed_fields" {
            return value.elements.map { $0["field"]?.string } == shown.elements.map(\.string)
        }
        return shown.members.map(\.key).sorted() == value.members.map(\.key).sorted()
    }

    @Test(arguments: views)
    func `a published value that was altered is told, and only that one`(_ view: String) throws {
        let explainer = try ExplainedLog.explainer(view)
        var random = SeededGenerator(seed: 3)
        var told = 0
        for seed in UInt64(1)...6 {
            let ledger = try Self.ledger(view, seed)
            let now = try instant("2026-03-01T00:00:00Z")
            for row in try ledger.log.rows(view, now: now).prefix(8) {
                // What the explanation itself starts from: the row's own references and its key.
                let fixed = [
                    "event_positions", "inputs", "source", "source_trade_id", "scope_key", "market_proxy", "observed_through_position",
                    "assertion_id",
                ]
                let field = try #require(explainer.fields.filter { !fixed.contains($0) }.randomElement(using: &random))
                let published = row.published.root.members.map { name, value in
                    "\(Shown(name).json):\(name == field ? "\"altered\"" : value.sourceText)"
                }
                let altered = ExplainedRow(
                    key: row.key, published: try JSONDocument(parsing: Array("{\(published.joined(separator: ","))}".utf8)),
                    now: row.now, events: row.events, background: row.background)
                let figure = try explainer.explain(altered, field: field)
                #expect(figure.mismatches.map(\.field) == [field], "\(view) \(field)")
                #expect(figure.mismatches.first?.published.text == "altered")
                #expect(figure.mismatches.first?.computed == row.published.root[field].map { Shown($0) })
                #expect(figure.text().contains("MISMATCH: \(field)"))
                let whole = try explainer.explain(altered, field: nil)
                #expect(whole.mismatches.map(\.field) == [field], "\(view) \(field)")
                #expect(String(decoding: whole.json(), as: UTF8.self).contains("\"mismatch\":true"))
                told += 1
            }
        }
        #expect(told > 6)
    }
}
