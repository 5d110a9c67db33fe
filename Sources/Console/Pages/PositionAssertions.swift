import LedgerJSON
import OptionTrades

/// What operators state of a position's holding, and whether the ledger agrees. A broken assertion is a notice above the figures.
struct PositionAssertions {
    /// The answer of `/api/internal/assertions`.
    let page: Loaded

    func write(_ context: PageContext, to html: inout HTMLWriter) {
        switch page {
        case .failure(let problem): ProblemBox.write(problem, to: &html)
        case .success(let document):
            let rows = document.root["rows"]?.elements.map { $0 } ?? []
            if rows.isEmpty { return }
            html.element("h2", text: "What operators state of it")
            let broken = rows.filter { $0["state"]?.string == "broken" }
            if !broken.isEmpty {
                html.element("p", [.class("notice refused"), .role("alert")]) { html in
                    html.text(
                        broken.count == 1
                            ? "An assertion is broken: the ledger has another figure than an operator states."
                            : "\(broken.count) assertions are broken: the ledger has other figures than operators state.")
                }
            }
            Table(caption: "Assertions", columns: Self.columns(context), id: "assertions").write(rows, to: &html)
        }
    }

    private static func columns(_ context: PageContext) -> [Column] {
        // The page's rules are those of positions.
        let explained = Explained(view: View.assertions.name, key: View.assertions.key, pin: context.time.pin)
        return [
            .text("Assertion", "assertion_id"), .badge("State", "state", explained), .text("Kind", "kind"), .instant("As of", "as_of"),
            .figure("Stated", "stated_value", .exact), .figure("In the ledger", "ledger_value", .exact, explained),
            .figure("Difference", "difference", .exact, explained), .figure("Tolerance", "tolerance", .exact),
            .tokens("Missing", "missing_fields"), .text("By", "stated_by"), .text("Why", "reason"),
            Column("Checked", isNumber: true) { row, html in
                guard let position = row["checked_position"]?.integer else { return Unavailable.write("not checked", to: &html) }
                html.element("a", [.href(EventLink.address(position, context.time))], text: "\(position)")
            },
        ]
    }
}
