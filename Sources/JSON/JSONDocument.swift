/// A parsed JSON document: its bytes and a flat tape of nodes over them.
///
/// Strict RFC 8259: UTF-8 is validated, duplicate keys are refused (compared after unescaping), nesting is
/// limited, nothing but white space may follow. Strings and numbers are checked but not converted until
/// they are asked for. Immutable, so that it can be shared between threads.
public final class JSONDocument: Sendable {
    /// The source text.
    public let bytes: [UInt8]

    /// The values in source order; an object's keys stand before their values.
    let nodes: [Node]

    /// Parses a whole document in one pass: linear in its length, also for objects with many keys.
    ///
    /// - Parameters:
    ///   - bytes: the document, in UTF-8 without a byte order mark.
    ///   - maximumDepth: how many arrays and objects may be open at once.
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
    /// Its source bytes are `start..<end`, a string's quotes included.
    var start: UInt32
    var end: UInt32
    /// The node that follows it and all that it holds.
    var next: UInt32
    /// What it is; see the masks below.
    var info: UInt32

    static let kindMask: UInt32 = 0b111
    static let null: UInt32 = 0
    static let falseLiteral: UInt32 = 1
    static let trueLiteral: UInt32 = 2
    static let number: UInt32 = 3
    static let string: UInt32 = 4
    static let array: UInt32 = 5
    static let object: UInt32 = 6

    /// A number without fraction and exponent.
    static let isInteger: UInt32 = 1 << 3
    /// A string with at least one escape.
    static let hasEscape: UInt32 = 1 << 4
    /// A string with an escaped U+0000.
    static let hasNUL: UInt32 = 1 << 5
    /// A string with an escaped surrogate that has no partner.
    static let hasUnpairedSurrogate: UInt32 = 1 << 6

    /// The number of an array's elements or an object's members, from this bit up; the highest number
    /// stands for itself and anything above.
    static let countShift: UInt32 = 8
    static let countLimit = Int(UInt32.max >> countShift)

    var kind: UInt32 { info & Self.kindMask }
}
