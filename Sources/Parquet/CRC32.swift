/// The CRC-32 of zlib and gzip, as pages carry it: reflected polynomial 0xEDB88320, over the page's bytes as they stand in the file.
enum CRC32 {
    /// Eight tables: the table at place k gives the effect of a byte that k more bytes follow.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
            tables[byte] = value
        }
        for byte in 0..<256 {
            for table in 1..<8 {
                let before = tables[(table - 1) * 256 + byte]
                tables[table * 256 + byte] = before >> 8 ^ tables[Int(before & 0xff)]
            }
        }
        return tables
    }()

    static func of(_ bytes: [UInt8]) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            bytes.withUnsafeBytes { bytes in
                var crc = UInt32.max
                var at = 0
                while at + 8 <= bytes.count {
                    let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) ^ UInt64(crc)
                    var next: UInt32 = 0
                    for place in 0..<8 { next ^= tables[(7 - place) * 256 + Int(word >> UInt64(8 * place) & 0xff)] }
                    crc = next
                    at += 8
                }
                while at < bytes.count {
                    crc = crc >> 8 ^ tables[Int((crc ^ UInt32(bytes[at])) & 0xff)]
                    at += 1
                }
                return ~crc
            }
        }
    }
}
