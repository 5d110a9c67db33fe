import LedgerJSON
import OptionTrades

/// The rows of one of the performance views.
package struct PerformanceRowsPage: Sendable {
    package var context: PageContext
    package var rows: RowList

    package init(context: PageContext, rows: RowList) {
        self.context = context
        self.rows = rows
    }

    package func html() -> [UInt8] {
        let view = rows.view
        let basis = (try? rows.list.get()).flatMap { Basis($0) }
        var context = context
        context.time.shown = basis?.shown
        return Page(title: view.title, context: context, hasRows: true, basis: basis.map { [$0] } ?? []).html { html in
            PerformanceTabs.write(current: view.name, context, to: &html)
            if let note = view.note { html.element("p", [.class("quiet")], text: note) }
            rows.write(context, to: &html)
            if let aggregates = (try? rows.list.get())?.root["aggregates"], !aggregates.isNull {
                Aggregates.write(view, aggregates, to: &html)
            }
        }
    }
}

/// The tabs of the performance pages.
enum PerformanceTabs {
    static func write(current: String?, _ context: PageContext, to html: inout HTMLWriter) {
        html.element("nav", [.class("tabs"), .label("Performance views")]) { html in
            html.element("ul") { html in
                tab("Overview", ["performance"], current == nil, context, &html)
                for view in View.performance { tab(view.title, ["performance", view.name], current == view.name, context, &html) }
            }
        }
    }

    private static func tab(_ title: String, _ path: [String], _ isCurrent: Bool, _ context: PageContext, _ html: inout HTMLWriter) {
        // Rules by their number are those of one view.
        let rules = context.time.rulesParameter.filter { $0.value == "as_served" }
        html.element("li") { html in
            html.element(
                "a", [.href(Address(path, context.time.parameters + rules))] + (isCurrent ? [.current("page")] : []), text: title)
        }
    }
}
