/// Reads a file that ``ParquetWriter`` wrote, one column of one row group at a time. Every byte is held to what it has to be: the pages
/// fill the file without gaps, and each has its CRC, its length, its number of values and its bounds.
package struct ParquetReader {
    /// Gives so many bytes of the file, from an offset on.
    package typealias Read = (_ offset: Int, _ count: Int) throws -> [UInt8]

    package let metadata: ParquetMetadata
    private let codecs: [ParquetCodec]
    private let read: Read

    /// Reads the footer.
    package init(size: Int, codecs: [ParquetCodec], read: @escaping Read) throws {
        self.codecs = codecs
        self.read = read
        let ends = Format.magic.count
        guard size >= 2 * ends + 4, try read(0, ends) == Format.magic else { throw ParquetError("the file does not begin with PAR1") }
        let tail = try read(size - ends - 4, ends + 4)
        guard Array(tail.suffix(ends)) == Format.magic else { throw ParquetError("the file does not end with PAR1") }
        let length = tail.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        let start = size - ends - 4 - length
        guard start >= ends else { throw ParquetError("the footer is longer than the file") }
        metadata = try ParquetMetadata(decoding: try read(start, length))
        var end = ends
        for chunk in metadata.groups.flatMap(\.chunks) {
            guard chunk.offset == end, chunk.compressedSize > 0, chunk.compressedSize <= start - end,
                chunk.dictionaryLength.map({ 1..<chunk.compressedSize ~= $0 }) ?? true
            else { throw ParquetError("the pages do not follow one another") }
            end = chunk.end
        }
        guard end == start else { throw ParquetError("the footer does not follow the last page") }
        guard metadata.groups.allSatisfy({ 1...ParquetMetadata.largestGroup ~= $0.rows }),
            metadata.groups.reduce(0, { $0 + Int64($1.rows) }) == metadata.rows
        else {
            throw ParquetError("the row groups do not have the file's rows")
        }
    }

    /// The values of a column in a row group.
    package func values(group: Int, column: Int) throws -> ParquetValues {
        let (rows, chunk, column) = (metadata.groups[group].rows, metadata.groups[group].chunks[column], metadata.columns[column])
        guard let codec = codecs.first(where: { $0.number == chunk.codec }) else {
            throw ParquetError("column \(column.name): the pages have a compression that this program does not read")
        }
        let bytes = try read(chunk.offset, chunk.compressedSize)
        func fault(_ problem: String) -> ParquetError { ParquetError("column \(column.name), row group \(group): \(problem)") }
        var at = 0
        var uncompressed = 0
        func page() throws -> (kind: PageHeader.Kind, body: [UInt8]) {
            let (header, length) = try PageHeader.read(bytes[at...])
            at += length
            guard 0...bytes.count - at ~= header.compressedSize, 0...max(0, chunk.uncompressedSize) ~= header.uncompressedSize else {
                throw fault("a page ends beyond its chunk")
            }
            let packed = Array(bytes[at..<at + header.compressedSize])
            at += header.compressedSize
            guard CRC32.of(packed) == header.crc else { throw fault("a page does not match its CRC") }
            let body = try codec.decompress(packed, header.uncompressedSize)
            guard body.count == header.uncompressedSize else { throw fault("a page does not have its length") }
            uncompressed += length + body.count
            return (header.kind, body)
        }
        var dictionary: (bytes: [UInt8], count: Int)?
        if let length = chunk.dictionaryLength {
            let (kind, body) = try page()
            guard case .dictionary(let count) = kind, at == length else { throw fault("the dictionary is not where it has to be") }
            dictionary = (body, count)
        }
        let (kind, body) = try page()
        guard kind == .data(rows: rows, isDictionary: dictionary != nil), at == bytes.count, uncompressed == chunk.uncompressedSize else {
            throw fault("the page of values is not what the footer says")
        }
        let values = try ParquetValues(body, dictionary, rows: rows, column.type)
        guard values.nulls == chunk.nulls else { throw fault("the footer counts other nulls") }
        if let low = chunk.low, let high = chunk.high {
            let found = values.bounds.encoded(column.type)
            guard let found, found.low == low, found.high == high else { throw fault("the footer has other bounds") }
        }
        return values
    }
}
