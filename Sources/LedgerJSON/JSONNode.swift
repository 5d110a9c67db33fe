public import LedgerValues

/// A JSON value in memory, for building documents that have no typed encoder.
public enum JSONNode: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// An integer.
    case integer(Int64)
    /// A decimal: a string in events, a number in HTTP.
    case decimal(FixedDecimal)
    /// A decimal of any size, rounded to ten fractional digits.
    case exact(ExactNumber)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONNode])
    /// An object, with its members in the order of writing; keys must be unique.
    case object([(String, JSONNode)])

    /// The RFC 8785 form: keys by UTF-16 code units, decimals as strings. Integers must be below 2^53 in absolute value.
    public func canonicalBytes() -> [UInt8] {
        var writer = JSONWriter()
        sorted.write(to: &writer, decimals: .strings)
        return writer.bytes
    }

    /// JSON for HTTP and the command line: keys in the given order, decimals as numbers.
    public func httpBytes() -> [UInt8] {
        var writer = JSONWriter(keyOrder: .given)
        write(to: &writer, decimals: .numbers)
        return writer.bytes
    }

    /// Writes the value, with keys in the given order.
    public func write(to writer: inout JSONWriter, decimals: JSONWriter.DecimalForm) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .integer(let value): writer.integer(value)
        case .decimal(let value): writer.decimal(value, as: decimals)
        case .exact(let value): writer.decimal(value, as: decimals)
        case .string(let value): writer.string(value)
        case .array(let elements):
            writer.beginArray()
            for element in elements {
                element.write(to: &writer, decimals: decimals)
            }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            for (key, value) in members {
                writer.key(key)
                value.write(to: &writer, decimals: decimals)
            }
            writer.endObject()
        }
    }

    /// The same value with the keys of every object in canonical order.
    public var sorted: JSONNode {
        switch self {
        case .null, .bool, .integer, .decimal, .exact, .string: self
        case .array(let elements): .array(elements.map(\.sorted))
        case .object(let members):
            .object(
                members.map { ($0.0, $0.1.sorted) }
                    .sorted { CanonicalKeyOrder.precedes($0.0, $1.0) })
        }
    }
}

extension JSONNode: Equatable {
    /// Whether both values write the same JSON: strings byte for byte, members in the same order.
    public static func == (left: JSONNode, right: JSONNode) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.integer(let a), .integer(let b)): a == b
        case (.decimal(let a), .decimal(let b)): a == b
        case (.exact(let a), .exact(let b)): a == b
        case (.string(let a), .string(let b)): a.isBytewiseEqual(to: b)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)):
            a.count == b.count && zip(a, b).allSatisfy { $0.0.isBytewiseEqual(to: $1.0) && $0.1 == $1.1 }
        default: false
        }
    }
}
