/// Type numbers of Postgres's catalog, which never change.
enum TypeOID {
    static let unspecified: UInt32 = 0
    static let bool: UInt32 = 16
    static let bytea: UInt32 = 17
    static let char: UInt32 = 18
    static let name: UInt32 = 19
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let text: UInt32 = 25
    static let oid: UInt32 = 26
    static let json: UInt32 = 114
    static let float8: UInt32 = 701
    static let unknown: UInt32 = 705
    static let boolArray: UInt32 = 1000
    static let byteaArray: UInt32 = 1001
    static let nameArray: UInt32 = 1003
    static let int4Array: UInt32 = 1007
    static let textArray: UInt32 = 1009
    static let varcharArray: UInt32 = 1015
    static let int8Array: UInt32 = 1016
    static let bpchar: UInt32 = 1042
    static let varchar: UInt32 = 1043
    static let date: UInt32 = 1082
    static let dateArray: UInt32 = 1182
    static let timestamptz: UInt32 = 1184
    static let timestamptzArray: UInt32 = 1185
    static let uuid: UInt32 = 2950
    static let uuidArray: UInt32 = 2951
    static let jsonb: UInt32 = 3802
    /// The first number of user-defined types, which include enumerations.
    static let firstUserDefined: UInt32 = 16384
}

/// Postgres's epoch: instants and dates count from 2000-01-01, and the largest and smallest integers mean the infinities.
enum PostgresEpoch {
    private static let microseconds: Int64 = 946_684_800_000_000
    private static let days: Int32 = 10957

    /// The number to send for an instant, or nil if Postgres can't store the instant.
    static func encode(microsecondsSince1970 value: Int64) -> Int64? {
        let (result, overflow) = value.subtractingReportingOverflow(microseconds)
        return overflow || result == .min || result == .max ? nil : result
    }

    static func encode(daysSince1970 value: Int32) -> Int32? {
        let (result, overflow) = value.subtractingReportingOverflow(days)
        return overflow || result == .min || result == .max ? nil : result
    }

    /// The instant of a received number, or nil for an infinity.
    static func decode(microseconds value: Int64) -> Int64? {
        if value == .min || value == .max { return nil }
        let (result, overflow) = value.addingReportingOverflow(microseconds)
        return overflow ? nil : result
    }

    static func decode(days value: Int32) -> Int32? {
        if value == .min || value == .max { return nil }
        let (result, overflow) = value.addingReportingOverflow(days)
        return overflow ? nil : result
    }
}

extension UnsafeRawBufferPointer {
    /// The big-endian integer at an offset. The caller has checked the bounds.
    @inline(__always)
    func bigEndian<T: FixedWidthInteger>(at offset: Int, as type: T.Type = T.self) -> T {
        T(bigEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
    }
}

extension [UInt8] {
    @inline(__always)
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}
