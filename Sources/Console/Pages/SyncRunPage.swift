import JSON

/// The session's last sync, with the name of every row that it inserted, updated or rejected.
public struct SyncRunPage: Sendable {
    public var context: PageContext
    public var run: SyncCard.Run

    public init(context: PageContext, run: SyncCard.Run) {
        self.context = context
        self.run = run
    }

    public func html() -> [UInt8] {
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
