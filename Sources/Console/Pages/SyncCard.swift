import LedgerJSON

/// The sync of the Alpha feed: its state, a dry run, the preview from it, and the real run that a preview permits.
package struct SyncCard: Sendable {
    /// The answer of `/api/internal/trades/sync-state`.
    package var state: Loaded
    /// The latest run of this session.
    package var run: Run?
    /// The preview from that run. Nil unless it was a dry run without a later real run.
    package var preview: RunPreview?

    package init(state: Loaded, run: Run? = nil, preview: RunPreview? = nil) {
        self.state = state
        self.run = run
        self.preview = preview
    }

    /// The options of a sync.
    package struct Options: Sendable, Equatable {
        package var fullScope: Bool
        package var includePending: Bool
        package var resetWatermark: Bool

        package init(fullScope: Bool, includePending: Bool, resetWatermark: Bool) {
            self.fullScope = fullScope
            self.includePending = includePending
            self.resetWatermark = resetWatermark
        }

        /// The options in words, for the button that repeats them.
        var words: String {
            var parts = [fullScope ? "full scope" : "since the watermark", includePending ? "with pending" : "without pending"]
            if resetWatermark { parts.append("watermark reset") }
            return parts.joined(separator: ", ")
        }
    }

    /// A run and its result.
    package struct Run: Sendable {
        package var options: Options
        package var isDryRun: Bool
        /// `{"summary": …, "changes": […]}`: the run's summary, and the changes of single rows, real or previewed.
        package var summary: Loaded

        package init(options: Options, isDryRun: Bool, summary: Loaded) {
            self.options = options
            self.isDryRun = isDryRun
            self.summary = summary
        }

        var title: String {
            switch summary {
            case .success: isDryRun ? "Preview (dry run, nothing was written)" : "Real sync"
            case .failure: isDryRun ? "The dry run failed; nothing was written" : "The real sync failed"
            }
        }
    }

    /// One line for whoever can't run a sync; open for whoever can.
    func write(_ context: PageContext, to html: inout HTMLWriter) {
        let isOpen = context.visitor.role == .administrator || run != nil
        html.element("details", [.class("card sync"), .id("sync")] + (isOpen ? [.open] : [])) { html in
            html.element("summary") { html in
                html.element("h2", text: "Alpha feed sync")
                html.text(" ")
                writeLatest(&html)
            }
            writeState(&html)
            writeForm(context, &html)
            if let run { write(run, context, &html) }
        }
    }

    /// When the scopes were last synced, or that they failed.
    private func writeLatest(_ html: inout HTMLWriter) {
        guard let scopes = state.root?["rows"]?.elements.map({ $0 }) else { return html.element("strong", text: "state unknown") }
        if scopes.isEmpty { return html.text("never synced") }
        for scope in scopes {
            if scope["last_error"]?.string != nil { html.element("strong", text: "failed ") }
            guard let instant = scope["last_successful_sync_at"]?.string else { continue }
            html.text("last synced ")
            html.time(instant)
        }
    }

    private func writeState(_ html: inout HTMLWriter) {
        switch state {
        case .failure(let problem): ProblemBox.write(problem, to: &html)
        case .success(let document):
            let scopes = document.root["rows"]?.elements.map { $0 } ?? []
            if scopes.isEmpty { html.element("p", [.class("quiet")], text: "This scope was never synced.") }
            for scope in scopes {
                html.element("dl", [.class("facts")]) { html in
                    Fact.text("Scope", scope["scope_key"]?.string, none: "none", to: &html)
                    Fact.instant("Last successful sync", scope["last_successful_sync_at"]?.string, none: "never", to: &html)
                    Fact.instant("Watermark", scope["last_successful_watermark"]?.string, none: "none yet", to: &html)
                    if let error = scope["last_error"]?.string {
                        Fact.text("Last error", error, none: "", to: &html)
                        Fact.instant("Failed", scope["last_error_at"]?.string, none: "unknown", to: &html)
                    }
                }
            }
        }
    }

    private func writeForm(_ context: PageContext, _ html: inout HTMLWriter) {
        guard let token = context.visitor.administratorToken else {
            return AdministratorHint.write("Running a sync", next: Address(["trades"]), context, to: &html)
        }
        let options = run?.options
        html.element("form", [.class("actions"), .method("post"), .action(Address(["trades", "sync"])), .id("dry-run")]) { html in
            html.void("input", [.type("hidden"), .name("form_token"), .value(token)])
            html.void("input", [.type("hidden"), .name("mode"), .value("dry_run")])
            CheckBox.write(
                "full_scope", "Full-scope diagnostic", "compares the whole scope, finds what is missing", options?.fullScope ?? true,
                to: &html)
            CheckBox.write(
                "include_pending", "Include pending", "pending rows are shown and count nowhere", options?.includePending ?? false,
                to: &html)
            CheckBox.write(
                "reset_watermark", "Reset the watermark", "after the source was restored; needs the full scope",
                options?.resetWatermark ?? false, to: &html)
            html.element("button", [.type("submit")], text: "Dry run")
        }
    }

    private func write(_ run: Run, _ context: PageContext, _ html: inout HTMLWriter) {
        html.element("div", [.class("run"), .id("run")]) { html in
            html.element("h3", text: run.title)
            html.element("p", [.class("quiet")], text: run.options.words)
            switch run.summary {
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document):
                SyncSummary(summary: document.root["summary"] ?? document.root, changes: document.root["changes"])
                    .write(context, to: &html)
                if run.isDryRun, let preview {
                    RealRunForm(
                        preview: preview, noun: "sync", action: Address(["trades", "sync"]), button: "Sync for real (\(run.options.words))"
                    ).write(context, to: &html)
                }
            }
        }
    }
}

/// A name and its value, in a list of facts.
enum Fact {
    static func text(_ name: String, _ value: String?, none reason: String, to html: inout HTMLWriter) {
        write(name, to: &html) { html in
            guard let value else { return Unavailable.write(reason, to: &html) }
            html.text(value)
        }
    }

    static func instant(_ name: String, _ value: String?, none reason: String, to html: inout HTMLWriter) {
        write(name, to: &html) { html in
            guard let value else { return Unavailable.write(reason, to: &html) }
            html.time(value)
        }
    }

    /// A figure of a row, with its explanation.
    static func figure(
        _ name: String, _ row: JSONValue, _ field: String, _ places: Figures.Places, _ explained: Explained, to html: inout HTMLWriter
    ) {
        write(name, to: &html) { Cell.figure(row, field, places, explained, to: &$0) }
    }

    /// - Parameter figure: the name of the figure in its document, which leads to what is said of it; nil for a fact of another kind
    static func write(_ name: String, of figure: String? = nil, to html: inout HTMLWriter, _ value: (inout HTMLWriter) -> Void) {
        html.element("div") { html in
            html.element("dt") { html in
                guard let figure, let address = html.references?.address(figure) else { return html.text(name) }
                html.element("a", [.class("figure"), .href(address)], text: name)
            }
            html.element("dd") { value(&$0) }
        }
    }
}
