package import LedgerJSON

/// The state of the ledger behind an answer: its `ledger` member.
package struct Basis: Sendable {
    let ledger: JSONValue

    /// - Parameter document: a list of the HTTP interface. The result is nil if it has no `ledger` member.
    package init?(_ document: JSONDocument) {
        guard let ledger = document.root["ledger"] else { return nil }
        self.ledger = ledger
    }

    /// The moment that the answer shows.
    package var shown: TimeFrame.Shown? {
        guard let position = ledger["position"]?.integer, let asOf = ledger["as_of"]?.string else { return nil }
        return TimeFrame.Shown(position: position, asOf: asOf)
    }

    static func write(_ all: [Basis], to html: inout HTMLWriter) {
        html.element("dl", [.class("basis")]) { html in
            for basis in all {
                let ledger = basis.ledger
                html.element("div") { html in
                    html.element("dt", text: ledger["projection"]?.string ?? "projection")
                    html.element("dd") { html in
                        html.text("code \(ledger["code_version"]?.integer.map { "\($0)" } ?? "?")")
                        for (file, version) in ledger["rules"]?.members.map({ ($0.key, $0.value) }) ?? [] {
                            html.text(" · \(file)")
                            if version.isNull { html.text(" (version unknown)") }
                        }
                        if ledger["frozen"]?.bool == true {
                            html.text(" · ")
                            html.element("strong", text: "frozen: this program lacks the version's code")
                        }
                    }
                }
            }
        }
    }
}
