/// Writes a file row by row. It holds the open row group alone; what is finished is handed on as bytes.
///
/// Every row gets one value or null in every column. The same rows give the same bytes.
package struct ParquetWriter {
    package let columns: [ParquetColumn]
    private var buffers: [ColumnBuffer]
    private let codec: ParquetCodec
    private var groups: [ParquetMetadata.RowGroup] = []
    /// The length of the file so far.
    private var length = 0
    package private(set) var rows: Int64 = 0

    package init(_ columns: [ParquetColumn], codec: ParquetCodec) {
        self.columns = columns
        self.codec = codec
        buffers = columns.map(ColumnBuffer.init)
    }

    /// The rows of the open row group, counted by its first column.
    package var openRows: Int { buffers.first?.rows ?? 0 }
    /// The bytes that the values of the open row group take, compression aside.
    package var openSize: Int { buffers.reduce(0) { $0 + $1.size } }
    /// The number of finished row groups.
    package var groupCount: Int { groups.count }

    package mutating func appendNull(to column: Int) { buffers[column].appendNull() }

    package mutating func append(_ value: Bool, to column: Int) { buffers[column].append(value) }

    /// A whole number, an instant in microseconds or a date in days.
    package mutating func append(_ value: Int64, to column: Int) { buffers[column].append(Int128(value)) }

    /// A decimal in units. False if it has more digits than the column; nothing is appended then.
    package mutating func append(decimal units: Int128, to column: Int) -> Bool {
        guard case .decimal(let precision, _) = columns[column].type, units.magnitude < ParquetType.power(precision).magnitude else {
            return false
        }
        buffers[column].append(units)
        return true
    }

    /// A text or bytes.
    package mutating func append(_ value: UnsafeRawBufferPointer, to column: Int) { buffers[column].append(value) }

    package mutating func append(_ value: String, to column: Int) {
        var value = value
        value.withUTF8 { buffers[column].append(UnsafeRawBufferPointer($0)) }
    }

    /// Ends the open row group, if it has rows, and gives the file's next bytes.
    package mutating func finishRowGroup() throws -> [UInt8] {
        var out: [UInt8] = length == 0 ? Format.magic : []
        let start = length
        let count = openRows
        precondition(count <= ParquetMetadata.largestGroup, "a row group has at most 2^24 rows")
        precondition(buffers.allSatisfy { $0.rows == count }, "every row has a value or null in every column")
        if count > 0 {
            var chunks: [ParquetMetadata.Chunk] = []
            for index in buffers.indices {
                chunks.append(try write(&buffers[index], rows: count, at: start, to: &out))
            }
            groups.append(ParquetMetadata.RowGroup(rows: count, chunks: chunks))
            rows += Int64(count)
        }
        length += out.count
        return out
    }

    private func write(
        _ buffer: inout ColumnBuffer, rows: Int, at start: Int, to out: inout [UInt8]
    ) throws -> ParquetMetadata.Chunk {
        let (nulls, bounds) = (buffer.nulls, buffer.bounds.encoded(buffer.column.type))
        let (dictionary, values) = buffer.takePages()
        let offset = start + out.count
        var uncompressed = 0
        func page(_ kind: PageHeader.Kind, _ body: [UInt8]) throws {
            let packed = try codec.compress(body)
            guard max(body.count, packed.count) <= ParquetValues.largestPage else {
                throw ParquetError("column \(buffer.column.name): a row group's values take more than 2^28 bytes")
            }
            let header = PageHeader(kind: kind, uncompressedSize: body.count, compressedSize: packed.count, crc: CRC32.of(packed))
                .encode()
            out.append(contentsOf: header)
            out.append(contentsOf: packed)
            uncompressed += header.count + body.count
        }
        if let dictionary { try page(.dictionary(values: dictionary.count), dictionary.bytes) }
        let dictionaryLength = dictionary == nil ? nil : start + out.count - offset
        try page(.data(rows: rows, isDictionary: dictionary != nil), values)
        return ParquetMetadata.Chunk(
            codec: codec.number, offset: offset, dictionaryLength: dictionaryLength, uncompressedSize: uncompressed,
            compressedSize: start + out.count - offset, nulls: nulls, low: bounds?.low, high: bounds?.high)
    }

    /// Ends the file: the last row group and the footer. The writer is then at the start of another file.
    ///
    /// - Parameters:
    ///   - keyValues: what the footer says of the file.
    ///   - createdBy: the program and what else decides the bytes.
    ///   - seal: is given the footer as it would be, and says what it says besides; for a digest of the footer.
    package mutating func finish(
        keyValues: [ParquetMetadata.KeyValue], createdBy: String, seal: (_ footer: [UInt8]) -> [ParquetMetadata.KeyValue] = { _ in [] }
    ) throws -> [UInt8] {
        var out = try finishRowGroup()
        var metadata = ParquetMetadata(columns: columns, rows: rows, groups: groups, keyValues: keyValues, createdBy: createdBy)
        metadata.keyValues += seal(metadata.encode())
        let footer = metadata.encode()
        guard let size = UInt32(exactly: footer.count) else { throw ParquetError("the footer takes more than 2^32 bytes") }
        out.append(contentsOf: footer)
        out.appendLittleEndian(size)
        out.append(contentsOf: Format.magic)
        (groups, length, rows) = ([], 0, 0)
        return out
    }
}
