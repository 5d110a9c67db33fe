/// A proof as one page of HTML that opens anywhere, verifies itself and fetches nothing.
package enum ProofFile {
    /// - Parameters:
    ///   - document: the proof's document without any `<`
    ///   - note: the signed head that names the document's digest
    ///   - vkey: the key that verifies the head
    package static func html(title: String, document: [UInt8], note: [UInt8], vkey: String) -> [UInt8] {
        var html = HTMLWriter()
        html.doctype()
        html.element("html", [.lang("en")]) { html in
            html.element("head") { html in
                html.void("meta", [.charset("utf-8")])
                html.element("title", text: "Proof: \(title)")
                html.void("meta", [.name("viewport"), .content("width=device-width, initial-scale=1")])
                html.void("meta", [.name("color-scheme"), .content("light dark")])
                html.element("style") { $0.rawText(style) }
            }
            html.element("body") { html in
                html.element("h1", text: title)
                html.element("p", [.id("verdict")], text: "Nothing was checked yet: this page needs its script.")
                html.element("p") { html in
                    html.text("The checks trust one thing: the key ")
                    html.element("code", [.id("vkey")], text: vkey)
                    html.text(
                        ". Compare it with the one that the ledger's owner publishes (alpha-ledger audit key). Whoever changes this page can change its checks too: a page of your own ledger's is as good as the way it came to you."
                    )
                }
                html.element("main") { _ in }
                html.element("h2", text: "The signed head")
                html.element("pre", [.id("note")], text: String(decoding: note, as: UTF8.self))
                html.element("script", [.type("application/json"), .id("proof")]) { $0.rawText(document) }
                html.element("script", [.type("module")]) { $0.rawText(script) }
            }
        }
        return html.bytes
    }

    /// The scripts in one module: what they import from each other stands in the same text.
    private static let script: [UInt8] = {
        let parts = [PackageResources.canonical_js, PackageResources.proof_js, PackageResources.proof_file_js]
        let lines = parts.flatMap { String(decoding: $0, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) }
        let text = lines.filter { !$0.hasPrefix("import ") }.map { $0.hasPrefix("export ") ? $0.dropFirst(7) : $0 }
        return Array(text.joined(separator: "\n").utf8)
    }()

    private static let style = Array(
        """
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
        .value { font-size: 2rem; font-weight: 700; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
        #verdict { padding: .75rem 1rem; border: 2px solid; font-weight: 600; } code, pre, li { overflow-wrap: anywhere; } pre { white-space: pre-wrap; }
        .holds { border-color: #1a7f37; } .fails { border-color: #b3261e; color: #b3261e; font-weight: 700; }
        """.utf8)
}
