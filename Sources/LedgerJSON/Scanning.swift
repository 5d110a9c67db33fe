/// Finds the end of strings, numbers and white space, and checks them on the way.

@inline(__always)
func skipSpace(_ text: Span<UInt8>, from start: Int) -> Int {
    var at = start
    while at < text.count {
        let byte = text[at]
        if byte > 0x20 { return at }
        guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return at }
        at += 1
    }
    return at
}

/// A mask that finds the first of eight bytes that ends a run of plain ASCII in a string: a quote, a backslash, a control
/// character or a byte of a longer UTF-8 sequence. The lowest byte whose high bit is set marks it. Bits above that one
/// may be wrong.
@inline(__always)
func stopMask(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quote = word ^ (ones &* 0x22)
    let backslash = word ^ (ones &* 0x5c)
    let control = word &- (ones &* 0x20)
    return (control | (quote &- ones) | (backslash &- ones) | word) & (ones &* 0x80)
}

/// Returns the offset after the string whose opening quote is at `start`, and the flags of its node.
func scanString(_ text: Span<UInt8>, from start: Int) throws(JSONError) -> (end: Int, flags: UInt32) {
    let raw = text.bytes
    let count = text.count
    var at = start + 1
    var flags: UInt32 = 0
    while true {
        while at &+ 8 <= count {
            let stop = stopMask(UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self)))
            if stop != 0 {
                at &+= stop.trailingZeroBitCount &>> 3
                break
            }
            at &+= 8
        }
        guard at < count else { throw JSONError(.unexpectedEnd, offset: count) }
        let byte = text[at]
        if byte == UInt8(ascii: "\"") { return (at + 1, flags) }
        if byte >= 0x80 {
            at = try scanMultibyte(text, from: at)
        } else if byte == UInt8(ascii: "\\") {
            let (end, found) = try scanEscape(text, from: at)
            at = end
            flags |= found | Node.hasEscape
        } else {
            guard byte >= 0x20 else { throw JSONError(.unexpectedByte, offset: at) }
            at += 1
        }
    }
}

/// The offset after the run of well-formed sequences of two to four bytes (Unicode, table 3-7) at `start`.
private func scanMultibyte(_ text: Span<UInt8>, from start: Int) throws(JSONError) -> Int {
    var at = start
    while at < text.count, text[at] >= 0x80 {
        let length: Int
        let second: ClosedRange<UInt8>
        switch text[at] {
        case 0xc2...0xdf: (length, second) = (2, 0x80...0xbf)
        case 0xe0: (length, second) = (3, 0xa0...0xbf)
        case 0xed: (length, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: (length, second) = (3, 0x80...0xbf)
        case 0xf0: (length, second) = (4, 0x90...0xbf)
        case 0xf1...0xf3: (length, second) = (4, 0x80...0xbf)
        case 0xf4: (length, second) = (4, 0x80...0x8f)
        default: throw JSONError(.invalidUTF8, offset: at)
        }
        guard at + length <= text.count, second.contains(text[at + 1]) else {
            throw JSONError(.invalidUTF8, offset: at)
        }
        for index in 2..<max(2, length) where text[at + index] & 0xc0 != 0x80 {
            throw JSONError(.invalidUTF8, offset: at)
        }
        at += length
    }
    return at
}

/// The offset after the escape whose backslash is at `start`. A surrogate pair counts as one escape.
private func scanEscape(_ text: Span<UInt8>, from start: Int) throws(JSONError) -> (end: Int, flags: UInt32) {
    guard start + 1 < text.count else { throw JSONError(.unexpectedEnd, offset: text.count) }
    switch text[start + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
        UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
        return (start + 2, 0)
    case UInt8(ascii: "u"):
        guard let unit = escapedUnit(text, at: start) else {
            let digits = text.extracting(start + 2..<min(start + 6, text.count))
            let isCutOff = digits.count < 4 && digits.indices.allSatisfy { hexDigit(digits[$0]) != nil }
            throw isCutOff ? JSONError(.unexpectedEnd, offset: text.count) : JSONError(.invalidEscape, offset: start)
        }
        switch unit {
        case 0: return (start + 6, Node.hasNUL)
        case 0xd800...0xdbff:
            if let low = escapedUnit(text, at: start + 6), 0xdc00...0xdfff ~= low { return (start + 12, 0) }
            return (start + 6, Node.hasUnpairedSurrogate)
        case 0xdc00...0xdfff: return (start + 6, Node.hasUnpairedSurrogate)
        default: return (start + 6, 0)
        }
    default:
        throw JSONError(.invalidEscape, offset: start)
    }
}

/// The UTF-16 code unit of the `\uXXXX` at `at`, or nil if there is no such escape.
func escapedUnit(_ text: Span<UInt8>, at: Int) -> UInt32? {
    guard at + 6 <= text.count, text[at] == UInt8(ascii: "\\"), text[at + 1] == UInt8(ascii: "u") else { return nil }
    var unit: UInt32 = 0
    for index in (at + 2)..<(at + 6) {
        guard let digit = hexDigit(text[index]) else { return nil }
        unit = unit << 4 | digit
    }
    return unit
}

private func hexDigit(_ byte: UInt8) -> UInt32? {
    if byte &- UInt8(ascii: "0") < 10 { return UInt32(byte &- UInt8(ascii: "0")) }
    let letter = (byte | 0x20) &- UInt8(ascii: "a")
    return letter < 6 ? UInt32(letter + 10) : nil
}

/// Returns the offset after the number that starts at `start`, and the flags of its node.
func scanNumber(_ text: Span<UInt8>, from start: Int) throws(JSONError) -> (end: Int, flags: UInt32) {
    var at = start
    if text[at] == UInt8(ascii: "-") { at += 1 }
    let whole = at
    at = skipDigits(text, from: at)
    guard at > whole, at == whole + 1 || text[whole] != UInt8(ascii: "0") else {
        throw JSONError(.invalidNumber, offset: start)
    }
    var flags = Node.isInteger
    if at < text.count, text[at] == UInt8(ascii: ".") {
        flags = 0
        let fraction = at + 1
        at = skipDigits(text, from: fraction)
        guard at > fraction else { throw JSONError(.invalidNumber, offset: start) }
    }
    if at < text.count, text[at] | 0x20 == UInt8(ascii: "e") {
        flags = 0
        at += 1
        if at < text.count, text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-") { at += 1 }
        let exponent = at
        at = skipDigits(text, from: exponent)
        guard at > exponent else { throw JSONError(.invalidNumber, offset: start) }
    }
    return (at, flags)
}

@inline(__always)
private func skipDigits(_ text: Span<UInt8>, from start: Int) -> Int {
    var at = start
    while at < text.count, text[at] &- UInt8(ascii: "0") < 10 {
        at += 1
    }
    return at
}
