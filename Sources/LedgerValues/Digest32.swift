/// A digest of 32 bytes, such as one from SHA-256, held inline.
public struct Digest32: Sendable, Hashable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    private init(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
        words = (first, second, third, fourth)
    }

    /// The digest of exactly 32 bytes, or nil for any other length.
    public init?(bytes: Span<UInt8>) {
        guard bytes.count == 32 else { return nil }
        self.init(
            bigEndianWord(in: bytes, from: 0), bigEndianWord(in: bytes, from: 8),
            bigEndianWord(in: bytes, from: 16), bigEndianWord(in: bytes, from: 24))
    }

    /// The digest of exactly 32 bytes; any other length is a programming error and traps.
    public init(_ bytes: [UInt8]) {
        precondition(bytes.count == 32, "a digest has 32 bytes")
        let span = bytes.span
        self.init(
            bigEndianWord(in: span, from: 0), bigEndianWord(in: span, from: 8),
            bigEndianWord(in: span, from: 16), bigEndianWord(in: span, from: 24))
    }

    /// Reads exactly 64 hexadecimal digits of either case; nil for anything else.
    public init?(hex: String) {
        let span = hex.utf8Span.span
        guard span.count == 64 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for index in 0..<32 {
            guard let high = span[index * 2].hexDigit, let low = span[index * 2 + 1].hexDigit else { return nil }
            bytes.append(high << 4 | low)
        }
        self.init(bytes)
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        append(to: &bytes)
        return bytes
    }

    /// The digest of the 32 bytes at an address.
    public init(loading address: UnsafeRawPointer) {
        func word(_ offset: Int) -> UInt64 { UInt64(bigEndian: address.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
        self.init(word(0), word(8), word(16), word(24))
    }

    /// Writes the 32 bytes to an address.
    public func store(to address: UnsafeMutableRawPointer) {
        address.storeBytes(of: words.0.bigEndian, as: UInt64.self)
        address.storeBytes(of: words.1.bigEndian, toByteOffset: 8, as: UInt64.self)
        address.storeBytes(of: words.2.bigEndian, toByteOffset: 16, as: UInt64.self)
        address.storeBytes(of: words.3.bigEndian, toByteOffset: 24, as: UInt64.self)
    }

    /// The first sixteen bytes as a big-endian number.
    public var leadingBits: UInt128 { UInt128(words.0) << 64 | UInt128(words.1) }

    /// Appends the 32 bytes.
    public func append(to out: inout [UInt8]) {
        let words = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
        withUnsafeBytes(of: words) { out.append(contentsOf: $0) }
    }

    /// Whether the bytes are equal.
    public static func == (left: Digest32, right: Digest32) -> Bool {
        left.words == right.words
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

extension Digest32: CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    public var description: String {
        String(unsafeUninitializedCapacity: 64) { digits in
            writeHexadecimal(words.0, to: digits, at: 0)
            writeHexadecimal(words.1, to: digits, at: 16)
            writeHexadecimal(words.2, to: digits, at: 32)
            writeHexadecimal(words.3, to: digits, at: 48)
            return 64
        }
    }

    /// The first 32 digits of ``description``.
    public var firstHalf: String {
        String(unsafeUninitializedCapacity: 32) { digits in
            writeHexadecimal(words.0, to: digits, at: 0)
            writeHexadecimal(words.1, to: digits, at: 16)
            return 32
        }
    }
}
