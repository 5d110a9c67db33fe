import LedgerJSON
import LedgerValues

/// The figures of an analysis: those that stand alone, its plots, then a table for each list of rows.
struct MarketFiguresView {
    let analysis: String
    let data: JSONValue
    /// Where the figures are explained; nil if they are not.
    var explained: ExplainedDocument?

    func write(to html: inout HTMLWriter) {
        if analysis == "thesis" { return ThesisView(data: data, explained: explained).write(to: &html) }
        facts(data, ["data"], "Figures", &html)
        let plots = MarketPlots(analysis: analysis, data: data).all
        if !plots.isEmpty {
            html.element("div", [.class("grid")]) { html in
                for plot in plots { plot.write(to: &html) }
            }
        }
        for (name, value) in data.members.map({ ($0.key, $0.value) }) { nested(name, value, ["data", name], &html) }
    }

    /// Members that are single values, as facts.
    private func facts(_ object: JSONValue, _ path: [String], _ title: String, _ html: inout HTMLWriter) {
        let single = object.members.map { (key: $0.key, value: $0.value) }.filter { $0.value.kind != .object && $0.value.kind != .array }
        if single.isEmpty { return }
        html.element("dl", [.class("facts card"), .label(title)]) { html in
            for (key, value) in single {
                let unit = MarketColumn.unit(key).map { ", \($0)" } ?? ""
                Fact.write(MarketColumn.title(key) + unit, of: key, to: &html) {
                    MarketColumn.write(value, key, at: explained?.address(path + [key]), to: &$0)
                }
            }
        }
    }

    private func nested(_ name: String, _ value: JSONValue, _ path: [String], _ html: inout HTMLWriter) {
        switch value.kind {
        case .object:
            html.element("h3", text: MarketColumn.title(name))
            facts(value, path, MarketColumn.title(name), &html)
            for (key, member) in value.members.map({ ($0.key, $0.value) }) { nested(key, member, path + [key], &html) }
        case .array: list(name, value, path, &html)
        default: break
        }
    }

    /// A list of rows as a table; lists of numbers are in the plots.
    private func list(_ name: String, _ value: JSONValue, _ path: [String], _ html: inout HTMLWriter) {
        let rows = value.elements.map { $0 }
        guard let first = rows.first else {
            return html.element("p", [.class("quiet")], text: "\(MarketColumn.title(name)): no rows.")
        }
        guard first.kind == .object else { return }
        let fields = first.members.map { (key: $0.key, value: $0.value) }.filter { $0.value.kind != .array }.map(\.key)
        let preferred = ["timestamp", "hour", "key", "date", "regime", "venue", "exchange", "strike", "dte", "option_type", "aggressor"]
        let ordered = preferred.filter { fields.contains($0) } + fields.filter { !preferred.contains($0) }
        let places = ListPlaces(rows, at: path, explained)
        let columns = ordered.flatMap { field -> [Column] in
            // Members of an object stand side by side.
            guard let nested = first[field], nested.kind == .object else {
                return [MarketColumn.of(field, in: name) { places.address($0, [field]) }]
            }
            return nested.members.map(\.key).map { inner in
                Column("\(MarketColumn.title(field)) \(MarketColumn.title(inner))", isNumber: true, field: inner) { row, html in
                    MarketColumn.write(row[field]?[inner], inner, at: places.address(row, [field, inner]), to: &html)
                }
            }
        }
        Table(caption: MarketColumn.title(name), columns: columns).write(rows, to: &html)
    }
}

/// Where the members of a list's rows are explained, by the rows themselves.
struct ListPlaces {
    private let path: [String]
    private let explained: ExplainedDocument?
    /// A row's number by where the row begins in the document.
    private let numbers: [Int: Int]

    init(_ rows: [JSONValue], at path: [String], _ explained: ExplainedDocument?) {
        self.path = path
        self.explained = explained
        numbers = Dictionary(rows.enumerated().map { ($0.element.sourceRange.lowerBound, $0.offset) }) { first, _ in first }
    }

    /// Nil if the document's figures are not explained.
    func address(_ row: JSONValue, _ members: [String]) -> Address? {
        numbers[row.sourceRange.lowerBound].flatMap { explained?.address(path + ["\($0)"] + members) }
    }
}

/// The reading order of a thesis, as a tree that opens.
struct ThesisView {
    let data: JSONValue
    /// Where the figures are explained; nil if they are not.
    var explained: ExplainedDocument?

    func write(to html: inout HTMLWriter) {
        html.element("dl", [.class("facts card")]) { html in
            for key in ["headline", "score", "agreement", "confidence", "gates", "missing_signals"] {
                Fact.write(MarketColumn.title(key), of: key, to: &html) {
                    MarketColumn.write(data[key], key, at: explained?.address(["data", key]), to: &$0)
                }
            }
        }
        let signals = data["signals"]?.elements.map { $0 } ?? []
        Plots.signedBars(
            "Impact of the signals on long volatility, points of score", field: "impact",
            signals.map { (entry: $0, note: $0["value"].map { $0.string ?? $0.sourceText } ?? "not known") }, places: .score, to: &html,
            named: { $0["signal"]?.string ?? "" })
        let places = ListPlaces(signals, at: ["data", "signals"], explained)
        Table(
            caption: "Signals",
            columns: [.text("Signal", "signal")]
                + ["value", "impact"].map { field in MarketColumn.of(field) { places.address($0, [field]) } }
        ).write(signals, to: &html)
        nodes(data["tree"], ["data", "tree"], isOpen: true, &html)
    }

    private func nodes(_ list: JSONValue?, _ path: [String], isOpen: Bool, _ html: inout HTMLWriter) {
        for (index, node) in (list?.elements.map { $0 } ?? []).enumerated() {
            write(node, path + ["\(index)"], isOpen: isOpen, &html)
        }
    }

    private func write(_ node: JSONValue, _ path: [String], isOpen: Bool, _ html: inout HTMLWriter) {
        html.element("details", [.class("card")] + (isOpen ? [.open] : [])) { html in
            html.element("summary") { html in
                html.text(node["title"]?.string ?? "")
                if let state = node["state"]?.string {
                    html.text(" ")
                    Badge.write(state, to: &html)
                }
                if let value = node["value"], !value.isNull {
                    html.text(" ")
                    MarketColumn.write(value, "value", to: &html)
                }
                if let quality = node["quality"]?.string {
                    html.text(" ")
                    Badge.write(quality, to: &html)
                }
            }
            if let calculation = node["calculation"]?.string, !calculation.isEmpty {
                html.element("p", [.class("quiet")], text: calculation)
            }
            links(of: node, path, &html)
            let inputs = node["inputs"]?.elements.map { $0 } ?? []
            if !inputs.isEmpty {
                SmallTable(
                    caption: "Inputs",
                    columns: [
                        .text("Input", "name"), MarketColumn.of("value"), .instant("As of", "as_of"), MarketColumn.of("position"),
                    ], scrolls: true
                ).write(inputs, to: &html)
            }
            nodes(node["children"], path + ["children"], isOpen: false, &html)
        }
    }

    /// The way to the node's detail, and to how its value came about.
    private func links(of node: JSONValue, _ path: [String], _ html: inout HTMLWriter) {
        let detail = node["link"]?.string.map { Address($0.split(separator: "/").map(String.init)) }
        // A heading opens its node, so that the figure in it can't be a link.
        let member = ["value", "state"].first { node[$0]?.isNull == false }
        let why = member.flatMap { member in explained?.address(path + [member]) }
        let links = [("The detail", detail), ("Why", why)].compactMap { text, address in address.map { (text, $0) } }
        if links.isEmpty { return }
        html.element("p") { html in
            for (index, link) in links.enumerated() {
                if index > 0 { html.text(" · ") }
                html.element("a", [.href(link.1)], text: link.0)
            }
        }
    }
}
