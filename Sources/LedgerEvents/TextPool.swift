import LedgerValues

/// A cache of texts that many payloads share, such as names, states and digests, so that each is made once.
///
/// A table with one place per hash: a text displaced by another is made again. Not for use by several threads.
public final class TextPool {
    private var texts: [String]
    private let mask: Int
    /// The most recently read list of rule files, with its bytes.
    package var rules: (bytes: [UInt8], references: [RuleReference]) = ([], [])

    /// Makes an empty pool.
    ///
    /// - Parameter places: the number of places, rounded up to a power of two.
    public init(places: Int = 8192) {
        var count = 1
        while count < places { count *= 2 }
        texts = Array(repeating: "", count: count)
        mask = count - 1
    }

    /// The kept text with these bytes (more than 8), or nil if it is not kept.
    @inline(__always)
    func text(_ utf8: UnsafeBufferPointer<UInt8>) -> String? {
        let known = texts[place(of: utf8)]
        return known.utf8Span.span.isBytewiseEqual(to: utf8.span) ? known : nil
    }

    /// Keeps a text with its bytes, and returns the text.
    func keep(_ text: String, _ utf8: UnsafeBufferPointer<UInt8>) -> String {
        texts[place(of: utf8)] = text
        return text
    }

    @inline(__always)
    private func place(of utf8: UnsafeBufferPointer<UInt8>) -> Int {
        let raw = UnsafeRawBufferPointer(utf8)
        var hash = UInt64(truncatingIfNeeded: utf8.count)
        var at = 0
        while at &+ 8 <= raw.count {
            hash = (hash ^ raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)) &* 0x9e37_79b9_7f4a_7c15
            hash ^= hash &>> 32
            at &+= 8
        }
        if raw.count >= 8 {
            hash = (hash ^ raw.loadUnaligned(fromByteOffset: raw.count &- 8, as: UInt64.self)) &* 0x9e37_79b9_7f4a_7c15
        }
        return Int(truncatingIfNeeded: hash &>> 40) & mask
    }
}
