import LedgerBundle
import LedgerEvents
import LedgerJSON
import LedgerMerkle
import LedgerPostgres
import LedgerStore
import LedgerValues

/// The events of an archived range as Parquet: an export of events that begins after another position than 0.
///
/// A range has the same columns as the whole log, so the files of several ranges read as one table.
struct ArchivedTable {
    /// The directory within that of the range.
    static let folder = "parquet"
    private static let rowGroup = 128 << 10
    /// What an export says of the events before it.
    private static let filter = "after_position"

    private let root: String
    private let output: BundleOutput
    private var exporter: ParquetExporter

    /// - Parameters:
    ///   - directory: the directory of the files; it must not exist
    ///   - program: the program and its version, for `created_by`
    init(
        _ partition: LogPartition, into directory: String, program: String, _ session: PostgresSession
    ) throws {
        let schema = try ExportSchema.events()
        let before = partition.first - 1
        root = try LogReader().root(at: partition.last, session).description
        let filters = before == 0 ? "{}" : "{\"\(Self.filter)\":\"\(before)\"}"
        let basis = ExportBasis(
            ledgerID: try LogReader().head(session).ledgerID.description, position: partition.last, root: root,
            now: try LogReader().recordedAt(partition.last, session).description, table: ExportTable.events.name, filters: filters,
            isComplete: before == 0, columns: schema.description, partitionBy: nil)
        output = try BundleOutput(for: directory)
        exporter = try ParquetExporter(
            to: output, basis, schema, by: nil, rowGroup: Self.rowGroup, createdBy: ParquetExporter.createdBy(program))
    }

    /// Adds the events of a bundle, the next ones.
    mutating func add(_ bundle: [UInt8], of tile: Tile) throws {
        guard let entries = EntryBundle(bundle) else {
            throw LedgerError.corrupt(position: tile.requiredSize, problem: "the bundle of entries can't be read")
        }
        for place in 0..<Tile.fullWidth { try exporter.add(try JSONDocument(parsing: entries.leaf(place))) }
    }

    /// Ends the files, which are on disk when this returns. Throws `LedgerError.corrupt` if the log does not have the root that the
    /// files name.
    mutating func finish(_ tree: MerkleFrontier) throws -> [ArchiveManifest.File] {
        guard tree.root.description.isBytewiseEqual(to: root) else {
            throw LedgerError.corrupt(position: tree.size, problem: "the stored tree has another root than the events")
        }
        let manifest = try exporter.finish()
        try output.write(ExportBasis.manifest) { $0.pending += manifest.encode() }
        let files = try output.files.map { file in
            guard let digest = Digest32(hex: file.sha256) else { throw ArchiveError.notWritten(problem: "\(file.path) has no digest") }
            return ArchiveManifest.File(path: "\(Self.folder)/\(file.path)", bytes: file.bytes, digest: digest)
        }
        try output.commit()
        return files
    }

    /// The name within the folder of a file of a manifest. Nil if it is elsewhere.
    static func name(of file: ArchiveManifest.File) -> String? {
        let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == Self.folder, !parts[1].isEmpty, parts[1] != ".", parts[1] != ".." else { return nil }
        return String(parts[1])
    }
}
