import LedgerJSON

/// The preview that a real run with the same options must name, and its expiry.
package struct RunPreview: Sendable {
    package var id: String
    package var ends: String
    package var hasExpired: Bool

    package init(id: String, ends: String, hasExpired: Bool) {
        self.id = id
        self.ends = ends
        self.hasExpired = hasExpired
    }
}

/// The form by which a real run follows its preview, until that expires. It is offered to administrators only.
struct RealRunForm {
    let preview: RunPreview
    /// What is run: `sync`, `backfill`.
    let noun: String
    let action: Address
    let button: String

    func write(_ context: PageContext, to html: inout HTMLWriter) {
        guard let token = context.visitor.administratorToken else { return }
        html.element("p", [.class(preview.hasExpired ? "notice hint" : "quiet"), .id("preview-ends")]) { html in
            html.text(preview.hasExpired ? "This preview expired at " : "A real \(noun) may follow this preview until ")
            html.time(preview.ends, inSentence: true)
            html.text(preview.hasExpired ? ". Make it again." : ".")
        }
        if preview.hasExpired { return }
        html.element("form", [.class("actions real"), .method("post"), .action(action), .id("real-\(noun)")]) { html in
            html.void("input", [.type("hidden"), .name("form_token"), .value(token)])
            html.void("input", [.type("hidden"), .name("mode"), .value("apply")])
            html.void("input", [.type("hidden"), .name("preview"), .value(preview.id)])
            html.element("label", [.class("check")]) { html in
                html.void("input", [.type("checkbox"), .name("confirmed"), .value("true"), .required])
                html.element("span", text: "The preview looks right")
            }
            html.element("button", [.type("submit"), .class("strong")], text: button)
        }
    }
}

/// What a reader is told in the place of an administrator's form.
enum AdministratorHint {
    /// - Parameter deed: what the form would do, as the subject of a sentence
    static func write(_ deed: String, next: Address, _ context: PageContext, to html: inout HTMLWriter) {
        html.element("p", [.class("quiet")]) { html in
            if context.visitor.canAdminister {
                html.text("\(deed) takes the administrator's key: ")
                html.element(
                    "a", [.href(Address(["sign-in"], [("as", "administrator"), ("next", next.text)]))], text: "sign in as administrator")
                html.text(".")
            } else {
                html.text("No administrator's key is configured, so nothing can be run from here.")
            }
        }
    }
}

extension Visitor {
    /// The token of the forms that act; nil for everybody but an administrator.
    var administratorToken: String? { role == .administrator ? formToken : nil }
}

/// A box to tick, with what it means.
enum CheckBox {
    static func write(_ name: String, _ label: String, _ hint: String, _ isChecked: Bool, to html: inout HTMLWriter) {
        html.element("label", [.class("check")]) { html in
            html.void("input", [.type("checkbox"), .name(name), .value("true")] + (isChecked ? [.checked] : []))
            html.element("span") { html in
                html.text(label)
                html.text(" ")
                html.element("small", text: hint)
            }
        }
    }
}

/// Counts by a name: `{"stale": 3}`.
enum CountTable {
    /// - Parameters:
    ///   - kind: what the names are
    ///   - counted: what is counted
    static func write(_ title: String, of kind: String, counted: String, _ counts: JSONValue?, to html: inout HTMLWriter) {
        let counts = counts?.members.map { ($0.key, $0.value.integer ?? 0) } ?? []
        if counts.isEmpty { return }
        html.element("table", [.class("small")]) { html in
            html.element("caption", text: title)
            html.element("thead") { html in
                html.element("tr") { html in
                    html.element("th", [.scope("col")], text: kind)
                    html.element("th", [.scope("col"), .class("number")], text: counted)
                }
            }
            html.element("tbody") { html in
                for (key, count) in counts {
                    html.element("tr") { html in
                        html.element("th", [.scope("row")], text: key)
                        html.element("td", [.class("number")], text: Figures.count(count))
                    }
                }
            }
        }
    }
}
