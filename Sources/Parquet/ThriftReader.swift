/// A value in Thrift's compact protocol.
enum ThriftValue {
    case bool(Bool)
    case integer(Int64)
    case binary(ArraySlice<UInt8>)
    case list([ThriftValue])
    /// The fields by number.
    case structure([Int: ThriftValue])
}

/// Reads a struct in Thrift's compact protocol. Every length is checked against the bytes that are there.
struct ThriftReader {
    private let bytes: ArraySlice<UInt8>
    /// The index of the next byte.
    private(set) var at: Int
    private static let deepest = 16

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        at = bytes.startIndex
    }

    /// Reads the struct at the start.
    mutating func structure() throws(ParquetError) -> ThriftValue { try structure(depth: 0) }

    private mutating func structure(depth: Int) throws(ParquetError) -> ThriftValue {
        guard depth < Self.deepest else { throw Self.broken }
        var fields: [Int: ThriftValue] = [:]
        var field = 0
        while true {
            let header = try byte()
            if header == 0 { return .structure(fields) }
            let delta = Int(header >> 4)
            field = delta == 0 ? Int(try signed()) : field &+ delta
            let kind = header & 0xf
            guard fields[field] == nil else { throw Self.broken }
            fields[field] = kind == 1 || kind == 2 ? .bool(kind == 1) : try value(kind, depth: depth)
        }
    }

    private mutating func value(_ kind: UInt8, depth: Int) throws(ParquetError) -> ThriftValue {
        switch kind {
        case 4, 5, 6: return .integer(try signed())
        case 8:
            let count = try varint()
            guard count <= bytes.endIndex - at else { throw Self.broken }
            defer { at += Int(count) }
            return .binary(bytes[at..<at + Int(count)])
        case 9:
            let header = try byte()
            let count = header >> 4 == 15 ? try varint() : UInt64(header >> 4)
            // Every element has at least a byte.
            guard count <= bytes.endIndex - at, depth < Self.deepest else { throw Self.broken }
            var elements: [ThriftValue] = []
            for _ in 0..<count { elements.append(try value(header & 0xf, depth: depth + 1)) }
            return .list(elements)
        case 12: return try structure(depth: depth + 1)
        default: throw Self.broken
        }
    }

    private mutating func byte() throws(ParquetError) -> UInt8 {
        guard at < bytes.endIndex else { throw Self.broken }
        defer { at += 1 }
        return bytes[at]
    }

    private mutating func varint() throws(ParquetError) -> UInt64 {
        var value: UInt64 = 0
        for place in 0..<10 {
            let next = try byte()
            if place == 9, next > 1 { throw Self.broken }
            value |= UInt64(next & 0x7f) << UInt64(7 * place)
            if next & 0x80 == 0 { return value }
        }
        throw Self.broken
    }

    private mutating func signed() throws(ParquetError) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    static let broken = ParquetError("a header or the footer is no Thrift struct of the format")
}

extension ThriftValue {
    /// A field of a struct; nil if it is absent.
    subscript(_ field: Int) -> ThriftValue? {
        if case .structure(let fields) = self { fields[field] } else { nil }
    }

    func integer(_ field: Int) throws(ParquetError) -> Int {
        guard case .integer(let value) = self[field] else { throw ThriftReader.broken }
        return Int(value)
    }

    func optionalInteger(_ field: Int) throws(ParquetError) -> Int? { self[field] == nil ? nil : try integer(field) }

    func bytes(_ field: Int) throws(ParquetError) -> [UInt8] {
        guard case .binary(let value) = self[field] else { throw ThriftReader.broken }
        return Array(value)
    }

    func text(_ field: Int) throws(ParquetError) -> String {
        guard let text = String(validating: try bytes(field), as: UTF8.self) else { throw ThriftReader.broken }
        return text
    }

    func list(_ field: Int) throws(ParquetError) -> [ThriftValue] {
        guard case .list(let elements) = self[field] else { throw ThriftReader.broken }
        return elements
    }
}
