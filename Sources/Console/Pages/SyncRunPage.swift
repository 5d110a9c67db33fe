import LedgerJSON

/// The session's last sync, with the name of every row that it inserted, updated or rejected.
package struct SyncRunPage: Sendable {
    package var context: PageContext
    package var run: SyncCard.Run

    package init(context: PageContext, run: SyncCard.Run) {
        self.context = context
        self.run = run
    }

    package func html() -> [UInt8] {
        Page(title: "Rows of the last sync", context: context, hasTime: false).html { html in
            html.element("p") { $0.element("a", [.href(Address(["trades"], fragment: "sync"))], text: "The trade book") }
            html.element("div", [.class("card run"), .id("run")]) { html in
                html.element("h2", text: run.title)
                html.element("p", [.class("quiet")], text: run.options.words)
                switch run.summary {
                case .failure(let problem): ProblemBox.write(problem, to: &html)
                case .success(let document):
                    SyncSummary(
                        summary: document.root["summary"] ?? document.root, changes: document.root["changes"], namesAllRows: true
                    ).write(context, to: &html)
                }
            }
        }
    }
}
