import TestSupport
import Testing

@testable import Parquet

@Suite struct RunLengthTests {
    private func bytes(_ values: [UInt32], width: Int) -> [UInt8] {
        var out: [UInt8] = []
        RunLength.append(values, width: width, to: &out)
        return out
    }

    @Test func `runs and packed bits are those of the format`() {
        // The example of the format: 0 to 7 in three bits.
        #expect(bytes(Array(0..<8), width: 3) == [0x03, 0b1000_1000, 0b1100_0110, 0b1111_1010])
        #expect(bytes(Array(repeating: 1, count: 300), width: 1) == [0xd8, 0x04, 0x01])
        // Nine bits take two bytes.
        #expect(bytes(Array(repeating: 260, count: 8), width: 9) == [0x10, 0x04, 0x01])
        // A dictionary of one value needs no bits.
        #expect(bytes(Array(repeating: 0, count: 8), width: 0) == [0x10])
        #expect(bytes([], width: 1).isEmpty)
    }

    @Test func `a group of packed values is filled from the run after it`() {
        let values: [UInt32] = [1, 0] + Array(repeating: 1, count: 20)
        #expect(bytes(values, width: 1) == [0x03, 0b1111_1101, 14 << 1, 0x01])
    }

    @Test func `random values come back`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let width = Int.random(in: 0...32, using: &random)
            let largest = width == 0 ? 0 : UInt32.max >> UInt32(32 - width)
            var values: [UInt32] = []
            while values.count < 200, Int.random(in: 0..<40, using: &random) > 0 {
                let value = UInt32.random(in: 0...largest, using: &random)
                values += repeatElement(value, count: Int.random(in: 1...30, using: &random))
            }
            let encoded = bytes(values, width: width)
            #expect(try RunLength.values(encoded[...], width: width, count: values.count) == values, "seed \(seed)")
            #expect(throws: ParquetError.self, "seed \(seed)") {
                try RunLength.values(encoded[...] + [0x02], width: width, count: values.count)
            }
        }
    }
}
