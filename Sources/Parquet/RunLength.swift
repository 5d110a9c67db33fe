/// The hybrid of run lengths and packed bits that levels and indices of dictionaries have.
enum RunLength {
    /// The shortest run that is written as one.
    private static let shortest = 8

    /// The number of bits of the largest value.
    static func width(of largest: UInt32) -> Int { UInt32.bitWidth - largest.leadingZeroBitCount }

    /// Appends values that all have at most `width` bits.
    static func append(_ values: [UInt32], width: Int, to out: inout [UInt8]) {
        values.withUnsafeBufferPointer { values in
            var at = 0
            // From here on values wait to be packed.
            var start = 0
            while at < values.count {
                var end = at + 1
                while end < values.count, values[end] == values[at] { end += 1 }
                // Packed values stand in groups of eight, so the last group takes the first values of the run.
                let taken = (8 - (at - start) % 8) % 8
                if end - at >= shortest + taken {
                    pack(values, start..<at + taken, width, &out)
                    out.appendVarint(UInt64(end - at - taken) << 1)
                    var rest = values[at]
                    for _ in 0..<(width + 7) / 8 {
                        out.append(UInt8(truncatingIfNeeded: rest))
                        rest >>= 8
                    }
                    start = end
                }
                at = end
            }
            pack(values, start..<values.count, width, &out)
        }
    }

    private static func pack(_ values: UnsafeBufferPointer<UInt32>, _ range: Range<Int>, _ width: Int, _ out: inout [UInt8]) {
        if range.isEmpty { return }
        let groups = (range.count + 7) / 8
        out.appendVarint(UInt64(groups) << 1 | 1)
        var (bits, count): (UInt64, Int) = (0, 0)
        for index in range.lowerBound..<range.lowerBound + groups * 8 {
            bits |= UInt64(index < range.upperBound ? values[index] : 0) << UInt64(count)
            count += width
            while count >= 8 {
                out.append(UInt8(truncatingIfNeeded: bits))
                bits >>= 8
                count -= 8
            }
        }
    }

    /// Reads `count` values of `width` bits; what follows them is padding of the last group.
    static func values(_ bytes: ArraySlice<UInt8>, width: Int, count: Int) throws(ParquetError) -> [UInt32] {
        guard 0...32 ~= width else { throw broken }
        var values: [UInt32] = []
        values.reserveCapacity(count)
        var at = bytes.startIndex
        func next() throws(ParquetError) -> UInt8 {
            guard at < bytes.endIndex else { throw broken }
            defer { at += 1 }
            return bytes[at]
        }
        while values.count < count {
            var (header, shift): (UInt64, UInt64) = (0, 0)
            while true {
                let byte = try next()
                header |= UInt64(byte & 0x7f) << shift
                if byte & 0x80 == 0 { break }
                shift += 7
                guard shift < 42 else { throw broken }
            }
            let length = Int(header >> 1)
            if header & 1 == 0 {
                guard length > 0, length <= count - values.count else { throw broken }
                var value: UInt32 = 0
                for place in 0..<(width + 7) / 8 { value |= UInt32(try next()) << UInt32(8 * place) }
                values.append(contentsOf: repeatElement(value, count: length))
            } else {
                guard length > 0, length * width <= bytes.endIndex - at, length * 8 < count - values.count + 8 else { throw broken }
                var (bits, held): (UInt64, Int) = (0, 0)
                let mask = (UInt64(1) << UInt64(width)) - 1
                for _ in 0..<length * 8 {
                    while held < width {
                        bits |= UInt64(try next()) << UInt64(held)
                        held += 8
                    }
                    if values.count < count { values.append(UInt32(bits & mask)) }
                    bits >>= UInt64(width)
                    held -= width
                }
            }
        }
        guard at == bytes.endIndex else { throw broken }
        return values
    }

    private static let broken = ParquetError("levels or indices of a dictionary are no runs of the format")
}
