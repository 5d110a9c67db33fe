import Glibc
import LedgerNotes
import LedgerStore
import LedgerValues

/// A directory with a log as plain files, as any static host can serve them.
///
/// A file takes its name when it is on disk, so a file that is there is whole. The checkpoint comes last. While one program writes
/// the directory, others wait.
final class TileDirectory {
    private let root: String
    private let isPublic: Bool
    private let lock: Int32
    /// The checkpoint from an earlier run. Tiles of its tree that are there are left as they are.
    let checkpoint: Checkpoint?
    /// The directories with new names.
    private var touched: Set<ByteKey> = []

    /// Opens the directory, which is made if it is absent.
    ///
    /// - Parameter isPublic: whether everybody on the machine may read what is new
    init(_ path: String, isPublic: Bool) throws(TileError) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        root = path
        self.isPublic = isPublic
        if try Self.make(path, isPublic: isPublic) { synchronizeDirectory(of: path) }
        lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else { throw Self.failure(path, "can't be opened") }
        while flock(lock, LOCK_EX) != 0 {
            guard errno == EINTR else { throw Self.failure(path, "can't be locked") }
        }
        checkpoint = try Self.checkpoint(in: path)
    }

    deinit { close(lock) }

    private static func checkpoint(in root: String) throws(TileError) -> Checkpoint? {
        let path = root + "/checkpoint"
        if access(path, F_OK) != 0, errno == ENOENT { return nil }
        guard let bytes = readFile(path) else { throw failure(path, "can't be read") }
        do {
            return try Checkpoint(parsing: SignedNote(parsing: bytes).text)
        } catch {
            throw .directory(problem: "\(path) is not a checkpoint (\(error)): nothing was written")
        }
    }

    /// Whether a file is there.
    func has(_ path: String) -> Bool { access("\(root)/\(path)", F_OK) == 0 }

    /// Writes a file, in place of an earlier one.
    func write(_ path: String, _ bytes: [UInt8]) throws(TileError) {
        try makeParents(of: path)
        let draft = "\(root)/\(path).new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure(draft, "can't be made") }
        let isWritten = writeAll(bytes, to: descriptor) && (!isPublic || fchmod(descriptor, 0o644) == 0) && fsync(descriptor) == 0
        close(descriptor)
        guard isWritten, rename(draft, "\(root)/\(path)") == 0 else { throw Self.failure(draft, "can't be written") }
        touched.insert(ByteKey(Self.parent(of: path)))
    }

    /// Moves a file of the same file system, which is on disk, in place of an earlier one.
    func take(_ file: String, as path: String) throws(TileError) {
        try makeParents(of: path)
        guard rename(file, "\(root)/\(path)") == 0 else { throw Self.failure("\(root)/\(path)", "can't be written") }
        touched.insert(ByteKey(Self.parent(of: path)))
    }

    /// Puts the names of all new files on disk.
    func synchronize() {
        for directory in touched { synchronizeDirectory(of: "\(root)/\(directory.text)/x") }
        touched = []
    }

    private func makeParents(of path: String) throws(TileError) {
        let parent = Self.parent(of: path)
        if parent.isEmpty || touched.contains(ByteKey(parent)) { return }
        try makeParents(of: parent)
        if try Self.make("\(root)/\(parent)", isPublic: isPublic) { touched.insert(ByteKey(Self.parent(of: parent))) }
    }

    /// Makes a directory; false if it is there already.
    private static func make(_ path: String, isPublic: Bool) throws(TileError) -> Bool {
        if mkdir(path, 0o700) != 0 {
            if errno == EEXIST { return false }
            throw failure(path, "can't be made")
        }
        // The program's umask does not decide who may read a public log.
        if isPublic, chmod(path, 0o755) != 0 { throw failure(path, "can't be opened to others") }
        return true
    }

    /// The directory of a path below the root; empty for the root.
    private static func parent(of path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "" }

    private static func failure(_ path: String, _ what: String) -> TileError {
        .directory(problem: "\(path) \(what): \(String(cString: strerror(errno)))")
    }
}
