public import LedgerValues

/// A value of a document: a cheap view that keeps its document alive.
public struct JSONValue: Sendable {
    let document: JSONDocument
    let index: Int

    init(document: JSONDocument, index: Int) {
        self.document = document
        self.index = index
    }

    var node: Node { document.nodes[index] }

    /// The kinds of JSON values.
    public enum Kind: Sendable, Hashable {
        case null, bool, number, string, array, object
    }

    /// The kind of the value.
    public var kind: Kind {
        switch node.kind {
        case Node.null: .null
        case Node.falseLiteral, Node.trueLiteral: .bool
        case Node.number: .number
        case Node.string: .string
        case Node.array: .array
        default: .object
        }
    }

    /// Whether the value is `null`.
    public var isNull: Bool { node.kind == Node.null }

    /// The truth value, or nil if the value is neither `true` nor `false`.
    public var bool: Bool? {
        switch node.kind {
        case Node.falseLiteral: false
        case Node.trueLiteral: true
        default: nil
        }
    }

    /// The number, if it is written without fraction and exponent and fits 64 bits; otherwise nil.
    public var integer: Int64? {
        let node = node
        guard node.kind == Node.number, node.info & Node.isInteger != 0 else { return nil }
        let bytes = document.bytes
        let text = bytes.span
        var at = Int(node.start)
        let negative = text[at] == UInt8(ascii: "-")
        if negative { at += 1 }
        var value: Int64 = 0
        // Counts down from zero, because the lowest number has no positive counterpart.
        while at < Int(node.end) {
            let (product, productOverflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = product.subtractingReportingOverflow(Int64(text[at] &- UInt8(ascii: "0")))
            if productOverflows || overflows { return nil }
            value = sum
            at += 1
        }
        if negative { return value }
        return value == .min ? nil : -value
    }

    /// The decimal that the number, or the string's text, stands for, or nil if ``parseDecimal()`` throws.
    public var decimal: FixedDecimal? {
        try? parseDecimal()
    }

    /// The decimal of a published figure, or nil if there is no such decimal. A published figure can lie beyond the
    /// bound of inputs; see ``FixedDecimal/init(published:)``.
    public var publishedDecimal: FixedDecimal? {
        do {
            return try parseDecimal()
        } catch {
            return error == .outOfRange ? try? FixedDecimal(published: string ?? sourceText) : nil
        }
    }

    /// The exact decimal that the number, or the string's text, stands for. Without allocation unless the string has
    /// escapes. Throws `notANumber` for every other kind of value.
    public func parseDecimal() throws(DecimalError) -> FixedDecimal {
        let node = node
        let bytes = document.bytes
        switch node.kind {
        case Node.number:
            return try FixedDecimal(parsing: bytes.span.extracting(Int(node.start)..<Int(node.end)))
        case Node.string where node.info & Node.hasEscape == 0:
            return try FixedDecimal(parsing: bytes.span.extracting(Int(node.start) + 1..<Int(node.end) - 1))
        case Node.string:
            guard let text = string else { throw .notANumber }
            return try FixedDecimal(text)
        default:
            throw .notANumber
        }
    }

    /// The value's bytes in the document, a string's quotes included.
    public var sourceRange: Range<Int> { Int(node.start)..<Int(node.end) }

    /// The bytes of the whole document that contains the value.
    public var documentBytes: [UInt8] { document.bytes }

    /// The value's exact source text.
    public var sourceText: String {
        let range = sourceRange
        return document.text(range.lowerBound, range.upperBound)
    }
}
