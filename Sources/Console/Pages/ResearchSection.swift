import LedgerJSON
import LedgerValues

/// What a document of research shows: its figures, plots and tables, the same on the page and in a report.
struct ResearchSection {
    /// The kind of its artifact.
    let kind: String
    let data: JSONValue

    static let titles = [
        "iv-surface": "Implied volatility by tenor", "exposure": "Gamma exposure by strike", "flow": "Flow",
        "levels": "Levels", "scenarios": "Scenarios of open contracts",
    ]

    static func title(_ kind: String) -> String { titles[kind] ?? kind }

    func write(to html: inout HTMLWriter) {
        switch kind {
        case "iv-surface": SurfaceSection(data: data).write(to: &html)
        case "exposure": ExposureSection(data: data).write(to: &html)
        case "flow": FlowSection(data: data).write(to: &html)
        case "levels": LevelsSection(data: data).write(to: &html)
        case "scenarios": ScenariosSection(data: data).write(to: &html)
        default: break
        }
        ResearchSection.warnings(data, to: &html)
    }

    /// The tokens that say why figures are absent, or what they are worth.
    static func warnings(_ document: JSONValue, to html: inout HTMLWriter) {
        let tokens = document["warnings"]?.elements.compactMap(\.string) ?? []
        if tokens.isEmpty { return }
        html.element("ul", [.class("tokens warning"), .label("Warnings")]) { html in
            for token in tokens { html.element("li", text: token) }
        }
    }

    static func facts(_ document: JSONValue, _ fields: [String], to html: inout HTMLWriter) {
        html.element("dl", [.class("facts card")]) { html in
            for field in fields {
                let unit = MarketColumn.unit(field).map { ", \($0)" } ?? ""
                Fact.write(MarketColumn.title(field) + unit, of: field, to: &html) { MarketColumn.write(document[field], field, to: &$0) }
            }
        }
    }
}

extension JSONValue {
    /// For the eye: a member's number.
    func number(_ field: String) -> Double? {
        self[field].flatMap { $0.kind == .number ? Double($0.sourceText) : nil }
    }

    var list: [JSONValue] { elements.map { $0 } }

    /// A member as a text, whatever it is. Nil for null.
    func text(_ field: String) -> String? { self[field].flatMap { $0.isNull ? nil : $0.string ?? $0.sourceText } }
}
