public import LedgerValues

/// What keeps a parsed string from being ordinary text.
public enum StringIssue: Sendable, Hashable {
    /// An escaped surrogate without its partner: the string is not Unicode text at all.
    case unpairedSurrogate
    /// An escaped U+0000, which many stores can't hold.
    case nul
}

extension JSONValue {
    /// The unescaped text, or nil if the value is not a string or has an unpaired surrogate.
    public var string: String? {
        let node = node
        guard node.kind == Node.string, node.info & Node.hasUnpairedSurrogate == 0 else { return nil }
        return document.unescapedString(at: index)
    }

    /// What keeps the string from being ordinary text, or nil for good strings and for other kinds of values. An unpaired
    /// surrogate takes precedence over U+0000.
    public var stringIssue: StringIssue? {
        let info = node.info
        guard info & Node.kindMask == Node.string else { return nil }
        if info & Node.hasUnpairedSurrogate != 0 { return .unpairedSurrogate }
        return info & Node.hasNUL != 0 ? .nul : nil
    }

    /// Whether the string has an escaped surrogate without its partner.
    public var hasUnpairedSurrogate: Bool { stringIssue == .unpairedSurrogate }

    /// Whether the string has an escaped U+0000.
    public var containsNUL: Bool { node.kind == Node.string && node.info & Node.hasNUL != 0 }

    /// Calls `body` with the bytes of the unescaped text; nil if the value is not a string or has an unpaired surrogate.
    /// Only strings with escapes are copied.
    public func withUnescapedUTF8<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result? {
        let node = node
        guard node.kind == Node.string, node.info & Node.hasUnpairedSurrogate == 0 else { return nil }
        let bytes = document.bytes
        let text = bytes.span
        if node.info & Node.hasEscape == 0 {
            return try body(text.extracting(Int(node.start) + 1..<Int(node.end) - 1))
        }
        var unescaped: [UInt8] = []
        appendUnescaped(text, Int(node.start) + 1, Int(node.end) - 1, to: &unescaped)
        return try body(unescaped.span)
    }

    /// Whether the value is a string with that text. Without allocation unless the string has escapes.
    public func stringIs(_ text: StaticString) -> Bool {
        node.kind == Node.string && document.string(at: index, is: text)
    }

    /// Whether the value is a string with the same bytes as a text. Without allocation unless the string has escapes.
    public func stringEquals(_ text: String) -> Bool {
        node.kind == Node.string && document.string(at: index, is: text.utf8Span.span)
    }

    /// The instant that the string is the text of, or nil. Without allocation unless the string has escapes.
    public var instant: Instant? { withUnescapedUTF8 { Instant(parsing: $0) } ?? nil }

    /// The date that the string is the text of, or nil. Without allocation unless the string has escapes.
    public var date: CalendarDate? { withUnescapedUTF8 { CalendarDate(parsing: $0) } ?? nil }
}

extension JSONDocument {
    /// The text of a range of bytes, which the parser has already validated.
    func text(_ start: Int, _ end: Int) -> String {
        bytes.withUnsafeBufferPointer { bytes in
            String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self)
        }
    }

    /// The text of the string or key at a node, with U+FFFD in place of each unpaired surrogate.
    func unescapedString(at index: Int) -> String {
        let node = nodes[index]
        let bytes = bytes
        if node.info & Node.hasEscape == 0 { return text(Int(node.start) + 1, Int(node.end) - 1) }
        return unescapedText(bytes.span, Int(node.start) + 1, Int(node.end) - 1)
    }

    /// Whether the unescaped string at a node equals that text.
    func string(at index: Int, is expected: StaticString) -> Bool {
        let node = nodes[index]
        if node.info & Node.hasEscape == 0 {
            let count = expected.utf8CodeUnitCount
            guard Int(node.end - node.start) - 2 == count else { return false }
            let expected = UnsafeBufferPointer(start: expected.utf8Start, count: count)
            let bytes = bytes
            return equalBytes(bytes.span, Int(node.start) + 1, expected.span, 0, count: count)
        }
        return unescaped(node).elementsEqual(
            UnsafeBufferPointer(start: expected.utf8Start, count: expected.utf8CodeUnitCount))
    }

    /// Whether the unescaped string at a node equals those bytes.
    func string(at index: Int, is expected: Span<UInt8>) -> Bool {
        let node = nodes[index]
        if node.info & Node.hasEscape == 0 {
            guard Int(node.end - node.start) - 2 == expected.count else { return false }
            let bytes = bytes
            return equalBytes(bytes.span, Int(node.start) + 1, expected, 0, count: expected.count)
        }
        let found = unescaped(node)
        return found.count == expected.count && equalBytes(found.span, 0, expected, 0, count: found.count)
    }

    private func unescaped(_ node: Node) -> [UInt8] {
        let bytes = bytes
        var out: [UInt8] = []
        appendUnescaped(bytes.span, Int(node.start) + 1, Int(node.end) - 1, to: &out)
        return out
    }
}
