/// Readers by column index, from 0. They throw if the column is null, of another type, or infinite. A COPY stream carries no types,
/// so only lengths are checked there.
extension PostgresFields {
    /// Whether a column is null; an absent column counts as null.
    public func isNull(_ column: Int) -> Bool {
        (try? withField(column) { (field) throws(PostgresError) in field.bytes == nil }) ?? true
    }

    /// A `bool`.
    public func bool(_ column: Int) throws(PostgresError) -> Bool {
        try withField(column) { (field) throws(PostgresError) in try field.bool() }
    }

    /// An `int4` or `int2`.
    public func int4(_ column: Int) throws(PostgresError) -> Int32 {
        try withField(column) { (field) throws(PostgresError) in try field.int4() }
    }

    /// An `int8`, `int4`, `int2` or `oid`.
    public func int8(_ column: Int) throws(PostgresError) -> Int64 {
        try withField(column) { (field) throws(PostgresError) in try field.int8() }
    }

    /// A `float8`.
    public func float8(_ column: Int) throws(PostgresError) -> Double {
        try withField(column) { (field) throws(PostgresError) in try field.float8() }
    }

    /// A text as a string.
    public func text(_ column: Int) throws(PostgresError) -> String {
        try withField(column) { (field) throws(PostgresError) in try field.text() }
    }

    /// A text as its UTF-8 bytes.
    public func utf8(_ column: Int) throws(PostgresError) -> [UInt8] {
        try withField(column) { (field) throws(PostgresError) in try field.utf8() }
    }

    /// A `bytea`.
    public func bytea(_ column: Int) throws(PostgresError) -> [UInt8] {
        try withField(column) { (field) throws(PostgresError) in try field.bytea() }
    }

    /// The big-endian halves of a `uuid`.
    public func uuid(_ column: Int) throws(PostgresError) -> (UInt64, UInt64) {
        try withField(column) { (field) throws(PostgresError) in try field.uuid() }
    }

    /// A `timestamptz` in microseconds since 1970-01-01Z.
    public func timestamptz(_ column: Int) throws(PostgresError) -> Int64 {
        try withField(column) { (field) throws(PostgresError) in try field.timestamptz() }
    }

    /// A `date` in days since 1970-01-01.
    public func date(_ column: Int) throws(PostgresError) -> Int32 {
        try withField(column) { (field) throws(PostgresError) in try field.date() }
    }

    /// `bool`, or nil for null.
    public func optionalBool(_ column: Int) throws(PostgresError) -> Bool? {
        try withField(column) { (field) throws(PostgresError) in field.bytes == nil ? nil : try field.bool() }
    }

    /// `int4`, or nil for null.
    public func optionalInt4(_ column: Int) throws(PostgresError) -> Int32? {
        try withField(column) { (field) throws(PostgresError) in field.bytes == nil ? nil : try field.int4() }
    }

    /// `int8`, or nil for null.
    public func optionalInt8(_ column: Int) throws(PostgresError) -> Int64? {
        try withField(column) { (field) throws(PostgresError) in field.bytes == nil ? nil : try field.int8() }
    }

    /// `float8`, or nil for null.
    public func optionalFloat8(_ column: Int) throws(PostgresError) -> Double? {
        try withField(column) { (field) throws(PostgresError) in field.bytes == nil ? nil : try field.float8() }
    }

    /// `text`, or nil for null.
    public func optionalText(_ column: Int) throws(PostgresError) -> String? {
        try withField(column) { (field) throws(PostgresError) in field.bytes == nil ? nil : try field.text() }
    }

    /// `utf8`, or nil for null.
    public func optionalUTF8(_ column: Int) throws(PostgresError) -> [UInt8]? {
        try withField(column) { (field) throws(PostgresError) in field.bytes == nil ? nil : try field.utf8() }
    }

    /// `bytea`, or nil for null.
    public func optionalBytea(_ column: Int) throws(PostgresError) -> [UInt8]? {
        try withField(column) { (field) throws(PostgresError) in field.bytes == nil ? nil : try field.bytea() }
    }

    /// `uuid`, or nil for null.
    public func optionalUUID(_ column: Int) throws(PostgresError) -> (UInt64, UInt64)? {
        try withField(column) { (field) throws(PostgresError) in field.bytes == nil ? nil : try field.uuid() }
    }

    /// `timestamptz`, or nil for null.
    public func optionalTimestamptz(_ column: Int) throws(PostgresError) -> Int64? {
        try withField(column) { (field) throws(PostgresError) in field.bytes == nil ? nil : try field.timestamptz() }
    }

    /// `date`, or nil for null.
    public func optionalDate(_ column: Int) throws(PostgresError) -> Int32? {
        try withField(column) { (field) throws(PostgresError) in field.bytes == nil ? nil : try field.date() }
    }

    /// A `text[]` without nulls.
    public func textArray(_ column: Int) throws(PostgresError) -> [String] {
        try withField(column) { (field) throws(PostgresError) in
            try field.array("a text[]", of: [TypeOID.text, TypeOID.varchar, TypeOID.name]) {
                (element) throws(PostgresError) -> String in
                try element.text()
            }
        }
    }

    /// A `text[]`.
    public func nullableTextArray(_ column: Int) throws(PostgresError) -> [String?] {
        try withField(column) { (field) throws(PostgresError) in
            try field.array("a text[]", of: [TypeOID.text, TypeOID.varchar, TypeOID.name]) {
                (element) throws(PostgresError) -> String? in
                element.bytes == nil ? nil : try element.text()
            }
        }
    }

    /// An `int8[]` or `int4[]` without nulls.
    public func int8Array(_ column: Int) throws(PostgresError) -> [Int64] {
        try withField(column) { (field) throws(PostgresError) in
            try field.array("an int8[]", of: [TypeOID.int8, TypeOID.int4]) { (element) throws(PostgresError) -> Int64 in
                try element.int8()
            }
        }
    }

    /// An `int8[]` or `int4[]`.
    public func nullableInt8Array(_ column: Int) throws(PostgresError) -> [Int64?] {
        try withField(column) { (field) throws(PostgresError) in
            try field.array("an int8[]", of: [TypeOID.int8, TypeOID.int4]) {
                (element) throws(PostgresError) -> Int64? in
                element.bytes == nil ? nil : try element.int8()
            }
        }
    }

    /// An `int4[]` without nulls.
    public func int4Array(_ column: Int) throws(PostgresError) -> [Int32] {
        try withField(column) { (field) throws(PostgresError) in
            try field.array("an int4[]", of: [TypeOID.int4]) { (element) throws(PostgresError) -> Int32 in
                try element.int4()
            }
        }
    }

    /// A `uuid[]` without nulls.
    public func uuidArray(_ column: Int) throws(PostgresError) -> [(UInt64, UInt64)] {
        try withField(column) { (field) throws(PostgresError) in
            try field.array("a uuid[]", of: [TypeOID.uuid]) { (element) throws(PostgresError) -> (UInt64, UInt64) in
                try element.uuid()
            }
        }
    }

    /// A `bytea[]` without nulls.
    public func byteaArray(_ column: Int) throws(PostgresError) -> [[UInt8]] {
        try withField(column) { (field) throws(PostgresError) in
            try field.array("a bytea[]", of: [TypeOID.bytea]) { (element) throws(PostgresError) -> [UInt8] in
                try element.bytea()
            }
        }
    }

    /// A `timestamptz[]` without nulls, in microseconds since 1970-01-01Z.
    public func timestamptzArray(_ column: Int) throws(PostgresError) -> [Int64] {
        try withField(column) { (field) throws(PostgresError) in
            try field.array("a timestamptz[]", of: [TypeOID.timestamptz]) { (element) throws(PostgresError) -> Int64 in
                try element.timestamptz()
            }
        }
    }

    /// A `bool[]` without nulls.
    public func boolArray(_ column: Int) throws(PostgresError) -> [Bool] {
        try withField(column) { (field) throws(PostgresError) in
            try field.array("a bool[]", of: [TypeOID.bool]) { (element) throws(PostgresError) -> Bool in
                try element.bool()
            }
        }
    }
}
