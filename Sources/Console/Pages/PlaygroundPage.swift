import LedgerJSON

/// A rule file that is edited on the page, and what it would change over the ledger. Nothing is stored.
package struct PlaygroundPage: Sendable {
    /// A draft of rules.
    package struct Draft: Sendable {
        package var projection: String
        /// The served version that it is compared with.
        package var base: String
        /// What the file is called when it is installed.
        package var fileName: String
        package var text: String

        package init(projection: String, base: String, fileName: String, text: String) {
            self.projection = projection
            self.base = base
            self.fileName = fileName
            self.text = text
        }
    }

    package var context: PageContext
    package var draft: Draft
    /// The result of the trial; nil before one.
    package var trial: Loaded?

    package init(context: PageContext, draft: Draft, trial: Loaded? = nil) {
        self.context = context
        self.draft = draft
        self.trial = trial
    }

    package static let address = Address(["projections", "playground"])

    package func html() -> [UInt8] {
        Page(title: "Try rules: \(draft.projection)", context: context).html { html in
            html.element("p") { html in
                html.element("a", [.href(Address(["projections"]))], text: "All projections")
            }
            html.element(
                "p", [.class("quiet")],
                text: "A copy of the served rules \(draft.base), under the next version's number. A trial folds the log under both and "
                    + "stores nothing.")
            writeForm(&html)
            switch trial {
            case nil: break
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document): write(document.root, &html)
            }
        }
    }

    private func writeForm(_ html: inout HTMLWriter) {
        html.element("form", [.class("draft"), .id("draft"), .method("post"), .action(Self.address)]) { html in
            if let token = context.visitor.formToken { html.void("input", [.type("hidden"), .name("form_token"), .value(token)]) }
            html.void("input", [.type("hidden"), .name("name"), .value(draft.projection)])
            html.element("label", [.for("rules-text")], text: "\(draft.projection)/\(draft.fileName)")
            html.element(
                "textarea",
                [.id("rules-text"), .name("text"), .rows(24), .spellcheck("false"), .autocomplete("off"), .required],
                text: draft.text)
            html.element("p", [.class("actions")]) { html in
                html.element("button", [.type("submit"), .name("action"), .value("try")], text: "Try over the ledger")
                html.element(
                    "button", [.type("submit"), .class("plain"), .name("action"), .value("download")], text: "Download \(draft.fileName)")
            }
        }
    }

    private func write(_ trial: JSONValue, _ html: inout HTMLWriter) {
        html.element("section", [.id("trial"), .label("What would change")]) { html in
            html.element("h2", text: "What the rules say differently")
            if let rules = trial["rules"] { RuleChanges.write(rules, to: &html) }
            html.element("h2", text: "What would change")
            DifferenceTables.writeCounts(trial, to: &html)
            let (position, head) = (trial["position"]?.integer ?? 0, trial["head_position"]?.integer ?? 0)
            html.element("p") { html in
                if trial["is_cut"]?.bool == true {
                    Badge.write("partial", to: &html)
                    html.text(
                        " Rows as of event \(Figures.count(position)) of \(Figures.count(head)): a trial folds no more. "
                            + "Install the file and rebuild to compare them all.")
                } else {
                    html.text("Rows as of event \(Figures.count(position)), the last one.")
                }
            }
            DifferenceTables(context: context).write(trial, to: &html)
            html.element("p", [.class("quiet")]) { html in
                html.text("To serve these rules, put the file into ")
                html.element("code", text: "projections/\(draft.projection)/")
                html.text(", rebuild it beside the served version, and promote it on its comparison.")
            }
        }
    }
}
