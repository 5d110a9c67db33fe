/// A UUID (RFC 9562), held as two big-endian halves.
public struct UniqueID: Sendable, Hashable {
    /// The first eight bytes.
    public let high: UInt64
    /// The last eight bytes.
    public let low: UInt64

    /// The UUID of two big-endian halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A random UUID (version 4).
    public init<Generator: RandomNumberGenerator>(random generator: inout Generator) {
        high = generator.next() & 0xffff_ffff_ffff_0fff | 0x4000
        low = generator.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
    }

    /// The UUID of exactly sixteen bytes, or nil for any other length.
    public init?(bytes: Span<UInt8>) {
        guard bytes.count == 16 else { return nil }
        high = bigEndianWord(in: bytes, from: 0)
        low = bigEndianWord(in: bytes, from: 8)
    }

    /// Reads hexadecimal digits of either case in groups of 8-4-4-4-12; nil for anything else.
    public init?(_ text: String) {
        let span = text.utf8Span.span
        guard span.count == 36 else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for index in 0..<36 {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard span[index] == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = span[index].hexDigit else { return nil }
            high = high << 4 | low >> 60
            low = low << 4 | UInt64(digit)
        }
        self.init(high: high, low: low)
    }

    /// The sixteen bytes.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        appendBigEndian(high, to: &bytes)
        appendBigEndian(low, to: &bytes)
        return bytes
    }

    /// Appends the 36 bytes of the lower-case text.
    public func write(to out: inout [UInt8]) {
        for nibble in 0..<32 {
            if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 { out.append(UInt8(ascii: "-")) }
            let word = nibble < 16 ? high : low
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - nibble % 16 * 4)) & 15
            out.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}

extension UniqueID: Comparable {
    /// The order of the bytes, which is also the order of Postgres's `uuid`.
    public static func < (left: UniqueID, right: UniqueID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension UniqueID: CustomStringConvertible {
    /// Lower-case hexadecimal digits in groups of 8-4-4-4-12.
    public var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(36)
        write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
