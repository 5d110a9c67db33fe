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

    /// The projection behind the rows.
    var name: String {
        if let projections = ledger["projections"] { return projections.members.map(\.key).joined(separator: ", ") }
        return ledger["projection"]?.string ?? ledger["analysis"]?.string ?? "projection"
    }

    /// The versions behind the rows, by projection: several where a document reads several.
    private var versions: [(name: String, version: JSONValue)] {
        ledger["projections"]?.members.map { ($0.key, $0.value) } ?? [(name, ledger)]
    }

    /// Whether the rows stay at their position, because this program lacks the version's code.
    var isFrozen: Bool { ledger["frozen"]?.bool == true }

    /// The number of events that the rows do not show yet. Nil if there are none, or the answer is of a chosen moment.
    func lag(_ time: TimeFrame) -> Int64? {
        guard !time.isPinned, let position = ledger["position"]?.integer, let head = ledger["head_position"]?.integer, position < head
        else { return nil }
        return head - position
    }

    static func write(_ all: [Basis], to html: inout HTMLWriter) {
        if all.isEmpty { return }
        html.element("dl", [.class("basis")]) { html in
            for (basis, name, ledger) in all.flatMap({ basis in basis.versions.map { (basis, $0.name, $0.version) } }) {
                html.element("div") { html in
                    html.element("dt", text: name)
                    html.element("dd") { html in
                        html.text("code \(ledger["code_version"]?.integer.map { "\($0)" } ?? "?")")
                        for (file, version) in ledger["rules"]?.members.map({ ($0.key, $0.value) }) ?? [] {
                            html.text(" · \(file)")
                            if version.isNull { html.text(" (version unknown)") }
                        }
                        if basis.isFrozen {
                            html.text(" · ")
                            html.element("strong", text: "frozen: this program lacks the version's code")
                        }
                    }
                }
            }
        }
    }
}
