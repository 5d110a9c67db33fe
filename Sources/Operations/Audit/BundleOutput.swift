import Crypto
import Glibc
import LedgerBundle

/// A bundle being written. It is built in a fresh directory beside the target and moves there with one rename when
/// everything is on disk.
final class BundleOutput {
    private let target: String
    let directory: String
    private(set) var files: [BundleManifest.File] = []
    private var directories: [String] = []
    private var paths: [String] = []

    /// Throws if the target exists and is not an empty directory.
    init(for target: String) throws(BundleError) {
        var path = target
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.target = path
        if let entries = Self.entries(path) {
            if !entries.isEmpty { throw .targetExists(path: path) }
        } else if access(path, F_OK) == 0 || errno != ENOENT {
            throw .targetExists(path: path)
        }
        var template = Array("\(path).XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Self.failure("\(path).XXXXXX", "can't be made") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Writes a file through `body`, which appends to it. The file is on disk when this returns.
    @discardableResult
    func write(_ path: String, _ body: (BundleFile) throws -> Void) throws -> BundleManifest.File {
        let file = try begin(path)
        try body(file)
        return try end(file, path)
    }

    /// Begins a file, which ``end(_:_:)`` has to end.
    func begin(_ path: String) throws(BundleError) -> BundleFile {
        try makeParent(of: path)
        let file = try BundleFile("\(directory)/\(path)")
        paths.append(path)
        return file
    }

    /// Ends a file, which is on disk when this returns.
    func end(_ file: BundleFile, _ path: String) throws(BundleError) -> BundleManifest.File {
        let (bytes, sha256) = try file.finish()
        let written = BundleManifest.File(path: path, bytes: bytes, sha256: sha256)
        files.append(written)
        return written
    }

    private func makeParent(of path: String) throws(BundleError) {
        let parts = path.split(separator: "/").dropLast()
        for count in 0..<parts.count {
            let parent = "\(directory)/\(parts[...count].joined(separator: "/"))"
            if directories.contains(parent) { continue }
            guard mkdir(parent, 0o700) == 0 else { throw Self.failure(parent, "can't be made") }
            directories.append(parent)
        }
    }

    /// Moves the bundle to the target.
    func commit() throws(BundleError) {
        for path in directories + [directory] { synchronizeDirectory(of: path + "/x") }
        guard rename(directory, target) == 0 else {
            if errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR { throw .targetExists(path: target) }
            throw Self.failure(target, "can't be made")
        }
        synchronizeDirectory(of: target)
    }

    /// Removes the files written so far, so that they can be written again.
    func clear() {
        for path in paths { unlink("\(directory)/\(path)") }
        for path in directories.reversed() { rmdir(path) }
        (files, directories, paths) = ([], [], [])
    }

    /// Removes everything.
    func discard() {
        clear()
        rmdir(directory)
    }

    /// A directory's entries. Nil if the path is not a directory.
    static func entries(_ path: String) -> [String]? {
        guard let handle = opendir(path) else { return nil }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    static func failure(_ path: String, _ what: String) -> BundleError {
        .files(problem: "\(path) \(what): \(String(cString: strerror(errno)))")
    }
}

/// A file of a bundle, written sequentially in blocks. Its SHA-256 is computed during the writes.
final class BundleFile {
    private static let blockSize = 1 << 18

    private let descriptor: Int32
    private let path: String
    private var hash = SHA256()
    private var bytes: Int64 = 0
    /// The unwritten bytes. ``flushFull()`` writes them, a block at a time.
    var pending: [UInt8] = []

    fileprivate init(_ path: String) throws(BundleError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw BundleOutput.failure(path, "can't be made") }
        self.path = path
        pending.reserveCapacity(Self.blockSize * 2)
    }

    deinit { close(descriptor) }

    /// Writes the pending bytes if they fill a block.
    func flushFull() throws(BundleError) {
        if pending.count >= Self.blockSize { try flush() }
    }

    private func flush() throws(BundleError) {
        guard writeAll(pending, to: descriptor) else { throw BundleOutput.failure(path, "can't be written") }
        hash.update(data: pending)
        bytes += Int64(pending.count)
        pending.removeAll(keepingCapacity: true)
    }

    fileprivate func finish() throws(BundleError) -> (bytes: Int64, sha256: String) {
        try flush()
        guard fsync(descriptor) == 0 else { throw BundleOutput.failure(path, "can't be written") }
        return (bytes, hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
    }
}
