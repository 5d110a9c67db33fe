/// Gzip files (RFC 1952) written without a library.
package enum Gzip {
    /// The bytes in stored blocks: valid gzip that is not smaller.
    package static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var out = header
        var start = 0
        repeat {
            let count = min(bytes.count - start, 0xffff)
            out.append(start + count == bytes.count ? 1 : 0)
            out += [UInt8(count & 0xff), UInt8(count >> 8), ~UInt8(count & 0xff), ~UInt8(count >> 8)]
            out += bytes[start..<start + count]
            start += count
        } while start < bytes.count
        return out + littleEndian(crc32(bytes)) + littleEndian(UInt32(truncatingIfNeeded: bytes.count))
    }

    /// That byte over and over, at 160 bytes a byte: one literal, then matches of 258 bytes at distance 1.
    ///
    /// The size is rounded to 1 + a multiple of 258. There is no checksum, which nobody comes to if the rest does its
    /// work.
    package static func bomb(of byte: UInt8 = 0x20, size: Int) -> [UInt8] {
        precondition(byte < 144)
        var out = BitWriter(bytes: header)
        out.write(1, count: 1)  // last block
        out.write(1, count: 2)  // fixed Huffman codes
        out.writeCode(0x30 + UInt32(byte), count: 8)
        for _ in 0..<(size / 258) {
            out.writeCode(0b1100_0101, count: 8)  // length 258
            out.writeCode(0, count: 5)  // distance 1
        }
        out.writeCode(0, count: 7)  // end of block
        out.write(0, count: 7)
        return out.bytes
    }

    private static let header: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]

    private static func littleEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0xedb8_8320 }
        }
        return ~crc
    }

    private struct BitWriter {
        var bytes: [UInt8]
        private var pending: UInt32 = 0
        private var pendingCount = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        /// Writes bits from the lowest up.
        mutating func write(_ bits: UInt32, count: Int) {
            pending |= bits << pendingCount
            pendingCount += count
            while pendingCount >= 8 {
                bytes.append(UInt8(truncatingIfNeeded: pending))
                pending >>= 8
                pendingCount -= 8
            }
        }

        /// Writes a Huffman code, from its highest bit down.
        mutating func writeCode(_ code: UInt32, count: Int) {
            for bit in (0..<count).reversed() { write(code >> bit & 1, count: 1) }
        }
    }
}
