import LedgerJSON
import LedgerValues

/// The figures of an analysis: those that stand alone, its plots, then a table for each list of rows.
struct MarketFiguresView {
    let analysis: String
    let data: JSONValue

    func write(to html: inout HTMLWriter) {
        if analysis == "thesis" { return ThesisView(data: data).write(to: &html) }
        facts(data, "Figures", &html)
        let plots = MarketPlots(analysis: analysis, data: data).all
        if !plots.isEmpty {
            html.element("div", [.class("grid")]) { html in
                for plot in plots { plot.write(to: &html) }
            }
        }
        for (name, value) in data.members.map({ ($0.key, $0.value) }) { nested(name, value, &html) }
    }

    /// Members that are single values, as facts.
    private func facts(_ object: JSONValue, _ title: String, _ html: inout HTMLWriter) {
        let single = object.members.map { (key: $0.key, value: $0.value) }.filter { $0.value.kind != .object && $0.value.kind != .array }
        if single.isEmpty { return }
        html.element("dl", [.class("facts card"), .label(title)]) { html in
            for (key, value) in single {
                let unit = MarketColumn.unit(key).map { ", \($0)" } ?? ""
                Fact.write(MarketColumn.title(key) + unit, of: key, to: &html) { MarketColumn.write(value, key, to: &$0) }
            }
        }
    }

    private func nested(_ name: String, _ value: JSONValue, _ html: inout HTMLWriter) {
        switch value.kind {
        case .object:
            html.element("h3", text: MarketColumn.title(name))
            facts(value, MarketColumn.title(name), &html)
            for (key, member) in value.members.map({ ($0.key, $0.value) }) { nested(key, member, &html) }
        case .array: list(name, value, &html)
        default: break
        }
    }

    /// A list of rows as a table; lists of numbers are in the plots.
    private func list(_ name: String, _ value: JSONValue, _ html: inout HTMLWriter) {
        let rows = value.elements.map { $0 }
        guard let first = rows.first else {
            return html.element("p", [.class("quiet")], text: "\(MarketColumn.title(name)): no rows.")
        }
        guard first.kind == .object else { return }
        let fields = first.members.map { (key: $0.key, value: $0.value) }.filter { $0.value.kind != .array }.map(\.key)
        let preferred = ["timestamp", "hour", "key", "date", "regime", "venue", "exchange", "strike", "dte", "option_type", "aggressor"]
        let ordered = preferred.filter { fields.contains($0) } + fields.filter { !preferred.contains($0) }
        let columns = ordered.flatMap { field -> [Column] in
            // Members of an object stand side by side.
            guard let nested = first[field], nested.kind == .object else { return [MarketColumn.of(field)] }
            return nested.members.map(\.key).map { inner in
                Column("\(MarketColumn.title(field)) \(MarketColumn.title(inner))", isNumber: true, field: inner) { row, html in
                    MarketColumn.write(row[field]?[inner], inner, to: &html)
                }
            }
        }
        Table(caption: MarketColumn.title(name), columns: columns).write(rows, to: &html)
    }
}

/// The reading order of a thesis, as a tree that opens.
struct ThesisView {
    let data: JSONValue

    func write(to html: inout HTMLWriter) {
        html.element("dl", [.class("facts card")]) { html in
            for key in ["headline", "score", "agreement", "confidence", "gates", "missing_signals"] {
                Fact.write(MarketColumn.title(key), of: key, to: &html) { MarketColumn.write(data[key], key, to: &$0) }
            }
        }
        let signals = data["signals"]?.elements.map { $0 } ?? []
        Plots.signedBars(
            "Impact of the signals on long volatility, points of score", field: "impact",
            signals.map { (entry: $0, note: $0["signal"]?.string ?? "") }, places: .score, to: &html)
        Table(
            caption: "Signals", columns: [.text("Signal", "signal"), MarketColumn.of("value"), MarketColumn.of("impact")]
        ).write(signals, to: &html)
        for node in data["tree"]?.elements.map({ $0 }) ?? [] { write(node, isOpen: true, &html) }
    }

    private func write(_ node: JSONValue, isOpen: Bool, _ html: inout HTMLWriter) {
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
            if let link = node["link"]?.string {
                html.element("p") { html in
                    html.element("a", [.href(Address(link.split(separator: "/").map(String.init)))], text: "The detail")
                }
            }
            let inputs = node["inputs"]?.elements.map { $0 } ?? []
            if !inputs.isEmpty {
                SmallTable(
                    caption: "Inputs",
                    columns: [
                        .text("Input", "name"), MarketColumn.of("value"), .instant("As of", "as_of"), MarketColumn.of("position"),
                    ], scrolls: true
                ).write(inputs, to: &html)
            }
            for child in node["children"]?.elements.map({ $0 }) ?? [] { write(child, isOpen: false, &html) }
        }
    }
}
