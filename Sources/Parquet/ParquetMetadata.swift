/// The footer of a file: its columns, where its row groups' pages are, and what is said of it.
package struct ParquetMetadata: Equatable, Sendable {
    package var columns: [ParquetColumn]
    package var rows: Int64
    package var groups: [RowGroup]
    /// What the writer says of the file, in order.
    package var keyValues: [KeyValue]
    package var createdBy: String

    package struct KeyValue: Equatable, Sendable {
        package let key: String
        package let value: String

        package init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    package struct RowGroup: Equatable, Sendable {
        package var rows: Int
        package var chunks: [Chunk]
    }

    /// The most rows of a row group.
    package static let largestGroup = 1 << 24

    /// The pages of a column in a row group: that of a dictionary, if there is one, and one of values.
    package struct Chunk: Equatable, Sendable {
        package var codec: Int
        package var offset: Int
        /// The length of the dictionary's page with its header; nil if the chunk has none.
        package var dictionaryLength: Int?
        package var uncompressedSize: Int
        package var compressedSize: Int
        package var nulls: Int
        package var low: [UInt8]?
        package var high: [UInt8]?

        var end: Int { offset + compressedSize }
    }

    /// The value of a key; nil if the file does not say it.
    package subscript(_ key: String) -> String? { keyValues.first { $0.key.utf8.elementsEqual(key.utf8) }?.value }
}

/// The numbers of the format.
enum Format {
    static let magic: [UInt8] = Array("PAR1".utf8)
    static let version = 2
    enum Encoding {
        static let (plain, rle, dictionary) = (0, 3, 8)
    }
    enum Page {
        static let (data, dictionary) = (0, 2)
    }
}

extension ParquetMetadata {
    /// The footer, without its length and the magic.
    package func encode() -> [UInt8] {
        ThriftWriter.bytes { out in
            out.int32(1, Format.version)
            out.structures(2, [nil] + columns.map(Optional.some)) { out, column in
                if let column {
                    column.write(to: &out)
                } else {
                    out.string(4, "schema")
                    out.int32(5, columns.count)
                }
            }
            out.int64(3, Int(rows))
            out.structures(4, groups) { $1.write(columns, to: &$0) }
            if !keyValues.isEmpty {
                out.structures(5, keyValues) { out, pair in
                    out.string(1, pair.key)
                    out.string(2, pair.value)
                }
            }
            out.string(6, createdBy)
            // Every column's bounds are in the order of its type.
            out.structures(7, columns) { out, _ in out.structure(1) }
        }
    }

    /// Reads a footer in exactly the form that ``encode()`` writes; anything else is refused.
    package init(decoding bytes: [UInt8]) throws(ParquetError) {
        var reader = ThriftReader(bytes[...])
        let root = try reader.structure()
        let schema = try root.list(2)
        var columns: [ParquetColumn] = []
        for element in schema.dropFirst() { columns.append(try ParquetColumn(decoding: element)) }
        var groups: [RowGroup] = []
        for group in try root.list(4) {
            var chunks: [Chunk] = []
            for chunk in try group.list(1) { chunks.append(try Chunk(decoding: chunk)) }
            groups.append(RowGroup(rows: try group.integer(3), chunks: chunks))
        }
        var keyValues: [KeyValue] = []
        for pair in root[5] == nil ? [] : try root.list(5) { keyValues.append(KeyValue(try pair.text(1), try pair.text(2))) }
        self.init(
            columns: columns, rows: Int64(try root.integer(3)), groups: groups, keyValues: keyValues, createdBy: try root.text(6))
        // Whether bounds are wanted is no part of a footer.
        for (index, column) in columns.enumerated() where !groups.contains(where: { group in group.chunks[safe: index]?.low != nil }) {
            self.columns[index] = ParquetColumn(column.name, column.type, hasBounds: false)
        }
        guard groups.allSatisfy({ $0.chunks.count == columns.count }), encode() == bytes else {
            throw ParquetError("the footer is not in the form that this program writes")
        }
    }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}

extension ParquetColumn {
    fileprivate func write(to out: inout ThriftWriter) {
        out.int32(1, type.physical)
        if case .decimal = type { out.int32(2, type.width ?? 0) }
        out.int32(3, 1)
        out.string(4, name)
        switch type {
        case .string:
            out.int32(6, 0)
            out.structure(10) { $0.structure(1) }
        case .date:
            out.int32(6, 6)
            out.structure(10) { $0.structure(6) }
        case .timestamp:
            out.int32(6, 10)
            out.structure(10) { out in
                out.structure(8) { out in
                    out.bool(1, true)
                    out.structure(2) { $0.structure(2) }
                }
            }
        case .decimal(let precision, let scale):
            out.int32(6, 5)
            out.int32(7, scale)
            out.int32(8, precision)
            out.structure(10) { out in
                out.structure(5) { out in
                    out.int32(1, scale)
                    out.int32(2, precision)
                }
            }
        case .bytes, .int64, .boolean: break
        }
    }

    fileprivate init(decoding element: ThriftValue) throws(ParquetError) {
        let physical = try element.integer(1)
        let type: ParquetType
        switch (physical, try element.optionalInteger(6)) {
        case (6, 0): type = .string
        case (6, nil): type = .bytes
        case (2, nil): type = .int64
        case (2, 10): type = .timestamp
        case (1, 6): type = .date
        case (0, nil): type = .boolean
        case (7, 5):
            let precision = try element.integer(8)
            guard 1...38 ~= precision else { throw ThriftReader.broken }
            type = .decimal(precision: precision, scale: try element.integer(7))
        default: throw ParquetError("the footer has a column of a type that this program does not write")
        }
        self.init(try element.text(4), type)
    }
}

extension ParquetType {
    /// The number of the physical type.
    var physical: Int {
        switch self {
        case .boolean: 0
        case .date: 1
        case .int64, .timestamp: 2
        case .string, .bytes: 6
        case .decimal: 7
        }
    }
}

extension ParquetMetadata.RowGroup {
    fileprivate func write(_ columns: [ParquetColumn], to out: inout ThriftWriter) {
        out.structures(1, Array(zip(columns, chunks))) { out, pair in
            let (column, chunk) = pair
            out.int64(2, chunk.offset)
            out.structure(3) { chunk.write(column, rows: rows, to: &$0) }
        }
        out.int64(2, chunks.reduce(0) { $0 &+ $1.uncompressedSize })
        out.int64(3, rows)
        out.int64(5, chunks.first?.offset ?? 0)
        out.int64(6, chunks.reduce(0) { $0 &+ $1.compressedSize })
    }
}

extension ParquetMetadata.Chunk {
    fileprivate func write(_ column: ParquetColumn, rows: Int, to out: inout ThriftWriter) {
        out.int32(1, column.type.physical)
        out.int32s(2, [Format.Encoding.plain, Format.Encoding.rle] + (dictionaryLength == nil ? [] : [Format.Encoding.dictionary]))
        out.strings(3, [column.name])
        out.int32(4, codec)
        out.int64(5, rows)
        out.int64(6, uncompressedSize)
        out.int64(7, compressedSize)
        out.int64(9, offset &+ (dictionaryLength ?? 0))
        if dictionaryLength != nil { out.int64(11, offset) }
        out.structure(12) { out in
            out.int64(3, nulls)
            if let high { out.binary(5, high) }
            if let low { out.binary(6, low) }
        }
    }

    fileprivate init(decoding value: ThriftValue) throws(ParquetError) {
        guard let data = value[3], let statistics = data[12] else { throw ThriftReader.broken }
        let offset = try value.integer(2)
        let values = try data.integer(9)
        self.init(
            codec: try data.integer(4), offset: offset,
            dictionaryLength: data[11] == nil ? nil : values &- offset, uncompressedSize: try data.integer(6),
            compressedSize: try data.integer(7), nulls: try statistics.integer(3),
            low: statistics[6] == nil ? nil : try statistics.bytes(6), high: statistics[5] == nil ? nil : try statistics.bytes(5))
    }
}
