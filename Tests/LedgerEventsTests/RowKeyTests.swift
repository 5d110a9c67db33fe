import LedgerEvents
import LedgerValues
import Testing

@Suite struct RowKeyTests {
    @Test(arguments: [
        ("0", "a0"), ("7", "a7"), ("437.5", "c437.5"), ("90000", "e90000"), ("0.0000000001", "a0.0000000001"), ("-7", "Z2~"),
        ("-45", "Y54~"), ("-0.5", "Z9.4~"), ("999999999999999999", "r999999999999999999"), ("-999999999999999999", "I000000000000000000~"),
    ])
    func `a figure in a key is its decimal text behind its size`(figure: String, part: String) throws {
        #expect(RowKey.part(of: try FixedDecimal(figure)) == part)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `keys with figures are in the order of their values`(seed: UInt64) {
        var random = RandomPayloads(seed: seed).random
        let values = (0..<400).map { _ in
            // Any number of digits, and neighbours that differ in their last one.
            let magnitude = Int128(random.next() >> UInt64.random(in: 0..<64, using: &random))
            let units = magnitude * (Bool.random(using: &random) ? 1 : 10_000_000_000) / (Bool.random(using: &random) ? 1 : 3)
            return FixedDecimal(units: Bool.random(using: &random) ? units : -units)
        }
        let sorted = values.sorted { RowKey(["BTC", RowKey.part(of: $0)]) < RowKey(["BTC", RowKey.part(of: $1)]) }
        #expect(sorted == values.sorted(), "seed \(seed)")
        #expect(Set(values.map(RowKey.part(of:))).count == Set(values).count, "seed \(seed)")
    }
}
