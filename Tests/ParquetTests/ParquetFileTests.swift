import Foundation
import TestSupport
import Testing

@testable import Parquet

@Suite struct ParquetFileTests {
    /// Two rows, `(1, "a")` and `(2, null)`.
    private func tiny() throws -> [UInt8] {
        var writer = ParquetWriter([ParquetColumn("id", .int64), ParquetColumn("name", .string)], codec: .none)
        writer.append(1, to: 0)
        writer.append("a", to: 1)
        writer.append(2, to: 0)
        writer.appendNull(to: 1)
        return try writer.finish(keyValues: [.init("k", "v")], createdBy: "tests")
    }

    @Test func `a tiny file is these bytes for ever`() throws {
        #expect(RandomFile.hex(try tiny()) == Self.golden)
    }

    static let golden =
        "504152311500152c152c15abdebccd051c150415001506150600000200000003030100000000000000020000000000000015001516151615"
        + "a99aaa97061c1504150015061506000002000000030101000000611504193c4806736368656d61150400150425021802696400150c250218"
        + "046e616d6525004c1c0000001604191c192c26081c150419250006191802696415001604165a165a26083c36002808020000000000000018"
        + "08010000000000000000000026621c150c192500061918046e616d65150016041644164426623c3602280161180161000000169e01160426"
        + "08169e0100191c18016b1801760018057465737473192c1c00001c000000ab00000050415231"

    @Test(arguments: 0..<40 as Range<UInt64>) func `random files come back`(seed: UInt64) throws {
        let file = try RandomFile(seed: seed)
        #expect(try RandomFile.read(file.bytes) == file.rows)
        // The same rows are the same bytes.
        #expect(try RandomFile(seed: seed).bytes == file.bytes)
    }

    @Test(arguments: 100..<106 as Range<UInt64>)
    func `a flipped byte is found, or is in what the footer says of the file`(seed: UInt64) throws {
        let file = try RandomFile(seed: seed, rows: 9)
        for index in file.bytes.indices {
            var altered = file.bytes
            altered[index] ^= 1 << UInt8(index % 8)
            guard let rows = try? RandomFile.read(altered) else { continue }
            #expect(rows == file.rows, "seed \(seed), byte \(index)")
        }
    }

    @Test func `a decimal of too many digits is refused and leaves nothing behind`() throws {
        for precision in [1, 5, 28, 38] {
            var writer = ParquetWriter([ParquetColumn("d", .decimal(precision: precision, scale: 0))], codec: .none)
            let bound = ParquetType.power(precision)
            let refused = [bound, -bound, .max, .min].map { writer.append(decimal: $0, to: 0) }
            let taken = [bound - 1, 1 - bound, 0, -1].map { writer.append(decimal: $0, to: 0) }
            #expect(refused == [false, false, false, false] && taken == [true, true, true, true])
            let rows = try RandomFile.read(try writer.finish(keyValues: [], createdBy: "tests"))
            #expect(rows.count == 4)
        }
    }

    @Test func `bounds are in the order of the type, and absent where a value is too long`() throws {
        var writer = ParquetWriter(
            [
                ParquetColumn("n", .int64), ParquetColumn("d", .decimal(precision: 28, scale: 10)), ParquetColumn("s", .string),
                ParquetColumn("l", .string),
            ],
            codec: .none)
        for (number, text) in [(5, "é"), (-7, "z"), (0, "a")] as [(Int64, String)] {
            writer.append(number, to: 0)
            let fits = writer.append(decimal: Int128(number), to: 1)
            #expect(fits)
            writer.append(text, to: 2)
            writer.append(text + String(repeating: "x", count: 64), to: 3)
        }
        let file = try writer.finish(keyValues: [], createdBy: "tests")
        let reader = try ParquetReader(size: file.count, codecs: [.none]) { offset, count in Array(file[offset..<offset + count]) }
        let chunks = reader.metadata.groups[0].chunks
        #expect(chunks[0].low == [0xf9, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff] && chunks[0].high == [5, 0, 0, 0, 0, 0, 0, 0])
        #expect(chunks[1].low == Array(repeating: 0xff, count: 11) + [0xf9] && chunks[1].high == Array(repeating: 0, count: 11) + [5])
        #expect(chunks[2].low == Array("a".utf8) && chunks[2].high == Array("é".utf8))
        #expect(chunks[3].low == nil && chunks[3].high == nil && chunks[3].nulls == 0)
    }

    @Test(.enabled(if: parquetPython != nil, "no Python with pyarrow and duckdb: run scripts/python-tools"))
    func `pyarrow and DuckDB read random files as we wrote them`() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for seed in 0..<25 as Range<UInt64> {
            let file = try RandomFile(seed: seed)
            try Data(file.bytes).write(to: directory.appending(path: "\(seed).parquet"))
            let lines = file.rows.map { $0.joined(separator: ",") + "\n" }.joined()
            try Data(lines.utf8).write(to: directory.appending(path: "\(seed).csv"))
        }
        #expect(try runPython("ParquetTests/read_files.py", Array(directory.path.utf8), with: parquetPython) == 0)
    }
}
