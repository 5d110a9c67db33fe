/// Writes rows in COPY's binary format, and sends them in chunks.
///
/// Columns come in the order of the COPY statement. A value that can't be written, or a lost connection, is reported when
/// the copy ends; `hasFailed` tells a long stream that it may stop early.
///
/// A writer without a session collects its rows: ``take()`` returns them for ``append(_:)`` of another writer.
public struct BinaryCopyWriter: ~Copyable {
    /// The size from which a chunk is sent.
    static let chunkByteCount = 128 * 1024

    private var buffer: [UInt8] = []
    /// Sends a chunk; nil if rows are collected.
    private let send: ((UnsafeRawBufferPointer) -> Bool)?
    private var isCutOff = false
    private(set) var failure: PostgresError?

    init(send: @escaping (UnsafeRawBufferPointer) -> Bool) {
        self.send = send
        buffer.reserveCapacity(BinaryCopyWriter.chunkByteCount * 5 / 4)
        buffer.append(contentsOf: BinaryCopyFormat.signature)
        buffer.appendBigEndian(Int32(0))
        buffer.appendBigEndian(Int32(0))
    }

    /// A writer that collects rows until they are taken.
    public init() { send = nil }

    /// The number of bytes collected and not taken yet.
    public var byteCount: Int { buffer.count }

    /// Takes the rows collected so far. Throws if a value could not be written.
    public mutating func take() throws(PostgresError) -> [UInt8] {
        if let failure { throw failure }
        // About the same amount comes next.
        var rows: [UInt8] = []
        rows.reserveCapacity(buffer.count)
        swap(&rows, &buffer)
        return rows
    }

    /// Adds whole rows that another writer collected.
    public mutating func append(_ rows: [UInt8]) {
        rows.withUnsafeBytes { rows in
            if hasFailed { return }
            if buffer.count + rows.count <= BinaryCopyWriter.chunkByteCount { return buffer.append(contentsOf: rows) }
            flush()
            var start = 0
            while start < rows.count, !hasFailed, let send {
                let end = min(start + BinaryCopyWriter.chunkByteCount, rows.count)
                isCutOff = !send(UnsafeRawBufferPointer(rebasing: rows[start..<end]))
                start = end
            }
        }
    }

    /// Whether the copy is bound to fail, so that further rows are pointless.
    public var hasFailed: Bool { failure != nil || isCutOff }

    /// Begins a row. The caller must then write exactly `columns` values.
    public mutating func startRow(columns: Int) {
        if buffer.count >= BinaryCopyWriter.chunkByteCount, send != nil { flush() }
        guard let count = Int16(exactly: columns) else {
            fail("a row has more columns than Postgres takes")
            return
        }
        buffer.appendBigEndian(count)
    }

    public mutating func null() { buffer.appendBigEndian(Int32(-1)) }

    public mutating func bool(_ value: Bool) {
        buffer.appendBigEndian(Int32(1))
        buffer.append(value ? 1 : 0)
    }

    public mutating func int2(_ value: Int16) {
        buffer.appendBigEndian(Int32(2))
        buffer.appendBigEndian(value)
    }

    public mutating func int4(_ value: Int32) {
        buffer.appendBigEndian(Int32(4))
        buffer.appendBigEndian(value)
    }

    public mutating func int8(_ value: Int64) {
        buffer.appendBigEndian(Int32(8))
        buffer.appendBigEndian(value)
    }

    public mutating func float8(_ value: Double) {
        buffer.appendBigEndian(Int32(8))
        buffer.appendBigEndian(value.bitPattern)
    }

    public mutating func text(_ value: String) {
        var value = value
        value.withUTF8 { bytes(UnsafeRawBufferPointer($0)) }
    }

    /// A text from bytes that are already UTF-8.
    public mutating func utf8(_ value: [UInt8]) { value.withUnsafeBytes { bytes($0) } }

    /// A text from bytes that are already UTF-8.
    public mutating func utf8(_ value: Span<UInt8>) { value.withUnsafeBytes { bytes($0) } }

    public mutating func bytea(_ value: [UInt8]) { value.withUnsafeBytes { bytes($0) } }

    public mutating func bytea(_ value: Span<UInt8>) { value.withUnsafeBytes { bytes($0) } }

    /// A `uuid` from its big-endian halves.
    public mutating func uuid(_ high: UInt64, _ low: UInt64) {
        buffer.appendBigEndian(Int32(16))
        buffer.appendBigEndian(high)
        buffer.appendBigEndian(low)
    }

    /// A `timestamptz` from microseconds since 1970-01-01Z.
    public mutating func timestamptz(_ microseconds: Int64) {
        guard let value = PostgresEpoch.encode(microsecondsSince1970: microseconds) else {
            fail("an instant is beyond what Postgres stores")
            return
        }
        int8(value)
    }

    /// A `date` from days since 1970-01-01.
    public mutating func date(_ days: Int32) {
        guard let value = PostgresEpoch.encode(daysSince1970: days) else {
            fail("a date is beyond what Postgres stores")
            return
        }
        int4(value)
    }

    public mutating func textArray(_ values: [String]) {
        let start = buffer.count
        buffer.appendBigEndian(Int32(0))
        buffer.appendBigEndian(Int32(values.isEmpty ? 0 : 1))
        buffer.appendBigEndian(Int32(0))
        buffer.appendBigEndian(TypeOID.text)
        if !values.isEmpty {
            buffer.appendBigEndian(Int32(clamping: values.count))
            buffer.appendBigEndian(Int32(1))
            for value in values { text(value) }
        }
        guard let length = Int32(exactly: buffer.count - start - 4) else {
            fail("an array is larger than Postgres takes")
            return
        }
        withUnsafeBytes(of: length.bigEndian) { for i in 0..<4 { buffer[start + i] = $0[i] } }
    }

    private mutating func bytes(_ value: UnsafeRawBufferPointer) {
        guard let length = Int32(exactly: value.count) else {
            fail("a value is larger than Postgres takes")
            return
        }
        buffer.appendBigEndian(length)
        buffer.append(contentsOf: value)
    }

    private mutating func fail(_ message: String) {
        if failure == nil { failure = .encoding(message) }
        buffer.removeAll(keepingCapacity: true)
    }

    private mutating func flush() {
        if !hasFailed, let send { isCutOff = !buffer.withUnsafeBytes(send) }
        buffer.removeAll(keepingCapacity: true)
    }

    /// Ends the stream and sends the rest.
    mutating func finish() {
        buffer.appendBigEndian(Int16(-1))
        flush()
    }
}

enum BinaryCopyFormat {
    static let signature: [UInt8] = [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00]
}
