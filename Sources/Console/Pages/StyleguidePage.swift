import LedgerJSON
import LedgerValues

/// Every part of the console in every state, with fixed figures, as docs/design.md describes them.
///
/// What belongs to a colour is shown in both looks. A phone has its own forms of the same parts, by its width.
package struct StyleguidePage: Sendable {
    package var context: PageContext
    /// The clock of New York, beside UTC.
    package var newYork: WallClock
    private let sample: StyleguideSample

    /// Throws if the page's own figures are not JSON.
    package init(context: PageContext, newYork: WallClock) throws {
        self.context = context
        self.newYork = newYork
        sample = try StyleguideSample()
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
                    Cell.figure(sample.row, "entry_premium_usd", .money, StyleguideSample.explained, to: &$0)
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
                for instant in [StyleguideSample.winter, StyleguideSample.summer] {
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
            LinePlot(title: "Running sums, USD", lines: StyleguideSample.lines).write(to: &html)
            Waterfall(title: "Parts of a sum, USD", steps: StyleguideSample.parts).write(to: &html)
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
        for (prefix, time) in [
            ("latest-", StyleguideSample.time()), ("past-", StyleguideSample.past), ("rules-", StyleguideSample.pastUnderRules),
        ] {
            var context = context
            context.time = time
            context.address = Address(["styleguide"])
            TimeBar(context: context, prefix: prefix).write(to: &html)
        }
    }

    private func timelines(_ html: inout HTMLWriter) {
        looks(&html) { html in
            Timeline(label: "A trade, a sample").write(StyleguideSample.story, to: &html)
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
