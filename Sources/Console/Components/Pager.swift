import LedgerJSON

/// The place of a page in a list, and the ways to the others, at the same moment.
enum Pager {
    /// `1–50 of 749`. The number of the first row comes with the link that leads here.
    static func count(_ shown: Int, of all: Int64?, _ context: PageContext, to html: inout HTMLWriter) {
        let first = first(context)
        let rows = shown == 0 ? "0" : "\(Figures.count(first))–\(Figures.count(first + Int64(shown) - 1))"
        html.element("span", [.class("count")], text: all.map { "\(rows) of \(Figures.count($0))" } ?? "\(rows)")
    }

    static func write(_ list: JSONValue, shown count: Int, _ context: PageContext, to html: inout HTMLWriter) {
        html.element("nav", [.class("pager"), .label("Pages")]) { html in
            html.element("span", text: count == 1 ? "1 row" : "\(count) rows")
            if context.address["cursor"] != nil {
                html.element("a", [.href(context.address.with([("cursor", nil), ("row", nil)]))], text: "First page")
            }
            if let cursor = list["next_cursor"]?.string {
                let next = context.address.with([("cursor", cursor), ("row", "\(first(context) + Int64(count))")])
                html.element("a", [.href(next), .relation("next")], text: "Next page")
            } else {
                html.element("span", [.class("quiet")], text: "end of the list")
            }
        }
    }

    private static func first(_ context: PageContext) -> Int64 {
        context.address["cursor"] == nil ? 1 : context.address["row"].flatMap { Int64($0) } ?? 1
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
