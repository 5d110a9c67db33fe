/// Appends the unescaped contents of a string at `start..<end` (without quotes, already checked).
///
/// With `asText`, an unpaired surrogate becomes U+FFFD. Otherwise it becomes its three bytes in generalized UTF-8, so
/// that different keys stay different; such bytes are compared, never handed out as text.
func appendUnescaped(
    _ text: Span<UInt8>, _ start: Int, _ end: Int, asText: Bool = false, to out: inout [UInt8]
) {
    out.reserveCapacity(out.count + end - start)
    var at = start
    while at < end {
        let byte = text[at]
        guard byte == UInt8(ascii: "\\") else {
            out.append(byte)
            at += 1
            continue
        }
        switch text[at + 1] {
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0c)
        case UInt8(ascii: "n"): out.append(0x0a)
        case UInt8(ascii: "r"): out.append(0x0d)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "u"):
            at += appendEscapedScalar(text, at, asText: asText, to: &out)
            continue
        case let other: out.append(other)
        }
        at += 2
    }
}

/// Appends the scalar of one `\uXXXX` or of a pair of them, and returns the number of bytes read.
private func appendEscapedScalar(_ text: Span<UInt8>, _ at: Int, asText: Bool, to out: inout [UInt8]) -> Int {
    var unit = escapedUnit(text, at: at) ?? 0xfffd
    if 0xd800...0xdbff ~= unit, let low = escapedUnit(text, at: at + 6), 0xdc00...0xdfff ~= low {
        let scalar = 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)
        out.append(UInt8(0xf0 | scalar >> 18))
        out.append(UInt8(0x80 | scalar >> 12 & 0x3f))
        out.append(UInt8(0x80 | scalar >> 6 & 0x3f))
        out.append(UInt8(0x80 | scalar & 0x3f))
        return 12
    }
    if asText, 0xd800...0xdfff ~= unit { unit = 0xfffd }
    if unit < 0x80 {
        out.append(UInt8(unit))
    } else if unit < 0x800 {
        out.append(UInt8(0xc0 | unit >> 6))
        out.append(UInt8(0x80 | unit & 0x3f))
    } else {
        out.append(UInt8(0xe0 | unit >> 12))
        out.append(UInt8(0x80 | unit >> 6 & 0x3f))
        out.append(UInt8(0x80 | unit & 0x3f))
    }
    return 6
}

/// The text of the string contents at `start..<end`, with U+FFFD in place of each unpaired surrogate.
func unescapedText(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> String {
    var bytes: [UInt8] = []
    appendUnescaped(text, start, end, asText: true, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
}
