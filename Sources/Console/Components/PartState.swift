/// What a part of a page says about itself while it has no figures, or older ones.
enum PartState {
    /// Rows that do not show the log's last events yet.
    static func stale(_ name: String, behind events: Int64, isFrozen: Bool = false, to html: inout HTMLWriter) {
        html.element("p", [.class("notice hint"), .role("status")]) { html in
            Badge.write("stale", to: &html)
            html.text(" \(name) does not show the last \(events == 1 ? "event" : "\(Figures.count(events)) events")")
            html.text(isFrozen ? ": this program lacks the code of its version." : " yet: the fold is under way.")
        }
    }

    /// A fold that has come some way.
    static func loading(_ label: String, done: Int64, of all: Int64, _ data: [Attribute] = [], to html: inout HTMLWriter) {
        html.element("progress", [.label(label), .maximum("\(all)"), .value("\(done)")] + data) { _ in }
    }
}
