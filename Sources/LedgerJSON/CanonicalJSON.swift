/// The order of an object's keys in RFC 8785: by UTF-16 code units.
///
/// The order differs from that of UTF-8 bytes in one case: characters beyond U+FFFF, which UTF-16 writes as
/// surrogates (D800…DFFF), come before the characters U+E000…U+FFFF.
public enum CanonicalKeyOrder {
    /// Whether the key comes before the other. Linear in the length of the common prefix.
    public static func precedes(_ key: String, _ other: String) -> Bool {
        precedesInUTF16(key.utf8Span.span, other.utf8Span.span)
    }
}

/// Whether the bytes on the left come before those on the right in the order of UTF-16 code units. Both must be
/// well-formed UTF-8.
func precedesInUTF16(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    let common = min(left.count, right.count)
    for index in 0..<common where left[index] != right[index] {
        let (a, b) = (left[index], right[index])
        // Both are lead bytes, and only one starts a four-byte sequence: surrogates sort below U+E000…U+FFFF.
        if a >= 0xee && b >= 0xee && (a >= 0xf0) != (b >= 0xf0) { return a > b }
        return a < b
    }
    return left.count < right.count
}

/// Why a parsed value has no canonical form here.
public struct CanonicalJSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind of fault.
    public enum Reason: Equatable, Sendable {
        /// A number with a fraction or an exponent.
        case notAnInteger
        /// An integer of 2^53 or more in absolute value.
        case integerTooLarge
        /// A string or key with an escaped surrogate that has no partner.
        case unpairedSurrogate
    }

    /// The kind of fault.
    public let reason: Reason

    /// The byte offset of the value in its document.
    public let offset: Int

    /// An error of that kind for the value at that byte offset.
    public init(reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// One sentence that quotes nothing from the document.
    public var description: String {
        let what =
            switch reason {
            case .notAnInteger: "a number that is not an integer"
            case .integerTooLarge: "an integer of 2^53 or more"
            case .unpairedSurrogate: "an unpaired surrogate"
            }
        return "no canonical JSON: \(what) at byte \(offset)"
    }
}

/// The RFC 8785 form of a parsed value whose numbers are integers |n| < 2^53 (`-0` is `0`).
///
/// - Throws: ``CanonicalJSONError`` for any other number, and for unpaired surrogates.
public func canonicalize(_ value: JSONValue) throws(CanonicalJSONError) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: value.sourceRange.count)
    try writer.canonical(value)
    return writer.bytes
}

extension JSONWriter {
    /// Writes the RFC 8785 form of a parsed value; see ``canonicalize(_:)``. On an error, the bytes written so far stay.
    public mutating func canonical(_ value: JSONValue) throws(CanonicalJSONError) {
        switch value.kind {
        case .null: null()
        case .bool: bool(value.bool)
        case .number: try canonicalNumber(value)
        case .string: try canonicalString(value)
        case .array:
            beginArray()
            for element in value.elements {
                try canonical(element)
            }
            endArray()
        case .object:
            beginObject()
            for member in try membersInOrder(value) {
                key(utf8: member.key.span)
                try canonical(member.value)
            }
            endObject()
        }
    }

    private mutating func canonicalNumber(_ value: JSONValue) throws(CanonicalJSONError) {
        let node = value.node
        let offset = Int(node.start)
        guard node.info & Node.isInteger != 0 else { throw CanonicalJSONError(reason: .notAnInteger, offset: offset) }
        guard let integer = value.integer, integer.magnitude < 1 << 53 else {
            throw CanonicalJSONError(reason: .integerTooLarge, offset: offset)
        }
        self.integer(integer)
    }

    private mutating func canonicalString(_ value: JSONValue) throws(CanonicalJSONError) {
        let written: Void? = value.withUnescapedUTF8 { string(utf8: $0) }
        guard written != nil else {
            throw CanonicalJSONError(reason: .unpairedSurrogate, offset: value.sourceRange.lowerBound)
        }
    }

    private func membersInOrder(
        _ value: JSONValue
    ) throws(CanonicalJSONError) -> [(key: [UInt8], value: JSONValue)] {
        var members: [(key: [UInt8], value: JSONValue)] = []
        members.reserveCapacity(value.count)
        var inOrder = true
        for member in value.memberViews {
            guard let key = member.withKeyBytes({ $0.withUnsafeBufferPointer { [UInt8]($0) } }) else {
                throw CanonicalJSONError(
                    reason: .unpairedSurrogate, offset: member.keyValue.sourceRange.lowerBound)
            }
            if let last = members.last, !precedesInUTF16(last.key.span, key.span) { inOrder = false }
            members.append((key, member.value))
        }
        if !inOrder { members.sort { precedesInUTF16($0.key.span, $1.key.span) } }
        return members
    }
}
