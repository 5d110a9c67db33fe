public import LedgerValues

extension JSONWriter {
    /// Writes a string; nil is `null`.
    public mutating func string(_ text: String?) {
        guard var text else { return null() }
        text.withUTF8 { string(utf8: $0) }
    }

    /// Writes an array of strings.
    public mutating func strings(_ texts: [String]) {
        beginArray()
        for text in texts { string(text) }
        endArray()
    }

    /// Writes a string of well-formed UTF-8, escaped as in RFC 8785: `\b \t \n \f \r \" \\`, `\u00xx` in lower case for
    /// the other control characters, and everything else unchanged.
    public mutating func string(utf8 text: Span<UInt8>) {
        text.withUnsafeBufferPointer { string(utf8: $0) }
    }

    private mutating func string(utf8 text: UnsafeBufferPointer<UInt8>) {
        if mayNeedEscape(text) { return escaped(text) }
        write(atMost: text.count &+ 3) { out, needsComma in
            var at = 0
            if needsComma {
                out[0] = UInt8(ascii: ",")
                at = 1
            }
            out[at] = UInt8(ascii: "\"")
            if let start = text.baseAddress { (out + (at &+ 1)).update(from: start, count: text.count) }
            at &+= text.count &+ 1
            out[at] = UInt8(ascii: "\"")
            return at &+ 1
        }
    }

    @inline(never)
    private mutating func escaped(_ text: UnsafeBufferPointer<UInt8>) {
        // A byte takes at most six.
        write(atMost: 6 * text.count + 3) { out, needsComma in
            var at = 0
            func put(_ byte: UInt8) {
                out[at] = byte
                at += 1
            }
            if needsComma { put(UInt8(ascii: ",")) }
            put(UInt8(ascii: "\""))
            for byte in text {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                    put(UInt8(ascii: "\\"))
                    put(byte)
                case 0x20...: put(byte)
                default:
                    put(UInt8(ascii: "\\"))
                    switch byte {
                    case 0x08: put(UInt8(ascii: "b"))
                    case 0x09: put(UInt8(ascii: "t"))
                    case 0x0a: put(UInt8(ascii: "n"))
                    case 0x0c: put(UInt8(ascii: "f"))
                    case 0x0d: put(UInt8(ascii: "r"))
                    default:
                        put(UInt8(ascii: "u"))
                        put(UInt8(ascii: "0"))
                        put(UInt8(ascii: "0"))
                        put(UInt8(ascii: "0") + byte >> 4)
                        let low = byte & 15
                        put(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
                    }
                }
            }
            put(UInt8(ascii: "\""))
            return at
        }
    }

    /// Writes an integer; nil is `null`.
    public mutating func integer(_ value: Int64?) {
        guard let value else { return null() }
        write(atMost: 21) { out, needsComma in
            var at = 0
            if needsComma {
                out[0] = UInt8(ascii: ",")
                at = 1
            }
            if value < 0 {
                out[at] = UInt8(ascii: "-")
                at &+= 1
            }
            return at &+ writeDecimal(value.magnitude, to: out + at)
        }
    }

    /// Writes an integer; nil is `null`.
    public mutating func integer(_ value: Int?) {
        integer(value.map(Int64.init))
    }

    /// Writes `true` or `false`; nil is `null`.
    public mutating func bool(_ value: Bool?) {
        guard let value else { return null() }
        literal(value ? "true" : "false")
    }

    /// Writes `null`.
    public mutating func null() { literal("null") }

    /// Writes a decimal as a string, `"12.1"`, which is its form in events; nil is `null`.
    public mutating func decimalString(_ value: FixedDecimal?) {
        guard let value else { return null() }
        quoted(atMost: FixedDecimal.longestText) { value.write(at: $0) }
    }

    /// Writes a decimal as a number, `12.1`, which is its form over HTTP and on the command line; nil is `null`.
    public mutating func decimalNumber(_ value: FixedDecimal?) {
        guard let value else { return null() }
        write(atMost: FixedDecimal.longestText &+ 1) { out, needsComma in
            if needsComma { out[0] = UInt8(ascii: ",") }
            let at = needsComma ? 1 : 0
            return at &+ value.write(at: out + at)
        }
    }

    /// Writes a decimal in the given form; nil is `null`.
    public mutating func decimal(_ value: FixedDecimal?, as form: DecimalForm) {
        switch form {
        case .strings: decimalString(value)
        case .numbers: decimalNumber(value)
        }
    }

    /// Writes an instant as a string; nil is `null`.
    public mutating func instant(_ value: Instant?) {
        guard let value else { return null() }
        quoted(atMost: Instant.longestText) { value.write(at: $0) }
    }

    /// Writes a date as a string; nil is `null`.
    public mutating func date(_ value: CalendarDate?) {
        guard let value else { return null() }
        quoted(atMost: CalendarDate.longestText) { value.write(at: $0) }
    }

    /// Writes a UUID as a string; nil is `null`.
    public mutating func uniqueID(_ value: UniqueID?) {
        string(value?.description)
    }

    /// Writes a decimal of any size in the given form, rounded to ten fractional digits.
    public mutating func decimal(_ value: ExactNumber, as form: DecimalForm) {
        switch form {
        case .strings: string(value.decimalText)
        case .numbers: raw(Array(value.decimalText.utf8))
        }
    }

    /// Writes a digest as a string of hexadecimal digits; nil is `null`.
    public mutating func digest(_ value: Digest32?) {
        string(value?.description)
    }

    /// Writes a value that is already JSON; nil is `null`. The caller answers for the bytes.
    public mutating func raw(_ json: [UInt8]?) {
        guard let json else { return null() }
        raw(json.span)
    }

    /// Writes a value that is already JSON. The caller answers for the bytes.
    ///
    /// A whole document loses the members that are to be left out, as if it were written member by member.
    public mutating func raw(_ json: Span<UInt8>) {
        precondition(!json.isEmpty, "a value has at least one byte")
        if leavesOutMembersHere, let document = try? JSONDocument(parsing: json.withUnsafeBufferPointer { Array($0) }),
            document.root.kind == .object
        {
            return members(of: document)
        }
        json.withUnsafeBufferPointer { json in
            write(atMost: json.count &+ 1) { out, needsComma in
                if needsComma { out[0] = UInt8(ascii: ",") }
                let at = needsComma ? 1 : 0
                if let start = json.baseAddress { (out + at).update(from: start, count: json.count) }
                return at &+ json.count
            }
        }
    }

    private mutating func members(of document: JSONDocument) {
        beginObject()
        for member in document.root.members {
            key(member.key)
            raw(Array(document.bytes[member.value.sourceRange]))
        }
        endObject()
    }

    @inline(__always)
    private mutating func literal(_ text: StaticString) {
        write(atMost: 6) { out, needsComma in
            if needsComma { out[0] = UInt8(ascii: ",") }
            let at = needsComma ? 1 : 0
            (out + at).update(from: text.utf8Start, count: text.utf8CodeUnitCount)
            return at &+ text.utf8CodeUnitCount
        }
    }

    /// Writes, between quotes, the text that `text` writes into room for `length` bytes; `text` returns how many it
    /// wrote.
    @inline(__always)
    private mutating func quoted(atMost length: Int, _ text: (UnsafeMutablePointer<UInt8>) -> Int) {
        write(atMost: length &+ 3) { out, needsComma in
            var at = 0
            if needsComma {
                out[0] = UInt8(ascii: ",")
                at = 1
            }
            out[at] = UInt8(ascii: "\"")
            at &+= 1
            at &+= text(out + at)
            out[at] = UInt8(ascii: "\"")
            return at &+ 1
        }
    }
}

/// Whether one of the bytes is a quote, a backslash or a control character.
@inline(__always)
public func mayNeedEscape(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
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
