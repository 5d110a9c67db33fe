/// What an event is about, as far as a reader tells events apart.
package enum EventKind: String, Sendable, CaseIterable {
    case execution
    case correction
    case stamp
    case benchmark
    case mark
    case order
    case promotion
    case sync
    case failure

    var title: String {
        switch self {
        case .execution: "Execution"
        case .correction: "Correction"
        case .stamp: "Market stamp"
        case .benchmark: "Benchmark"
        case .mark: "Mark"
        case .order: "Order"
        case .promotion: "Served"
        case .sync: "Sync"
        case .failure: "Failure"
        }
    }
}

/// Dated events from top to bottom: of one trade, of one position, or of the whole ledger.
///
/// A kind has a mark of its own shape and colour, and its name stands beside it.
struct Timeline {
    struct Entry {
        var kind: EventKind
        /// When it happened; nil if that is not known.
        var instant: String?
        var headline: String
        /// Where more of it is shown.
        var address: Address?
        /// Whether it is the one that the page shows now.
        var isCurrent = false
        /// What is said below the headline, for example the fields before and after a correction.
        var detail: ((inout HTMLWriter) -> Void)?
    }

    let label: String
    /// The text for a timeline without events.
    var empty = "Nothing has happened yet."

    /// Writes the events in the given order.
    func write(_ entries: [Entry], to html: inout HTMLWriter) {
        if entries.isEmpty { return html.element("p", [.class("quiet")], text: empty) }
        html.element("ol", [.class("timeline"), .label(label)]) { html in
            for entry in entries { write(entry, &html) }
        }
    }

    private func write(_ entry: Entry, _ html: inout HTMLWriter) {
        html.element("li", [.class("t-\(entry.kind.rawValue)")] + (entry.isCurrent ? [.current("step")] : [])) { html in
            html.element("p") { html in
                html.element("span", [.class("kind")], text: entry.kind.title)
                html.text(" ")
                if let address = entry.address {
                    html.element("a", [.href(address)], text: entry.headline)
                } else {
                    html.text(entry.headline)
                }
                html.text(" ")
                if let instant = entry.instant { html.time(instant) } else { Unavailable.write("time unknown", to: &html) }
            }
            if let detail = entry.detail { html.element("div", [.class("detail")]) { detail(&$0) } }
        }
    }
}
