import Values

/// Where a run stands: the next row to look at and the watermark that its first page was cut with.
///
/// Clients see base64url text and can read nothing out of it.
struct FeedCursor: Hashable {
    /// No feed has more rows.
    private static let largestOffset = 1 << 40

    /// Index of the next row to look at, in the feed's own order (which updates never change).
    var offset: Int
    /// The run's watermark, nil where the scope had no row when the first page was cut.
    var watermark: Instant?

    /// base64url of `1.<offset>.<watermark in microseconds or nothing>`.
    var text: String {
        let plain = "1.\(offset).\(watermark.map { String($0.microseconds) } ?? "")"
        return encodeBase64URL(Array(plain.utf8))
    }

    /// A cursor starting at `offset`.
    init(offset: Int, watermark: Instant?) {
        self.offset = offset
        self.watermark = watermark
    }

    /// Reads a cursor; nil for any text that ``text`` doesn't give.
    init?(_ text: String) {
        guard let bytes = decodeBase64URL(text) else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self)
            .split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "1", let offset = Int(parts[1]),
            (0...Self.largestOffset).contains(offset)
        else { return nil }
        self.offset = offset
        if !parts[2].isEmpty {
            guard let microseconds = Int64(parts[2]), let instant = Instant(microseconds: microseconds) else {
                return nil
            }
            watermark = instant
        }
        guard self.text == text else { return nil }
    }
}

private let base64URLDigits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

/// RFC 4648 §5 without padding.
private func encodeBase64URL(_ bytes: [UInt8]) -> String {
    var digits: [UInt8] = []
    var held: UInt32 = 0
    var heldBits: UInt32 = 0
    for byte in bytes {
        held = held << 8 | UInt32(byte)
        heldBits += 8
        while heldBits >= 6 {
            heldBits -= 6
            digits.append(base64URLDigits[Int(held >> heldBits & 63)])
        }
    }
    if heldBits > 0 { digits.append(base64URLDigits[Int(held << (6 - heldBits) & 63)]) }
    return String(decoding: digits, as: UTF8.self)
}

/// The bytes of an unpadded base64url text; nil where a character is none of its alphabet.
private func decodeBase64URL(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var held: UInt32 = 0
    var heldBits: UInt32 = 0
    for character in text.utf8 {
        guard let digit = base64URLDigits.firstIndex(of: character) else { return nil }
        held = held << 6 | UInt32(digit)
        heldBits += 6
        if heldBits >= 8 {
            heldBits -= 8
            bytes.append(UInt8(truncatingIfNeeded: held >> heldBits))
        }
    }
    return bytes
}
