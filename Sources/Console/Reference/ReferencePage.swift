import LedgerValues
import Markdown

/// The project's documents: their list, and what is found in them.
package struct ReferenceIndexPage: Sendable {
    package var context: PageContext
    /// In the order of the list.
    package var documents: [ReferenceDocument]

    package init(context: PageContext, documents: [ReferenceDocument]) {
        self.context = context
        self.documents = documents
    }

    /// The sections that a search shows.
    private static let shownSections = 50

    package func html() -> [UInt8] {
        Page(title: "Reference", context: context, hasTime: false).html { html in
            ReferenceSearch.write(context, to: &html)
            if documents.isEmpty {
                html.element("p", [.class("empty")], text: "The program's documents are not installed: there is no docs beside schema.")
            } else if let asked = context.address["q"] {
                results(asked, &html)
            } else {
                list("Guides", documents.filter { !$0.name.contains("/") }, &html)
                list("Contract", documents.filter { $0.name.contains("/") }, &html)
            }
        }
    }

    private func list(_ title: String, _ documents: [ReferenceDocument], _ html: inout HTMLWriter) {
        if documents.isEmpty { return }
        html.element("h2", text: title)
        html.element("ul") { html in
            for document in documents {
                html.element("li") { $0.element("a", [.href(document.address)], text: document.title) }
            }
        }
    }

    private func results(_ asked: String, _ html: inout HTMLWriter) {
        let words = asked.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
        let found = documents.flatMap { document in document.found(words).map { (document: document, hit: $0) } }
        html.element(
            "p", [.class("quiet")],
            text: found.isEmpty
                ? "No section has all of these words."
                : "\(Figures.count(Int64(found.count))) sections have all of these words"
                    + (found.count > Self.shownSections ? "; the first \(Self.shownSections) are shown." : "."))
        html.element("ol", [.class("plain-list")]) { html in
            for (document, hit) in found.prefix(Self.shownSections) {
                html.element("li", [.class("card")]) { html in
                    let heading = MarkdownDocument.plain(hit.section.heading)
                    html.element("h2") { html in
                        html.element(
                            "a", [.href(document.address.with([], fragment: hit.section.anchor))],
                            text: hit.section.level == 1 ? document.title : "\(document.title): \(heading)")
                    }
                    html.element("p", text: hit.excerpt)
                }
            }
        }
    }
}

/// A document of the project.
package struct ReferencePage: Sendable {
    package var context: PageContext
    package var document: ReferenceDocument
    /// The names of all documents, which links may lead to.
    package var known: Set<String>

    package init(context: PageContext, document: ReferenceDocument, known: Set<String>) {
        self.context = context
        self.document = document
        self.known = known
    }

    package func html() -> [UInt8] {
        Page(title: document.title, context: context, hasTime: false).html { html in
            ReferenceSearch.write(context, to: &html)
            contents(&html)
            for (index, section) in document.sections.enumerated() {
                if index > 0 { heading(section, &html) }
                var seen: Set<String> = []
                for block in section.blocks {
                    let heading = MarkdownDocument.plain(section.heading)
                    if case .table(let head, let rows) = block {
                        let anchors = rows.map { row in row.flatMap { ReferenceDocument.names(in: $0) }.filter { seen.insert($0).inserted }
                        }
                        table(head, rows, heading, anchors.map { $0.map { (section, $0) } }, &html)
                    } else {
                        for name in ReferenceDocument.names(in: block) where seen.insert(name).inserted { anchor(section, name, &html) }
                        write(block, heading, &html)
                    }
                }
            }
        }
    }

    private func contents(_ html: inout HTMLWriter) {
        let sections = document.sections.dropFirst().filter { $0.level == 2 }
        html.element("nav", [.class("tabs"), .label("Sections of the document")]) { html in
            html.element("ul") { html in
                html.element("li") { $0.element("a", [.href(Address(["reference"]))], text: "All documents") }
                for section in sections {
                    html.element("li") { html in
                        html.element(
                            "a", [.href(document.address.with([], fragment: section.anchor))],
                            text: MarkdownDocument.plain(section.heading))
                    }
                }
            }
        }
    }

    /// The place to which pages lead that show the figure.
    private func anchor(_ section: ReferenceDocument.Section, _ name: String, _ html: inout HTMLWriter) {
        html.element("span", [.id(ReferenceDocument.figureAnchor(name, in: section.slug))]) { _ in }
    }

    private func heading(_ section: ReferenceDocument.Section, _ html: inout HTMLWriter) {
        func content(_ html: inout HTMLWriter) { write(section.heading, &html) }
        switch section.level {
        case ...2: html.element("h2", [.id(section.anchor)], content)
        case 3: html.element("h3", [.id(section.anchor)], content)
        default: html.element("h4", [.id(section.anchor)], content)
        }
    }

    private func write(_ block: MarkdownDocument.Block, _ heading: String, _ html: inout HTMLWriter) {
        switch block {
        // Headings below a list or a quote are not sections.
        case .heading(_, let inlines), .paragraph(let inlines): html.element("p") { write(inlines, &$0) }
        case .code(let text): html.element("pre") { $0.element("code", text: text) }
        case .list(let start, let items):
            func content(_ html: inout HTMLWriter) {
                for item in items {
                    html.element("li") { html in
                        for (index, block) in item.enumerated() {
                            // The first line of an item is the item's own.
                            if index == 0, case .paragraph(let inlines) = block {
                                write(inlines, &html)
                            } else {
                                write(block, heading, &html)
                            }
                        }
                    }
                }
            }
            if let start { html.element("ol", start == 1 ? [] : [.start(start)], content) } else { html.element("ul", [], content) }
        case .quote(let blocks):
            html.element("blockquote") { html in for block in blocks { write(block, heading, &html) } }
        case .table(let head, let rows): table(head, rows, heading, [], &html)
        case .rule: html.void("hr")
        }
    }

    /// - Parameter anchors: for each row the names that it is the first to mention; empty for a table below a list or a quote
    private func table(
        _ head: [[MarkdownDocument.Inline]], _ rows: [[[MarkdownDocument.Inline]]], _ heading: String,
        _ anchors: [[(ReferenceDocument.Section, String)]], _ html: inout HTMLWriter
    ) {
        html.element("div", [.class("scroll"), .role("region"), .label("Table of \(heading)"), .tabIndex(0)]) { html in
            html.element("table") { html in
                html.element("thead") { html in
                    html.element("tr") { html in
                        for cell in head { html.element("th", [.scope("col")]) { write(cell, &$0) } }
                    }
                }
                html.element("tbody") { html in
                    for (index, row) in rows.enumerated() {
                        html.element("tr") { html in
                            for (place, cell) in row.enumerated() {
                                html.element("td") { html in
                                    if place == 0, index < anchors.count {
                                        for (section, name) in anchors[index] { anchor(section, name, &html) }
                                    }
                                    write(cell, &html)
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private func write(_ inlines: [MarkdownDocument.Inline], _ html: inout HTMLWriter) {
        for inline in inlines {
            switch inline {
            case .text(let text): html.text(text)
            case .code(let text): html.element("code", text: text)
            case .emphasis(let inner): html.element("em") { write(inner, &$0) }
            case .strong(let inner): html.element("strong") { write(inner, &$0) }
            case .lineBreak: html.void("br")
            case .link(let link, let inner):
                if let target = document.target(link, among: known) {
                    html.element("a", [.href(target)]) { write(inner, &$0) }
                } else {
                    // Pages lead nowhere else, so that the address is shown.
                    write(inner, &html)
                    if !MarkdownDocument.plain(inner).isBytewiseEqual(to: link) { html.text(" (\(link))") }
                }
            }
        }
    }
}

/// The form of the search.
enum ReferenceSearch {
    static func write(_ context: PageContext, to html: inout HTMLWriter) {
        html.element("form", [.method("get"), .action(Address(["reference"])), .class("filters"), .role("search")]) { html in
            html.element("span", [.class("field")]) { html in
                html.element("label", [.for("reference-q")], text: "Words")
                html.void("input", [.type("text"), .id("reference-q"), .name("q"), .value(context.address["q"] ?? "")])
            }
            html.element("button", [.type("submit")], text: "Search")
        }
    }
}
