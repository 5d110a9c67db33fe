/// What stands before a page.
struct PageHeader: Equatable {
    enum Kind: Equatable {
        /// A dictionary of so many values.
        case dictionary(values: Int)
        /// Values of so many rows, nulls included.
        case data(rows: Int, isDictionary: Bool)
    }

    let kind: Kind
    let uncompressedSize: Int
    let compressedSize: Int
    /// The CRC-32 of the page as it stands in the file.
    let crc: UInt32

    func encode() -> [UInt8] {
        ThriftWriter.bytes { out in
            switch kind {
            case .dictionary: out.int32(1, Format.Page.dictionary)
            case .data: out.int32(1, Format.Page.data)
            }
            out.int32(2, uncompressedSize)
            out.int32(3, compressedSize)
            out.int32(4, Int(Int32(bitPattern: crc)))
            switch kind {
            case .data(let rows, let isDictionary):
                out.structure(5) { out in
                    out.int32(1, rows)
                    out.int32(2, isDictionary ? Format.Encoding.dictionary : Format.Encoding.plain)
                    out.int32(3, Format.Encoding.rle)
                    out.int32(4, Format.Encoding.rle)
                }
            case .dictionary(let values):
                out.structure(7) { out in
                    out.int32(1, values)
                    out.int32(2, Format.Encoding.plain)
                }
            }
        }
    }

    /// Reads a header in exactly the form that ``encode()`` writes, and says how long it is.
    static func read(_ bytes: ArraySlice<UInt8>) throws(ParquetError) -> (header: PageHeader, length: Int) {
        var reader = ThriftReader(bytes)
        let value = try reader.structure()
        let kind: Kind
        if let data = value[5] {
            kind = .data(rows: try data.integer(1), isDictionary: try data.integer(2) == Format.Encoding.dictionary)
        } else if let dictionary = value[7] {
            kind = .dictionary(values: try dictionary.integer(1))
        } else {
            throw ThriftReader.broken
        }
        let header = PageHeader(
            kind: kind, uncompressedSize: try value.integer(2), compressedSize: try value.integer(3),
            crc: UInt32(bitPattern: Int32(truncatingIfNeeded: try value.integer(4))))
        guard header.encode() == Array(bytes[bytes.startIndex..<reader.at]) else {
            throw ParquetError("a page's header is not in the form that this program writes")
        }
        return (header, reader.at - bytes.startIndex)
    }
}
