import LedgerJSON

/// The end of a list's page: a link to the next page, at the same moment.
enum Pager {
    static func write(_ list: JSONValue, shown count: Int, _ context: PageContext, to html: inout HTMLWriter) {
        html.element("nav", [.class("pager"), .label("Pages")]) { html in
            html.element("span", text: count == 1 ? "1 row" : "\(count) rows")
            if context.address["cursor"] != nil {
                html.element("a", [.href(context.address.with([("cursor", nil)]))], text: "First page")
            }
            if let cursor = list["next_cursor"]?.string {
                html.element("a", [.href(context.address.with([("cursor", cursor)])), .relation("next")], text: "Next page")
            } else {
                html.element("span", [.class("quiet")], text: "end of the list")
            }
        }
    }
}

/// The notice in place of a document that could not be read.
enum ProblemBox {
    static func write(_ problem: PageProblem, to html: inout HTMLWriter) {
        html.element("div", [.class("notice refused"), .role("alert")]) { html in
            html.element("p") { html in
                html.element("strong", text: problem.detail)
            }
            html.element("p", [.class("quiet")], text: "\(problem.status) \(problem.code)")
        }
    }
}
