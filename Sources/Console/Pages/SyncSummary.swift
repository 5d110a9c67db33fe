import LedgerJSON

/// The result of a run: counts, the comparison of source and ledger, changed fields as evidence, and rejected rows.
struct SyncSummary {
    let summary: JSONValue
    /// `[{"source_trade_id": …, "changed_fields": [{"field": …, "old": …, "new": …}]}]`
    let changes: JSONValue?
    /// Whether all rows are named. Only the page of the run's rows names all; other pages name the first ones.
    var namesAllRows = false

    private static let shownRows = 100

    private static let counts: [(String, String)] = [
        ("fetched", "Fetched"), ("normalized", "Normalized"), ("rejected", "Rejected"), ("inserted", "Inserted"),
        ("updated", "Updated"), ("unchanged", "Unchanged"), ("stale_ignored", "Stale, ignored"), ("duplicates", "Duplicates"),
        ("missing", "Missing at the source"), ("reappeared", "Reappeared"),
    ]

    func write(_ context: PageContext, to html: inout HTMLWriter) {
        html.element("dl", [.class("counts")]) { html in
            for (name, title) in Self.counts {
                html.element("div") { html in
                    html.element("dt", text: title)
                    html.element("dd", [.class("number")], text: summary[name]?.integer.map(Figures.count) ?? "?")
                }
            }
        }
        writeComparison(&html)
        writeRows(context, &html)
        writeChanges(&html)
        CountTable.write("Changed fields", of: "field", counted: "rows", summary["changed_fields"], to: &html)
        CountTable.write("Rejected rows by reason", of: "reason", counted: "rows", summary["rejected_by_reason"], to: &html)
        CountTable.write("Keys that the contract does not know", of: "key", counted: "rows", summary["unknown_keys"], to: &html)
        html.element("dl", [.class("facts")]) { html in
            Fact.instant("Next watermark", summary["next_watermark"]?.string, none: "the scope was empty", to: &html)
            Fact.instant("Started", summary["started_at"]?.string, none: "unknown", to: &html)
            Fact.instant("Finished", summary["finished_at"]?.string, none: "unknown", to: &html)
            Fact.text("Run", summary["run_id"]?.string, none: "unknown", to: &html)
        }
    }

    // MARK: Rows by name

    /// Lists the inserted, updated and rejected rows.
    private func writeRows(_ context: PageContext, _ html: inout HTMLWriter) {
        let isDryRun = summary["dry_run"]?.bool == true
        writeIDs("Inserted", "inserted", "inserted_ids", isLinked: !isDryRun, context, &html)
        writeIDs("Updated", "updated", "updated_ids", isLinked: true, context, &html)
        writeRejected(context, &html)
    }

    private func writeIDs(
        _ title: String, _ count: String, _ name: String, isLinked: Bool, _ context: PageContext, _ html: inout HTMLWriter
    ) {
        let ids = summary[name]?.elements.compactMap(\.string) ?? []
        if ids.isEmpty { return }
        let shown = namesAllRows ? ids[...] : ids.prefix(Self.shownRows)
        html.element("p", [.class("ids"), .id("run-\(count)")]) { html in
            html.element("strong", text: "\(title): ")
            for (index, id) in shown.enumerated() {
                if index > 0 { html.text(", ") }
                if isLinked { html.element("a", [.href(Address(["trade"], [("id", id)]))], text: id) } else { html.text(id) }
            }
            writeRest(shown: shown.count, of: summary[count]?.integer ?? 0, &html)
        }
    }

    private func writeRejected(_ context: PageContext, _ html: inout HTMLWriter) {
        let rows = summary["rejected_rows"]?.elements.map { $0 } ?? []
        if rows.isEmpty { return }
        let shown = namesAllRows ? rows[...] : rows.prefix(Self.shownRows)
        html.element("div", [.class("scroll"), .role("region"), .label("Rejected rows"), .tabIndex(0), .id("run-rejected")]) { html in
            html.element("table", [.class("small")]) { html in
                html.element("caption", text: "Rejected rows")
                html.element("thead") { html in
                    html.element("tr") { html in
                        for title in ["Trade", "Reasons"] { html.element("th", [.scope("col")], text: title) }
                    }
                }
                html.element("tbody") { html in
                    for row in shown {
                        html.element("tr") { html in
                            html.element("th", [.scope("row")]) { html in
                                guard let id = row["source_trade_id"]?.string else { return Unavailable.write("no id", to: &html) }
                                html.text(id)
                            }
                            html.element("td", text: (row["reasons"]?.elements.compactMap(\.string) ?? []).joined(separator: ", "))
                        }
                    }
                }
            }
            html.element("p") { writeRest(shown: shown.count, of: summary["rejected"]?.integer ?? 0, &$0) }
        }
    }

    /// Says how many rows are not named here, and where to find them.
    private func writeRest(shown: Int, of count: Int64, _ html: inout HTMLWriter) {
        guard count > Int64(shown) else { return }
        html.text(" and \(Figures.count(count - Int64(shown))) more")
        if namesAllRows { return html.text("; `alpha-ledger sync --all-rows` names every one") }
        html.text(": ")
        html.element("a", [.href(Address(["trades", "run"]))], text: "all rows of the run")
    }

    private func writeComparison(_ html: inout HTMLWriter) {
        guard summary["full_scope"]?.bool == true else {
            html.element(
                "p", [.class("quiet")],
                text: "Source and ledger were not compared: only a full-scope run does that.")
            return
        }
        html.element("table", [.class("small")]) { html in
            html.element("caption", text: "Source against ledger")
            html.element("thead") { html in
                html.element("tr") { html in
                    for title in ["Measure", "Source", "Ledger", "Delta"] {
                        html.element("th", [.scope("col")] + (title == "Measure" ? [] : [.class("number")]), text: title)
                    }
                }
            }
            html.element("tbody") { html in
                compared("Rows", "source_rows", "local_rows", nil, .quantity, &html)
                compared("Quantity, contracts", "source_quantity", "local_quantity", "quantity_delta", .quantity, &html)
                compared("Premium total USD", "source_premium_usd", "local_premium_usd", "premium_delta_usd", .money, &html)
            }
        }
        for (name, title) in [
            ("unmatched_source_trade_ids", "Only at the source"), ("unmatched_local_trade_ids", "Only in the ledger"),
        ] {
            let ids = summary[name]?.elements.compactMap(\.string) ?? []
            html.element("p") { html in
                html.element("strong", text: "\(title): ")
                html.text(ids.isEmpty ? "none" : ids.prefix(50).joined(separator: ", "))
                if ids.count > 50 { html.text(" and \(ids.count - 50) more") }
            }
        }
    }

    private func compared(
        _ title: String, _ source: String, _ local: String, _ delta: String?, _ places: Figures.Places, _ html: inout HTMLWriter
    ) {
        html.element("tr") { html in
            html.element("th", [.scope("row")], text: title)
            for name in [source, local] { html.element("td", [.class("number")]) { Cell.figure(summary, name, places, nil, to: &$0) } }
            html.element("td", [.class("number")]) { html in
                if let delta { return Cell.figure(summary, delta, places, nil, to: &html) }
                guard let left = summary[source]?.integer, let right = summary[local]?.integer else {
                    return Unavailable.write("not compared", to: &html)
                }
                html.text(Figures.count(left - right))
            }
        }
    }

    /// Lists the changes of single rows, field by field, if the run reports them.
    private func writeChanges(_ html: inout HTMLWriter) {
        guard let changes, changes.count > 0 else { return }
        html.element("div", [.class("scroll"), .role("region"), .label("Changes row by row"), .tabIndex(0)]) { html in
            html.element("table", [.class("small")]) { html in
                html.element("caption", text: "Changes row by row")
                html.element("thead") { html in
                    html.element("tr") { html in
                        for title in ["Trade", "Field", "In the ledger", "At the source"] {
                            html.element("th", [.scope("col")], text: title)
                        }
                    }
                }
                html.element("tbody") { html in
                    for change in changes.elements {
                        for field in change["changed_fields"]?.elements.map({ $0 }) ?? [] {
                            html.element("tr") { html in
                                html.element("th", [.scope("row")], text: change["source_trade_id"]?.string ?? "?")
                                html.element("td", text: field["field"]?.string ?? "?")
                                html.element("td") { ValueText.write(field["old"], to: &$0) }
                                html.element("td") { ValueText.write(field["new"], to: &$0) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A JSON value as text in a cell. Null is shown as a word, never as a blank.
enum ValueText {
    /// - Parameter name: the field's name, which decides whether a figure is a gain
    static func write(_ value: JSONValue?, name: String = "", to html: inout HTMLWriter) {
        guard let value, !value.isNull else { return html.element("span", [.class("none")], text: "null") }
        let text = value.string ?? value.sourceText
        if value.kind == .number {
            html.element("span", [.class(Polarity.of(name).classes(text))], text: text)
        } else {
            html.text(text)
        }
    }
}
