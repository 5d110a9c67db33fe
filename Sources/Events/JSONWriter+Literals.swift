import JSON

extension JSONWriter {
    /// Appends bytes that are JSON where they come to stand: a comma and a key, for example.
    @inline(__always)
    mutating func append(_ json: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount))
    }

    /// Writes the value of a member as a string; nil is `null`. Texts without anything to escape are copied.
    mutating func text(_ text: String?) {
        guard var text else { return append("null") }
        let isCopied = text.withUTF8 { utf8 in
            guard !mayNeedEscape(utf8) else { return false }
            bytes.append(UInt8(ascii: "\""))
            bytes.append(contentsOf: utf8)
            bytes.append(UInt8(ascii: "\""))
            return true
        }
        if !isCopied { string(text) }
    }
}

/// Whether one of the bytes is a quote, a backslash or a control character; true may also be given for others.
func mayNeedEscape(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let raw = UnsafeRawBufferPointer(bytes)
    var at = 0
    var found: UInt64 = 0
    while at &+ 8 <= bytes.count {
        let word = raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        let (quote, backslash) = (word ^ (ones &* 0x22), word ^ (ones &* 0x5c))
        found |= (word &- ones &* 0x20) & ~word | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash
        at &+= 8
    }
    while at < bytes.count {
        let byte = bytes[at]
        if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return true }
        at &+= 1
    }
    return found & (ones &* 0x80) != 0
}
