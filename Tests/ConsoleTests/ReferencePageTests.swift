import LedgerJSON
import Markdown
import OptionTrades
import TestSupport
import Testing

@testable import Console

/// The project's documents as pages, and the header's menus.
struct ReferencePageTests {
    private func context(_ path: [String], _ query: [(String, String)] = []) -> PageContext {
        PageContext(
            address: Address(path, query.map { (name: $0.0, value: $0.1) }),
            visitor: Visitor(role: .anonymous, formToken: nil, canAdminister: false),
            time: TimeFrame(head: 5, headRecordedAt: nil, firstRecordedAt: nil))
    }

    private func page(_ text: String, known: Set<String> = ["model", "contract/analyses", "contract/alerts"]) -> String {
        let document = ReferenceDocument(path: "contract/alerts.md", text: text)
        return String(
            decoding: ReferencePage(context: context(["reference", "contract", "alerts"]), document: document, known: known).html(),
            as: UTF8.self)
    }

    @Test func `headings have anchors, twice the same one too, and links between documents stay in the app`() {
        let html = page(
            """
            # Alerts

            See [the model](../model.md#how-to-read-it), [analyses](analyses.md), [below](#a-second), [code](../../Sources/X.swift).

            ## A second

            ## A `second`
            """)
        #expect(html.contains("<h1>Alerts</h1>"))
        #expect(html.contains(#"<h2 id="s-a-second">A second</h2>"#) && html.contains(#"<h2 id="s-a-second-1">A <code>second</code></h2>"#))
        #expect(html.contains(#"<a href="/reference/model#s-how-to-read-it">the model</a>"#))
        #expect(html.contains(#"<a href="/reference/contract/analyses">analyses</a>"#))
        #expect(html.contains(#"<a href="/reference/contract/alerts#s-a-second">below</a>"#))
        #expect(html.contains("code (../../Sources/X.swift)") && !html.contains(#"href="../../Sources"#))
    }

    @Test func `tables, code and lists are what they are, and nothing of a document is HTML`() {
        let html = page(
            """
            # T

            | a | b |
            |---|---|
            | `x` | <script>alert(1)</script> & **y** |

            ```json
            {"a": "<b>"}
            ```

            2. one
            3. two

            <img src=x onerror=alert(1)>

            [x](javascript:alert(1))
            """)
        #expect(
            html.contains(#"<th scope="col">a</th>"#) && html.contains("<td><code>x</code></td>") && html.contains("<strong>y</strong>"))
        #expect(html.contains("{&quot;a&quot;: &quot;&lt;b&gt;&quot;}") || html.contains(#"{"a": "&lt;b&gt;"}"#))
        #expect(html.contains(#"<ol start="2">"#))
        #expect(!html.contains("<script>alert") && !html.contains("<img") && !html.contains(#"href="javascript"#))
    }

    @Test func `the first mention of a figure in a section has an anchor, to which the figure's name leads on the pages that show it`()
        throws
    {
        let text = """
            # Alerts

            ## Overview

            `vrp` is dvol − rv, see `GET /api/alerts` and `Vrp`. `{strike, call_oi}` and `vrp` again.

            | figure | is |
            |---|---|
            | `iv_rv` | of `vrp` |

            ## Flow

            `vrp` again, and `n`.
            """
        let html = page(text)
        for id in ["f-overview-vrp", "f-overview-strike", "f-overview-call_oi", "f-overview-iv_rv", "f-flow-vrp"] {
            #expect(html.ranges(of: "<span id=\"\(id)\"></span>").count == 1, "\(id)")
        }
        #expect(!html.contains("f-overview-api") && !html.contains("f-flow-n\"") && !html.contains("f-overview-Vrp"))
        let document = ReferenceDocument(path: "contract/alerts.md", text: text)
        let flow = try #require(document.place("flow"))
        let overview = try #require(document.place("overview"))
        #expect(document.place("none") == nil)
        let references = FigureReferences(places: [flow, overview], fallback: Address(["reference", "model"]))
        #expect(references.address("vrp").text == "/reference/contract/alerts#f-flow-vrp")
        #expect(references.address("iv_rv").text == "/reference/contract/alerts#f-overview-iv_rv")
        #expect(references.address("nothing").text == "/reference/model")
    }

    @Test func `a search gives the sections that have all of its words, with a link to each`() {
        let documents = [
            ReferenceDocument(
                path: "model.md",
                text: "# The model\n\nIntro.\n\n## Gates\n\nA `<gate>` is closed by a critical alert.\n\n## Other\n\nNothing."),
            ReferenceDocument(path: "contract/alerts.md", text: "# Alerts\n\nA critical thing."),
        ]
        func search(_ text: String) -> String {
            String(
                decoding: ReferenceIndexPage(context: context(["reference"], [("q", text)]), documents: documents).html(), as: UTF8.self)
        }
        let html = search("CRITICAL gate")
        #expect(html.contains(#"href="/reference/model#s-gates""#) && !html.contains(#"href="/reference/contract/alerts"#))
        #expect(html.contains("A &lt;gate&gt; is closed"))
        #expect(search("nowhere").contains("No section has all of these words."))
        let list = String(decoding: ReferenceIndexPage(context: context(["reference"]), documents: documents).html(), as: UTF8.self)
        #expect(
            list.contains(#"<a href="/reference/model">The model</a>"#)
                && list.contains(#"<a href="/reference/contract/alerts">Alerts</a>"#))
    }

    @Test func `every link between the project's documents leads to a document and to a section of it`() throws {
        let names = ["model", "research", "operator", "contract/README", "contract/alerts", "contract/analyses", "contract/http-api"]
        var documents: [String: ReferenceDocument] = [:]
        for name in names { documents[name] = ReferenceDocument(path: "\(name).md", text: try #require(projectText("docs/\(name).md"))) }
        let known = Set(names)
        for (name, document) in documents {
            for link in document.sections.flatMap({ MarkdownLinks.of($0.blocks) }) where link.contains("#") {
                guard let target = document.target(link, among: known), let fragment = target.fragment else { continue }
                let path = target.path.dropFirst().joined(separator: "/")
                #expect(documents[path]?.sections.contains { $0.anchor == fragment } == true, "\(name): \(link)")
            }
        }
    }

    @Test func `each analysis that a screen shows leads to its section of the contract`() throws {
        let document = ReferenceDocument(path: "contract/analyses.md", text: try #require(projectText("docs/contract/analyses.md")))
        for analysis in MarketScreen.all.flatMap(\.analyses) {
            let address = MarketPage.reference(of: analysis)
            #expect(document.sections.contains { $0.anchor == address.fragment }, "\(analysis.name): \(address.text)")
        }
    }

    @Test func `the header has five groups, marks the page's own, and keeps market and moment`() throws {
        var context = context(["flow"], [("currency", "ETH")])
        context.time = TimeFrame(asOfPosition: "3")
        var html = HTMLWriter()
        Navigation(context: context).write(to: &html)
        let text = String(decoding: html.bytes, as: UTF8.self)
        #expect(Navigation.groups.map(\.title) == ["Model", "Market Setup", "Measurement", "Ledger", "Help"])
        #expect(text.contains(#"<summary aria-current="true">Market Setup</summary>"#) && text.contains("<summary>Model</summary>"))
        #expect(text.contains(#"<a href="/flow?currency=ETH&amp;as_of_position=3" aria-current="page">"#))
        #expect(text.contains(#"href="/log?as_of_position=3""#))
        let segments = Navigation.groups.flatMap(\.entries).map(\.segment)
        #expect(Set(segments).count == segments.count)
    }

    @Test func `open alerts are counted in the header, and none is no badge`() throws {
        func header(_ rows: String) throws -> String {
            var context = context(["reference"])
            context.openAlerts = OpenAlerts(.success(try JSONDocument(parsing: Array(#"{"rows":[\#(rows)]}"#.utf8))))
            return String(decoding: ReferenceIndexPage(context: context, documents: []).html(), as: UTF8.self)
        }
        #expect(try header(#"{"severity":"critical"},{"severity":"info"}"#).contains("2 open alerts, 1 critical"))
        #expect(try header(#"{"severity":"info"}"#).contains(">1 open alert<"))
        #expect(try !header("").contains("open alert"))
    }
}

/// The addresses of links.
private enum MarkdownLinks {
    static func of(_ blocks: [MarkdownDocument.Block]) -> [String] {
        blocks.flatMap { block -> [String] in
            switch block {
            case .heading(_, let inlines), .paragraph(let inlines): of(inlines)
            case .list(_, let items): items.flatMap { of($0) }
            case .quote(let inner): of(inner)
            case .table(let head, let rows): ([head] + rows).flatMap { $0.flatMap { of($0) } }
            case .code, .rule: []
            }
        }
    }

    private static func of(_ inlines: [MarkdownDocument.Inline]) -> [String] {
        inlines.flatMap { inline -> [String] in
            switch inline {
            case .link(let link, let inner): [link] + of(inner)
            case .emphasis(let inner), .strong(let inner): of(inner)
            case .text, .code, .lineBreak: []
            }
        }
    }
}
