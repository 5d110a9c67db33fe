package import LedgerJSON
import OptionTrades

/// The log: its latest events, or those below a position, with filters. Each event has its payload, its hash, and a
/// check of its inclusion by the browser itself.
package struct LogPage: Sendable {
    /// The result of a search.
    package struct Found: Sendable {
        /// Newest first.
        package var events: [JSONValue]
        /// The lowest position searched. Every position from here up to the newest was searched.
        package var searchedDownTo: Int64
        /// Nil if the search reached the log's first event.
        package var olderBefore: Int64?

        package init(events: [JSONValue], searchedDownTo: Int64, olderBefore: Int64?) {
            self.events = events
            self.searchedDownTo = searchedDownTo
            self.olderBefore = olderBefore
        }
    }

    package var context: PageContext
    package var found: Result<Found, PageProblem>
    /// The answer of `/api/ledger/head`.
    package var head: Loaded

    package init(context: PageContext, found: Result<Found, PageProblem>, head: Loaded) {
        self.context = context
        self.found = found
        self.head = head
    }

    /// Every event type that this program writes.
    package static let types = TradeEvents.typeNames

    package func html() -> [UInt8] {
        Page(title: "Log", context: context, scripts: [.log]).html { html in
            writeHead(&html)
            kinds(&html)
            FilterForm(
                fields: [
                    .text(name: "stream", label: "Stream holds", placeholder: "execution-alpha_sync:"),
                    .choice(name: "type", label: "Type", values: Self.types),
                    .text(name: "run", label: "Run", placeholder: "its id"),
                    .text(name: "position", label: "Position", placeholder: "1"),
                ], context: context
            ).write(to: &html)
            switch found {
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let found): write(found, &html)
            }
            html.element("template", [.id("event-template")]) { html in
                EventCard.blank(&html)
            }
        }
    }

    /// What is looked for most, one click away.
    private static let corrections = "Corrections"
    static let kinds: [(title: String, type: String?)] = [
        ("All events", nil), (corrections, "AlphaExecutionUpdated"), ("Rejected rows", "AlphaRowRejected"),
        ("Syncs", "AlphaSyncCompleted"),
    ]

    private func kinds(_ html: inout HTMLWriter) {
        html.element("nav", [.class("tabs"), .label("Kinds of events")]) { html in
            html.element("ul") { html in
                for (title, type) in Self.kinds {
                    html.element("li") { html in
                        // The search goes back a part of the log, so that it begins at the latest run that corrected something.
                        let run = title == Self.corrections ? context.time.ticks.first { $0.kind == .correction }?.position : nil
                        let start = run.map { [("before", "\($0)")] } ?? []
                        let address = Address(["log"], (type.map { [("type", $0)] } ?? []) + start + context.time.parameters)
                        let isShown = context.address["type"] == type
                        html.element("a", [.href(address)] + (isShown ? [.current("true")] : []), text: title)
                    }
                }
            }
        }
    }

    private func writeHead(_ html: inout HTMLWriter) {
        guard case .success(let document) = head else {
            if case .failure(let problem) = head { ProblemBox.write(problem, to: &html) }
            return
        }
        html.element("section", [.class("card"), .labelled(by: "head-title")]) { html in
            html.element("h2", [.id("head-title")], text: context.time.isPinned ? "The log at this moment" : "Head")
            html.element("dl", [.class("facts")]) { html in
                Fact.text("Events", document.root["position"]?.integer.map(Figures.count), none: "unknown", to: &html)
                Fact.instant("Last recorded", document.root["recorded_at"]?.string, none: "the log is empty", to: &html)
                Fact.text("Ledger", document.root["ledger_id"]?.string, none: "unknown", to: &html)
                Fact.write("Root hash (RFC 6962)", to: &html) { html in
                    html.element("code", text: document.root["root_hash"]?.string ?? "?")
                }
                // Only the latest head is signed.
                if context.time.isPinned { return }
                Fact.write("Signed checkpoint", to: &html) { html in
                    html.element("a", [.href(Address(["api", "ledger", "checkpoint"]))], text: "C2SP note")
                }
            }
        }
    }

    private func write(_ found: Found, _ html: inout HTMLWriter) {
        let isLive = !context.time.isPinned && context.address["before"] == nil && context.address["position"] == nil
        html.element("div", [.class("live-bar")]) { html in
            if isLive {
                html.element(
                    "label", [.class("check live"), .hidden, .id("live-label")]
                ) { html in
                    html.void("input", [.type("checkbox"), .id("live"), .data("data-after", "\(context.time.head ?? 0)")])
                    html.text("Follow live")
                }
                html.element("span", [.id("live-status"), .class("quiet"), .live("polite")]) { _ in }
            }
        }
        html.element("div", [.id("events")]) { html in
            if found.events.isEmpty {
                html.element("p", [.class("quiet")], text: "No event matches down to position \(Figures.count(found.searchedDownTo)).")
            }
            for event in found.events { EventCard(event: event, time: context.time).write(to: &html) }
        }
        html.element("nav", [.class("pager"), .label("Pages")]) { html in
            html.element("span", text: found.events.count == 1 ? "1 event" : "\(found.events.count) events")
            if let before = found.olderBefore {
                html.element(
                    "a", [.href(context.address.with([("before", "\(before)"), ("position", nil)])), .relation("next")], text: "Older")
            } else if context.address["position"] == nil {
                html.element("span", [.class("quiet")], text: "the log's beginning")
            }
            if context.address["before"] != nil || context.address["position"] != nil {
                html.element("a", [.href(context.address.with([("before", nil), ("position", nil)]))], text: "Newest")
            }
        }
    }
}
