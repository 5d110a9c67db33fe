/// Asks for a key once. Afterwards the browser holds a random token, never the key.
package struct SignInPage: Sendable {
    package var context: PageContext
    /// The page to open after signing in, as a path of this service.
    package var next: String
    /// Whether the page asks for an administrator's key.
    package var asAdministrator: Bool
    /// Whether it asks for a trade key.
    package var asTrader: Bool

    package init(context: PageContext, next: String, asAdministrator: Bool, asTrader: Bool = false) {
        self.context = context
        self.next = next
        self.asAdministrator = asAdministrator
        self.asTrader = asTrader
    }

    private var hint: String {
        if asTrader {
            return "Halting, resuming and cancelling take the trade key (ALPHA_LEDGER_TRADE_KEY). They can be done for 30 minutes."
        }
        return asAdministrator
            ? "Actions take the administrator's key (ALPHA_LEDGER_ADMIN_KEY). They can be taken for 30 minutes."
            : "Reading takes the read key (ALPHA_LEDGER_READ_KEY); the administrator's key reads too."
    }

    package func html() -> [UInt8] {
        Page(title: "Sign in", context: context, hasTime: false).html { html in
            html.element("form", [.class("card sign-in"), .method("post"), .action(Address(["sign-in"]))]) { html in
                html.void("input", [.type("hidden"), .name("next"), .value(next)])
                if asTrader || asAdministrator {
                    html.void("input", [.type("hidden"), .name("as"), .value(asTrader ? "trader" : "administrator")])
                }
                html.element("p", [.id("key-hint")], text: hint)
                html.element("label", [.for("key")], text: asTrader ? "Trade key" : asAdministrator ? "Administrator's key" : "Key")
                html.void(
                    "input",
                    [
                        .type("password"), .id("key"), .name("key"), .autocomplete("current-password"), .required, .autofocus,
                        .described(by: "key-hint"),
                    ])
                html.element("button", [.type("submit"), .class("strong")], text: "Sign in")
            }
        }
    }
}

/// A page that shows only a problem.
package struct ProblemPage: Sendable {
    package var context: PageContext
    package var problem: PageProblem

    package init(context: PageContext, problem: PageProblem) {
        self.context = context
        self.problem = problem
    }

    package func html() -> [UInt8] {
        Page(title: problem.status == 404 ? "Not here" : "That did not work", context: context, hasTime: false).html { html in
            ProblemBox.write(problem, to: &html)
            html.element("p") { $0.element("a", [.href(Address(["trades"], context.time.parameters))], text: "To the trade book") }
        }
    }
}
