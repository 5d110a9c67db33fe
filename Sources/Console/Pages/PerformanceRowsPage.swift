import JSON

/// The rows of one of the performance views.
public struct PerformanceRowsPage: Sendable {
    public var context: PageContext
    public var view: ViewInfo
    public var list: Loaded
    /// The filters whose values are chosen from.
    public var choices: [ViewInfo.Choice]
    /// Why there are no rows, if there are none and that is known.
    public var emptiness: String?

    public init(
        context: PageContext, view: ViewInfo, list: Loaded, choices: [ViewInfo.Choice] = [], emptiness: String? = nil
    ) {
        self.context = context
        self.view = view
        self.list = list
        self.choices = choices
        self.emptiness = emptiness
    }

    public func html() -> [UInt8] {
        let basis = (try? list.get()).flatMap { Basis($0) }
        var context = context
        context.time.shown = basis?.shown
        return Page(title: view.title, context: context, basis: basis.map { [$0] } ?? []).html { html in
            PerformanceTabs.write(current: view.name, context, to: &html)
            if let remark = Self.remarks[view.name] { html.element("p", [.class("quiet")], text: remark) }
            FilterForm(fields: view.filterFields(choices), context: context).write(to: &html)
            switch list {
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document):
                let rows = document.root["rows"]?.elements.map { $0 } ?? []
                Table(
                    caption: "\(view.title), row by row", columns: PerformanceColumns.of(view, context), id: view.name,
                    empty: emptiness ?? "No rows at this moment."
                ).write(rows, to: &html)
                Pager.write(document.root, shown: rows.count, context, to: &html)
                if let aggregates = document.root["aggregates"], !aggregates.isNull {
                    Aggregates.write(view, aggregates, to: &html)
                }
            }
        }
    }

    private static let remarks = [
        "lifecycles":
            "Positions derived from executions, FIFO within a contract. Realized figures are derived and not validated against accounting: for internal investigation only.",
        "alignment":
            "Whether a trade's direction agreed with the market backdrop at execution. It is not realized P&L and no prediction of it.",
        "execution-quality":
            "Fills against the quote of the traded contract. Positive is worse than mid. A model never fills bid, ask or mid.",
        "outcomes":
            "What happened after entry, where a fresh mark of the contract was sourced. A missing or stale mark gives no P&L, never zero.",
        "context":
            "The backdrop of the market proxy at trade time. The proxy's spot is never a price, mark or spot of the traded underlying.",
    ]
}

/// The performance pages beside each other.
enum PerformanceTabs {
    static func write(current: String?, _ context: PageContext, to html: inout HTMLWriter) {
        html.element("nav", [.class("tabs"), .label("Performance views")]) { html in
            html.element("ul") { html in
                tab("Overview", ["performance"], current == nil, context, &html)
                for view in ViewInfo.performance { tab(view.title, ["performance", view.name], current == view.name, context, &html) }
            }
        }
    }

    private static func tab(_ title: String, _ path: [String], _ isCurrent: Bool, _ context: PageContext, _ html: inout HTMLWriter) {
        html.element("li") { html in
            html.element(
                "a", [.href(Address(path, context.time.parameters))] + (isCurrent ? [.current("page")] : []), text: title)
        }
    }
}
