import RandomSupport

/// Random JSON texts, with white space and needless escapes.
struct RandomJSON {
    var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    mutating func number(in range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &random)
    }

    mutating func document() -> [UInt8] {
        Array((space() + value(depth: 0) + space()).utf8)
    }

    /// The document with a few bytes replaced, removed, doubled or cut off.
    mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        let salt = Array("\"\\{}[]:,0eE.+-u \u{1}\n".utf8) + [0xff, 0x80, 0xc0, 0xed, 0xa0, 0xf4, 0xe2]
        for _ in 0..<number(in: 1...3) where !bytes.isEmpty {
            let at = number(in: 0...bytes.count - 1)
            switch number(in: 0...4) {
            case 0: bytes[at] = salt.randomElement(using: &random) ?? 0
            case 1: bytes.insert(salt.randomElement(using: &random) ?? 0, at: at)
            case 2: bytes.remove(at: at)
            case 3: bytes.replaceSubrange(at..<at, with: bytes[at..<min(bytes.count, at + number(in: 1...12))])
            default: bytes.removeLast(number(in: 0...min(8, bytes.count - 1)))
            }
        }
        return bytes
    }

    private mutating func space() -> String {
        (0..<max(0, number(in: -4...2))).map { _ in [" ", "\n", "\r", "\t"].randomElement(using: &random) ?? " " }
            .joined()
    }

    private mutating func value(depth: Int) -> String {
        switch number(in: 0...(depth > 4 ? 5 : 8)) {
        case 0: return "null"
        case 1: return Bool.random(using: &random) ? "true" : "false"
        case 2, 3: return numeral()
        case 4, 5: return string()
        case 6: return "[" + list { $0.value(depth: depth + 1) } + "]"
        default: return "{" + list { $0.string() + $0.space() + ":" + $0.space() + $0.value(depth: depth + 1) } + "}"
        }
    }

    private mutating func list(_ item: (inout RandomJSON) -> String) -> String {
        let count = number(in: 0...30) == 0 ? 90 : number(in: 0...5)
        return space() + (0..<count).map { _ in space() + item(&self) + space() }.joined(separator: ",")
    }

    private mutating func numeral() -> String {
        var text = Bool.random(using: &random) ? "-" : ""
        text +=
            number(in: 0...3) == 0
            ? "0" : String(UInt64.random(in: 1...(.max >> UInt64(number(in: 0...63))), using: &random))
        if number(in: 0...2) == 0 { text += "." + String(UInt32.random(in: 0...(.max), using: &random)) }
        if number(in: 0...5) == 0 {
            text += ["e", "E", "e+", "E-"].randomElement(using: &random) ?? "e"
            text += "\(number(in: 0...30))"
        }
        return text
    }

    mutating func string() -> String {
        let pieces = [
            "a", "b", "key", "a longer run of plain text", "é", "\u{7f}", "€", "\u{ffff}", "😀", "\\n", "\\\"", "\\\\",
            "\\/",
            "\\b\\f\\r\\t", "\\u0061", "\\u00E9", "\\u20ac", "\\uD83D\\uDE00", "\\u0000", "\\ud800", "\\udc00",
            "\\udfff\\ud800",
        ]
        let count = number(in: 0...9) == 0 ? number(in: 5...40) : number(in: 0...3)
        return "\""
            + (0..<count).map { _ in
                // Issues are the rarer half.
                pieces[number(in: 0...(number(in: 0...3) == 0 ? pieces.count - 1 : 17))]
            }.joined() + "\""
    }
}
