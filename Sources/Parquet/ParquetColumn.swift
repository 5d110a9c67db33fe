/// The type of a column's values, with the physical type that holds them.
package enum ParquetType: Hashable, Sendable {
    /// UTF-8 text: BYTE_ARRAY with the annotation STRING.
    case string
    /// Bytes without a meaning: BYTE_ARRAY.
    case bytes
    /// INT64.
    case int64
    /// BOOLEAN.
    case boolean
    /// Days since 1970-01-01: INT32 with the annotation DATE.
    case date
    /// Microseconds since 1970-01-01T00:00:00Z: INT64 with the annotation TIMESTAMP, adjusted to UTC.
    case timestamp
    /// A whole number of units of 10^-scale with at most `precision` digits: FIXED_LEN_BYTE_ARRAY, big-endian two's complement,
    /// with the annotation DECIMAL. The precision is 1 to 38.
    case decimal(precision: Int, scale: Int)

    /// The length of a value in bytes; nil if values have lengths of their own, and for bits.
    var width: Int? {
        switch self {
        case .string, .bytes, .boolean: nil
        case .int64, .timestamp: 8
        case .date: 4
        case .decimal(let precision, _): Self.decimalWidth(precision)
        }
    }

    /// The smallest number of bytes that holds every number of so many digits.
    private static func decimalWidth(_ precision: Int) -> Int {
        var width = 1
        while width < 16, (Int128(1) << (8 * width - 1)) - 1 < power(precision) - 1 { width += 1 }
        return width
    }

    /// The smallest number with more digits than a precision.
    static func power(_ precision: Int) -> Int128 { (0..<min(max(precision, 1), 38)).reduce(1) { power, _ in power * 10 } }
}

/// A column of a file. Every column is OPTIONAL.
package struct ParquetColumn: Hashable, Sendable {
    package let name: String
    package let type: ParquetType
    /// Whether the file says the smallest and the largest value of each row group.
    package let hasBounds: Bool

    package init(_ name: String, _ type: ParquetType, hasBounds: Bool = true) {
        self.name = name
        self.type = type
        self.hasBounds = hasBounds
    }

    /// The longest value that a file states as a bound. If the smallest or the largest value is longer, neither is stated.
    static let longestBound = 64
}
