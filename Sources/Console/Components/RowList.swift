import LedgerJSON
import LedgerValues
package import OptionTrades

/// The rows of a view as a page shows them: filters, the choice of columns, a table in the chosen order with a row of totals,
/// the way to the other pages, and the rows as a file.
///
/// All that a reader chose stands in the page's address, so that a link to the page is a saved view.
package struct RowList: Sendable {
    package var view: View
    /// The answer of the view's list.
    package var list: Loaded
    /// The totals of all rows that the filters select, at the list's moment and in one group; nil if they were not asked for.
    package var totals: Loaded?
    /// The reason for the absence of rows, if there are no rows and it is known.
    package var emptiness: String?

    package init(view: View, list: Loaded, totals: Loaded? = nil, emptiness: String? = nil) {
        self.view = view
        self.list = list
        self.totals = totals
        self.emptiness = emptiness
    }

    /// The parameters of a page with such a list, beside those of its moment.
    package static func parameters(of view: View) -> [String] { view.offeredFilters + ["cursor", "sort", "columns", "row"] }

    /// The order of a list for which none is chosen: newest first. Nil for the order of its key.
    package static func order(of view: View) -> String? { view.timeColumn.map { "-\($0)" } }

    /// The rows on a page.
    package static let pageLength = Int(Pager.pageLength)

    /// What is wrong with the parameters that only a page has, as an error's detail; nil if nothing is.
    package static func objection(_ view: View, _ context: PageContext) -> String? {
        let names = ViewColumns.of(view, context).compactMap(\.field)
        for asked in context.address["columns"].map(names(in:)) ?? [] where !names.contains(where: { $0.isBytewiseEqual(to: asked) }) {
            return "columns: expected some of \(names.joined(separator: ", "))"
        }
        guard let row = context.address["row"] else { return nil }
        return Int64(row).map { $0 > 0 } ?? false ? nil : "row: expected the number of the page's first row, from 1"
    }

    private static func names(in text: String) -> [String] { text.split(separator: ",").map(String.init) }

    func write(_ context: PageContext, to html: inout HTMLWriter) {
        FilterForm(fields: view.filterFields, context: context).write(to: &html)
        switch list {
        case .failure(let problem): ProblemBox.write(problem, to: &html)
        case .success(let document):
            let all = ViewColumns.of(view, context)
            let chosen = context.address["columns"].map(Self.names(in:))
            let columns = all.filter { column in
                guard let field = column.field else { return true }
                return chosen?.contains { $0.isBytewiseEqual(to: field) } ?? !column.isExtra
            }
            let rows = document.root["rows"]?.elements.map { $0 } ?? []
            let known = totals.flatMap { try? $0.get() }.map { Totals($0).groups.first }
            html.element("div", [.class("list-head")]) { html in
                Pager.count(rows.count, of: known.map { $0?.count ?? 0 }, context, to: &html)
                picker(all, columns, context, &html)
                download(context, &html)
            }
            if case .failure(let problem)? = totals { html.element("p", [.class("quiet")], text: "No totals: \(problem.detail)") }
            Table(
                caption: "\(view.title), \(orderWords(all, context))", columns: columns, id: view.name,
                empty: emptiness ?? "No rows at this moment.", totals: isSummable(context) ? known ?? nil : nil,
                order: TableOrder(context, Self.order(of: view))
            ).write(rows, to: &html)
            Pager.write(document.root, shown: rows.count, of: known.map { $0?.count ?? 0 }, context, to: &html)
        }
    }

    /// Whether sums over the rows mean something: a trade has a row for each horizon, with the same premium in each.
    private func isSummable(_ context: PageContext) -> Bool {
        !view.hasHorizons || (context.address["horizons"].map { !$0.contains(",") } ?? false)
    }

    private func orderWords(_ columns: [Column], _ context: PageContext) -> String {
        guard let sort = context.address["sort"] ?? Self.order(of: view) else { return "in the order of their keys" }
        let (name, isDescending) = TableOrder.parts(sort)
        let title = columns.first { $0.field?.isBytewiseEqual(to: name) ?? false }?.title ?? name
        return "by \(title.asciiFolded), \(isDescending ? "largest or latest" : "smallest or earliest") first"
    }

    /// A link for each column that can be left out, which shows or hides it.
    private func picker(_ all: [Column], _ shown: [Column], _ context: PageContext, _ html: inout HTMLWriter) {
        let fields = shown.compactMap(\.field)
        html.element("details", [.class("menu")]) { html in
            html.element("summary", text: "Columns")
            html.element("div", [.class("panel picker")]) { html in
                for (title, isShown) in [("Shown", true), ("Hidden", false)] {
                    let columns = all.filter { column in column.field.map { fields.contains($0) == isShown } ?? false }
                    if columns.isEmpty { continue }
                    html.element("p", [.class("quiet")], text: title)
                    html.element("ul", [.class("links")]) { html in
                        for column in columns {
                            let field = column.field ?? ""
                            let after = all.compactMap(\.field).filter { $0 == field ? !isShown : fields.contains($0) }
                            let address = context.address.with([("columns", after.joined(separator: ","))])
                            html.element("li") { html in
                                html.element(
                                    "a", [.href(address), .label("\(isShown ? "Hide" : "Show") \(column.title)")], text: column.title)
                            }
                        }
                    }
                }
                if context.address["columns"] != nil {
                    html.element("p") { html in
                        html.element("a", [.href(context.address.with([("columns", nil)]))], text: "The usual columns")
                    }
                }
            }
        }
    }

    private func download(_ context: PageContext, _ html: inout HTMLWriter) {
        let kept = view.offeredFilters + ["sort"]
        let query = context.address.query.filter { kept.contains($0.name) }
        html.element(
            "a", [.href(Address(["download", view.name], query + context.time.pin + context.time.rulesParameter))], text: "Download CSV")
    }
}

/// The order of a table's rows, and the addresses of the same page in another one.
struct TableOrder {
    private let address: Address
    private let current: String?

    /// - Parameter usual: the order of a page whose address names none
    init(_ context: PageContext, _ usual: String?) {
        address = context.address.with([("cursor", nil), ("row", nil)])
        current = context.address["sort"] ?? usual
    }

    /// The column of an order, and whether its largest value comes first.
    static func parts(_ sort: String) -> (column: String, isDescending: Bool) {
        sort.hasPrefix("-") ? (String(sort.dropFirst()), true) : (sort, false)
    }

    /// Whether the rows are in the order of a column, and if so, whether its largest value comes first.
    func direction(_ field: String) -> Bool? {
        guard let (column, isDescending) = current.map(Self.parts), column.isBytewiseEqual(to: field) else { return nil }
        return isDescending
    }

    /// The page in the order of a column: largest first, or the other way round if it is so already.
    func address(_ field: String) -> Address { address.with([("sort", direction(field) == true ? field : "-\(field)")]) }
}
