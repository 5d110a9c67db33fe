import Testing

@testable import Parquet

@Suite struct ThriftTests {
    @Test func `a struct has the bytes of the compact protocol`() {
        let bytes = ThriftWriter.bytes { out in
            out.int32(1, 2)
            out.int64(3, -1)
            out.bool(4, true)
            out.string(20, "é")
            out.int32s(21, [0, 300])
            out.structures(22, [7, 8]) { $0.int32(1, $1) }
            out.structure(23)
        }
        #expect(
            bytes == [
                0x15, 0x04,  // 1: i32 2
                0x26, 0x01,  // 3: i64 -1
                0x11,  // 4: true
                0x08, 0x28, 0x02, 0xc3, 0xa9,  // 20, too far for a delta: binary of two bytes
                0x19, 0x25, 0x00, 0xd8, 0x04,  // 21: two i32
                0x19, 0x2c, 0x15, 0x0e, 0x00, 0x15, 0x10, 0x00,  // 22: two structs
                0x1c, 0x00,  // 23: a struct without fields
                0x00,
            ])
    }

    @Test func `what is written is read, lists of more than fourteen included`() throws {
        let numbers = (0..<40).map { $0 * 12_345 - 200_000 }
        let bytes = ThriftWriter.bytes { out in
            out.int32s(5, numbers)
            out.strings(6, numbers.map { "\($0)" })
            out.int64(900, .min)
            out.bool(901, false)
        }
        var reader = ThriftReader([9, 9] + bytes[...])
        #expect(throws: ParquetError.self) { try reader.structure() }
        reader = ThriftReader(bytes[...])
        let value = try reader.structure()
        #expect(reader.at == bytes.count)
        let read = try value.list(5).map { if case .integer(let number) = $0 { Int(number) } else { 0 } }
        #expect(read == numbers)
        #expect(try value.integer(900) == .min && value.list(6).count == 40)
        guard case .bool(false)? = value[901] else { return #expect(Bool(false), "901 is a truth value") }
    }

    @Test func `no prefix and no altered length of a struct is read beyond its bytes`() throws {
        let bytes = ThriftWriter.bytes { out in
            out.string(1, "twelve bytes")
            out.structures(2, [1, 2, 3]) { $0.int64(1, $1) }
        }
        for count in 0..<bytes.count {
            var reader = ThriftReader(bytes[..<count])
            #expect(throws: ParquetError.self) { try reader.structure() }
        }
        for index in bytes.indices {
            for byte in UInt8.min ... .max {
                var altered = bytes
                altered[index] = byte
                var reader = ThriftReader(altered[...])
                _ = try? reader.structure()
                #expect(reader.at <= bytes.count)
            }
        }
    }
}
