import Markdown

/// Where the names of a document's figures lead to: the places of the reference that speak of them.
package struct FigureReferences: Sendable {
    /// A section of a document, with the names that it mentions.
    package struct Place: Sendable {
        let document: String
        let slug: String
        let names: Set<String>
    }

    /// The first place that mentions a name is meant.
    private let places: [Place]
    /// Where a name leads that no place mentions.
    private let fallback: Address

    package init(places: [Place], fallback: Address) {
        self.places = places
        self.fallback = fallback
    }

    func address(_ name: String) -> Address {
        guard let place = places.first(where: { $0.names.contains(name) }) else { return fallback }
        return ReferenceDocument.address(place.document).with([], fragment: ReferenceDocument.figureAnchor(name, in: place.slug))
    }
}

extension ReferenceDocument {
    /// The id of a section's first mention of a name.
    static func figureAnchor(_ name: String, in slug: String) -> String { "f-\(slug)-\(name)" }

    /// A section with the names that it mentions. Nil if the document has none of this slug.
    package func place(_ slug: String) -> FigureReferences.Place? {
        sections.first { $0.anchor == Self.anchor(slug) }.map { section in
            FigureReferences.Place(document: name, slug: slug, names: Set(section.blocks.flatMap(Self.names)))
        }
    }

    /// The names that a block mentions: of its code the words as members of documents are spelled, in the order of the text.
    static func names(in block: MarkdownDocument.Block) -> [String] {
        switch block {
        case .heading(_, let inlines), .paragraph(let inlines): names(in: inlines)
        case .list(_, let items): items.flatMap { $0.flatMap(names) }
        case .quote(let blocks): blocks.flatMap(names)
        case .table(_, let rows): rows.flatMap { $0.flatMap(names) }
        case .code, .rule: []
        }
    }

    static func names(in inlines: [MarkdownDocument.Inline]) -> [String] {
        inlines.flatMap { inline -> [String] in
            switch inline {
            case .code(let text): words(of: text)
            case .emphasis(let inner), .strong(let inner), .link(_, let inner): names(in: inner)
            case .text, .lineBreak: []
            }
        }
    }

    /// `{strike, call_oi}` has two, and `GET /api/x` none.
    private static func words(of code: String) -> [String] {
        func isPart(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "_") || 0x30...0x39 ~= byte || 0x61...0x7a ~= byte }
        guard code.utf8.allSatisfy({ isPart($0) || " {}[],".utf8.contains($0) }) else { return [] }
        return code.utf8.split { !isPart($0) }.compactMap { word in
            word.count > 1 && word.first.map { 0x61...0x7a ~= $0 } == true ? String(decoding: word, as: UTF8.self) : nil
        }
    }
}
