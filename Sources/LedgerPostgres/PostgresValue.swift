/// A parameter of a statement, sent in Postgres's binary format with its type.
///
/// `null` leaves its type to the server. Instants and dates are finite: Postgres's infinities are never sent.
public enum PostgresValue: Sendable {
    case null
    case bool(Bool)
    case int4(Int32)
    case int8(Int64)
    case float8(Double)
    case text(String)
    /// A `text` from bytes that are already UTF-8.
    case utf8([UInt8])
    case bytea([UInt8])
    /// The big-endian halves of a UUID.
    case uuid(UInt64, UInt64)
    case timestamptz(microsecondsSince1970: Int64)
    case date(daysSince1970: Int32)
    case textArray([String])
    case nullableTextArray([String?])
    /// A `text[]` from bytes that are already UTF-8.
    case utf8Array([[UInt8]])
    case nullableUTF8Array([[UInt8]?])
    case int8Array([Int64])
    case nullableInt8Array([Int64?])
    case int4Array([Int32])
    case uuidArray([(UInt64, UInt64)])
    case byteaArray([[UInt8]])
    case timestamptzArray([Int64])
    case nullableTimestamptzArray([Int64?])
    case dateArray([Int32])
    case nullableDateArray([Int32?])
    case boolArray([Bool])
}
