import LedgerValues

/// The progress of a run: the next row to look at, and the watermark of the run's first page.
///
/// Clients see opaque base64url text.
struct FeedCursor: Hashable {
    /// The upper bound of offsets. No feed has more rows.
    private static let largestOffset = 1 << 40

    /// The index of the next row to look at, in the feed's own order, which updates never change.
    var offset: Int
    /// The run's watermark. Nil if the scope had no row at the time of the first page.
    var watermark: Instant?

    /// base64url of `1.<offset>.<watermark in microseconds or nothing>`.
    var text: String {
        let plain = "1.\(offset).\(watermark.map { String($0.microseconds) } ?? "")"
        return encodeBase64URL(Array(plain.utf8))
    }

    /// A cursor that starts at `offset`.
    init(offset: Int, watermark: Instant?) {
        self.offset = offset
        self.watermark = watermark
    }

    /// Reads a cursor. Nil for any text that ``text`` does not produce.
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

/// The bytes of an unpadded base64url text. Nil if a character is not in its alphabet.
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
