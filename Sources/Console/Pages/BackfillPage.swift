import LedgerJSON

/// A kind of backfill: what it would ask for, the run that a preview permits, and how the last run went.
package struct BackfillPage: Sendable {
    /// The kinds, by their names in addresses and commands.
    package enum Kind: String, Sendable, CaseIterable {
        case context, benchmarks, marks

        /// The names of its form's fields.
        package var fields: [String] {
            switch self {
            case .context: ["force", "rules", "limit", "trade_ids"]
            case .benchmarks: ["retry", "adjusted_roots", "quotes", "limit", "trade_ids"]
            case .marks: ["retry", "adjusted_roots", "quotes", "horizons", "limit", "trade_ids"]
            }
        }

        var address: Address { Address(["operations", "backfill", rawValue]) }

        var purpose: String {
            switch self {
            case .context: "Stamps executions with the market around them, from the observations in the log. No vendor is asked."
            case .benchmarks: "Records the quote nearest to each execution."
            case .marks: "Records the quote nearest to each matured horizon of each execution."
            }
        }

        /// One thing that it records.
        var unit: String {
            switch self {
            case .context: "stamps"
            case .benchmarks: "benchmarks"
            case .marks: "marks"
            }
        }
    }

    package var context: PageContext
    package var kind: Kind
    /// The form as it was sent last.
    package var fields: [String: String]
    /// The sources of quotes that a form may name.
    package var quoteSources: [String]
    /// What the session's preview found; nil without one.
    package var found: Loaded?
    /// The preview that permits a real run. Nil unless one was made and not yet used.
    package var preview: RunPreview?
    /// The last real run of the kind that this service was asked for; nil without one.
    package var run: Loaded?

    package init(
        context: PageContext, kind: Kind, fields: [String: String], quoteSources: [String], found: Loaded?, preview: RunPreview?,
        run: Loaded?
    ) {
        self.context = context
        self.kind = kind
        self.fields = fields
        self.quoteSources = quoteSources
        self.found = found
        self.preview = preview
        self.run = run
    }

    package func html() -> [UInt8] {
        Page(title: "Backfill \(kind.rawValue)", context: context, hasTime: false).html { html in
            tabs(&html)
            html.element("p", text: kind.purpose)
            form(&html)
            if let found { write(found: found, &html) }
            writeRun(&html)
        }
    }

    private func tabs(_ html: inout HTMLWriter) {
        html.element("nav", [.class("tabs"), .label("Backfills")]) { html in
            html.element("ul") { html in
                html.element("li") { $0.element("a", [.href(Address(["operations"]))], text: "Operations") }
                for one in Kind.allCases {
                    html.element("li") { html in
                        html.element("a", [.href(one.address)] + (one == kind ? [.current("page")] : []), text: "Backfill \(one.rawValue)")
                    }
                }
            }
        }
    }

    // MARK: - The form

    private func form(_ html: inout HTMLWriter) {
        guard let token = context.visitor.administratorToken else {
            return AdministratorHint.write("Running a backfill", next: kind.address, context, to: &html)
        }
        html.element("form", [.class("actions"), .method("post"), .action(kind.address), .id("preview-form")]) { html in
            html.void("input", [.type("hidden"), .name("form_token"), .value(token)])
            html.void("input", [.type("hidden"), .name("mode"), .value("preview")])
            for name in kind.fields { field(name, &html) }
            html.element("button", [.type("submit")], text: "Preview")
        }
    }

    private func field(_ name: String, _ html: inout HTMLWriter) {
        let isChecked = fields[name] == "true"
        switch name {
        case "force": CheckBox.write(name, "All executions", "also those that have a stamp", isChecked, to: &html)
        case "retry": CheckBox.write(name, "Ask again", "where the recorded quote is not usable", isChecked, to: &html)
        case "adjusted_roots":
            CheckBox.write(name, "Adjusted roots", "also contracts with an adjusted root", isChecked, to: &html)
        case "quotes":
            labelled(name, "Quotes from", &html) { html in
                html.element("select", [.id(name), .name(name)]) { html in
                    for source in quoteSources {
                        html.element("option", [.value(source)] + (source == fields[name] ? [.selected] : []), text: source)
                    }
                }
            }
        case "horizons": text(name, "Horizons", "1,7,30,expiry", &html)
        case "rules": text(name, "Rules", "the served ones", &html)
        case "limit": text(name, "Executions at most", "no limit", &html)
        default: text(name, "Only the trades", "ids, with commas", &html)
        }
    }

    private func text(_ name: String, _ title: String, _ placeholder: String, _ html: inout HTMLWriter) {
        labelled(name, title, &html) { html in
            html.void(
                "input",
                [
                    .type("text"), .id(name), .name(name), .value(fields[name] ?? ""), .placeholder(placeholder), .autocomplete("off"),
                ] + (name == "limit" ? [.pattern("[1-9][0-9]{0,8}"), .inputMode("numeric")] : []))
        }
    }

    private func labelled(_ name: String, _ title: String, _ html: inout HTMLWriter, _ input: (inout HTMLWriter) -> Void) {
        html.element("span", [.class("field")]) { html in
            html.element("label", [.for(name)], text: title)
            input(&html)
        }
    }

    // MARK: - The preview

    private func write(found: Loaded, _ html: inout HTMLWriter) {
        html.element("section", [.class("card"), .id("preview"), .labelled(by: "preview-title")]) { html in
            switch found {
            case .failure(let problem):
                html.element("h2", [.id("preview-title")], text: "There is no preview")
                ProblemBox.write(problem, to: &html)
            case .success(let document):
                html.element("h2", [.id("preview-title")], text: "Preview (nothing was asked of a vendor, nothing was written)")
                write(found: document.root, &html)
                if let preview {
                    RealRunForm(
                        preview: preview, noun: "backfill", action: kind.address, button: "Backfill \(kind.rawValue) for real"
                    ).write(context, to: &html)
                }
            }
        }
    }

    private func write(found: JSONValue, _ html: inout HTMLWriter) {
        func count(_ name: String) -> String { found[name]?.integer.map(Figures.count) ?? "?" }
        html.element("dl", [.class("counts")]) { html in
            Self.count("Trades that need it", found["trades"], &html)
            Self.count("Wanted \(kind.unit)", found["asked"], &html)
            if kind == .marks { Self.count("Refreshed without a look-up", found["refreshed"], &html) }
            if kind != .context {
                Self.count("Contracts and windows to look up", found["lookups"], &html)
                Self.count("Requests to a vendor, at least", found["calls_at_least"], &html)
            }
        }
        html.element("p") { html in
            html.text("Read after event \(count("position")), at ")
            html.time(found["read_at"]?.string ?? "", inSentence: true)
            html.text(", under \(found["rules"]?.string ?? "?"): executions and the \(kind.unit) that they have")
            let markets = found["markets"]?.elements.compactMap(\.string) ?? []
            html.text(markets.isEmpty ? ". " : ", and the observations of \(markets.joined(separator: ", ")). ")
            html.text("A run appends at most \(count("appended_at_most")) events.")
        }
        if kind != .context {
            html.element("p") { html in
                if found["quote_source"]?.string == "log" {
                    html.text("The quotes come from the observations in the log: no vendor is asked.")
                } else {
                    html.text("Quotes come from \(found["quote_source"]?.string ?? "?"). ")
                    html.text("It is asked that often if every window holds a quote and no request is repeated; ")
                    html.text("\(count("widenable")) look-ups search on where it does not.")
                }
            }
        }
        CountTable.write("Marks by horizon", of: "horizon", counted: "marks", found["by_horizon"], to: &html)
        CountTable.write("Recorded without a look-up", of: "reason", counted: kind.unit, found["by_error"], to: &html)
        writeTrades(found, &html)
    }

    private func writeTrades(_ found: JSONValue, _ html: inout HTMLWriter) {
        let trades = found["first_trades"]?.elements.map { $0 } ?? []
        if trades.isEmpty { return html.element("p", [.class("empty")], text: "Nothing is missing: a run would append nothing.") }
        html.element("p", [.class("ids"), .id("preview-trades")]) { html in
            html.element("strong", text: "Trades: ")
            for (index, trade) in trades.enumerated() {
                if index > 0 { html.text(", ") }
                let (source, id) = (trade["source"]?.string ?? "", trade["source_trade_id"]?.string ?? "?")
                html.element("a", [.href(TradeLink.address(id, source: source, []))], text: id)
            }
            let rest = (found["trades"]?.integer ?? 0) - Int64(trades.count)
            if rest > 0 { html.text(" and \(Figures.count(rest)) more") }
        }
    }

    private static func count(_ title: String, _ value: JSONValue?, _ html: inout HTMLWriter) {
        html.element("div") { html in
            html.element("dt", text: title)
            html.element("dd", [.class("number")], text: value?.integer.map(Figures.count) ?? "?")
        }
    }

    // MARK: - The run

    private func writeRun(_ html: inout HTMLWriter) {
        let state = run?.root?["state"]?.string
        let live: [Attribute] = state == "running" ? [.data("data-renew", "2")] : []
        html.element("section", [.id("run"), .class("part"), .labelled(by: "run-title")] + live) { html in
            html.element("h2", [.id("run-title")], text: "The last real run")
            html.element("p", [.class("quiet")]) { html in
                html.element("a", [.href(Address(["api", "ledger", "backfills"]))], text: "Runs of this service as JSON")
                html.text(" · ")
                html.element("a", [.href(Address(["operations"], fragment: "runs"))], text: "All runs by their events")
            }
            switch run {
            case nil: html.element("p", [.class("quiet")], text: "This service has run none since it started.")
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document): write(run: document.root, &html)
            }
        }
    }

    private func write(run: JSONValue, _ html: inout HTMLWriter) {
        html.element("p") { html in
            Badge.write(run["state"]?.string ?? "?", to: &html)
            html.text(" started by \(run["actor"]?.string ?? "a key without a name") at ")
            html.time(run["started_at"]?.string ?? "", inSentence: true)
            if let duration = OperationsPage.duration(run) { html.text(", took \(duration)") }
        }
        if run["state"]?.string == "running" { writeProgress(run, &html) }
        if let problem = run["problem"], !problem.isNull {
            html.element("p", [.class("notice refused"), .role("alert")]) { html in
                html.text("\(problem["detail"]?.string ?? "?"). What was appended stays, and the next run asks for the rest.")
            }
        }
        if let summary = run["summary"], !summary.isNull { write(summary: summary, &html) }
    }

    private func writeProgress(_ run: JSONValue, _ html: inout HTMLWriter) {
        html.element("p") { html in
            guard let done = run["done"]?.integer, let all = run["of"]?.integer else {
                return html.text("It reads what is wanted.")
            }
            PartState.loading("Settled", done: done, of: all, to: &html)
            html.text(" \(Figures.count(done)) of \(Figures.count(all)) \(kind.unit)")
            if let calls = run["calls"]?.integer, calls > 0 { html.text(", \(Figures.count(calls)) requests") }
        }
    }

    private func write(summary: JSONValue, _ html: inout HTMLWriter) {
        html.element("dl", [.class("counts")]) { html in
            Self.count("Asked for", summary["asked"], &html)
            Self.count("Appended", summary["appended"], &html)
            Self.count("Unchanged", summary["unchanged"], &html)
            if kind == .marks { Self.count("Refreshed", summary["refreshed"], &html) }
            if kind != .context {
                Self.count("Failed look-ups", summary["failed"], &html)
                Self.count("Requests to a vendor", summary["calls"], &html)
            }
        }
        if let id = summary["run_id"]?.string, summary["appended"]?.integer ?? 0 > 0 {
            html.element("p") { $0.element("a", [.href(Address(["log"], [("run", id)]))], text: "Its events in the log") }
        }
        CountTable.write("By quality", of: "quality", counted: kind.unit, summary["by_quality"], to: &html)
        for (horizon, counts) in summary["by_horizon"]?.members.map({ ($0.key, $0.value) }) ?? [] {
            CountTable.write("Horizon \(horizon)", of: "quality", counted: kind.unit, counts, to: &html)
        }
        CountTable.write("Without a quote because", of: "reason", counted: kind.unit, summary["by_error"], to: &html)
    }
}
