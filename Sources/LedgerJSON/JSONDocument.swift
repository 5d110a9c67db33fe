/// A parsed JSON document: its bytes and a flat tape of nodes over them.
///
/// Parsing is strict RFC 8259: UTF-8 is validated, duplicate keys are refused (compared after unescaping), nesting is
/// limited, and only white space may follow the value. Strings and numbers are checked at once but converted only on
/// access. A document is immutable, so threads can share it.
public final class JSONDocument: Sendable {
    /// The source text.
    public let bytes: [UInt8]

    /// The values in source order; an object's keys stand before their values.
    let nodes: [Node]

    /// Parses a whole document in one pass, in time linear in its length, even for objects with many keys.
    ///
    /// - Parameters:
    ///   - bytes: the document, in UTF-8 without a byte order mark.
    ///   - maximumDepth: the largest number of arrays and objects that may be open at once.
    public init(parsing bytes: [UInt8], maximumDepth: Int = 64) throws(JSONError) {
        guard bytes.count < Int(Int32.max) else { throw JSONError(.tooLarge, offset: Int(Int32.max)) }
        var parser = Parser(maximumDepth: maximumDepth, byteCount: bytes.count)
        try parser.parse(bytes.span)
        self.bytes = bytes
        self.nodes = parser.nodes
    }

    /// The document's value.
    public var root: JSONValue { JSONValue(document: self, index: 0) }
}

/// One value or key of a document.
struct Node: Sendable {
    /// The source bytes are `start..<end`, a string's quotes included.
    var start: UInt32
    var end: UInt32
    /// The index of the node after this one and all of its contents.
    var next: UInt32
    /// The node's kind, flags and count; see the masks below.
    var info: UInt32

    static let kindMask: UInt32 = 0b111
    static let null: UInt32 = 0
    static let falseLiteral: UInt32 = 1
    static let trueLiteral: UInt32 = 2
    static let number: UInt32 = 3
    static let string: UInt32 = 4
    static let array: UInt32 = 5
    static let object: UInt32 = 6

    /// A number without a fraction and an exponent.
    static let isInteger: UInt32 = 1 << 3
    /// A string with at least one escape.
    static let hasEscape: UInt32 = 1 << 4
    /// A string with an escaped U+0000.
    static let hasNUL: UInt32 = 1 << 5
    /// A string with an escaped surrogate that has no partner.
    static let hasUnpairedSurrogate: UInt32 = 1 << 6

    /// The bit from which the number of an array's elements or an object's members is stored. The highest number
    /// stands for itself and everything above.
    static let countShift: UInt32 = 8
    static let countLimit = Int(UInt32.max >> countShift)

    var kind: UInt32 { info & Self.kindMask }
}
