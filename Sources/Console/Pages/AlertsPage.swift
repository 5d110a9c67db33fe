import LedgerJSON
import OptionTrades

/// How the alerts stand, and what became of each lately.
package struct AlertsPage: Sendable {
    package var context: PageContext
    package var rows: RowList

    package init(context: PageContext, rows: RowList) {
        self.context = context
        self.rows = rows
    }

    package func html() -> [UInt8] {
        let basis = (try? rows.list.get()).flatMap { Basis($0) }
        var context = context
        context.time.shown = basis?.shown
        return Page(title: rows.view.title, context: context, hasRows: true, basis: basis.map { [$0] } ?? []).html { html in
            if let note = rows.view.note { html.element("p", [.class("quiet")], text: note) }
            rows.write(context, to: &html)
        }
    }

    /// The columns of the list.
    static func columns(_ explained: Explained) -> [Column] {
        [
            Column("Alert", field: "alert_id") { row, html in
                html.element("span", [.class("name")], text: row["alert_id"]?.string ?? "")
                if let text = row["text"]?.string { html.element("span", [.class("over")], text: text) }
            },
            .text("Market", "currency"), .badge("State", "state", explained), .badge("Severity", "severity", explained),
            .text("Figure", "value"), .text("Threshold", "threshold"), .instant("Since", "since"), .instant("Raised", "raised_at"),
            .instant("Cleared", "cleared_at"), .figure("Raised so often", unit: "times", "raises", .quantity, explained),
            Column("Told", field: "deliveries", isSortable: false) { row, html in deliveries(row, &html) },
            Column("Silent until", field: "silenced_until") { row, html in silence(row, &html) },
            Column("Lately", field: "history", isSortable: false) { row, html in history(row, &html) },
            .text("Analysis", "analysis").extra, .text("Path", "path").extra,
        ]
    }

    private static func deliveries(_ row: JSONValue, _ html: inout HTMLWriter) {
        guard let channels = row["deliveries"], channels.count > 0 else {
            return Unavailable.write("nobody was told", to: &html)
        }
        html.element("ul", [.class("plain-list")]) { html in
            for channel in channels.elements {
                html.element("li") { html in
                    html.text("\(channel["channel"]?.string ?? ""): ")
                    html.text(channel["error"]?.string ?? "delivered")
                    if let at = channel["at"]?.string {
                        html.text(", ")
                        html.time(at)
                    }
                }
            }
        }
    }

    private static func silence(_ row: JSONValue, _ html: inout HTMLWriter) {
        guard let until = row["silenced_until"]?.string else { return Unavailable.write("not silenced", to: &html) }
        html.time(until)
        html.element("span", [.class("over")], text: "\(row["silenced_by"]?.string ?? ""): \(row["silence_reason"]?.string ?? "")")
    }

    private static func history(_ row: JSONValue, _ html: inout HTMLWriter) {
        guard let history = row["history"], history.count > 0 else { return Unavailable.write("never raised", to: &html) }
        html.element("details", [.class("chip")]) { html in
            html.element("summary", text: "\(history.count) changes")
            html.element("ul", [.class("plain-list")]) { html in
                for change in history.elements.reversed() {
                    html.element("li") { html in
                        html.text("\(change["change"]?.string ?? "") ")
                        if let now = change["now"]?.string { html.time(now) }
                        html.text(": \(change["value"]?.string ?? "")")
                    }
                }
            }
        }
    }
}
