import LedgerJSON
package import OptionTrades

/// The rows of one of the performance views.
package struct PerformanceRowsPage: Sendable {
    package var context: PageContext
    package var view: View
    package var list: Loaded
    /// The reason for the absence of rows, if there are no rows and it is known.
    package var emptiness: String?

    package init(
        context: PageContext, view: View, list: Loaded, emptiness: String? = nil
    ) {
        self.context = context
        self.view = view
        self.list = list
        self.emptiness = emptiness
    }

    package func html() -> [UInt8] {
        let basis = (try? list.get()).flatMap { Basis($0) }
        var context = context
        context.time.shown = basis?.shown
        return Page(title: view.title, context: context, basis: basis.map { [$0] } ?? []).html { html in
            PerformanceTabs.write(current: view.name, context, to: &html)
            if let note = view.note { html.element("p", [.class("quiet")], text: note) }
            FilterForm(fields: view.filterFields, context: context).write(to: &html)
            switch list {
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document):
                let rows = document.root["rows"]?.elements.map { $0 } ?? []
                Table(
                    caption: "\(view.title), row by row", columns: ViewColumns.of(view, context), id: view.name,
                    empty: emptiness ?? "No rows at this moment."
                ).write(rows, to: &html)
                Pager.write(document.root, shown: rows.count, context, to: &html)
                if let aggregates = document.root["aggregates"], !aggregates.isNull {
                    Aggregates.write(view, aggregates, to: &html)
                }
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
