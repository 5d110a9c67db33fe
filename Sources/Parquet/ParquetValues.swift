/// The values of a column in a row group, by row.
package struct ParquetValues {
    private let type: ParquetType
    /// What the ranges refer to: the values, or the dictionary.
    private let bytes: [UInt8]
    /// Where the value of each row begins and ends; a range below zero is null. For BOOLEAN a bit's number.
    private var ranges: [(start: Int32, end: Int32)]
    package private(set) var nulls = 0
    /// The most bytes of a page.
    static let largestPage = 1 << 28

    /// - Parameter dictionary: the values that the page has the numbers of; nil if it has the values themselves.
    init(_ page: [UInt8], _ dictionary: (bytes: [UInt8], count: Int)?, rows: Int, _ type: ParquetType) throws(ParquetError) {
        guard page.count >= 4 else { throw Self.broken }
        let length = page.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= page.count - 4 else { throw Self.broken }
        let levels = try RunLength.values(page[4..<4 + length], width: 1, count: rows)
        let count = levels.reduce(0) { $0 + Int($1) }
        let found: [(start: Int32, end: Int32)]
        if let dictionary {
            guard 4 + length < page.count else { throw Self.broken }
            let entries = try Self.ranges(dictionary.bytes, from: 0, dictionary.count, type)
            let indices = try RunLength.values(page[(5 + length)...], width: Int(page[4 + length]), count: count)
            guard indices.allSatisfy({ $0 < UInt32(entries.count) }) else { throw Self.broken }
            found = indices.map { entries[Int($0)] }
            bytes = dictionary.bytes
        } else {
            found = try Self.ranges(page, from: 4 + length, count, type)
            bytes = page
        }
        self.type = type
        nulls = rows - count
        ranges = []
        ranges.reserveCapacity(rows)
        var next = 0
        for level in levels {
            ranges.append(level == 0 ? (-1, -1) : found[next])
            next += Int(level)
        }
    }

    private static func ranges(
        _ bytes: [UInt8], from start: Int, _ count: Int, _ type: ParquetType
    ) throws(ParquetError) -> [(start: Int32, end: Int32)] {
        guard bytes.count <= largestPage, 0...bytes.count * 8 ~= count else { throw broken }
        var ranges: [(start: Int32, end: Int32)] = []
        ranges.reserveCapacity(count)
        var at = start
        for index in 0..<count {
            if type == .boolean {
                ranges.append((Int32(start * 8 + index), Int32(start * 8 + index + 1)))
                continue
            }
            var width = type.width ?? 0
            if type.width == nil {
                guard bytes.count - at >= 4 else { throw broken }
                width = (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
                at += 4
            }
            guard width <= bytes.count - at else { throw broken }
            ranges.append((Int32(at), Int32(at + width)))
            at += width
        }
        if type == .boolean { at += (count + 7) / 8 }
        guard at == bytes.count else { throw broken }
        return ranges
    }

    package var count: Int { ranges.count }

    package func isNull(_ row: Int) -> Bool { ranges[row].start < 0 }

    /// The value of a BOOLEAN column; nil for null.
    package func bool(_ row: Int) -> Bool? {
        let bit = Int(ranges[row].start)
        return bit < 0 ? nil : bytes[bit / 8] >> UInt8(bit % 8) & 1 == 1
    }

    /// The value of a column of numbers, instants or dates, or the units of a decimal; nil for null.
    package func number(_ row: Int) -> Int128? {
        let (start, end) = (Int(ranges[row].start), Int(ranges[row].end))
        if start < 0 { return nil }
        var number: Int128
        if case .decimal = type {
            number = Int128(Int8(bitPattern: bytes[start]))
            for index in start + 1..<end { number = number << 8 | Int128(bytes[index]) }
        } else {
            number = Int128(Int8(bitPattern: bytes[end - 1]))
            for index in (start..<end - 1).reversed() { number = number << 8 | Int128(bytes[index]) }
        }
        return number
    }

    /// The text or the bytes of a row; nil for null.
    package func bytes(_ row: Int) -> ArraySlice<UInt8>? {
        ranges[row].start < 0 ? nil : bytes[Int(ranges[row].start)..<Int(ranges[row].end)]
    }

    /// The smallest and the largest value.
    var bounds: ColumnBounds {
        var bounds = ColumnBounds()
        for row in ranges.indices {
            switch type {
            case .boolean: bool(row).map { bounds.add($0 ? 1 : 0) }
            case .string, .bytes: bytes(row)?.withUnsafeBytes { bounds.add($0) }
            default: number(row).map { bounds.add($0) }
            }
        }
        return bounds
    }

    private static let broken = ParquetError("a page's values are not in the form that this program writes")
}
