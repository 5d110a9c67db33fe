/// One row of a binary COPY stream, read in place. It is valid only during the call that receives it.
public struct BinaryCopyRow: PostgresFields {
    private let fields: CopyRowFields

    init(_ fields: CopyRowFields) {
        self.fields = fields
    }

    public var columnCount: Int { fields.ranges.count }

    public func withField<R>(_ column: Int, _ body: (PostgresField) throws(PostgresError) -> R) throws(PostgresError) -> R {
        guard let source = fields.source else { throw .misuse("a row of a COPY stream was kept beyond its call") }
        guard column >= 0, column < fields.ranges.count else {
            throw .decoding("there is no column \(column) in a row of \(fields.ranges.count)")
        }
        let bytes = fields.ranges[column].map { UnsafeRawBufferPointer(rebasing: source[$0]) }
        return try body(PostgresField(bytes: bytes, type: TypeOID.unspecified, column: column))
    }

    /// A column's bytes in place, valid only during the row's call; nil for null.
    ///
    /// For loops over millions of rows. The typed readers are the safe way.
    public func rawBytes(_ column: Int) throws(PostgresError) -> UnsafeRawBufferPointer? {
        try withField(column) { (field) throws(PostgresError) in field.bytes }
    }

    /// Calls `body` with the bytes of a text or `bytea` column in place; nil for null.
    public func withBytes<R>(_ column: Int, _ body: (Span<UInt8>) throws -> R) throws -> R? {
        let bytes = try withField(column) { (field) throws(PostgresError) in field.bytes }
        guard let bytes else { return nil }
        return try bytes.withMemoryRebound(to: UInt8.self) { try body($0.span) }
    }
}

/// The places of a row's fields. The rows of a stream share one object, so that reading a row allocates nothing.
///
/// One thread reads a stream, and nothing changes while a row is being read. Dynamic exclusivity checks on every access
/// would cost a tenth of the reading time.
final class CopyRowFields {
    /// The bytes that the ranges refer to; nil outside the row's call.
    @exclusivity(unchecked) var source: UnsafeRawBufferPointer?
    /// The range of each field; nil for null.
    @exclusivity(unchecked) var ranges: [Range<Int>?] = []
}

/// Splits a binary COPY stream into rows, independent of the boundaries of its chunks.
struct BinaryCopyParser {
    private enum Position {
        case header, rows, end
    }

    private var position = Position.header
    private var carry: [UInt8] = []
    private let fields = CopyRowFields()

    /// Whether the stream's trailer has been read.
    var isComplete: Bool { position == .end && carry.isEmpty }

    mutating func parse(_ chunk: UnsafeRawBufferPointer, _ row: (BinaryCopyRow) throws -> Void) throws {
        if carry.isEmpty {
            let used = try consume(chunk, row)
            carry.append(contentsOf: chunk[used...])
        } else {
            var bytes = carry
            carry = []
            bytes.append(contentsOf: chunk)
            let used = try bytes.withUnsafeBytes { try consume($0, row) }
            carry.append(contentsOf: bytes[used...])
        }
    }

    /// Reads the complete rows, and returns the number of bytes read.
    private mutating func consume(
        _ bytes: UnsafeRawBufferPointer, _ row: (BinaryCopyRow) throws -> Void
    ) throws -> Int {
        var offset = 0
        if position == .header {
            guard let length = try headerLength(bytes) else { return 0 }
            offset = length
            position = .rows
        }
        while position == .rows, bytes.count - offset >= 2 {
            let count = bytes.bigEndian(at: offset, as: Int16.self)
            if count < 0 {
                offset += 2
                position = .end
                break
            }
            guard let end = try scanRow(bytes, from: offset + 2, columns: Int(count)) else { break }
            fields.source = bytes
            defer { fields.source = nil }
            try row(BinaryCopyRow(fields))
            offset = end
        }
        return offset
    }

    private func headerLength(_ bytes: UnsafeRawBufferPointer) throws -> Int? {
        if bytes.count < 19 { return nil }
        guard bytes[..<11].elementsEqual(BinaryCopyFormat.signature) else {
            throw PostgresError.decoding("the COPY stream doesn't begin with its signature")
        }
        let extensionLength = Int(bytes.bigEndian(at: 15, as: Int32.self))
        guard extensionLength >= 0 else { throw PostgresError.decoding("the COPY stream's header is damaged") }
        return bytes.count >= 19 + extensionLength ? 19 + extensionLength : nil
    }

    /// Records the ranges of a row's fields, and returns the row's end; nil if the row is incomplete.
    private func scanRow(_ bytes: UnsafeRawBufferPointer, from start: Int, columns: Int) throws -> Int? {
        fields.ranges.removeAll(keepingCapacity: true)
        var offset = start
        for _ in 0..<columns {
            guard bytes.count - offset >= 4 else { return nil }
            let length = Int(bytes.bigEndian(at: offset, as: Int32.self))
            offset += 4
            if length == -1 {
                fields.ranges.append(nil)
                continue
            }
            guard length >= 0 else { throw PostgresError.decoding("the COPY stream is damaged") }
            guard bytes.count - offset >= length else { return nil }
            fields.ranges.append(offset..<(offset + length))
            offset += length
        }
        return offset
    }
}
