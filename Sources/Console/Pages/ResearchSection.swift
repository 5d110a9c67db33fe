import LedgerJSON
import LedgerValues
import OptionTrades

/// What a document of research shows: its figures, plots and tables, the same on the page and in a report.
struct ResearchSection {
    /// The kind of its artifact.
    let kind: String
    let data: JSONValue
    /// The moment at which the rows behind the figures are explained; nil in a report, whose links would lead nowhere.
    var pin: [(name: String, value: String)]?

    static let titles = [
        "iv-surface": "Implied volatility by tenor", "exposure": "Gamma exposure by strike", "flow": "Flow",
        "levels": "Levels", "scenarios": "Scenarios of open contracts",
    ]

    static func title(_ kind: String) -> String { titles[kind] ?? kind }

    func write(to html: inout HTMLWriter) {
        switch kind {
        case "iv-surface": SurfaceSection(data: data, pin: pin).write(to: &html)
        case "exposure": ExposureSection(data: data, pin: pin).write(to: &html)
        case "flow": FlowSection(data: data).write(to: &html)
        case "levels": LevelsSection(data: data).write(to: &html)
        case "scenarios": ScenariosSection(data: data, pin: pin).write(to: &html)
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

    /// The explanation of a view's row, or of a figure of it.
    static func explanation(of view: View, _ key: [String], _ field: String? = nil, _ pin: [(name: String, value: String)]) -> Address {
        Explained(view: view.name, key: view.key, pin: pin).address(key: key, field)
    }

    /// - Parameter address: where a field's figure is explained; nil if it is not
    static func facts(
        _ document: JSONValue, _ fields: [String], to html: inout HTMLWriter, at address: (String) -> Address? = { _ in nil }
    ) {
        html.element("dl", [.class("facts card")]) { html in
            for field in fields {
                let unit = MarketColumn.unit(field).map { ", \($0)" } ?? ""
                Fact.write(MarketColumn.title(field) + unit, of: field, to: &html) {
                    MarketColumn.write(document[field], field, at: address(field), to: &$0)
                }
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
