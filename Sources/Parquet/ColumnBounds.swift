/// The smallest and the largest value of a column's part: signed by value for numbers, unsigned by bytes for texts and bytes.
struct ColumnBounds: Equatable {
    private enum Pair: Equatable {
        case number(Int128, Int128)
        case bytes([UInt8], [UInt8])
    }

    private var pair: Pair?

    /// - Parameter number: as a number of the column's type; decimals as units.
    mutating func add(_ number: Int128) {
        if case .number(let low, let high) = pair {
            if number < low { pair = .number(number, high) }
            if number > high { pair = .number(low, number) }
        } else {
            pair = .number(number, number)
        }
    }

    mutating func add(_ value: UnsafeRawBufferPointer) {
        if case .bytes(let low, let high) = pair {
            if value.lexicographicallyPrecedes(low) { pair = .bytes(Array(value), high) }
            if high.lexicographicallyPrecedes(value) { pair = .bytes(low, Array(value)) }
        } else {
            pair = .bytes(Array(value), Array(value))
        }
    }

    mutating func removeAll() { pair = nil }

    /// The bounds as statistics have them: PLAIN, without the length of a text. Nil if there are none, or one is too long.
    func encoded(_ type: ParquetType) -> (low: [UInt8], high: [UInt8])? {
        switch pair {
        case .number(let low, let high): return (Self.plain(low, type), Self.plain(high, type))
        case .bytes(let low, let high):
            return max(low.count, high.count) > ParquetColumn.longestBound ? nil : (low, high)
        case nil: return nil
        }
    }

    private static func plain(_ number: Int128, _ type: ParquetType) -> [UInt8] {
        switch type {
        case .boolean: [number == 0 ? 0 : 1]
        case .decimal: withUnsafeBytes(of: number.bigEndian) { Array($0.suffix(type.width ?? 16)) }
        default: withUnsafeBytes(of: number.littleEndian) { Array($0.prefix(type.width ?? 16)) }
        }
    }
}
