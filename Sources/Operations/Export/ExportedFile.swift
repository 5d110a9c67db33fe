import Glibc
import LedgerEvents
import LedgerProjections
import LedgerStore
import LedgerValues
import Parquet

/// A file of an export, read row by row. Memory: a row group.
final class ExportedFile {
    let path: String
    let reader: ParquetReader
    let basis: ExportBasis
    let part: ExportPart
    let rows: ExportRows
    private var group = -1
    private var values: [ParquetValues] = []
    private var next = 0

    /// Reads the footer. Throws `ParquetError` for what no export has.
    init(_ path: String) throws {
        self.path = path
        guard let size = Self.size(path) else { throw ParquetError("can't be read: \(String(cString: strerror(errno)))") }
        reader = try ParquetReader(size: size, codecs: [.gzip, .none]) { offset, count in try Self.bytes(path, offset, count) }
        let metadata = reader.metadata
        guard let basis = ExportBasis(metadata), let part = ExportPart(metadata) else {
            throw ParquetError("the footer does not say which export the file is of")
        }
        guard FooterSeal.holds(metadata) else { throw ParquetError("the footer does not match its own digest") }
        guard let schema = ExportSchema(basis.columns, hasLeaf: basis.hasLeaf, of: metadata.columns) else {
            throw ParquetError("the file does not have the columns that its footer describes")
        }
        self.basis = basis
        self.part = part
        rows = ExportRows(schema)
    }

    /// A row: its document and, in the log, its leaf and that leaf's hash.
    struct Row {
        let document: [UInt8]
        let key: RowKey
        let shownKey: [String]
        let leaf: (bytes: [UInt8], hash: [UInt8])?
    }

    /// The next row; nil after the last.
    func row() throws -> Row? {
        while group < 0 || next == reader.metadata.groups[group].rows {
            guard group + 1 < reader.metadata.groups.count else {
                values = []
                return nil
            }
            group += 1
            next = 0
            values = try reader.metadata.columns.indices.map { try reader.values(group: group, column: $0) }
        }
        defer { next += 1 }
        let schema = rows.schema
        guard let document = rows.document(values, next) else {
            throw ParquetError("row \(next) of row group \(group) is no row of the table")
        }
        let shown = rows.key(values, next)
        guard let key = schema.columns.rowKey(shown) else { throw ParquetError("row \(next) of row group \(group) has no key") }
        guard schema.hasLeaf else { return Row(document: document, key: key, shownKey: shown, leaf: nil) }
        let count = schema.columns.columns.count
        guard let leaf = values[count].bytes(next), let hash = values[count + 1].bytes(next) else {
            throw ParquetError("row \(next) of row group \(group) has no leaf")
        }
        return Row(document: document, key: key, shownKey: shown, leaf: (Array(leaf), Array(hash)))
    }

    private static func size(_ path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    }

    private static func bytes(_ path: String, _ offset: Int, _ count: Int) throws -> [UInt8] {
        // Many files may be open at a time, so each read has a descriptor of its own.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, let bytes = readExactly(descriptor, offset, count) else {
            throw ParquetError("can't be read: \(String(cString: strerror(errno)))")
        }
        return bytes
    }
}
