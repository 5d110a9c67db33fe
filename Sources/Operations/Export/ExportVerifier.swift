import Crypto
import Glibc
import LedgerEvents
import LedgerJSON
import LedgerMerkle
import LedgerProjections
import LedgerStore
import LedgerValues
import Parquet

/// Verifies exported files by themselves, without a ledger: every byte, the order of the rows over all files, and the digest of the rows
/// or the root of the log.
///
/// What it shows is that the files belong together, that no row is missing or there twice, and that the rows are those of the digest.
/// Whether the digest is the ledger's own, a receipt or a signed head says.
package struct ExportVerifier {
    private let paths: [String]
    /// The tree before the first row, of an export of a part of the log.
    private let before: MerkleFrontier?
    private let progress: (Int64) -> Void
    private var report = ExportReport()

    /// Verifies files, and directories with all files of an export.
    package static func verify(_ paths: [String], progress: @escaping (Int64) -> Void = { _ in }) throws(ExportPathError) -> ExportReport {
        try verify(paths, after: nil, progress)
    }

    /// The same for events that continue a tree: the report has the root of the tree that ends with them.
    static func verify(
        _ paths: [String], after before: MerkleFrontier?, _ progress: @escaping (Int64) -> Void = { _ in }
    ) throws(ExportPathError) -> ExportReport {
        var verifier = ExportVerifier(paths: paths, before: before, progress: progress)
        try verifier.verify()
        return verifier.report
    }

    private init(paths: [String], before: MerkleFrontier?, progress: @escaping (Int64) -> Void) {
        self.paths = paths
        self.before = before
        self.progress = progress
    }

    private mutating func verify() throws(ExportPathError) {
        var found: [String] = []
        var directories: [String] = []
        for given in paths {
            var path = given
            while path.count > 1, path.hasSuffix("/") { path.removeLast() }
            if let below = Self.files(below: path) {
                if below.isEmpty { throw .noFiles(path: given) }
                found += below.map { "\(path)/\($0)" }
                directories.append(path)
            } else if access(path, F_OK) == 0 {
                found.append(path)
            } else {
                throw .noFiles(path: given)
            }
        }
        report.files = found.count
        var files: [ExportedFile] = []
        for path in found {
            do {
                files.append(try ExportedFile(path))
            } catch {
                fault(path, "\(error)")
            }
        }
        guard report.faults.isEmpty, let first = files.first else { return }
        report.basis = first.basis
        files.sort { ($0.part.rowsBefore, $0.reader.metadata.rows) < ($1.part.rowsBefore, $1.reader.metadata.rows) }
        checkBases(files)
        if report.faults.isEmpty { checkPlaces(files) }
        if report.faults.isEmpty { merge(files) }
        if report.faults.isEmpty { for directory in directories { checkManifest(directory, files) } }
    }

    private mutating func fault(_ file: String?, _ problem: String) { report.faults.append(ExportFault(file: file, problem: problem)) }

    /// All files are of one export.
    private mutating func checkBases(_ files: [ExportedFile]) {
        for file in files.dropFirst()
        where file.basis != files[0].basis || file.reader.metadata.createdBy != files[0].reader.metadata.createdBy {
            fault(file.path, "is of another export than \(files[0].path)")
        }
    }

    /// The files follow one another, from the first row to the last.
    private mutating func checkPlaces(_ files: [ExportedFile]) {
        var rows: Int64 = 0
        for file in files {
            let before = file.part.rowsBefore
            if before > rows { return fault(file.path, "rows \(rows + 1) to \(before) of the export are in no file") }
            if before < rows { return fault(file.path, "begins with row \(before + 1) of the export, which another file has") }
            rows += file.reader.metadata.rows
            let isLast = file === files.last
            if (file.part.whole != nil) != isLast {
                return fault(file.path, isLast ? "is not the last file of the export" : "is the last file of the export, and others follow")
            }
        }
        report.rows = rows
        if let whole = files.last?.part.whole, whole.rows != rows {
            fault(files.last?.path, "says that the export has \(whole.rows) rows, found \(rows)")
        }
    }

    /// Goes through all rows in key order.
    private mutating func merge(_ files: [ExportedFile]) {
        guard let basis = report.basis, let columns = files.first?.rows.schema.columns else { return }
        var merge = ExportMerge(files)
        var total = RowDigest(columns)
        var tree = before ?? MerkleFrontier()
        var last: (key: RowKey, file: String)?
        let isLog = basis.hasLeaf && (basis.isComplete || before != nil)
        var at = files[0].path
        do {
            while let (file, row) = try merge.next(&at) {
                at = file.path
                if let last, last.key >= row.key {
                    throw ParquetError("has the row \(row.shownKey.joined(separator: "|")), which \(last.file) has too or comes after it")
                }
                last = (row.key, file.path)
                try total.add(row.document)
                if let leaf = row.leaf {
                    guard leaf.bytes == row.document else {
                        throw ParquetError("the columns of position \(row.shownKey[0]) are not what its leaf says")
                    }
                    let hash = MerkleHash.leaf(leaf.bytes)
                    guard hash.bytes == leaf.hash else { throw ParquetError("position \(row.shownKey[0]) does not match its leaf hash") }
                    if isLog {
                        guard row.shownKey[0] == "\(tree.size + 1)" else { throw ParquetError("position \(tree.size + 1) is in no file") }
                        tree.append(hash)
                    }
                }
                let count = total.rows
                if count % 50_000 == 0 { progress(Int64(count)) }
            }
        } catch {
            return fault(at, "\(error)")
        }
        let digest = total.finish()
        report.digest = digest
        if let whole = files.last?.part.whole, !whole.digest.isBytewiseEqual(to: digest) {
            fault(files.last?.path, "says the digest \(whole.digest) of all rows, found \(digest)")
        }
        if isLog {
            report.root = tree.root.description
            if tree.size != basis.position || !tree.root.description.isBytewiseEqual(to: basis.root) {
                fault(nil, "the leaves have the root \(tree.root) at size \(tree.size), the footers say \(basis.root) at \(basis.position)")
            }
        }
    }

    /// The manifest of a directory says what its files say.
    private mutating func checkManifest(_ directory: String, _ files: [ExportedFile]) {
        guard let basis = report.basis, let digest = report.digest else { return }
        let path = "\(directory)/\(ExportBasis.manifest)"
        guard let found = readFile(path) else { return fault(path, "is missing: the export did not end, or was taken apart") }
        var described: [ExportManifest.File] = []
        for file in files {
            guard file.path.hasPrefix(directory + "/"), let (bytes, sha256) = Self.digest(of: file.path) else {
                return fault(file.path, "is not below \(directory), or can't be read")
            }
            described.append(
                ExportManifest.File(
                    path: String(file.path.dropFirst(directory.count + 1)), rows: file.reader.metadata.rows, bytes: bytes, sha256: sha256,
                    firstKey: file.part.firstKey, lastKey: file.part.lastKey))
        }
        let manifest = ExportManifest(
            basis: basis, rows: report.rows, digest: digest, createdBy: files[0].reader.metadata.createdBy, files: described)
        report.hasManifest = true
        if manifest.encode() != found { fault(path, "does not say what the files are") }
    }

    /// The length and SHA-256 of a file. Nil if it can't be read.
    static func digest(of path: String) -> (bytes: Int64, sha256: String)? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var (hash, bytes) = (SHA256(), Int64(0))
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return (bytes, Digest32(Array(hash.finalize())).description) }
            hash.update(data: buffer[..<count])
            bytes += Int64(count)
        }
    }

    /// The Parquet files below a directory, sorted. Nil if the path is no directory.
    private static func files(below directory: String) -> [String]? {
        guard let entries = BundleOutput.entries(directory) else { return nil }
        var found: [String] = []
        for entry in entries {
            if let below = files(below: "\(directory)/\(entry)") {
                found += below.map { "\(entry)/\($0)" }
            } else if entry.hasSuffix(".parquet") {
                found.append(entry)
            }
        }
        return found.sorted { $0.isBytewiseLess(than: $1) }
    }
}
