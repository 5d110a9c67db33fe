import Glibc

/// A string key that is compared, hashed and ordered by its UTF-8 bytes.
///
/// Swift's own `String` equality is canonical equivalence, which treats `é` and `e` + accent as the same key.
public struct ByteKey: Sendable, Hashable {
    /// The key's text.
    public let text: String

    /// The key of a text.
    public init(_ text: String) {
        self.text = text
    }

    /// Whether the UTF-8 bytes are equal.
    public static func == (left: ByteKey, right: ByteKey) -> Bool {
        left.text.isBytewiseEqual(to: right.text)
    }

    /// Hashes the UTF-8 bytes.
    public func hash(into hasher: inout Hasher) {
        let count: Int? = text.utf8.withContiguousStorageIfAvailable { bytes in
            hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
            return bytes.count
        }
        if let count {
            hasher.combine(count)
        } else {
            var copy = text
            copy.makeContiguousUTF8()
            ByteKey(copy).hash(into: &hasher)
        }
    }
}

extension ByteKey: Comparable {
    /// The order of the UTF-8 bytes.
    public static func < (left: ByteKey, right: ByteKey) -> Bool {
        left.text.isBytewiseLess(than: right.text)
    }
}

extension ByteKey: CustomStringConvertible, ExpressibleByStringLiteral {
    /// The key's text.
    public var description: String { text }

    /// The key of a literal.
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

extension String {
    /// Whether this string's UTF-8 bytes come before the other's; a prefix comes first.
    ///
    /// This is the order of Unicode scalars, and of Postgres's `COLLATE "C"`.
    public func isBytewiseLess(than other: String) -> Bool {
        compareBytes(utf8Span.span, other.utf8Span.span) < 0
    }

    /// Whether both strings have the same UTF-8 bytes.
    public func isBytewiseEqual(to other: String) -> Bool {
        let (left, right) = (utf8Span.span, other.utf8Span.span)
        return left.isBytewiseEqual(to: right)
    }
}

extension String? {
    /// Whether both are nil, or both have the same UTF-8 bytes.
    public func isBytewiseEqual(to other: String?) -> Bool {
        switch (self, other) {
        case (nil, nil): true
        case (let left?, let right?): left.isBytewiseEqual(to: right)
        default: false
        }
    }
}

extension Span<UInt8> {
    /// Whether both spans hold the same bytes.
    public func isBytewiseEqual(to other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        return withUnsafeBytes { left in
            other.withUnsafeBytes { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return true }
                return memcmp(left, right, count) == 0
            }
        }
    }
}

/// Returns a number below, equal to or above zero if the left bytes come before, equal or come after the right ones.
private func compareBytes(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int {
    let common = min(left.count, right.count)
    let (leftBytes, rightBytes) = (left.bytes, right.bytes)
    var index = 0
    while index + 8 <= common {
        let a = UInt64(bigEndian: leftBytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
        let b = UInt64(bigEndian: rightBytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
        if a != b { return a < b ? -1 : 1 }
        index += 8
    }
    while index < common {
        if left[index] != right[index] { return left[index] < right[index] ? -1 : 1 }
        index += 1
    }
    return left.count - right.count
}
