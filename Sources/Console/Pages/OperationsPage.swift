import LedgerJSON
import LedgerValues
import OptionTrades

/// What has run: syncs, backfills and imports by the events that they left, the rows that were rejected, and what trades still need.
package struct OperationsPage: Sendable {
    package var context: PageContext
    /// The answer of `/api/ledger/runs`.
    package var runs: Loaded
    package var needs: [Need]
    /// The answer of the sync state.
    package var syncs: Loaded
    /// The answer of `/api/ledger/projections`; nil at a past moment.
    package var projections: Loaded?
    /// The list of broken assertions.
    package var broken: Loaded

    package init(context: PageContext, runs: Loaded, needs: [Need], syncs: Loaded, projections: Loaded?, broken: Loaded) {
        self.context = context
        self.runs = runs
        self.needs = needs
        self.syncs = syncs
        self.projections = projections
        self.broken = broken
    }

    /// How many trades lack something that a backfill brings.
    package struct Need: Sendable {
        let kind: BackfillPage.Kind
        /// For context the totals of `alignment` over `context_quality`, for benchmarks those of `execution_quality` over
        /// `benchmark_quality`, for marks those of `outcomes` over `needs_mark`.
        let totals: Loaded

        package init(_ kind: BackfillPage.Kind, _ totals: Loaded) {
            self.kind = kind
            self.totals = totals
        }

        /// Nil if the totals can't be read.
        var count: Int64? {
            guard let groups = (try? totals.get())?.root["groups"] else { return nil }
            return groups.elements.reduce(0) { sum, group in
                guard let key = group["key"]?.elements.first(where: { _ in true }) else { return sum }
                let lacks =
                    switch kind {
                    case .context: key.isNull
                    case .benchmarks: key.string == "unavailable"
                    case .marks: key.string == "true" || key.bool == true
                    }
                return sum + (lacks ? group["count"]?.integer ?? 0 : 0)
            }
        }

        var title: String {
            switch kind {
            case .context: "Executions without context"
            case .benchmarks: "Executions without a benchmark"
            case .marks: "Horizons that need a mark"
            }
        }

    }

    package func html() -> [UInt8] {
        Page(title: "Operations", context: context).html { html in
            Checklist(syncs: syncs, projections: projections, broken: broken, needs: needs, time: context.time).write(to: &html)
            writeNeeds(&html)
            switch runs {
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document):
                writeRuns(document.root, &html)
                writeRejected(document.root, &html)
            }
        }
    }

    private func writeNeeds(_ html: inout HTMLWriter) {
        html.element("section", [.class("card"), .label("What trades still need")]) { html in
            html.element("dl", [.class("counts")]) { html in
                for need in needs {
                    Fact.write(need.title, to: &html) { html in
                        guard let count = need.count else { return Unavailable.write("not known", to: &html) }
                        if count == 0 { return Badge.write("complete", to: &html) }
                        html.text("\(Figures.count(count)) ")
                        Badge.write("missing", to: &html)
                    }
                }
            }
            html.element("p", [.class("links")]) { html in
                for need in needs {
                    html.element("a", [.href(need.kind.address), .id("to-\(need.kind.rawValue)")], text: "Backfill \(need.kind.rawValue)")
                    html.text(" ")
                }
            }
        }
    }

    // MARK: - Runs

    private func writeRuns(_ root: JSONValue, _ html: inout HTMLWriter) {
        html.element("h2", text: "Runs")
        html.element("p", [.class("quiet")]) { html in
            html.text("By the events that they left. A dry run and a backfill that found nothing to do leave none. ")
            html.element("a", [.href(Address(["trades", "run"]))], text: "Rows of this session's last sync")
        }
        let time = context.time
        let columns: [Column] = [
            Column("Run") { run, html in
                html.element("span", [.class("name")], text: (run["kind"]?.string ?? "other").replacing("_", with: " "))
                if let scope = run["scope_key"]?.string { html.element("span", [.class("over")], text: scope) }
            },
            .badge("Status", "status"),
            Column("Who") { run, html in
                guard let actor = run["actor"]?.string else { return Unavailable.write("not recorded", to: &html) }
                html.text(actor)
            },
            .instant("Started", "started_at"),
            Column("Took", isNumber: true) { run, html in html.text(Self.duration(run) ?? "") },
            Column("Events", isNumber: true) { run, html in
                let count = run["events"]?.integer.map(Figures.count) ?? "?"
                if let id = run["run_id"]?.string, let last = run["last_position"]?.integer {
                    let events = Address(["log"], [("run", id), ("before", "\(last + 1)")] + time.parameters)
                    html.element("a", [.href(events)], text: count)
                } else {
                    html.text(count)
                }
                if run["begins_before"]?.bool == true { html.text(" and earlier ones") }
            },
            Column("What") { run, html in
                if let error = run["error"]?.string { html.element("span", text: error) }
                let counts = run["counts"].flatMap { $0.isNull ? nil : $0 } ?? run["types"]
                let shown = counts?.members.filter { $0.value.integer ?? 0 > 0 } ?? []
                html.text(
                    shown.map { "\($0.key.replacing("_", with: " ")) \(Figures.count($0.value.integer ?? 0))" }.joined(separator: ", "))
            },
            Column("Log") { run, html in
                guard let first = run["first_position"]?.integer, let last = run["last_position"]?.integer else { return }
                html.element("a", [.href(EventLink.address(first, time))], text: "\(first)")
                if last == first { return }
                html.text(" – ")
                html.element("a", [.href(EventLink.address(last, time))], text: "\(last)")
            },
        ]
        Table(caption: "Runs, the latest first", columns: columns, id: "runs", empty: "Nothing has run yet.")
            .write(root["runs"]?.elements.map { $0 } ?? [], to: &html)
        html.element("nav", [.class("pager"), .label("Pages")]) { html in
            if let from = root["from"]?.integer, let to = root["to"]?.integer {
                html.element("span", text: "events \(Figures.count(min(from, to))) to \(Figures.count(to))")
            }
            if let before = root["older_before"]?.integer {
                html.element("a", [.href(context.address.with([("before", "\(before)")])), .relation("next")], text: "Older")
            }
            if context.address["before"] != nil {
                html.element("a", [.href(context.address.with([("before", nil)]))], text: "Newest")
            }
        }
    }

    /// `1 h 02 min`, `3 min 20 s` or `4.2 s`. Nil if a time is missing.
    static func duration(_ run: JSONValue) -> String? {
        guard let start = run["started_at"]?.string.flatMap({ Instant($0) }), let end = run["finished_at"]?.string.flatMap({ Instant($0) }),
            end >= start
        else { return nil }
        let tenths = (end.microseconds - start.microseconds) / 100_000
        let seconds = tenths / 10
        func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if seconds >= 3600 { return "\(seconds / 3600) h \(padded(seconds % 3600 / 60)) min" }
        if seconds >= 60 { return "\(seconds / 60) min \(padded(seconds % 60)) s" }
        return "\(seconds).\(tenths % 10) s"
    }

    // MARK: - Rejected rows

    private func writeRejected(_ root: JSONValue, _ html: inout HTMLWriter) {
        let rows = root["rejected"]?.elements.map { $0 } ?? []
        html.element("h2", text: "Rejected rows")
        let time = context.time
        let columns: [Column] = [
            Column("Trade") { row, html in
                guard let id = row["source_trade_id"]?.string else { return Unavailable.write("no id", to: &html) }
                html.text(id)
            },
            .text("Source", "source"), .tokens("Reasons", "reasons"), .instant("Recorded", "recorded_at"),
            Column("Row") { row, html in
                html.element("details") { html in
                    html.element("summary", text: "\(Figures.count(row["raw_bytes"]?.integer ?? 0)) bytes")
                    html.element("code", [.class("ids")], text: row["raw"]?.string ?? "")
                    if row["is_cut"]?.bool == true { html.element("p", [.class("quiet")], text: "Only its beginning was kept.") }
                }
            },
            Column("Log") { row, html in
                guard let position = row["position"]?.integer else { return }
                html.element("a", [.href(EventLink.address(position, time))], text: "\(position)")
            },
        ]
        Table(
            caption: "Rejected rows, the latest first", columns: columns, id: "rejected",
            empty: "No row was rejected among these events."
        ).write(rows, to: &html)
    }
}
