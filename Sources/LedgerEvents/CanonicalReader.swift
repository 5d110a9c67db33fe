import Glibc
package import LedgerJSON
package import LedgerValues

/// Reads payloads straight from their bytes if every key is present and in canonical order, as in every payload of the
/// log.
///
/// It reads a subset of what the general decoders read, with the same results. At anything else it gives up (false or
/// nil); the general decoder then decides, and reports what is wrong.
package struct CanonicalReader {
    package let bytes: UnsafeBufferPointer<UInt8>
    package private(set) var at = 0
    /// The pool of texts that many payloads share; nil for a single payload.
    package let pool: TextPool?

    package init(_ bytes: UnsafeBufferPointer<UInt8>, _ pool: TextPool?) {
        self.bytes = bytes
        self.pool = pool
    }

    /// The result of `body` for a whole payload, or nil if the payload needs the general decoder.
    package static func read<Payload>(_ bytes: [UInt8], _ body: (inout CanonicalReader) -> Payload?) -> Payload? {
        bytes.withUnsafeBufferPointer { buffer in
            var reader = CanonicalReader(buffer, nil)
            return body(&reader)
        }
    }

    /// Parses the bytes up to `end` with the general parser, and moves there.
    package mutating func document(upTo end: Int) -> JSONDocument? {
        guard at <= end, end <= bytes.count, let document = try? JSONDocument(parsing: Array(bytes[at..<end]))
        else { return nil }
        at = end
        return document
    }
}

// MARK: - Values

extension CanonicalReader {
    @inline(__always)
    package mutating func take(_ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard let base = bytes.baseAddress, count <= bytes.count - at, memcmp(base + at, literal.utf8Start, count) == 0
        else { return false }
        at += count
        return true
    }

    @inline(__always)
    package mutating func isNull() -> Bool {
        guard at < bytes.count, bytes[at] == UInt8(ascii: "n") else { return false }
        return take("null")
    }

    /// Whether the payload ends here.
    package var isAtEnd: Bool { at == bytes.count }

    /// The bytes from `start` up to the current place.
    package func slice(from start: Int) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: bytes[start..<at]) }

    /// Moves past the next bytes if they equal some bytes read before.
    @inline(__always)
    package mutating func take(_ known: [UInt8]) -> Bool {
        let count = known.count
        guard count > 0, count <= bytes.count - at, let base = bytes.baseAddress,
            known.withUnsafeBufferPointer({ $0.baseAddress.map { memcmp(base + at, $0, count) == 0 } ?? false })
        else { return false }
        at += count
        return true
    }

    /// The bytes of a string without escapes, moving past its closing quote; nil if the value is anything else.
    @inline(__always)
    package mutating func plainString() -> UnsafeBufferPointer<UInt8>? {
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { return nil }
        let start = at + 1
        var end = start
        let raw = UnsafeRawBufferPointer(bytes)
        while end &+ 8 <= bytes.count {
            let special = special(raw.loadUnaligned(fromByteOffset: end, as: UInt64.self))
            if special != 0 {
                end &+= special.trailingZeroBitCount >> 3
                break
            }
            end &+= 8
        }
        while end < bytes.count {
            let byte = bytes[end]
            if byte == UInt8(ascii: "\"") {
                at = end + 1
                return UnsafeBufferPointer(rebasing: bytes[start..<end])
            }
            if byte < 0x20 || byte == UInt8(ascii: "\\") { return nil }
            end &+= 1
        }
        return nil
    }

    /// A mask with the high bit set of each of eight bytes that is a quote, a backslash or a control character. Only the
    /// lowest set bit is exact.
    @inline(__always)
    private func special(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let word = UInt64(littleEndian: word)
        let (quote, backslash) = (word ^ (ones &* 0x22), word ^ (ones &* 0x5c))
        return ((word &- ones &* 0x20) & ~word | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash)
            & (ones &* 0x80)
    }

    /// A string with escapes, read by the general parser.
    package mutating func escapedString() -> String? {
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { return nil }
        var end = at + 1
        while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
            end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard end < bytes.count, let document = try? JSONDocument(parsing: Array(bytes[at...end])) else { return nil }
        at = end + 1
        return document.root.string
    }

    /// The text of some bytes, or nil if they are not well-formed UTF-8.
    @inline(__always)
    package func string(_ utf8: UnsafeBufferPointer<UInt8>) -> String? {
        // Validation is slow, and nearly all texts are ASCII.
        var all: UInt64 = 0
        let raw = UnsafeRawBufferPointer(utf8)
        var at = 0
        while at &+ 8 <= utf8.count {
            all |= raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            at &+= 8
        }
        while at < utf8.count {
            all |= UInt64(utf8[at])
            at &+= 1
        }
        if all & 0x8080_8080_8080_8080 == 0 {
            return String(copying: UTF8Span(unchecked: utf8.span, isKnownASCII: true))
        }
        guard let text = try? UTF8Span(validating: utf8.span) else { return nil }
        return String(copying: text)
    }

    /// The text of a string that many payloads share: a name, an instrument, a digest.
    @inline(__always)
    private func shared(_ utf8: UnsafeBufferPointer<UInt8>) -> String? {
        // A string of up to 15 bytes needs no memory of its own.
        guard utf8.count > 15, let pool else { return string(utf8) }
        return pool.text(utf8) ?? string(utf8).map { pool.keep($0, utf8) }
    }

    package mutating func text(_ value: inout String) -> Bool {
        if let plain = plainString() {
            guard let text = string(plain) else { return false }
            value = text
            return true
        }
        guard let text = escapedString() else { return false }
        value = text
        return true
    }

    package mutating func text(_ value: inout String?) -> Bool {
        if isNull() { return true }
        var text = ""
        guard self.text(&text) else { return false }
        value = text
        return true
    }

    /// Reads like ``text(_:)-(String)``, for a text that many payloads share.
    package mutating func sharedText(_ value: inout String) -> Bool {
        guard let plain = plainString() else { return text(&value) }
        guard let text = shared(plain) else { return false }
        value = text
        return true
    }

    package mutating func sharedText(_ value: inout String?) -> Bool {
        if isNull() { return true }
        var text = ""
        guard sharedText(&text) else { return false }
        value = text
        return true
    }

    package mutating func decimal(_ value: inout FixedDecimal?) -> Bool {
        if isNull() { return true }
        guard let plain = plainString(), let decimal = try? FixedDecimal(parsing: plain.span) else { return false }
        value = decimal
        return true
    }

    package mutating func instant(_ value: inout Instant) -> Bool {
        guard let plain = plainString(), let instant = Instant(parsing: plain.span) else { return false }
        value = instant
        return true
    }

    package mutating func instant(_ value: inout Instant?) -> Bool {
        if isNull() { return true }
        guard let plain = plainString(), let instant = Instant(parsing: plain.span) else { return false }
        value = instant
        return true
    }

    package mutating func date(_ value: inout CalendarDate?) -> Bool {
        if isNull() { return true }
        guard let plain = plainString(), let date = CalendarDate(parsing: plain.span) else { return false }
        value = date
        return true
    }

    package mutating func truth(_ value: inout Bool?) -> Bool {
        if isNull() { return true }
        if take("true") {
            value = true
        } else {
            guard take("false") else { return false }
            value = false
        }
        return true
    }

    package mutating func truth(_ value: inout Bool) -> Bool {
        if take("false") {
            value = false
            return true
        }
        value = true
        return take("true")
    }

    package mutating func decimal(_ value: inout FixedDecimal) -> Bool {
        guard let plain = plainString(), let decimal = try? FixedDecimal(parsing: plain.span) else { return false }
        value = decimal
        return true
    }

    /// An integer of at most 18 digits.
    package mutating func integer() -> Int64? {
        let start = at
        var value: Int64 = 0
        while at < bytes.count, at &- start < 19, bytes[at] &- UInt8(ascii: "0") < 10 {
            value = value &* 10 &+ Int64(bytes[at] &- UInt8(ascii: "0"))
            at &+= 1
        }
        let digits = at &- start
        return digits == 0 || digits > 18 || digits > 1 && bytes[start] == UInt8(ascii: "0") ? nil : value
    }

    package mutating func integer(_ value: inout Int64) -> Bool {
        guard let integer = integer() else { return false }
        value = integer
        return true
    }

    package mutating func integer(_ value: inout Int) -> Bool {
        guard let integer = integer() else { return false }
        value = Int(integer)
        return true
    }

    package mutating func integer(_ value: inout Int?) -> Bool {
        if isNull() { return true }
        guard let integer = integer() else { return false }
        value = Int(integer)
        return true
    }

    /// The elements of an array of strings.
    package mutating func texts(_ value: inout [String]) -> Bool {
        if take("[]") { return true }
        guard take("[") else { return false }
        repeat {
            var text = ""
            guard sharedText(&text) else { return false }
            value.append(text)
        } while take(",")
        return take("]")
    }
}
