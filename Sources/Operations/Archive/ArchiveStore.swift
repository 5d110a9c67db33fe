import LedgerStore

/// Where archives are written, by paths below its root.
protocol ArchiveStore {
    /// What is at a path; nil if nothing is there.
    func read(_ path: String) throws -> [UInt8]?
    /// Puts bytes there, whole or not at all. They may arrive as late as ``synchronize()``.
    func write(_ path: String, _ bytes: [UInt8]) throws
    /// Puts a file of the staging directory there, whole or not at all.
    func take(_ file: String, as path: String) throws
    /// Returns when all that was written outlasts a loss of power.
    func synchronize() throws
    /// An empty directory for files that are to be taken. Whoever asks for it removes it.
    func staging() throws -> StagingDirectory
}

/// A directory for archives, which no other process writes to meanwhile.
final class ArchiveFolder: ArchiveStore {
    private let root: String
    private let files: TileDirectory

    /// Opens the directory, which is made if it is absent.
    init(_ root: String) throws(TileError) {
        self.root = root
        files = try TileDirectory(root, isPublic: false)
    }

    func read(_ path: String) throws(TileError) -> [UInt8]? {
        guard files.has(path) else { return nil }
        guard let bytes = readFile("\(root)/\(path)") else { throw .directory(problem: "\(root)/\(path) can't be read") }
        return bytes
    }

    func write(_ path: String, _ bytes: [UInt8]) throws(TileError) { try files.write(path, bytes) }
    func take(_ file: String, as path: String) throws(TileError) { try files.take(file, as: path) }
    func synchronize() { files.synchronize() }
    func staging() throws(ExportError) -> StagingDirectory { try StagingDirectory(at: "\(root)/.staging") }
}
