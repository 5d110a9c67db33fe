/// Standard base64 (RFC 4648 section 4) with padding. Decoding accepts only the canonical text of some bytes.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")

    static func encode(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word: UInt32 = 0
            for (offset, byte) in group.enumerated() { word |= UInt32(byte) << UInt32(16 - 8 * offset) }
            for place in 0..<4 {
                out.append(place <= group.count ? alphabet[Int(word >> UInt32(18 - 6 * place) & 63)] : padding)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Decodes canonical base64. Nil for another alphabet, missing or superfluous padding, white space, and unused bits
    /// that are not zero.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let input = Array(text.utf8)
        guard input.count.isMultiple(of: 4) else { return nil }
        var out: [UInt8] = []
        for start in stride(from: 0, to: input.count, by: 4) {
            let isLast = start + 4 == input.count
            let digits = input[start..<start + 4].prefix { $0 != padding }
            guard digits.count == 4 || isLast && digits.count >= 2,
                input[(start + digits.count)..<start + 4].allSatisfy({ $0 == padding })
            else { return nil }
            var word: UInt32 = 0
            for (place, digit) in digits.enumerated() {
                guard let value = alphabet.firstIndex(of: digit) else { return nil }
                word |= UInt32(value) << UInt32(18 - 6 * place)
            }
            let count = digits.count - 1
            guard count == 3 || word << UInt32(8 + 8 * count) == 0 else { return nil }
            for place in 0..<count { out.append(UInt8(truncatingIfNeeded: word >> UInt32(16 - 8 * place))) }
        }
        return out
    }
}
