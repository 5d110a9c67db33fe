/// A value as the plain reader gives it. Strings are bytes, so that unpaired surrogates have a form too.
indirect enum PlainValue: Equatable {
    case null
    case bool(Bool)
    case number(String)
    case string([UInt8])
    case array([PlainValue])
    case object([PlainMember])
}

struct PlainMember: Equatable {
    var key: [UInt8]
    var value: PlainValue
}

/// A recursive JSON reader written for plainness alone: what the fast one is held against.
struct PlainReader {
    struct Malformed: Error {}

    private var rest: ArraySlice<UInt8>

    static func read(_ bytes: [UInt8]) -> PlainValue? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        var reader = PlainReader(rest: bytes[...])
        reader.skipSpace()
        guard let value = try? reader.value(depth: 0) else { return nil }
        reader.skipSpace()
        return reader.rest.isEmpty ? value : nil
    }

    private mutating func skipSpace() {
        rest = rest.drop { [0x20, 0x09, 0x0a, 0x0d].contains($0) }
    }

    private mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        rest = rest.dropFirst(text.utf8.count)
        return true
    }

    private mutating func value(depth: Int) throws -> PlainValue {
        if take("null") { return .null }
        if take("true") { return .bool(true) }
        if take("false") { return .bool(false) }
        if rest.first == UInt8(ascii: "\"") { return .string(try string()) }
        if rest.first == UInt8(ascii: "[") || rest.first == UInt8(ascii: "{") {
            guard depth < 64 else { throw Malformed() }
        }
        if take("[") {
            let elements = try list(end: "]") { reader in try reader.value(depth: depth + 1) }
            return .array(elements)
        }
        if take("{") {
            let members = try list(end: "}") { reader in
                let key = try reader.string()
                reader.skipSpace()
                guard reader.take(":") else { throw Malformed() }
                reader.skipSpace()
                return PlainMember(key: key, value: try reader.value(depth: depth + 1))
            }
            guard Set(members.map(\.key)).count == members.count else { throw Malformed() }
            return .object(members)
        }
        return .number(try number())
    }

    private mutating func list<Item>(end: String, _ item: (inout PlainReader) throws -> Item) throws -> [Item] {
        var items: [Item] = []
        skipSpace()
        if take(end) { return items }
        while true {
            skipSpace()
            items.append(try item(&self))
            skipSpace()
            if take(end) { return items }
            guard take(",") else { throw Malformed() }
        }
    }

    private mutating func number() throws -> String {
        let pattern = /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/
        let candidate = String(decoding: rest.prefix { "+-.eE0123456789".utf8.contains($0) }, as: UTF8.self)
        guard let match = candidate.wholeMatch(of: pattern) else { throw Malformed() }
        rest = rest.dropFirst(candidate.utf8.count)
        return String(match.output.0)
    }

    private mutating func string() throws -> [UInt8] {
        guard take("\"") else { throw Malformed() }
        var units: [UInt16] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return Self.generalizedUTF8(units)
            case 0..<0x20: throw Malformed()
            case UInt8(ascii: "\\"): units.append(try escape())
            default:
                // The whole text is known to be UTF-8.
                var sequence = [byte]
                while let next = rest.first, next & 0xc0 == 0x80 {
                    sequence.append(next)
                    rest.removeFirst()
                }
                units.append(contentsOf: String(decoding: sequence, as: UTF8.self).utf16)
            }
        }
        throw Malformed()
    }

    private mutating func escape() throws -> UInt16 {
        let simple: [UInt8: UInt16] = [
            UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5c, UInt8(ascii: "/"): 0x2f, UInt8(ascii: "b"): 8,
            UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
        ]
        guard let letter = rest.popFirst() else { throw Malformed() }
        if let unit = simple[letter] { return unit }
        let digits = String(decoding: rest.prefix(4), as: UTF8.self)
        guard letter == UInt8(ascii: "u"), digits.count == 4, digits.allSatisfy({ $0.isASCII && $0.isHexDigit }),
            let unit = UInt16(digits, radix: 16)
        else { throw Malformed() }
        rest = rest.dropFirst(4)
        return unit
    }

    static func generalizedUTF8(_ units: [UInt16]) -> [UInt8] {
        var bytes: [UInt8] = []
        var index = 0
        while index < units.count {
            let unit = units[index]
            if unit & 0xfc00 == 0xd800, index + 1 < units.count, units[index + 1] & 0xfc00 == 0xdc00 {
                bytes += String(decoding: units[index...(index + 1)], as: UTF16.self).utf8
                index += 2
            } else if unit & 0xf800 == 0xd800 {
                bytes += [0xe0 | UInt8(unit >> 12), 0x80 | UInt8(unit >> 6 & 0x3f), 0x80 | UInt8(unit & 0x3f)]
                index += 1
            } else {
                bytes += String(decoding: [unit], as: UTF16.self).utf8
                index += 1
            }
        }
        return bytes
    }
}
