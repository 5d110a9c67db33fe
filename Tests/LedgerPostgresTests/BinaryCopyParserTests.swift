import Testing

@testable import LedgerPostgres

@Suite("Binary COPY streams")
struct BinaryCopyParserTests {
    private static func stream(rows: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var writer = BinaryCopyWriter { chunk in
            bytes.append(contentsOf: chunk)
            return true
        }
        for row in 0..<rows {
            writer.startRow(columns: 3)
            writer.int8(Int64(row))
            writer.null()
            writer.text(String(repeating: "x", count: row % 7))
        }
        writer.finish()
        return bytes
    }

    @Test(arguments: 0..<50)
    func `a stream reads the same however it is cut into chunks`(seed: UInt64) throws {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        let bytes = Self.stream(rows: 40)
        var parser = BinaryCopyParser()
        var rows: [Int64] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let chunk = [UInt8](rest.prefix(1 + Int((state >> 33) % 30)))
            rest = rest.dropFirst(chunk.count)
            try chunk.withUnsafeBytes { bytes in
                try parser.parse(bytes) { row in
                    #expect(row.isNull(1) && row.columnCount == 3)
                    #expect(try row.text(2).utf8.count == rows.count % 7, "seed \(seed)")
                    rows.append(try row.int8(0))
                }
            }
        }
        #expect(rows == (0..<40).map { Int64($0) }, "seed \(seed)")
        #expect(parser.isComplete)
    }

    @Test func `a cut-off stream isn't complete, and a damaged one is refused`() throws {
        let bytes = Self.stream(rows: 3)
        var parser = BinaryCopyParser()
        try bytes.dropLast(5).withUnsafeBytes { try parser.parse($0) { _ in } }
        #expect(!parser.isComplete)
        var wrong = bytes
        wrong[0] = 0
        var other = BinaryCopyParser()
        #expect(throws: PostgresError.self) { try wrong.withUnsafeBytes { try other.parse($0) { _ in } } }
    }
}
