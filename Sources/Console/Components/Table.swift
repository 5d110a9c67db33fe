import LedgerJSON
import LedgerValues

/// A column of a table over rows of a view.
struct Column {
    let title: String
    /// The unit of the figures, shown below the title.
    var unit: String?
    var isNumber = false
    /// The member of a row that the column shows, or the main one of several. Nil for the column that names the row.
    var field: String?
    /// Whether rows can be put in the order of the member: lists and objects have none.
    var isSortable = true
    /// Whether the column is shown only to a reader who asks for it.
    var isExtra = false
    let write: (JSONValue, inout HTMLWriter) -> Void

    init(
        _ title: String, unit: String? = nil, isNumber: Bool = false, field: String? = nil, isSortable: Bool = true,
        _ write: @escaping (JSONValue, inout HTMLWriter) -> Void
    ) {
        self.title = title
        self.unit = unit
        self.isNumber = isNumber
        self.field = field
        self.isSortable = isSortable
        self.write = write
    }

    /// The side on which the column's figures end.
    var alignment: [Attribute] { isNumber ? [.class("number")] : [] }

    /// Writes the title, as a link to another order of the rows or to what is said of the figure, and the unit below it.
    func writeHead(_ link: Address? = nil, to html: inout HTMLWriter) {
        if let link = link ?? field.flatMap({ html.references?.address($0) }) {
            html.element("a", [.href(link)], text: title)
        } else {
            html.text(title)
        }
        guard let unit else { return }
        html.text(" ")
        html.element("small", text: unit)
    }

    /// The same column, shown only to a reader who asks for it.
    var extra: Column {
        var copy = self
        copy.isExtra = true
        return copy
    }

    /// A decimal or whole number, linked to its explanation if it has one. The column's head says which direction is good.
    static func figure(
        _ title: String, unit: String? = nil, _ field: String, _ places: Figures.Places, _ explained: Explained? = nil
    ) -> Column {
        let head = [unit, Polarity.of(field).remark].compactMap { $0 }.joined(separator: ", ")
        return Column(title, unit: head.isEmpty ? nil : head, isNumber: true, field: field) { row, html in
            Cell.figure(row, field, places, explained, to: &html)
        }
    }

    static func text(_ title: String, unit: String? = nil, _ field: String) -> Column {
        Column(title, unit: unit, field: field) { row, html in Cell.text(row, field, to: &html) }
    }

    /// An instant by the reader's clock, whose zone each cell names.
    static func instant(_ title: String, _ field: String) -> Column {
        Column(title, field: field) { row, html in Cell.instant(row, field, to: &html) }
    }

    /// A state, label or quality as a badge.
    static func badge(_ title: String, _ field: String, _ explained: Explained? = nil) -> Column {
        Column(title, field: field) { row, html in
            guard let text = row[field]?.string else { return Cell.none(row, field, explained, to: &html) }
            guard let explained else { return Badge.write(text, to: &html) }
            html.element("a", [.class("figure"), .href(explained.address(row, field)), .title("Why \(text)?")]) {
                Badge.write(text, to: &$0)
            }
        }
    }

    /// A list of tokens. An empty list shows nothing.
    static func tokens(_ title: String, _ field: String, isWarning: Bool = true) -> Column {
        Column(title, field: field, isSortable: false) { row, html in Cell.tokens(row, field, isWarning: isWarning, to: &html) }
    }
}

/// A table of rows. On a phone each row becomes a card.
struct Table {
    let caption: String
    let columns: [Column]
    var id: String?
    /// The text for a table without rows.
    var empty = "No rows."
    /// The totals of all rows of the list, of which the table shows a page. Nil for a table without them.
    var totals: Totals.Group?
    /// The order of the rows, which heads of columns change. Nil if it can't be changed.
    var order: TableOrder?

    /// Writes the rows. The first column is each row's heading.
    func write(_ rows: some Sequence<JSONValue>, to html: inout HTMLWriter) {
        html.element("div", [.class("scroll"), .role("region"), .label(caption), .tabIndex(0)]) { html in
            html.element("table", [.class("rows"), .role("table")] + (id.map { [.id($0)] } ?? [])) { html in
                html.element("caption", text: caption)
                html.element("thead", [.role("rowgroup")]) { html in
                    html.element("tr", [.role("row")]) { html in
                        for column in columns { header(column, &html) }
                    }
                }
                html.element("tbody", [.role("rowgroup")] + (order == nil ? [] : [.id("rows"), .tabIndex(-1)])) { html in
                    var isEmpty = true
                    for row in rows {
                        isEmpty = false
                        html.element("tr", [.role("row")]) { html in
                            for (index, column) in columns.enumerated() { cell(column, row, isHeader: index == 0, &html) }
                        }
                    }
                    if isEmpty {
                        html.element("tr", [.role("row")]) { html in
                            html.element("td", [.role("cell"), .columnSpan(columns.count), .class("empty")], text: empty)
                        }
                    }
                }
                if let totals, totals.count > 0 { foot(totals, &html) }
            }
        }
    }

    /// A row of sums, each with the number of rows that have an amount.
    private func foot(_ totals: Totals.Group, _ html: inout HTMLWriter) {
        html.element("tfoot", [.role("rowgroup")]) { html in
            html.element("tr", [.role("row")]) { html in
                html.element(
                    "th", [.scope("row"), .role("rowheader")],
                    text: totals.count == 1 ? "The one row" : "All \(Figures.count(totals.count)) rows")
                for column in columns.dropFirst() {
                    html.element("td", [.role("cell"), .data("data-label", column.title)] + column.alignment) {
                        html in
                        guard let field = column.field, let sum = totals.sumText(field) else { return }
                        Cell.sum(sum, field, to: &html)
                        let covered = totals.covered(field)
                        if covered == totals.count { return }
                        html.text(" ")
                        html.element("small", text: "of \(Figures.count(covered)) rows")
                    }
                }
            }
        }
    }

    private func header(_ column: Column, _ html: inout HTMLWriter) {
        let field = column.isSortable ? column.field : nil
        let direction = field.flatMap { order?.direction($0) }
        var attributes: [Attribute] = [.scope("col"), .role("columnheader")] + column.alignment
        if let direction { attributes.append(.sorted(direction ? "descending" : "ascending")) }
        html.element("th", attributes) { column.writeHead(field.flatMap { order?.address($0) }, to: &$0) }
    }

    private func cell(_ column: Column, _ row: JSONValue, isHeader: Bool, _ html: inout HTMLWriter) {
        let label = Attribute.data("data-label", column.unit.map { "\(column.title), \($0)" } ?? column.title)
        if isHeader {
            html.element("th", [.scope("row"), .role("rowheader"), label] + column.alignment) { column.write(row, &$0) }
        } else {
            html.element("td", [.role("cell"), label] + column.alignment) { column.write(row, &$0) }
        }
    }
}

/// A table of a few rows beside other text: it has no window of its own, and stays a table on a phone.
struct SmallTable {
    let caption: String
    let columns: [Column]
    /// Whether a table that is wider than its place scrolls in it.
    var scrolls = false

    /// Writes the rows. The first column is each row's heading.
    func write(_ rows: some Sequence<JSONValue>, to html: inout HTMLWriter) {
        html.element("table", [.class(scrolls ? "small scrolling" : "small")]) { html in
            html.element("caption", text: caption)
            html.element("thead") { html in
                html.element("tr") { html in
                    for column in columns { html.element("th", [.scope("col")] + column.alignment) { column.writeHead(to: &$0) } }
                }
            }
            html.element("tbody") { html in
                for row in rows {
                    html.element("tr") { html in
                        for (index, column) in columns.enumerated() {
                            if index == 0 {
                                html.element("th", [.scope("row")] + column.alignment) { column.write(row, &$0) }
                            } else {
                                html.element("td", column.alignment) { column.write(row, &$0) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The view whose explanations the figures link to, and the moment of these explanations.
struct Explained {
    let view: String
    /// The members that identify a row, in the order of the view's key.
    let key: [String]
    let pin: [(name: String, value: String)]

    /// - Parameter field: the figure to explain, nil for the whole row
    func address(_ row: JSONValue, _ field: String?) -> Address {
        address(key: key.map { KeyText.part(row[$0]) }, field)
    }

    /// - Parameter key: the parts of a row's key, as rows show them
    func address(key: [String], _ field: String?) -> Address {
        Address(["explain"], [("view", view), ("key", KeyText.of(key))] + (field.map { [("field", $0)] } ?? []) + pin)
    }
}

/// A key as the interface reads it in a parameter.
package enum KeyText {
    /// A part of a key as a row shows it.
    static func part(_ value: JSONValue?) -> String { value.map { $0.string ?? $0.sourceText } ?? "" }

    /// The parts separated by bars, with the bars inside of them escaped.
    package static func of(_ parts: [String]) -> String {
        parts.map { part in
            guard part.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "|") }) else { return part }
            return part.replacing("%", with: "%25").replacing("|", with: "%7C")
        }.joined(separator: "|")
    }
}

/// The content of a cell.
enum Cell {
    static func figure(
        _ row: JSONValue, _ field: String, _ places: Figures.Places, _ explained: Explained?, to html: inout HTMLWriter
    ) {
        guard let value = row[field], value.kind == .number else { return none(row, field, explained, to: &html) }
        let exact = value.sourceText
        let (text, isRounded) = Figures.decimal(exact, places)
        let classes = Attribute.class(Polarity.of(field).classes(text))
        guard let explained else {
            return html.element("span", [classes] + (isRounded ? [.title(exact)] : []), text: text)
        }
        html.element(
            "a",
            [classes, .href(explained.address(row, field))]
                + (isRounded ? [.title("exactly \(exact)")] : []), text: text)
    }

    /// A sum of a field's figures.
    static func sum(_ exact: String, _ field: String, to html: inout HTMLWriter) {
        let (text, isRounded) = Figures.decimal(exact, .money)
        html.element("span", [.class(Polarity.of(field).classes(text))] + (isRounded ? [.title("exactly \(exact)")] : []), text: text)
    }

    /// A difference of a field's figures, with its sign.
    static func move(_ move: FixedDecimal, _ field: String, _ places: Figures.Places, to html: inout HTMLWriter) {
        let shown = Figures.decimal(move.description, places).text
        html.element("span", [.class(Polarity.of(field).classes(shown))], text: (move > .zero ? "+" : "") + shown)
    }

    static func none(_ row: JSONValue, _ field: String, _ explained: Explained?, to html: inout HTMLWriter) {
        let reason = Unavailable.reason(field, in: row)
        guard let explained else { return Unavailable.write(reason, to: &html) }
        html.element("a", [.class("figure"), .href(explained.address(row, field))]) { Unavailable.write(reason, to: &$0) }
    }

    static func text(_ row: JSONValue, _ field: String, to html: inout HTMLWriter) {
        guard let value = row[field], !value.isNull else { return none(row, field, nil, to: &html) }
        html.text(value.string ?? value.sourceText)
    }

    static func instant(_ row: JSONValue, _ field: String, to html: inout HTMLWriter) {
        guard let text = row[field]?.string else { return none(row, field, nil, to: &html) }
        html.time(text)
    }

    /// One token as it is; several in one chip, with the list behind it.
    static func tokens(_ row: JSONValue, _ field: String, isWarning: Bool, to html: inout HTMLWriter) {
        let tokens = row[field]?.elements.compactMap(\.string) ?? []
        if tokens.isEmpty { return html.element("span", [.class("quiet")], text: "none") }
        func list(_ html: inout HTMLWriter) {
            html.element("ul", [.class(isWarning ? "tokens warning" : "tokens")]) { html in
                for token in tokens { html.element("li", text: token) }
            }
        }
        if tokens.count == 1 { return list(&html) }
        html.element("details", [.class("chip")]) { html in
            html.element("summary", text: "\(tokens.count) \(field.split(separator: "_").last == "fields" ? "fields" : "items")")
            list(&html)
        }
    }
}
