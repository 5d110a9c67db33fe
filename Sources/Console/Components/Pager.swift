import LedgerJSON

/// The place of a page in a list, and the ways to the others, at the same moment.
package enum Pager {
    /// `1–50 of 749`. The number of the first row comes with the link that leads here.
    static func count(_ shown: Int, of all: Int64?, _ context: PageContext, to html: inout HTMLWriter) {
        let first = first(context)
        let rows = shown == 0 ? "0" : "\(Figures.count(first))–\(Figures.count(first + Int64(shown) - 1))"
        html.element("span", [.class("count")], text: all.map { "\(rows) of \(Figures.count($0))" } ?? "\(rows)")
    }

    /// - Parameter all: how many rows there are at the list's moment; nil if that is not known
    static func write(_ list: JSONValue, shown count: Int, of all: Int64? = nil, _ context: PageContext, to html: inout HTMLWriter) {
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
            if let all, all > pageLength { jump(list, all, context, &html) }
        }
    }

    /// The rows on a page.
    package static let pageLength: Int64 = 50
    /// The last page that a number leads to. Filters and orders lead further.
    package static let lastPage: Int64 = 401

    /// A form that leads to a page by its number, at the moment of the rows that are shown.
    private static func jump(_ list: JSONValue, _ all: Int64, _ context: PageContext, _ html: inout HTMLWriter) {
        guard let position = list["ledger"]?["position"]?.integer, let asOf = list["ledger"]?["as_of"]?.string else { return }
        let pages = (all + pageLength - 1) / pageLength
        html.element("form", [.class("jump"), .method("get"), .action(Address(["jump"]))]) { html in
            let page = context.address.with([("cursor", nil), ("row", nil)])
            for (name, value) in [("list", page.text), ("position", "\(position)"), ("as_of", asOf)] {
                html.void("input", [.type("hidden"), .name(name), .value(value)])
            }
            html.element("label", [.for("page")], text: "Page")
            html.void(
                "input",
                [
                    .type("number"), .id("page"), .name("page"), .class("short"), .minimum("1"), .maximum("\(min(pages, lastPage))"),
                    .value("\((first(context) - 1) / pageLength + 1)"), .required, .data("data-shortcut", "p"),
                ])
            html.element("span", text: "of \(Figures.count(pages))")
            html.element("button", [.type("submit")], text: "Go")
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
