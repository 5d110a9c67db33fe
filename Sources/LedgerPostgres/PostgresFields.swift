/// A row whose columns are read by index: of a statement's result, or of a COPY stream.
public protocol PostgresFields {
    /// Calls `body` with one column's field, whose bytes are valid only during the call.
    func withField<R>(_ column: Int, _ body: (PostgresField) throws(PostgresError) -> R) throws(PostgresError) -> R
}

/// One value in Postgres's binary format, which a row's readers decode.
public struct PostgresField {
    /// The value's bytes; nil for null.
    let bytes: UnsafeRawBufferPointer?
    /// The column's type; unspecified if the source carries no types (COPY).
    let type: UInt32
    let column: Int

    /// The bytes of a value whose type is one of the expected ones.
    ///
    /// - Parameter isExpected: evaluated only if the source carries types.
    private func value(
        _ expected: String, length: Int? = nil, _ isExpected: @autoclosure () -> Bool
    ) throws(PostgresError) -> UnsafeRawBufferPointer {
        guard let bytes else { throw .decoding("column \(column) is null where \(expected) was expected") }
        guard type == TypeOID.unspecified || isExpected(), length == nil || length == bytes.count else {
            throw mismatch(expected)
        }
        return bytes
    }

    private func mismatch(_ expected: String) -> PostgresError {
        .decoding("column \(column) is not \(expected) (type \(type), \(bytes?.count ?? 0) bytes)")
    }

    func bool() throws(PostgresError) -> Bool {
        try value("a bool", length: 1, type == TypeOID.bool)[0] != 0
    }

    func int4() throws(PostgresError) -> Int32 {
        let bytes = try value("an int4", type == TypeOID.int4 || type == TypeOID.int2)
        switch bytes.count {
        case 4: return bytes.bigEndian(at: 0)
        case 2: return Int32(bytes.bigEndian(at: 0, as: Int16.self))
        default: throw mismatch("an int4")
        }
    }

    func int8() throws(PostgresError) -> Int64 {
        let bytes = try value(
            "an int8",
            type == TypeOID.int8 || type == TypeOID.int4 || type == TypeOID.int2 || type == TypeOID.oid)
        switch bytes.count {
        case 8: return bytes.bigEndian(at: 0)
        case 4 where type == TypeOID.oid: return Int64(bytes.bigEndian(at: 0, as: UInt32.self))
        case 4: return Int64(bytes.bigEndian(at: 0, as: Int32.self))
        case 2: return Int64(bytes.bigEndian(at: 0, as: Int16.self))
        default: throw mismatch("an int8")
        }
    }

    func float8() throws(PostgresError) -> Double {
        Double(bitPattern: try value("a float8", length: 8, type == TypeOID.float8).bigEndian(at: 0))
    }

    /// The bytes of a value whose binary form is its text.
    func textBytes() throws(PostgresError) -> UnsafeRawBufferPointer {
        guard let bytes else { throw .decoding("column \(column) is null where a text was expected") }
        switch type {
        case TypeOID.unspecified, TypeOID.text, TypeOID.varchar, TypeOID.bpchar, TypeOID.name, TypeOID.json,
            TypeOID.unknown, TypeOID.char, TypeOID.firstUserDefined...:
            return bytes
        case TypeOID.jsonb where bytes.count > 0 && bytes[0] == 1:
            return UnsafeRawBufferPointer(rebasing: bytes[1...])
        default: throw mismatch("a text")
        }
    }

    func text() throws(PostgresError) -> String {
        let bytes = try textBytes()
        guard let text = try? UTF8Span(validating: bytes.bindMemory(to: UInt8.self).span) else {
            throw .decoding("column \(column) holds text that is not UTF-8")
        }
        return String(copying: text)
    }

    func utf8() throws(PostgresError) -> [UInt8] { [UInt8](try textBytes()) }

    func bytea() throws(PostgresError) -> [UInt8] { [UInt8](try value("a bytea", type == TypeOID.bytea)) }

    func uuid() throws(PostgresError) -> (UInt64, UInt64) {
        let bytes = try value("a uuid", length: 16, type == TypeOID.uuid)
        return (bytes.bigEndian(at: 0), bytes.bigEndian(at: 8))
    }

    func timestamptz() throws(PostgresError) -> Int64 {
        let bytes = try value("a timestamptz", length: 8, type == TypeOID.timestamptz)
        guard let instant = PostgresEpoch.decode(microseconds: bytes.bigEndian(at: 0)) else {
            throw .decoding("column \(column) is an infinite instant")
        }
        return instant
    }

    func date() throws(PostgresError) -> Int32 {
        let bytes = try value("a date", length: 4, type == TypeOID.date)
        guard let date = PostgresEpoch.decode(days: bytes.bigEndian(at: 0)) else {
            throw .decoding("column \(column) is an infinite date")
        }
        return date
    }

    /// The elements of an array with at most one dimension, each with the array's own element type.
    func array<Element>(
        _ expected: String, of elementTypes: [UInt32], _ element: (PostgresField) throws(PostgresError) -> Element
    ) throws(PostgresError) -> [Element] {
        guard let bytes else { throw .decoding("column \(column) is null where \(expected) was expected") }
        guard bytes.count >= 12 else { throw mismatch(expected) }
        let dimensions: Int32 = bytes.bigEndian(at: 0)
        let elementType: UInt32 = bytes.bigEndian(at: 8)
        guard elementTypes.contains(elementType), dimensions == 0 || (dimensions == 1 && bytes.count >= 20) else {
            throw mismatch(expected)
        }
        if dimensions == 0 { return [] }
        let count = Int(bytes.bigEndian(at: 12, as: Int32.self))
        var elements: [Element] = []
        // An element takes at least four bytes, so a larger count is refused before memory is taken for it.
        guard count >= 0, count <= (bytes.count - 20) / 4 else { throw mismatch(expected) }
        elements.reserveCapacity(count)
        var offset = 20
        for _ in 0..<count {
            guard bytes.count - offset >= 4 else { throw mismatch(expected) }
            let length = Int(bytes.bigEndian(at: offset, as: Int32.self))
            offset += 4
            guard length >= -1, length <= bytes.count - offset else { throw mismatch(expected) }
            let field =
                length < 0 ? nil : UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + length)])
            offset += max(0, length)
            elements.append(try element(PostgresField(bytes: field, type: elementType, column: column)))
        }
        return elements
    }
}
