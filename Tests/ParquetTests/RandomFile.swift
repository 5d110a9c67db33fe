import TestSupport

@testable import Parquet

/// A file of random columns and rows, with what it says in a form that another program gives too.
struct RandomFile {
    let columns: [ParquetColumn]
    /// The values by row: texts and bytes in hexadecimal, decimals as texts, instants and dates as numbers, null as `null`.
    private(set) var rows: [[String]] = []
    private(set) var bytes: [UInt8] = []

    private static let types: [ParquetType] = [
        .string, .bytes, .int64, .boolean, .date, .timestamp, .decimal(precision: 28, scale: 10), .decimal(precision: 38, scale: 10),
    ]
    private static let words = [
        "", "a", "MSTR", "é", "日本語", "😀", "line\nfeed", "\"q\"", "x\u{0}y", String(repeating: "long", count: 40),
    ]

    init(seed: UInt64, rows count: Int? = nil) throws {
        var random = SeededGenerator(seed: seed)
        columns = (0..<Int.random(in: 1...9, using: &random)).map { index in
            ParquetColumn(
                "c\(index)_ü", Self.types[Int.random(in: 0..<Self.types.count, using: &random)],
                hasBounds: Int.random(in: 0..<4, using: &random) > 0)
        }
        let count = count ?? [0, 1, 7, 8, 9, 100, 5000][Int.random(in: 0..<7, using: &random)]
        let group = [3, 64, 1000, 10_000][Int.random(in: 0..<4, using: &random)]
        let nulls = [0, 1, 50, 100][Int.random(in: 0..<4, using: &random)]
        let distinct = [1, 2, 10, 300, 100_000][Int.random(in: 0..<5, using: &random)]
        var writer = ParquetWriter(columns, codec: .none)
        var last = [Int](repeating: 0, count: columns.count)
        for _ in 0..<count {
            var row: [String] = []
            for index in columns.indices {
                if Int.random(in: 0..<100, using: &random) < nulls {
                    writer.appendNull(to: index)
                    row.append("null")
                    continue
                }
                // Values come in runs.
                if Int.random(in: 0..<3, using: &random) == 0 { last[index] = Int.random(in: 0..<distinct, using: &random) }
                row.append(Self.append(last[index], index, columns[index].type, to: &writer))
            }
            rows.append(row)
            if writer.openRows == group { bytes += try writer.finishRowGroup() }
        }
        bytes += try writer.finish(keyValues: [.init("seed", "\(seed) é")], createdBy: "tests version 1 (build none)")
    }

    private static func append(_ number: Int, _ column: Int, _ type: ParquetType, to writer: inout ParquetWriter) -> String {
        var random = SeededGenerator(seed: UInt64(number) * 77 + UInt64(column))
        switch type {
        case .string:
            let text = words[number % words.count] + (number < words.count ? "" : "\(number)")
            writer.append(text, to: column)
            return hex(text.utf8)
        case .bytes:
            let bytes = (0..<number % 40).map { _ in UInt8.random(in: 0...255, using: &random) }
            bytes.withUnsafeBytes { writer.append($0, to: column) }
            return hex(bytes)
        case .boolean:
            writer.append(number % 2 == 0, to: column)
            return "\(number % 2 == 0)"
        case .int64, .timestamp, .date:
            let value: Int64 =
                switch type {
                case .int64: number == 0 ? .min : number == 1 ? .max : .random(in: .min ... .max, using: &random)
                case .date: .random(in: -719_162...2_932_896, using: &random)
                default: .random(in: 0...7_258_118_399_999_999, using: &random)
                }
            writer.append(value, to: column)
            return "\(value)"
        case .decimal(let precision, _):
            let bound = ParquetType.power(precision)
            let some = Int128(Int64.random(in: .min ... .max, using: &random)) * (number % 3 == 0 ? 1 : 100_000_000)
            let units = [2: bound - 1, 3: 1 - bound, 4: 0][number] ?? some
            precondition(writer.append(decimal: units, to: column))
            return decimal(units)
        }
    }

    static func decimal(_ units: Int128) -> String {
        let (whole, rest) = units.magnitude.quotientAndRemainder(dividingBy: 10_000_000_000)
        return "\(units < 0 ? "-" : "")\(whole).\(String(repeating: "0", count: 10 - "\(rest)".count))\(rest)"
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    /// The rows of a file as our reader sees them.
    static func read(_ file: [UInt8]) throws -> [[String]] {
        let reader = try ParquetReader(size: file.count, codecs: [.none]) { offset, count in Array(file[offset..<offset + count]) }
        var rows: [[String]] = []
        for group in reader.metadata.groups.indices {
            let values = try reader.metadata.columns.indices.map { try reader.values(group: group, column: $0) }
            for row in 0..<reader.metadata.groups[group].rows {
                rows.append(
                    zip(reader.metadata.columns, values).map { column, values in
                        if values.isNull(row) { return "null" }
                        return switch column.type {
                        case .string, .bytes: hex(values.bytes(row) ?? [])
                        case .boolean: "\(values.bool(row) ?? false)"
                        case .decimal: decimal(values.number(row) ?? 0)
                        default: "\(values.number(row) ?? 0)"
                        }
                    })
            }
        }
        return rows
    }
}
