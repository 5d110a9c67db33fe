import LedgerJSON
import LedgerValues

/// The figures of the style guide.
struct StyleguideSample {
    static let winter = "2026-01-30T21:14:08.988000Z"
    static let summer = "2026-07-01T20:00:00Z"
    static let explained = Explained(view: "trades", key: ["source_trade_id"], pin: [])
    let row, page, event: JSONValue
    let rows, entries, outcomes, quotes: [JSONValue]

    init() throws {
        row = try Self.document(
            """
            {"source_trade_id": "ICOI-000008", "pnl_before_fees_usd": 12345.67, "pnl_after_fees_usd": -987.6, "fill_vs_mid_bps": -86.4,
            "realized_pnl_before_fees_usd": 0, "entry_premium_usd": 675360, "price": 30.123456, "fees_usd": null,
            "premium_usd": 987654321012345678.12, "missing_fields": ["forward_mark", "fees_usd"], "last_changed_fields": ["price"]}
            """)
        rows = try Self.list(
            """
            [{"source_trade_id": "ICOI-000008", "instrument": "COIN 2025-10-31 305.00 Put", "trade_date": "2025-09-04T18:08:11Z",
            "direction": "sell", "quantity": 224, "price": 30.15, "pnl_before_fees_usd": 12345.67, "fees_usd": 145.6,
            "mark_quality": "quoted", "missing_fields": []},
            {"source_trade_id": "IMST-000217", "instrument": "MSTR 2026-01-16 400.00 Call", "trade_date": "2025-11-20T15:44:59Z",
            "direction": "buy", "quantity": 70, "price": 18.25, "pnl_before_fees_usd": -127750, "fees_usd": null,
            "mark_quality": "stale", "missing_fields": ["fees_usd"]},
            {"source_trade_id": "A-TRADE-WITH-AN-IDENTIFIER-OF-MORE-THAN-FORTY-CHARACTERS", "trade_date": null,
            "instrument": "AN UNDERLYING WITH A LONG NAME 2026-12-18 1234.50 Call, adjusted after a corporate action",
            "direction": "buy", "quantity": 1234567.5, "price": null, "pnl_before_fees_usd": null, "fees_usd": 0,
            "mark_quality": "unavailable", "missing_fields": ["forward_mark", "entry_premium_usd", "contract_multiplier"]}]
            """)
        entries = try Self.list(
            """
            [{"key": "aligned", "sum_pnl_before_fees_usd": 1326330}, {"key": "mixed", "sum_pnl_before_fees_usd": -566198},
            {"key": "misaligned", "sum_pnl_before_fees_usd": null}]
            """)
        outcomes = try Self.list(
            """
            [{"horizon_key": "1d", "pnl_before_fees_usd": 12345.67, "outcome_state": "unrealized_mark"},
            {"horizon_key": "7d", "pnl_before_fees_usd": -987.6, "outcome_state": "unrealized_mark"},
            {"horizon_key": "30d", "pnl_before_fees_usd": null, "outcome_state": "unavailable", "missing_fields": ["forward_mark"]},
            {"horizon_key": "expiry", "pnl_before_fees_usd": null, "outcome_state": "pending"}]
            """)
        quotes = try Self.list(
            """
            [{"benchmark_bid": 29.9, "benchmark_mid": 30.05, "benchmark_ask": 30.2, "fill_price": 30.15},
            {"benchmark_bid": 29.9, "benchmark_mid": 30.05, "benchmark_ask": 30.2, "fill_price": 33.4},
            {"benchmark_bid": null, "benchmark_mid": null, "benchmark_ask": null, "fill_price": 30.15,
            "missing_fields": ["missing:benchmark_quote"]}]
            """)
        event = try Self.document(
            """
            {"position": 512, "type": "AlphaExecutionUpdated", "stream": "execution-alpha_sync:ICOI-000008", "stream_version": 2,
            "recorded_at": "2026-01-30T21:14:08Z", "effective_at": "2025-09-04T18:08:11Z",
            "leaf_hash": "9f2b7c0d5e1a4683b7c2d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3",
            "payload": {"changed_fields": [{"field": "price", "old": "30.15", "new": "30.25"}]}}
            """)
        // A list with a next page.
        page = try Self.document(#"{"next_cursor": "next"}"#)
    }

    /// The timeline of a trade, with each kind of event.
    static var story: [Timeline.Entry] {
        let address = Address(["styleguide"])
        let texts: [EventKind: String] = [
            .execution: "Sold 224 COIN 2025-10-31 305.00 puts at 30.15 USD", .correction: "Price 30.15 to 30.25 USD per contract",
            .stamp: "Market at the trade: gamma long", .benchmark: "Quoted 29.90 to 30.20 USD, nine seconds before",
            .mark: "A week later: 12,345.67 USD", .order: "OrderSubmitted", .promotion: "alignment v2/c1", .sync: "749 new, 3 corrected",
            .failure: "feed_failed: a message of a source that goes on for longer than a line of a phone has room for",
        ]
        return EventKind.allCases.map { kind in
            var entry = Timeline.Entry(kind: kind, instant: winter, headline: texts[kind] ?? "", address: address)
            if kind == .correction { entry.detail = { $0.element("p", text: "Before 30.15, after 30.25 USD per contract") } }
            if kind == .mark { entry.instant = nil }
            return entry
        }
    }

    /// Two running sums, marked and terminal.
    static let lines = ["marked", "terminal"].enumerated().map { index, name in
        LinePlot.Line(
            name: name, shade: Series.identity(index),
            points: [("2026-01-05", 1200), ("2026-01-20", -400), ("2026-02-11", 2600)].compactMap { text, sum in
                CalendarDate(text).map { (date: $0, value: FixedDecimal(sum * (index + 1) / 2)) }
            })
    }

    /// A gain, a loss, nothing, and a part that is not known, at which the drawing ends.
    static let parts: [Waterfall.Step] = [("T1 with T4", 1200), ("T1 with T5", -300), ("T2 with T5", 0), ("T3 with T6", nil)].map {
        name, sum in
        Waterfall.Step(name: name, value: sum.map { FixedDecimal($0) })
    }

    static func time() -> TimeFrame {
        var time = TimeFrame(head: 749, headRecordedAt: "2026-03-14T09:00:00Z", firstRecordedAt: "2026-01-02T08:00:00Z")
        time.shown = TimeFrame.Shown(position: 749, asOf: "2026-03-14T09:00:00Z")
        time.seen = 700
        time.choice = .versions(["v1/c1", "v2/c1"])
        time.ticks = [
            (749, "2026-03-14T09:00:00Z", EventKind.correction, "2 new, 3 corrected"),
            (700, "2026-03-01T09:00:00Z", .promotion, "alignment v2/c1"), (512, "2026-02-11T14:03:05Z", .sync, "240 new"),
            (260, "2026-01-20T09:00:00Z", .failure, "feed_failed"), (250, "2026-01-05T09:00:00Z", .sync, "240 new"),
        ].map { TimeFrame.Tick(position: $0.0, recordedAt: $0.1, kind: $0.2, text: $0.3) }
        return time
    }

    static var past: TimeFrame {
        var time = time()
        time.asOfPosition = "512"
        time.shown = TimeFrame.Shown(position: 512, asOf: "2026-02-11T14:03:05Z")
        return time
    }

    static var pastUnderRules: TimeFrame {
        var time = time()
        (time.asOf, time.effectiveAt, time.rules) = ("2026-02-12T00:00:00Z", "2026-01-31T21:00:00Z", "v2/c1")
        time.shown = TimeFrame.Shown(position: 512, asOf: "2026-01-31T21:00:00Z")
        return time
    }

    private static func document(_ text: String) throws -> JSONValue { try JSONDocument(parsing: Array(text.utf8)).root }

    private static func list(_ text: String) throws -> [JSONValue] { try document(text).elements.map { $0 } }
}
