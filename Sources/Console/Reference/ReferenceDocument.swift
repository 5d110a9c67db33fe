import LedgerValues
import Markdown

/// A document of the project, in sections.
package struct ReferenceDocument: Sendable {
    /// The path below `docs` without its ending, as in `contract/analyses`.
    package let name: String
    package let title: String
    let sections: [Section]

    /// What stands between two headings.
    struct Section: Sendable {
        /// 1 for what stands before the first heading below the title.
        let level: Int
        let heading: [MarkdownDocument.Inline]
        /// The id of its heading: that of the document's own links, with `s-` before it so that it is no id of the page.
        let anchor: String
        var slug: String { String(anchor.dropFirst(2)) }
        var blocks: [MarkdownDocument.Block] = []
    }

    /// - Parameters:
    ///   - path: below `docs`, as in `contract/analyses.md`
    ///   - text: in Markdown
    package init(path: String, text: String) {
        name = path.hasSuffix(".md") ? String(path.dropLast(3)) : path
        var sections = [Section(level: 1, heading: [.text(name)], anchor: Self.anchor(""))]
        var taken: [String: Int] = [:]
        for block in MarkdownDocument(text).blocks {
            guard case .heading(let level, let heading) = block else {
                sections[sections.count - 1].blocks.append(block)
                continue
            }
            let slug = Self.slug(MarkdownDocument.plain(heading))
            let again = taken[slug, default: 0]
            taken[slug] = again + 1
            let section = Section(level: level, heading: heading, anchor: Self.anchor(again == 0 ? slug : "\(slug)-\(again)"))
            if level == 1, sections.count == 1, sections[0].blocks.isEmpty { sections[0] = section } else { sections.append(section) }
        }
        self.sections = sections
        title = MarkdownDocument.plain(sections[0].heading)
    }

    /// What the documents' authors write in links: lower-case letters, digits, hyphens and underscores, with hyphens for spaces.
    static func slug(_ heading: String) -> String {
        var slug = ""
        for character in heading.lowercased() {
            if character == " " {
                slug += "-"
            } else if character.isLetter || character.isNumber || "-_".contains(character) {
                slug.append(character)
            }
        }
        return slug
    }

    static func anchor(_ slug: String) -> String { "s-\(slug)" }

    /// The document's page.
    package static func address(_ name: String, slug: String? = nil) -> Address {
        Address(["reference"] + name.split(separator: "/").map(String.init), fragment: slug.map(anchor))
    }

    var address: Address { Self.address(name) }

    /// Where a link of the document leads; nil if it leads out of the documents.
    ///
    /// - Parameter known: the names of all documents
    func target(_ link: String, among known: Set<String>) -> Address? {
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let slug = parts.count > 1 ? parts[1] : nil
        if parts[0].isEmpty { return Self.address(name, slug: slug) }
        guard parts[0].hasSuffix(".md") else { return nil }
        var folder = name.split(separator: "/").dropLast().map(String.init)
        for part in parts[0].dropLast(3).split(separator: "/") {
            if part == ".." {
                guard folder.popLast() != nil else { return nil }
            } else if part != "." {
                folder.append(String(part))
            }
        }
        let target = folder.joined(separator: "/")
        return known.contains(target) ? Self.address(target, slug: slug) : nil
    }

    /// The sections that have all words of a question, with the words around the first one.
    func found(_ words: [String]) -> [(section: Section, excerpt: String)] {
        if words.isEmpty { return [] }
        return sections.compactMap { section in
            let body = MarkdownDocument.plain(section.blocks)
            let text = "\(MarkdownDocument.plain(section.heading)) \(body)".lowercased()
            guard words.allSatisfy({ text.contains($0) }) else { return nil }
            return (section, Self.excerpt(body, around: words[0]))
        }
    }

    private static let excerptLength = 240

    private static func excerpt(_ text: String, around word: String) -> String {
        // Lower-casing may change the number of characters, so that the place is looked for word by word.
        let words = text.split(whereSeparator: \.isWhitespace)
        let hit = words.firstIndex { $0.lowercased().contains(word) } ?? 0
        var shown = ""
        for part in words[max(0, hit - 12)...] where shown.count < excerptLength { shown += shown.isEmpty ? String(part) : " \(part)" }
        return (hit > 12 ? "… " : "") + shown + (shown.count < excerptLength ? "" : " …")
    }
}
