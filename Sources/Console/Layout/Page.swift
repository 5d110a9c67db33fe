/// The frame of every page: head, navigation, shown moment, content, and the state of the ledger behind the content.
struct Page {
    let title: String
    let context: PageContext
    /// Scripts in addition to the one that every page has.
    var scripts: [ConsoleAsset] = []
    /// Whether the page shows the ledger at a moment.
    var hasTime = true
    /// Whether the page has a list of rows, which keys lead to.
    var hasRows = false
    /// The views' `ledger` members, for the foot of the page.
    var basis: [Basis] = []

    func html(_ content: (inout HTMLWriter) -> Void) -> [UInt8] {
        var html = HTMLWriter(clock: context.clock)
        html.doctype()
        let root: [Attribute] = [
            .lang("en"), .data("data-density", context.preferences.density.rawValue), .data("data-zone", context.clock.zone),
        ]
        html.element("html", root) { html in
            html.element("head") { head(&$0) }
            html.element("body") { html in
                html.element("a", [.class("skip"), .href(context.address.with([], fragment: "main"))], text: "Skip to the content")
                if hasRows {
                    html.element("a", [.class("skip"), .href(context.address.with([], fragment: "rows"))], text: "Skip to the rows")
                }
                html.element("header", [.class("top")]) { header(&$0) }
                if hasTime { TimeBar(context: context).write(to: &html) }
                html.element("main", [.id("main"), .tabIndex(-1)]) { html in
                    html.element("h1", text: title)
                    if let notice = context.notice { Self.write(notice, to: &html) }
                    for basis in basis {
                        guard let lag = basis.lag(context.time) else { continue }
                        PartState.stale(basis.name, behind: lag, isFrozen: basis.isFrozen, to: &html)
                    }
                    content(&html)
                }
                html.element("footer") { html in
                    Basis.write(basis, to: &html)
                    keys(&html)
                }
            }
        }
        return html.bytes
    }

    /// The keys of every page, which `?` shows.
    private func keys(_ html: inout HTMLWriter) {
        html.element("div", [.id("keys"), .popover]) { html in
            html.element("h2", text: "Keys")
            html.element("dl", [.class("facts tight")]) { html in
                for (key, text) in [
                    ("/", "to the filters"), ("p", "to the page by its number"), ("j, k", "next and previous row"), ("o", "open the row"),
                    ("x", "choose the row"),
                    ("g t", "trade book"),
                    ("g p", "performance"), ("g o", "operations"), ("g l", "log"), ("g v", "projections"), ("Escape", "close what is open"),
                    ("?", "these keys"),
                ] { Fact.write(text, to: &html) { $0.element("kbd", text: key) } }
            }
        }
    }

    private func head(_ html: inout HTMLWriter) {
        html.void("meta", [.charset("utf-8")])
        html.element("title", text: "\(title) · alpha-ledger")
        html.void("meta", [.name("viewport"), .content("width=device-width, initial-scale=1")])
        html.void("meta", [.name("color-scheme"), .content("light dark")])
        html.void("link", [.relation("icon"), .noIcon])
        html.void("link", [.relation("stylesheet"), .href(ConsoleAsset.styles.address)])
        for script in [.console] + scripts {
            html.element("script", [.type("module"), .source(script.address)]) { _ in }
        }
    }

    private func header(_ html: inout HTMLWriter) {
        html.element("a", [.class("brand"), .href(Address(["trades"], context.time.parameters))], text: "alpha-ledger")
        Navigation(context: context).write(to: &html)
        if let alerts = context.openAlerts, alerts.count > 0 {
            html.element(
                "a", [.class(alerts.critical > 0 ? "badge q-poor" : "badge q-weak"), .href(Address(["alerts"], [("state", "raised")]))],
                text: "\(Figures.count(Int64(alerts.count))) open \(alerts.count == 1 ? "alert" : "alerts")"
                    + (alerts.critical > 0 ? ", \(alerts.critical) critical" : ""))
        }
        html.element("div", [.class("session")]) { html in
            PreferenceMenu(context: context).write(to: &html)
            session(&html)
        }
    }

    private func session(_ html: inout HTMLWriter) {
        let visitor = context.visitor
        switch visitor.role {
        case .anonymous: break
        case .reader: html.element("span", [.class("role")], text: "reader")
        case .trader: html.element("span", [.class("role admin")], text: "trader")
        case .administrator: html.element("span", [.class("role admin")], text: "administrator")
        }
        if visitor.role != .administrator && visitor.canAdminister && context.address.path != ["sign-in"] {
            html.element(
                "a", [.href(Address(["sign-in"], [("as", "administrator"), ("next", context.address.text)]))],
                text: "Administer")
        }
        if let token = visitor.formToken {
            html.element("form", [.method("post"), .action(Address(["sign-out"]))]) { html in
                html.void("input", [.type("hidden"), .name("form_token"), .value(token)])
                html.element("button", [.class("plain"), .type("submit")], text: "Sign out")
            }
        }
    }

    private static func write(_ notice: Notice, to html: inout HTMLWriter) {
        html.element(
            "p", [.class("notice \(notice.kind.rawValue)"), .role(notice.kind == .refused ? "alert" : "status")],
            text: notice.text)
    }
}
