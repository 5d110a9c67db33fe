import LedgerJSON
import OptionTrades

/// The differences that another version of a projection would make, and the form that promotes it.
package struct VersionDiffPage: Sendable {
    package var context: PageContext
    package var name: String
    package var from: String
    package var to: String
    /// The answer of `/api/ledger/projections/{name}/diff`.
    package var diff: Loaded
    /// The same answer for `with_dependents=true`.
    package var together: Loaded
    /// The answer of `/api/ledger/projections/{name}/rules`.
    package var rules: Loaded

    private static let notAsked = Loaded.failure(PageProblem(status: 404, code: "not_found", detail: "It was not asked for."))

    package init(
        context: PageContext, name: String, from: String, to: String, diff: Loaded, together: Loaded? = nil, rules: Loaded? = nil
    ) {
        self.context = context
        self.name = name
        self.from = from
        self.to = to
        self.diff = diff
        self.together = together ?? Self.notAsked
        self.rules = rules ?? Self.notAsked
    }

    package func html() -> [UInt8] {
        Page(title: "\(name): \(from) to \(to)", context: context).html { html in
            html.element("p") { $0.element("a", [.href(Address(["projections"], context.time.parameters))], text: "All projections") }
            switch diff {
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document):
                ruleChanges(&html)
                rows(document.root, &html)
                DifferenceTables(context: context) { steps(of: $0) }.write(document.root, to: &html)
                promote(document.root, &html)
                dependents(&html)
                versions(document.root, &html)
            }
        }
    }

    /// What the rules say differently, if both versions are installed here.
    private func ruleChanges(_ html: inout HTMLWriter) {
        guard let document = rules.root else { return }
        html.element("h2", text: "What the rules say differently")
        RuleChanges.write(document, to: &html)
    }

    private func rows(_ diff: JSONValue, _ html: inout HTMLWriter) {
        html.element("h2", text: "What would change")
        DifferenceTables.writeCounts(diff, to: &html)
        html.element("p") { html in
            html.text("Rows as of event \(Figures.count(diff["position"]?.integer ?? 0)). ")
            if let first = diff["first_difference"], let position = first["position"]?.integer {
                html.text("The first event after which they differ is ")
                html.element("a", [.href(EventLink.address(position, context.time))], text: "#\(Figures.count(position))")
                html.text(", \(first["type"]?.string ?? "an event").")
            }
        }
    }

    /// What each event made of a row under both versions.
    private func steps(of row: JSONValue) -> Address {
        // A change names the columns of its key in canonical order, a view in the key's own.
        let names = View.named(name)?.key ?? row["key"]?.members.map(\.key) ?? []
        let key = KeyText.of(names.map { KeyText.part(row["key"]?[$0]) })
        return Address(
            ["steps"], [("view", name), ("key", key), ("rules", from), ("against", to)] + context.time.parameters)
    }

    /// The exact subject of the comparison: the digests of the rule files and of the comparison itself.
    private func versions(_ diff: JSONValue, _ html: inout HTMLWriter) {
        html.element("h2", text: "What was compared")
        for (label, member) in [("Changes' digest", "changes_digest"), ("Comparison's digest", "digest")] {
            guard let digest = diff[member]?.string else { continue }
            html.element("p") { html in
                html.text("\(label): ")
                html.element("code", text: digest)
            }
        }
        let files = ["from", "to"].flatMap { side in
            (diff[side]?["rules"]?.members.map { (side, $0.key, $0.value) } ?? [])
        }
        html.element("div", [.class("scroll"), .role("region"), .label("Rule files"), .tabIndex(0)]) { html in
            html.element("table", [.class("rows")]) { html in
                html.element("caption", text: "Rule files")
                html.element("thead") { html in
                    html.element("tr") { html in
                        for title in ["Version", "File", "SHA-256"] { html.element("th", [.scope("col")], text: title) }
                    }
                }
                html.element("tbody") { html in
                    for (side, file, rule) in files {
                        html.element("tr") { html in
                            html.element("td", text: diff[side].map(VersionName.of) ?? "?")
                            html.element("td", text: file)
                            html.element("td") { $0.element("code", text: rule["digest"]?.string ?? "?") }
                        }
                    }
                }
            }
        }
    }

    private func promote(_ diff: JSONValue, _ html: inout HTMLWriter) {
        html.element("h2", text: "Promote")
        guard let digest = diff["digest"]?.string, let position = diff["position"]?.integer else {
            return html.element("p", text: "The comparison has no digest, so nothing can be promoted on it.")
        }
        promotionForm(
            button: "Serve \(to)", position: position, digest: digest,
            confirmation: "Serve \(to) instead of \(from), on this comparison at event \(Figures.count(position))", &html)
    }

    private func promotionForm(
        button: String, position: Int64, digest: String, confirmation: String, withDependents: Bool = false, _ html: inout HTMLWriter
    ) {
        guard context.visitor.role == .administrator, let token = context.visitor.formToken else {
            return html.element("p", [.class("quiet")], text: "Promoting takes the administrator's key.")
        }
        ActionForm(action: "promote", name: name, token: token, button: button, confirmation: confirmation).write(to: &html) { html in
            for (field, value) in [("version", to), ("position", "\(position)"), ("digest", digest)] {
                html.void("input", [.type("hidden"), .name(field), .value(value)])
            }
            if withDependents { html.void("input", [.type("hidden"), .name("with_dependents"), .value("true")]) }
            html.element("label", [.class("check")]) { html in
                html.void("input", [.type("checkbox"), .name("requires_assertions"), .value("true"), .checked])
                html.element("span", text: "Only if no assertion is broken")
            }
        }
    }

    /// The views that read the replaced rules: they change along, or keep the old rules.
    private func dependents(_ html: inout HTMLWriter) {
        switch together {
        case .failure(let problem):
            guard problem.code == "conflict" else { return }
            html.element("h2", text: "Views that read the replaced rules")
            html.element("p", text: "Served alone, \(to) leaves them with the old rules. \(problem.detail)")
        case .success(let document):
            let others = document.root["diffs"]?.elements.dropFirst().map { $0 } ?? []
            guard !others.isEmpty, let digest = document.root["digest"]?.string, let position = document.root["position"]?.integer
            else { return }
            html.element("h2", text: "Views that read the replaced rules")
            html.element("p", text: "Served alone, \(to) leaves them with the old rules.")
            html.element("ul") { html in
                for other in others {
                    let projection = other["projection"]?.string ?? "?"
                    let (old, new) = (other["from"].map(VersionName.reference) ?? "?", other["to"].map(VersionName.reference) ?? "?")
                    html.element("li") { html in
                        let address = Address(["projections", "diff"], [("name", projection), ("from", old), ("to", new)])
                        html.element("a", [.href(address)], text: "\(projection): \(old) to \(new)")
                        html.text(", \(other["rows"]?["changed"]?.integer.map(Figures.count) ?? "?") rows changed")
                    }
                }
            }
            promotionForm(
                button: "Serve all together", position: position, digest: digest,
                confirmation: "Serve \(to) of \(name) and these versions, on these comparisons at event \(Figures.count(position))",
                withDependents: true, &html)
        }
    }
}
