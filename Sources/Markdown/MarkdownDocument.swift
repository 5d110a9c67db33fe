import CMarkGFM

/// A text in GitHub's Markdown, as a tree of values. cmark-gfm reads it; nothing of it is HTML.
package struct MarkdownDocument: Sendable, Equatable {
    package let blocks: [Block]

    package indirect enum Block: Sendable, Equatable {
        case heading(level: Int, [Inline])
        case paragraph([Inline])
        case code(String)
        /// With the number of the first item; nil for a list without numbers.
        case list(start: Int?, [[Block]])
        case quote([Block])
        case table(head: [[Inline]], rows: [[[Inline]]])
        case rule
    }

    package indirect enum Inline: Sendable, Equatable {
        case text(String)
        case code(String)
        case emphasis([Inline])
        case strong([Inline])
        case link(to: String, [Inline])
        case lineBreak
    }

    /// Reads a text. HTML in it is left out, comments among it.
    package init(_ text: String) {
        Self.register
        guard let parser = cmark_parser_new(CMARK_OPT_DEFAULT) else { preconditionFailure("out of memory") }
        defer { cmark_parser_free(parser) }
        for name in ["table", "autolink"] {
            if let tables = cmark_find_syntax_extension(name) { cmark_parser_attach_syntax_extension(parser, tables) }
        }
        var copy = text
        copy.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { cmark_parser_feed(parser, $0.baseAddress, $0.count) }
        }
        guard let root = cmark_parser_finish(parser) else { preconditionFailure("out of memory") }
        defer { cmark_node_free(root) }
        blocks = Self.children(root).compactMap(Self.block)
    }

    /// The extensions are the process's own, and are made known once.
    private static let register: Void = cmark_gfm_core_extensions_ensure_registered()

    private static func children(_ node: OpaquePointer) -> [OpaquePointer] {
        Array(
            sequence(state: cmark_node_first_child(node)) { next in
                defer { next = next.flatMap { cmark_node_next($0) } }
                return next
            })
    }

    private static func kind(_ node: OpaquePointer) -> String { String(cString: cmark_node_get_type_string(node)) }

    private static func literal(_ node: OpaquePointer) -> String { cmark_node_get_literal(node).map { String(cString: $0) } ?? "" }

    private static func block(_ node: OpaquePointer) -> Block? {
        switch kind(node) {
        case "heading": .heading(level: Int(cmark_node_get_heading_level(node)), inlines(node))
        case "paragraph": .paragraph(inlines(node))
        case "code_block": .code(literal(node))
        case "list":
            .list(
                start: cmark_node_get_list_type(node) == CMARK_ORDERED_LIST ? Int(cmark_node_get_list_start(node)) : nil,
                children(node).map { children($0).compactMap(block) })
        case "block_quote": .quote(children(node).compactMap(block))
        case "table": table(node)
        case "thematic_break": .rule
        default: nil
        }
    }

    private static func table(_ node: OpaquePointer) -> Block {
        let rows = children(node).map { row in (isHead: kind(row) == "table_header", cells: children(row).map(inlines)) }
        return .table(head: rows.first { $0.isHead }?.cells ?? [], rows: rows.filter { !$0.isHead }.map(\.cells))
    }

    private static func inlines(_ node: OpaquePointer) -> [Inline] { children(node).compactMap(inline) }

    private static func inline(_ node: OpaquePointer) -> Inline? {
        switch kind(node) {
        case "text": .text(literal(node))
        case "softbreak": .text(" ")
        case "linebreak": .lineBreak
        case "code": .code(literal(node))
        case "emph": .emphasis(inlines(node))
        case "strong": .strong(inlines(node))
        case "link": .link(to: cmark_node_get_url(node).map { String(cString: $0) } ?? "", inlines(node))
        // Pictures are not among the files that the program serves.
        case "image": .text(plain(inlines(node)))
        default: nil
        }
    }
}

extension MarkdownDocument {
    /// The words of inlines.
    package static func plain(_ inlines: [Inline]) -> String {
        inlines.map { inline in
            switch inline {
            case .text(let text), .code(let text): text
            case .emphasis(let inner), .strong(let inner), .link(_, let inner): plain(inner)
            case .lineBreak: " "
            }
        }.joined()
    }

    /// The words of blocks, with spaces between them.
    package static func plain(_ blocks: [Block]) -> String {
        blocks.map { block in
            switch block {
            case .heading(_, let inlines), .paragraph(let inlines): plain(inlines)
            case .code(let text): text
            case .list(_, let items): items.map(plain).joined(separator: " ")
            case .quote(let inner): plain(inner)
            case .table(let head, let rows): ([head] + rows).map { $0.map(plain).joined(separator: " ") }.joined(separator: " ")
            case .rule: ""
            }
        }.joined(separator: " ")
    }
}
