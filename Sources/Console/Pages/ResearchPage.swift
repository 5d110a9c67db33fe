import LedgerJSON
import OptionTrades

/// Research of an underlying: its documents, each with its plots, its state where it has no figures, and its JSON one click away.
package struct ResearchPage: Sendable {
    /// A document of the page.
    package struct Part: Sendable {
        package let kind: String
        /// What it is of, beside its kind. Empty if there is one document of the kind.
        package let name: String
        package let document: Loaded
        /// Where the interface answers it.
        package let address: Address

        package init(kind: String, name: String = "", document: Loaded, address: Address) {
            self.kind = kind
            self.name = name
            self.document = document
            self.address = address
        }
    }

    package var context: PageContext
    /// Those that have chains or bars, ascending; the chosen one may be another.
    package var underlyings: [String]
    /// Nil if nothing is recorded and none was asked for.
    package var underlying: String?
    package var parts: [Part]
    /// Open contracts whose scenarios are not shown.
    package var hiddenPositions: Int
    /// Why the list of open contracts can't be read. Nil if it was.
    package var positionsProblem: PageProblem?
    /// What is said of the figures, by the kinds.
    package var references: [String: FigureReferences]

    package init(
        context: PageContext, underlyings: [String], underlying: String?, parts: [Part], hiddenPositions: Int,
        positionsProblem: PageProblem?, references: [String: FigureReferences] = [:]
    ) {
        self.context = context
        self.underlyings = underlyings
        self.underlying = underlying
        self.parts = parts
        self.hiddenPositions = hiddenPositions
        self.positionsProblem = positionsProblem
        self.references = references
    }

    package static let kinds = ["iv-surface", "exposure", "flow", "levels", "scenarios"]

    /// The sections that speak of a kind's figures, the first one first.
    package static func sections(of kind: String) -> [(document: String, slug: String)] {
        let own =
            switch kind {
            case "iv-surface": ["iv_surface", "tenors"]
            case "exposure": ["exposure", "slices"]
            case "flow": ["groups", "rows", "prints", "intraday-flow"]
            default: [kind]
            }
        return [("research", kind), ("research", "every-document")] + own.map { ("contract/research", $0) }
    }

    package func html() -> [UInt8] {
        var bases: [Basis] = []
        for basis in parts.compactMap({ part in (try? part.document.get()).flatMap { Basis($0) } })
        where !bases.contains(where: { $0.name == basis.name }) {
            bases.append(basis)
        }
        var context = context
        context.time.shown = bases.first?.shown
        let title = underlying.map { "Research · \($0)" } ?? "Research"
        return Page(title: title, context: context, basis: bases).html { html in
            html.element("p", [.class("quiet")], text: Research.disclaimer)
            if context.time.effectiveAt != nil {
                html.element(
                    "p", [.class("notice hint"), .role("status")],
                    text: "Research is as of what the ledger knew. What had happened by an earlier moment does not apply to it.")
            }
            switcher(&html)
            guard underlying != nil else {
                return html.element(
                    "p", [.class("empty")],
                    text: "No chain of options and no bar is recorded yet: `alpha-ledger observe import FILE --apply` does that.")
            }
            let pin = context.time.shown.map { [(name: "as_of_position", value: "\($0.position)"), (name: "as_of", value: $0.asOf)] }
            for kind in Self.kinds { section(kind, pin, &html) }
        }
    }

    private func switcher(_ html: inout HTMLWriter) {
        if underlyings.isEmpty { return }
        html.element("nav", [.class("tabs"), .label("Underlyings")]) { html in
            html.element("ul") { html in
                for one in underlyings {
                    html.element("li") { html in
                        let address = context.address.with([("underlying", one)])
                        html.element("a", [.href(address)] + (one == underlying ? [.current("true")] : []), text: one)
                    }
                }
            }
        }
    }

    /// - Parameter pin: the page's moment; nil if it has none
    private func section(_ kind: String, _ pin: [(name: String, value: String)]?, _ html: inout HTMLWriter) {
        html.element("section", [.class("part"), .id(kind), .labelled(by: "\(kind)-title")]) { html in
            html.element("h2", [.id("\(kind)-title")], text: ResearchSection.title(kind))
            let own = parts.filter { $0.kind == kind }
            html.references = references[kind]
            for part in own {
                if !part.name.isEmpty { html.element("h3", text: part.name) }
                switch part.document {
                case .success(let document): ResearchSection(kind: kind, data: document.root, pin: pin).write(to: &html)
                case .failure(let problem) where problem.status == 404 && problem.code == "not_found":
                    html.element("p", [.class("empty")], text: "This service does not have these figures yet.")
                case .failure(let problem): ProblemBox.write(problem, to: &html)
                }
                html.element("p") { html in html.element("a", [.href(part.address)], text: "JSON") }
            }
            html.references = nil
            if kind == "scenarios" { positions(isEmpty: own.isEmpty, &html) }
        }
    }

    private func positions(isEmpty: Bool, _ html: inout HTMLWriter) {
        if let positionsProblem { return ProblemBox.write(positionsProblem, to: &html) }
        if isEmpty { html.element("p", [.class("empty")], text: "No open contract on \(underlying ?? "it") at this moment.") }
        if hiddenPositions > 0 {
            html.element(
                "p", [.class("quiet")],
                text:
                    "\(hiddenPositions == 1 ? "One more open contract is" : "\(hiddenPositions) more open contracts are") not shown; `alpha-ledger research scenarios --portfolio` has all."
            )
        }
    }
}
