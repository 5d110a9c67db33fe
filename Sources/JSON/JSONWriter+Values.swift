public import Values

extension JSONWriter {
    /// Writes a string; nil is `null`.
    public mutating func string(_ text: String?) {
        guard let text else { return null() }
        string(utf8: text.utf8Span.span)
    }

    /// Writes a string of well-formed UTF-8, escaped as RFC 8785 does: `\b \t \n \f \r \" \\`, `\u00xx` in
    /// lower case for the other control characters, everything else as it is.
    public mutating func string(utf8 text: Span<UInt8>) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var start = 0
        var at = 0
        let raw = text.bytes
        while at < text.count {
            if at &+ 8 <= text.count,
                !mayNeedEscape(raw.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self))
            {
                at &+= 8
                continue
            }
            let byte = text[at]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                append(text, start, at)
                escape(byte)
                start = at + 1
            }
            at += 1
        }
        append(text, start, text.count)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes an integer; nil is `null`.
    public mutating func integer(_ value: Int64?) {
        guard let value else { return null() }
        separate()
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    /// Writes an integer; nil is `null`.
    public mutating func integer(_ value: Int?) {
        integer(value.map(Int64.init))
    }

    /// Writes `true` or `false`; nil is `null`.
    public mutating func bool(_ value: Bool?) {
        guard let value else { return null() }
        separate()
        append(value ? "true" : "false")
    }

    /// Writes `null`.
    public mutating func null() {
        separate()
        append("null")
    }

    /// Writes a decimal as a string, `"12.1"`, as events hold it; nil is `null`.
    public mutating func decimalString(_ value: FixedDecimal?) {
        guard let value else { return null() }
        separate()
        bytes.append(UInt8(ascii: "\""))
        value.write(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a decimal as a number, `12.1`, as HTTP and the command line show it; nil is `null`.
    public mutating func decimalNumber(_ value: FixedDecimal?) {
        guard let value else { return null() }
        separate()
        value.write(to: &bytes)
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
        separate()
        bytes.append(UInt8(ascii: "\""))
        value.write(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a date as a string; nil is `null`.
    public mutating func date(_ value: CalendarDate?) {
        guard let value else { return null() }
        separate()
        bytes.append(UInt8(ascii: "\""))
        value.write(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a UUID as a string; nil is `null`.
    public mutating func uniqueID(_ value: UniqueID?) {
        guard let value else { return null() }
        separate()
        bytes.append(UInt8(ascii: "\""))
        value.write(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a digest as a string of hexadecimal digits; nil is `null`.
    public mutating func digest(_ value: Digest32?) {
        guard let value else { return null() }
        separate()
        bytes.append(UInt8(ascii: "\""))
        value.write(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a value that is JSON already; nil is `null`. The caller answers for the bytes.
    public mutating func raw(_ json: [UInt8]?) {
        guard let json else { return null() }
        precondition(!json.isEmpty, "a value has at least one byte")
        separate()
        bytes.append(contentsOf: json)
    }

    /// Writes a value that is JSON already. The caller answers for the bytes.
    public mutating func raw(_ json: Span<UInt8>) {
        precondition(!json.isEmpty, "a value has at least one byte")
        separate()
        append(json, 0, json.count)
    }

    private mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func append(_ text: Span<UInt8>, _ start: Int, _ end: Int) {
        guard start < end else { return }
        text.withUnsafeBufferPointer { buffer in
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[start..<end]))
        }
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0a: bytes.append(UInt8(ascii: "n"))
        case 0x0c: bytes.append(UInt8(ascii: "f"))
        case 0x0d: bytes.append(UInt8(ascii: "r"))
        default:
            append("u00")
            bytes.append(UInt8(ascii: "0") + byte >> 4)
            let low = byte & 15
            bytes.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        }
    }
}

/// Whether one of eight bytes is a quote, a backslash or a control character.
@inline(__always)
private func mayNeedEscape(_ word: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quote = word ^ (ones &* 0x22)
    let backslash = word ^ (ones &* 0x5c)
    let control = word &- (ones &* 0x20)
    return (control & ~word | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash) & (ones &* 0x80) != 0
}
