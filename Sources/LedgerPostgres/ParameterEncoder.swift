/// Parameters of a statement in binary form, in one buffer.
struct EncodedParameters {
    private(set) var types: [UInt32] = []
    private(set) var bytes: [UInt8] = []
    /// The start of each parameter in `bytes`; negative for null.
    private var starts: [Int] = []
    private(set) var lengths: [Int32] = []

    /// The protocol's largest number of parameters, which it counts in 16 bits.
    static let maximumCount = 65535

    var count: Int { types.count }

    init(_ values: [PostgresValue]) throws(PostgresError) {
        guard values.count <= EncodedParameters.maximumCount else {
            throw .encoding("a statement takes at most \(EncodedParameters.maximumCount) parameters")
        }
        types.reserveCapacity(values.count)
        starts.reserveCapacity(values.count)
        lengths.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            let start = bytes.count
            let (type, isNull) = try append(value, index)
            guard let length = Int32(exactly: bytes.count - start) else {
                throw .encoding("parameter $\(index + 1) is larger than Postgres takes")
            }
            types.append(type)
            starts.append(isNull ? -1 : start)
            lengths.append(length)
        }
    }

    /// Calls `body` with libpq's arrays of values, lengths and formats, which are valid only during the call.
    func withPointers<R>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> R
    ) -> R {
        if count == 0 { return body(nil, nil, nil) }
        let formats = [Int32](repeating: 1, count: count)
        return bytes.withUnsafeBytes { buffer in
            // An empty array has no address, and a nil value would mean null.
            withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { nothing in
                let base = buffer.baseAddress ?? UnsafeRawPointer(nothing.baseAddress)
                let values = starts.map { start in
                    start < 0 ? nil : base.map { ($0 + start).assumingMemoryBound(to: CChar.self) }
                }
                return values.withUnsafeBufferPointer { values in
                    lengths.withUnsafeBufferPointer { lengths in
                        formats.withUnsafeBufferPointer { formats in
                            body(values.baseAddress, lengths.baseAddress, formats.baseAddress)
                        }
                    }
                }
            }
        }
    }

    private mutating func append(_ value: PostgresValue, _ index: Int) throws(PostgresError) -> (UInt32, isNull: Bool) {
        switch value {
        case .null:
            return (TypeOID.unspecified, true)
        case .bool(let value):
            bytes.append(value ? 1 : 0)
            return (TypeOID.bool, false)
        case .int4(let value):
            bytes.appendBigEndian(value)
            return (TypeOID.int4, false)
        case .int8(let value):
            bytes.appendBigEndian(value)
            return (TypeOID.int8, false)
        case .float8(let value):
            bytes.appendBigEndian(value.bitPattern)
            return (TypeOID.float8, false)
        case .text(let value):
            bytes.append(contentsOf: value.utf8)
            return (TypeOID.text, false)
        case .utf8(let value):
            bytes.append(contentsOf: value)
            return (TypeOID.text, false)
        case .bytea(let value):
            bytes.append(contentsOf: value)
            return (TypeOID.bytea, false)
        case .uuid(let high, let low):
            bytes.appendBigEndian(high)
            bytes.appendBigEndian(low)
            return (TypeOID.uuid, false)
        case .timestamptz(let microseconds):
            bytes.appendBigEndian(try encodeInstant(microseconds, index))
            return (TypeOID.timestamptz, false)
        case .date(let days):
            bytes.appendBigEndian(try encodeDate(days, index))
            return (TypeOID.date, false)
        default:
            return (try appendArray(value, index), false)
        }
    }

    private mutating func appendArray(_ value: PostgresValue, _ index: Int) throws(PostgresError) -> UInt32 {
        switch value {
        case .textArray(let values):
            try appendElements(values, TypeOID.text, index) { bytes, value in bytes.append(contentsOf: value.utf8) }
            return TypeOID.textArray
        case .nullableTextArray(let values):
            try appendNullableElements(values, TypeOID.text, index) { bytes, value in
                bytes.append(contentsOf: value.utf8)
            }
            return TypeOID.textArray
        case .utf8Array(let values):
            try appendElements(values, TypeOID.text, index) { bytes, value in bytes.append(contentsOf: value) }
            return TypeOID.textArray
        case .nullableUTF8Array(let values):
            try appendNullableElements(values, TypeOID.text, index) { bytes, value in bytes.append(contentsOf: value) }
            return TypeOID.textArray
        case .int8Array(let values):
            try appendElements(values, TypeOID.int8, index) { bytes, value in bytes.appendBigEndian(value) }
            return TypeOID.int8Array
        case .nullableInt8Array(let values):
            try appendNullableElements(values, TypeOID.int8, index) { bytes, value in bytes.appendBigEndian(value) }
            return TypeOID.int8Array
        case .int4Array(let values):
            try appendElements(values, TypeOID.int4, index) { bytes, value in bytes.appendBigEndian(value) }
            return TypeOID.int4Array
        case .uuidArray(let values):
            try appendElements(values, TypeOID.uuid, index) { bytes, value in
                bytes.appendBigEndian(value.0)
                bytes.appendBigEndian(value.1)
            }
            return TypeOID.uuidArray
        case .byteaArray(let values):
            try appendElements(values, TypeOID.bytea, index) { bytes, value in bytes.append(contentsOf: value) }
            return TypeOID.byteaArray
        case .timestamptzArray(let values):
            try appendElements(values, TypeOID.timestamptz, index) { (bytes, value) throws(PostgresError) in
                bytes.appendBigEndian(try encodeInstant(value, index))
            }
            return TypeOID.timestamptzArray
        case .nullableTimestamptzArray(let values):
            try appendNullableElements(values, TypeOID.timestamptz, index) { (bytes, value) throws(PostgresError) in
                bytes.appendBigEndian(try encodeInstant(value, index))
            }
            return TypeOID.timestamptzArray
        case .dateArray(let values):
            try appendElements(values, TypeOID.date, index) { (bytes, value) throws(PostgresError) in
                bytes.appendBigEndian(try encodeDate(value, index))
            }
            return TypeOID.dateArray
        case .nullableDateArray(let values):
            try appendNullableElements(values, TypeOID.date, index) { (bytes, value) throws(PostgresError) in
                bytes.appendBigEndian(try encodeDate(value, index))
            }
            return TypeOID.dateArray
        case .boolArray(let values):
            try appendElements(values, TypeOID.bool, index) { bytes, value in bytes.append(value ? 1 : 0) }
            return TypeOID.boolArray
        default:
            throw .encoding("parameter $\(index + 1) has no binary form")
        }
    }

    /// Appends the binary form of a one-dimensional array without nulls.
    private mutating func appendElements<Element>(
        _ values: [Element], _ type: UInt32, _ index: Int,
        _ append: (inout [UInt8], Element) throws(PostgresError) -> Void
    ) throws(PostgresError) {
        try beginArray(count: values.count, hasNulls: false, type, index)
        for value in values {
            let start = beginElement()
            try append(&bytes, value)
            try endElement(start, index)
        }
    }

    /// Appends the binary form of a one-dimensional array that may hold nulls.
    private mutating func appendNullableElements<Element>(
        _ values: [Element?], _ type: UInt32, _ index: Int,
        _ append: (inout [UInt8], Element) throws(PostgresError) -> Void
    ) throws(PostgresError) {
        try beginArray(count: values.count, hasNulls: true, type, index)
        for value in values {
            guard let value else {
                bytes.appendBigEndian(Int32(-1))
                continue
            }
            let start = beginElement()
            try append(&bytes, value)
            try endElement(start, index)
        }
    }

    /// Appends the header of an array; an empty array has no dimension.
    private mutating func beginArray(
        count: Int, hasNulls: Bool, _ type: UInt32, _ index: Int
    ) throws(PostgresError) {
        bytes.appendBigEndian(Int32(count == 0 ? 0 : 1))
        bytes.appendBigEndian(Int32(hasNulls && count > 0 ? 1 : 0))
        bytes.appendBigEndian(type)
        if count == 0 { return }
        guard let size = Int32(exactly: count) else {
            throw .encoding("parameter $\(index + 1) has more elements than Postgres takes")
        }
        bytes.appendBigEndian(size)
        bytes.appendBigEndian(Int32(1))
    }

    private mutating func beginElement() -> Int {
        bytes.appendBigEndian(Int32(0))
        return bytes.count
    }

    /// Writes the length of the element that began at `start` into the four bytes before it.
    private mutating func endElement(_ start: Int, _ index: Int) throws(PostgresError) {
        guard let length = Int32(exactly: bytes.count - start) else {
            throw .encoding("an element of parameter $\(index + 1) is larger than Postgres takes")
        }
        withUnsafeBytes(of: length.bigEndian) { for i in 0..<4 { bytes[start - 4 + i] = $0[i] } }
    }
}

private func encodeInstant(_ microseconds: Int64, _ index: Int) throws(PostgresError) -> Int64 {
    guard let value = PostgresEpoch.encode(microsecondsSince1970: microseconds) else {
        throw .encoding("parameter $\(index + 1) is an instant that Postgres can't store")
    }
    return value
}

private func encodeDate(_ days: Int32, _ index: Int) throws(PostgresError) -> Int32 {
    guard let value = PostgresEpoch.encode(daysSince1970: days) else {
        throw .encoding("parameter $\(index + 1) is a date that Postgres can't store")
    }
    return value
}
