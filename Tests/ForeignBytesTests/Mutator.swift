import TestSupport

/// Damages bytes in the ways in which files and wires damage them, and in those in which somebody would on purpose.
struct Mutator {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func pick<T>(_ values: [T]) -> T { values[number(0..<values.count)] }

    /// One sample with one to six damages; another one may be spliced in.
    mutating func mutated(_ samples: [[UInt8]]) -> [UInt8] {
        var bytes = pick(samples)
        for _ in 0..<pick([1, 1, 1, 2, 3, 6]) { damage(&bytes, samples) }
        return bytes.count > Self.largest ? Array(bytes.prefix(Self.largest)) : bytes
    }

    /// Longer inputs would take the time of many.
    private static let largest = 64 << 10

    private mutating func damage(_ bytes: inout [UInt8], _ samples: [[UInt8]]) {
        let at = number(0..<bytes.count + 1)
        let end = min(bytes.count, at + number(0..<17))
        switch number(0..<12) {
        case 0...2 where at < bytes.count: bytes[at] ^= 1 << UInt8(number(0..<8))
        case 3 where at < bytes.count: bytes[at] = UInt8(number(0..<256))
        case 4: bytes.removeSubrange(at..<end)
        case 5: bytes.insert(contentsOf: bytes[at..<end], at: number(0..<bytes.count + 1))
        case 6: bytes.removeSubrange(at...)
        case 7: bytes.insert(contentsOf: pick(Self.tokens), at: at)
        case 8: replaceNumber(&bytes, from: at)
        case 9: setLength(&bytes, at)
        case 10:
            let other = pick(samples)
            let cut = number(0..<other.count + 1)
            bytes.replaceSubrange(at..., with: other[cut...])
        default:
            bytes.insert(contentsOf: pick(Self.nests), at: at)
        }
    }

    /// The digits that begin at or after a place become another number.
    private mutating func replaceNumber(_ bytes: inout [UInt8], from at: Int) {
        func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
        guard let start = bytes[at...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        bytes.replaceSubrange(start..<end, with: pick(Self.numbers))
    }

    /// Four or eight bytes become a length that lies, in either order of bytes.
    private mutating func setLength(_ bytes: inout [UInt8], _ at: Int) {
        let value: Int64 = pick([0, -1, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, .max, .min, Int64(bytes.count), Int64(bytes.count) + 1])
        let width = pick([1, 2, 4, 8])
        guard at + width <= bytes.count else { return }
        let isBig = number(0..<2) == 0
        for place in 0..<width {
            bytes[at + place] = UInt8(truncatingIfNeeded: value >> Int64(8 * (isBig ? width - 1 - place : place)))
        }
    }

    private static let nests: [[UInt8]] = ["[", "{\"a\":", "{", "("].flatMap { bracket in
        [1, 60, 65, 3000].map { Array(String(repeating: bracket, count: $0).utf8) }
    }

    private static let numbers = [
        "0", "-0", "00", "-1", "1e400", "1e-400", "1e9223372036854775807", "1e-9223372036854775808", "9223372036854775807",
        "9223372036854775808", "-9223372036854775808", "18446744073709551616", "170141183460469231731687303715884105728",
        "999999999999999999.9999999999", "0.00000000005", "4294967296", "2147483648", "65536", "10000-01-01", "1e1e1", "NaN", "Infinity",
        "0x10", "1.", ".1", String(repeating: "9", count: 400), "0." + String(repeating: "3", count: 400), "１２",
    ].map { Array($0.utf8) }

    private static let tokens =
        [
            "\n", "\r\n", "\n\n", "\u{0}", "\"", "\\", "\\u0000", "\\ud800", "\\udc00", ",", ":", "null", "true", "[]", "{}", "—", " ",
            "\t", "\u{feff}", "\u{2028}", "%00", "%", "%zz", "=", "+", "/", "../", ".p/", "x000/", "é", "e\u{301}", "-", "--", "'", "\"\"",
            "Z", "T24:00:00", "+99:99", "1e5", ";q=", "W/\"", "AAAA", "====",
        ].map { Array($0.utf8) } + [[0x80], [0xff, 0xfe], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]
}
