import LedgerJSON
import LedgerValues

/// Every part of the console in every state, with fixed figures, as docs/design.md describes them.
///
/// What belongs to a colour is shown in both looks. A phone has its own forms of the same parts, by its width.
package struct StyleguidePage: Sendable {
    package var context: PageContext
    /// The clock of New York, beside UTC.
    package var newYork: WallClock
    private let sample: Sample

    /// Throws if the page's own figures are not JSON.
    package init(context: PageContext, newYork: WallClock) throws {
        self.context = context
        self.newYork = newYork
        sample = try Sample()
    }

    private static let parts: [(id: String, title: String, write: @Sendable (StyleguidePage, inout HTMLWriter) -> Void)] = [
        ("type", "Type and space", { $0.type(&$1) }), ("colour", "Colour", { $0.colour(&$1) }),
        ("figures", "Figures, units and dates", { $0.figures(&$1) }), ("states", "States of a part", { $0.states(&$1) }),
        ("tables", "Tables", { $0.tables(&$1) }), ("plots", "Plots", { $0.plots(&$1) }),
        ("time", "Time bar", { $0.timeBars(&$1) }), ("timeline", "Timeline and events", { $0.timelines(&$1) }),
        ("trade", "A trade at a glance", { $0.trade(&$1) }), ("forms", "Forms and cards", { $0.forms(&$1) }),
    ]

    package func html() -> [UInt8] {
        Page(title: "The parts of these pages", context: context, hasTime: false).html { html in
            html.element("nav", [.class("tabs"), .label("Parts")]) { html in
                html.element("ul") { html in
                    for part in Self.parts {
                        html.element("li") { html in
                            html.element("a", [.href(Address(["styleguide"], fragment: part.id))], text: part.title)
                        }
                    }
                }
            }
            for part in Self.parts {
                html.element("section", [.class("part"), .id(part.id), .labelled(by: "\(part.id)-title")]) { html in
                    html.element("h2", [.id("\(part.id)-title")], text: part.title)
                    part.write(self, &html)
                }
            }
        }
    }

    /// The same content in the light and in the dark look.
    private func looks(_ html: inout HTMLWriter, _ write: (inout HTMLWriter) -> Void) {
        html.element("div", [.class("looks")]) { html in
            for look in ["light", "dark"] { html.element("div", [.class("look \(look)")], write) }
        }
    }

    private func heading(_ text: String, _ html: inout HTMLWriter) { html.element("h3", text: text) }

    // MARK: Tokens

    private func type(_ html: inout HTMLWriter) {
        for (name, sample) in [
            ("text-3", "1,234,567.89 USD"), ("text-2", "Trade book"), ("text-1", "Trades"), ("text-0", "Bought 224 COIN puts at 30.15"),
            ("text-s", "per contract, + is worse"),
        ] {
            html.element("p", [.class("sample \(name)")]) { html in
                html.text(sample)
                html.text(" ")
                html.element("code", text: name)
            }
        }
        html.element("ul", [.class("spaces")]) { html in
            for space in ["1", "2", "3", "4", "5", "6"] {
                html.element("li") { html in
                    html.element("span", [.class("space space-\(space)")]) { _ in }
                    html.element("code", text: "space-\(space)")
                }
            }
        }
    }

    private func colour(_ html: inout HTMLWriter) {
        looks(&html) { html in
            swatches("Surfaces and ink", ["of-page", "of-panel", "of-raised", "of-ink", "of-quiet", "of-line", "of-edge"], &html)
            swatches("Accent: what can be followed or pressed", ["of-accent", "of-accent-soft"], &html)
            swatches("Gain and loss", ["gain", "loss"], &html)
            swatches("Quality, from full to poor, and absent", Quality.allCases.map(\.shade), &html)
            swatches("Good and bad news", ["of-good", "of-good-soft", "of-bad", "of-bad-soft"], &html)
            swatches("Identity", (0..<5).map { Series.identity($0) }, &html)
            swatches("The past", ["of-past", "of-past-edge"], &html)
        }
    }

    private func swatches(_ title: String, _ names: [String], _ html: inout HTMLWriter) {
        html.element("p", [.class("quiet")], text: title)
        html.element("ul", [.class("swatches")]) { html in
            for name in names {
                html.element("li") { html in
                    html.element("span", [.class("swatch \(name)")]) { _ in }
                    html.element("code", text: name.hasPrefix("of-") ? String(name.dropFirst(3)) : name)
                }
            }
        }
    }

    // MARK: Figures

    private func figures(_ html: inout HTMLWriter) {
        looks(&html) { html in
            html.element("dl", [.class("facts")]) { html in
                Fact.write("A gain, USD", to: &html) { Cell.figure(sample.row, "pnl_before_fees_usd", .money, nil, to: &$0) }
                Fact.write("A loss, USD", to: &html) { Cell.figure(sample.row, "pnl_after_fees_usd", .money, nil, to: &$0) }
                Fact.write("A cost saved, bps", to: &html) { Cell.figure(sample.row, "fill_vs_mid_bps", .points, nil, to: &$0) }
                Fact.write("Zero, USD", to: &html) { Cell.figure(sample.row, "realized_pnl_before_fees_usd", .money, nil, to: &$0) }
                Fact.write("Neither, USD", to: &html) { Cell.figure(sample.row, "entry_premium_usd", .money, nil, to: &$0) }
                Fact.write("With its explanation, USD", to: &html) {
                    Cell.figure(sample.row, "entry_premium_usd", .money, Sample.explained, to: &$0)
                }
                Fact.write("Rounded for display, USD per contract", to: &html) { Cell.figure(sample.row, "price", .price, nil, to: &$0) }
                Fact.write("Absent, with its reason, USD", to: &html) { Cell.figure(sample.row, "fees_usd", .money, nil, to: &$0) }
                Fact.write("Of many digits, USD", to: &html) { Cell.figure(sample.row, "premium_usd", .money, nil, to: &$0) }
            }
            html.element("p", [.class("badges")]) { html in
                for state in ["quoted", "partially_aligned", "estimated", "stale", "misaligned", "unavailable", "FILLED"] {
                    Badge.write(state, to: &html)
                    html.text(" ")
                }
            }
            Cell.tokens(sample.row, "missing_fields", isWarning: true, to: &html)
            Cell.tokens(sample.row, "last_changed_fields", isWarning: false, to: &html)
        }
        heading("Dates", &html)
        html.element("dl", [.class("facts")]) { html in
            for clock in [WallClock.utc, newYork] {
                for instant in [Sample.winter, Sample.summer] {
                    Fact.write("\(clock.title), in a table", to: &html) {
                        $0.element("time", [.dateTime(instant)], text: clock.row(instant))
                    }
                    Fact.write("\(clock.title), in a sentence", to: &html) { html in
                        html.element("time", [.dateTime(instant)], text: clock.prose(instant))
                    }
                }
            }
        }
    }

    // MARK: States

    private func states(_ html: inout HTMLWriter) {
        looks(&html) { html in
            for (kind, text) in [
                (Notice.Kind.done, "Done: rules v2 are being folded beside what is served."),
                (.refused, "Refused: the preview expired."), (.hint, "A hint: only the first 20,000 rows were compared."),
            ] {
                html.element("p", [.class("notice \(kind.rawValue)")], text: text)
            }
            PartState.stale("outcomes", behind: 49, to: &html)
            PartState.stale("alignment", behind: 1, isFrozen: true, to: &html)
            html.element("p") { html in
                html.text("Loading: ")
                PartState.loading("Folded of a sample", done: 300, of: 749, to: &html)
                html.text(" 300 of 749 events")
            }
            ProblemBox.write(
                PageProblem(status: 503, code: "overloaded", detail: "Error: too many requests are waiting; try again in a second."),
                to: &html)
            html.element("p", [.class("quiet")], text: "Empty: no trades at this moment.")
        }
    }

    // MARK: Tables

    private func tables(_ html: inout HTMLWriter) {
        let rows = sample.rows
        heading("With rows", &html)
        Table(caption: "Trades, a sample", columns: Self.columns, id: "sample-trades").write(rows, to: &html)
        Pager.write(sample.page, shown: rows.count, context, to: &html)
        heading("Empty", &html)
        Table(caption: "Trades, without rows", columns: Self.columns, empty: "No row matches the filters; without them there are rows.")
            .write([], to: &html)
    }

    private static var columns: [Column] {
        [
            Column("Trade") { row, html in
                html.element("a", [.class("name"), .href(Address(["styleguide"]))], text: row["source_trade_id"]?.string ?? "?")
                html.element("span", [.class("contract")], text: row["instrument"]?.string ?? "no contract named")
            },
            .instant("Traded", "trade_date"), .text("Side", "direction"), .figure("Quantity", unit: "contracts", "quantity", .quantity),
            .figure("Price", unit: "USD per contract", "price", .price), .figure("P&L before fees USD", "pnl_before_fees_usd", .money),
            .figure("Fees USD", "fees_usd", .money), .badge("Mark", "mark_quality"), .tokens("Missing", "missing_fields"),
        ]
    }

    // MARK: Plots

    private func plots(_ html: inout HTMLWriter) {
        looks(&html) { html in
            Plots.stackedBars(
                "Quality: benchmarks by portfolio", series: ["quoted", "estimated", "stale", "unavailable"],
                [("ICOI", [120, 14, 30, 9]), ("IMST", [40, 3, 2, 80]), ("A portfolio with a long name", [0, 0, 0, 0])], to: &html)
            Plots.stackedBars(
                "Identity: trades by underlying", series: ["COIN", "MSTR", "NVDA", "TSLA", "others"],
                [("2026-01", [120, 90, 40, 22, 12]), ("2026-02", [60, 20, 44, 80, 5])], to: &html)
            Plots.signedBars(
                "Gain and loss: P&L before fees USD", field: "sum_pnl_before_fees_usd", sample.entries.map { ($0, "12 of 20 rows") },
                places: .money, to: &html)
            LinePlot(title: "Running sums, USD", lines: Sample.lines).write(to: &html)
            Waterfall(title: "Parts of a sum, USD", steps: Sample.parts).write(to: &html)
            Plots.stackedBars("Empty", series: ["quoted"], [], to: &html)
            LinePlot(title: "Running sums, nothing priced", lines: []).write(to: &html)
            CurvePlot(
                title: "Smiles by days to expiry", horizontal: "delta, hundredths", unit: "vol points",
                lines: [
                    CurvePlot.Line(
                        name: "7", shade: Series.identity(0), points: [(-25, 61.5), (50, 55), (25, 56.2)].sorted { $0.0 < $1.0 }),
                    CurvePlot.Line(name: "30", shade: Series.identity(1), points: [(-25, 58), (25, 54.5)]),
                ]
            ).write(to: &html)
            CurvePlot(title: "Density", horizontal: "price, USD", unit: "× forward", lines: []).write(to: &html)
            BarPlot(
                title: "Exposure by strike", horizontal: "strike", unit: "USD a 1% move",
                series: [BarPlot.Series(name: "calls", shade: "i-1"), BarPlot.Series(name: "puts", shade: "i-4")],
                bars: [
                    BarPlot.Bar(label: "300", place: 300, values: [nil, -450]), BarPlot.Bar(label: "350", place: 350, values: [300, -200]),
                    BarPlot.Bar(label: "400", place: 400, values: [620, nil]),
                ], marks: [BarPlot.Mark(name: "spot", place: 345, text: "345")]
            ).write(to: &html)
            BarPlot(title: "Flow by strike", horizontal: "strike", unit: "USD", series: [], bars: []).write(to: &html)
            HeatMap(
                title: "Gain in 7 days", unit: "USD, + is better", horizontal: "spot, %", vertical: "IV, vol points",
                columns: ["\u{2212}10", "0", "10"],
                rows: [("\u{2212}5", [-900, -120, 450]), ("0", [-640, nil, 700]), ("5", [-380, 210, 980])], scale: .polarity
            ).write(to: &html)
            HeatMap(
                title: "Average IV by delta", unit: "vol points", horizontal: "|delta|, hundredths", vertical: "tenor, days",
                columns: ["0\u{2013}20", "20\u{2013}40"], rows: [("7", [61, 58.5]), ("30", [55, nil])]
            ).write(to: &html)
        }
    }

    // MARK: Time

    private func timeBars(_ html: inout HTMLWriter) {
        for (prefix, time) in [("latest-", Sample.time()), ("past-", Sample.past), ("rules-", Sample.pastUnderRules)] {
            var context = context
            context.time = time
            context.address = Address(["styleguide"])
            TimeBar(context: context, prefix: prefix).write(to: &html)
        }
    }

    private func timelines(_ html: inout HTMLWriter) {
        looks(&html) { html in
            Timeline(label: "A trade, a sample").write(Sample.story, to: &html)
            Timeline(label: "Nothing, a sample").write([], to: &html)
        }
        EventCard(event: sample.event, time: context.time).write(to: &html)
    }

    // MARK: A trade

    private func trade(_ html: inout HTMLWriter) {
        looks(&html) { html in
            HorizonStrip(title: "P&L before fees USD by horizon").write(sample.outcomes, to: &html)
            HorizonStrip(title: "P&L before fees USD by horizon, none yet").write([], to: &html)
            for quote in sample.quotes { PriceLadder(row: quote, unit: "USD per contract").write(to: &html) }
        }
    }

    // MARK: Forms and cards

    private func forms(_ html: inout HTMLWriter) {
        Checklist.write(
            [
                Checklist.Point(title: "The last sync ended well", state: .holds, detail: "at 2026-02-01T10:01:05Z"),
                Checklist.Point(
                    title: "The source keeps its contract", state: .broken, detail: "keys that it does not know: deskTag 13",
                    address: Address(["trades"], fragment: "sync")),
                Checklist.Point(
                    title: "The source and the ledger agree", state: .unavailable, detail: "the last run did not compare the whole scope"),
            ], to: &html)
        FilterForm(
            fields: [
                .text(name: "portfolio", label: "Portfolio", placeholder: "IMST"),
                .choice(name: "state", label: "Status", values: ["FILLED", "PENDING"]),
            ], context: context
        ).write(to: &html)
        looks(&html) { html in
            html.element("section", [.class("card"), .label("A card")]) { html in
                html.element("p") { html in
                    html.element("strong", text: "A card")
                    html.text(" holds one thing and what can be done with it.")
                }
                html.element("dl", [.class("counts")]) { html in
                    for (name, count) in [("Added", Int64(12)), ("Changed", 3), ("Unchanged", 734)] {
                        html.element("div") { html in
                            html.element("dt", text: name)
                            html.element("dd", [.class("number")], text: Figures.count(count))
                        }
                    }
                }
                html.element("form", [.class("actions"), .method("get"), .action(Address(["styleguide"]))]) { html in
                    html.element("label", [.class("check")]) { html in
                        html.void("input", [.type("checkbox"), .checked])
                        html.element("span", text: "The preview looks right")
                    }
                    html.element("button", [.type("submit"), .class("strong")], text: "Strong")
                    html.element("button", [.type("submit")], text: "Plain")
                    html.element("button", [.type("submit"), .disabled], text: "Disabled")
                }
                html.element("details") { html in
                    html.element("summary", text: "Details")
                    html.element("pre", [.tabIndex(0), .label("A document")], text: "{\n  \"price\": \"30.15\"\n}")
                }
            }
        }
    }
}

/// The figures of the style guide.
private struct Sample {
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
