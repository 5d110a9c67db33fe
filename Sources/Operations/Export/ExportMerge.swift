import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades
import Parquet

/// The rows of many files in key order, each file held to what its footer says of its own rows.
///
/// A file is opened when its first key comes, so that files which follow one another are open one at a time.
struct ExportMerge {
    private final class Cursor {
        let file: ExportedFile
        let partition: ExportPartition?
        var row: ExportedFile.Row
        private var digest: RowDigest
        private var count: Int64 = 0

        /// Nil for a file without rows.
        init?(_ file: ExportedFile) throws {
            self.file = file
            digest = RowDigest(file.rows.schema.columns)
            partition = try Self.partition(of: file)
            guard let first = try file.row() else {
                guard file.part.firstKey == nil, file.part.lastKey == nil, file.part.digest.isBytewiseEqual(to: digest.finish()) else {
                    throw ParquetError("has no rows, and its footer says otherwise")
                }
                return nil
            }
            row = first
            guard file.part.firstKey.isBytewiseEqual(to: ExportPart.text(key: row.shownKey)) else {
                throw ParquetError("does not begin with the row that its footer says")
            }
        }

        /// Goes on to the next row. False after the last one.
        func advance() throws -> Bool {
            try digest.add(row.document)
            if let partition {
                let value = partition.value(of: try JSONDocument(parsing: row.document).root)
                guard file.part.partition.isBytewiseEqual(to: ExportPart.text(value)) else {
                    throw ParquetError("has the row \(row.shownKey.joined(separator: "|")) of another partition")
                }
            }
            guard let next = try file.row() else {
                guard file.part.lastKey.isBytewiseEqual(to: ExportPart.text(key: row.shownKey)) else {
                    throw ParquetError("does not end with the row that its footer says")
                }
                guard file.part.digest.isBytewiseEqual(to: digest.finish()) else {
                    throw ParquetError("the rows do not match their digest")
                }
                return false
            }
            guard row.key < next.key else {
                throw ParquetError("the row \(next.shownKey.joined(separator: "|")) is not in the order of the keys")
            }
            row = next
            return true
        }

        /// How the file's export is divided; nil if it is not. The directory must be the partition's, since readers go by its name.
        private static func partition(of file: ExportedFile) throws -> ExportPartition? {
            guard let name = file.basis.partitionBy, let table = ExportTable.named(file.basis.table), let text = file.part.partition else {
                return nil
            }
            guard let partition = try? ExportPartition(name, table, file.rows.schema) else {
                throw ParquetError("is divided by \(name), which is no column of the table")
            }
            guard let value = try? JSONDocument(parsing: Array("[\(text)]".utf8)).root.elements.first(where: { _ in true }) else {
                throw ParquetError("says no value of its partition")
            }
            let parts = file.path.split(separator: "/")
            if parts.count > 1, parts[parts.count - 2].hasPrefix("by_") {
                guard String(parts[parts.count - 2]).isBytewiseEqual(to: partition.directory(of: value.string)) else {
                    throw ParquetError("is in the directory of another partition")
                }
            }
            return partition
        }
    }

    /// A heap: the cursor with the smallest key is the first.
    private var cursors: [Cursor] = []
    /// The files that are not open yet, the one with the smallest first key last.
    private var waiting: [(file: ExportedFile, key: RowKey?)]
    private var hasBegun = false

    init(_ files: [ExportedFile]) {
        waiting = files.map { file in (file, Self.firstKey(of: file)) }
        // Files without a first key come first, and are closed at once.
        waiting.sort { left, right in
            guard let a = left.key else { return false }
            guard let b = right.key else { return true }
            return b < a
        }
    }

    private static func firstKey(of file: ExportedFile) -> RowKey? {
        guard let text = file.part.firstKey, let root = try? JSONDocument(parsing: Array(text.utf8)).root else { return nil }
        let shown = root.elements.compactMap(\.string)
        return shown.count == file.rows.schema.columns.key.count ? file.rows.schema.columns.rowKey(shown) : nil
    }

    /// The next row and its file; nil after the last.
    ///
    /// - Parameter at: set to the file that is read, for an error.
    mutating func next(_ at: inout String) throws -> (ExportedFile, ExportedFile.Row)? {
        if hasBegun, let first = cursors.first {
            at = first.file.path
            if try !first.advance() {
                let last = cursors.removeLast()
                if !cursors.isEmpty { cursors[0] = last }
            }
            sink()
        }
        hasBegun = false
        while let file = waiting.last, file.key.map({ key in cursors.first.map { key <= $0.row.key } ?? true }) ?? true {
            waiting.removeLast()
            at = file.file.path
            if let cursor = try Cursor(file.file) { rise(cursor) }
        }
        guard let first = cursors.first else { return nil }
        hasBegun = true
        return (first.file, first.row)
    }

    private mutating func rise(_ cursor: Cursor) {
        cursors.append(cursor)
        var place = cursors.count - 1
        while place > 0, cursors[place].row.key < cursors[(place - 1) / 2].row.key {
            cursors.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func sink() {
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < cursors.count && cursors[child].row.key < cursors[least].row.key {
                least = child
            }
            if least == place { return }
            cursors.swapAt(place, least)
            place = least
        }
    }
}
