import LedgerBundle
import LedgerJSON
import LedgerProjections
import LedgerStore
import LedgerValues
import Parquet

/// Writes the rows of a table, which come in key order, into files: into one after the other, or, divided by a partition, into
/// those of each partition.
struct ParquetExporter {
    private let output: BundleOutput
    private let basis: ExportBasis
    private let rows: ExportRows
    private let partition: ExportPartition?
    private let rowGroup: Int
    private let createdBy: String
    private let spool: PartitionSpool?
    private var writer: ParquetWriter
    private var open: OpenFile?
    private var files: [ExportManifest.File] = []
    /// The rows of the files that are closed.
    private var rowsBefore: Int64 = 0
    /// Of all rows, in key order.
    private var total: RowDigest
    private var lastKey: [String] = []

    private struct OpenFile {
        let file: BundleFile
        let path: String
        let partition: String?
        let number: Int
        var firstKey: [String]?
        /// The digest of the file's rows. Nil as long as these are all rows so far.
        var digest: RowDigest?
    }

    /// A row group is closed at this many bytes, so that a few long rows don't fill the memory.
    private static let groupBytes = 64 << 20
    /// How often the bytes are looked at, in rows.
    private static let groupStep = 256
    /// The row groups of a file.
    private static let groupsPerFile = 64

    /// What a file says of the program that wrote it.
    static func createdBy(_ program: String) -> String { "\(program) (build zlib \(ParquetCodec.zlibVersion))" }

    init(
        to output: BundleOutput, _ basis: ExportBasis, _ schema: ExportSchema, by partition: ExportPartition?, rowGroup: Int,
        createdBy: String
    ) throws {
        self.output = output
        self.basis = basis
        self.partition = partition
        self.rowGroup = rowGroup
        self.createdBy = createdBy
        rows = ExportRows(schema)
        spool = partition == nil ? nil : try PartitionSpool(directory: output.directory)
        writer = ParquetWriter(schema.parquet, codec: .gzip)
        total = RowDigest(schema.columns)
    }

    /// Adds the next row in key order.
    mutating func add(_ document: JSONDocument) throws {
        guard let partition, let spool else {
            // A file that ends before this row has the digest of the rows so far.
            try write(document, in: nil)
            return try total.add(document.bytes)
        }
        try total.add(document.bytes)
        try spool.append(document.bytes, to: partition.value(of: document.root))
        if spool.count > ExportPartition.most {
            throw ViewError.badParameter(name: "partition_by", expected: "a column with at most \(ExportPartition.most) values")
        }
    }

    /// Ends the export: everything but the manifest is on disk.
    mutating func finish() throws -> ExportManifest {
        try spool?.forEach { partition, row in try write(try JSONDocument(parsing: row), in: partition) }
        if open == nil { try begin(nil, number: 0) }
        try close(isLast: true)
        return ExportManifest(basis: basis, rows: rowsBefore, digest: total.finish(), createdBy: createdBy, files: files)
    }

    private mutating func write(_ document: JSONDocument, in value: String?) throws {
        if let last = open, !last.partition.isBytewiseEqual(to: value) {
            try close(isLast: false)
            try begin(value, number: 0)
        } else if let last = open, writer.groupCount == Self.groupsPerFile {
            try close(isLast: false)
            try begin(value, number: last.number + 1)
        } else if open == nil {
            try begin(value, number: 0)
        }
        lastKey = rows.schema.key(of: document.root)
        if open?.firstKey == nil { open?.firstKey = lastKey }
        try open?.digest?.add(document.bytes)
        try rows.append(document, to: &writer)
        let count = writer.openRows
        if count >= rowGroup || count % Self.groupStep == 0 && writer.openSize >= Self.groupBytes { try flush(try writer.finishRowGroup()) }
    }

    private func flush(_ bytes: [UInt8]) throws {
        open?.file.pending += bytes
        try open?.file.flushFull()
    }

    private mutating func begin(_ value: String?, number: Int) throws {
        let name = "part-" + String(repeating: "0", count: max(0, 5 - "\(number)".count)) + "\(number).parquet"
        let isDivided = spool.map { $0.count > 0 } ?? false
        let path = isDivided ? partition.map { "\($0.directory(of: value))/\(name)" } ?? name : name
        let isFirst = files.isEmpty && spool == nil
        open = OpenFile(
            file: try output.begin(path), path: path, partition: value, number: number,
            digest: isFirst ? nil : RowDigest(rows.schema.columns))
    }

    private mutating func close(isLast: Bool) throws {
        guard let last = open else { return }
        let count = writer.rows + Int64(writer.openRows)
        let (first, end) = (last.firstKey.map(ExportPart.text(key:)), last.firstKey.map { _ in ExportPart.text(key: lastKey) })
        let digest = (last.digest ?? total).finish()
        let part = ExportPart(
            partition: partition.map { _ in ExportPart.text(last.partition) }, rowsBefore: rowsBefore, firstKey: first, lastKey: end,
            digest: digest, whole: isLast ? (rowsBefore + count, total.finish()) : nil)
        last.file.pending += try writer.finish(
            keyValues: basis.keyValues + part.keyValues, createdBy: createdBy, seal: FooterSeal.seal)
        let written = try output.end(last.file, last.path)
        files.append(
            ExportManifest.File(
                path: last.path, rows: count, bytes: written.bytes, sha256: written.sha256, firstKey: first, lastKey: end))
        rowsBefore += count
        open = nil
    }
}
