import Crypto
import Glibc
import LedgerValues

/// Directories of files: reading, digesting, copying and removing them. Symbolic links are never followed.
enum FileTree {
    private static let chunkBytes = 1 << 20

    /// The path from the root; the file need not exist.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
        defer { free(directory) }
        return "\(String(cString: directory))/\(path)"
    }

    /// The names in a directory, bytewise; nil if it can't be read.
    static func names(in path: String) -> [String]? {
        BundleOutput.entries(path)?.sorted { $0.isBytewiseLess(than: $1) }
    }

    /// The paths of all files below a directory. Anything but files and directories is an error.
    static func files(below root: String) throws(BackupError) -> [String] {
        var found: [String] = []
        try list(root, "", &found)
        return found
    }

    private static func list(_ root: String, _ folder: String, _ found: inout [String]) throws(BackupError) {
        let directory = folder.isEmpty ? root : "\(root)/\(folder)"
        guard let names = names(in: directory) else { throw failure(directory, "can't be read") }
        for name in names {
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            switch try kind("\(root)/\(path)") {
            case S_IFREG: found.append(path)
            case S_IFDIR: try list(root, path, &found)
            default: throw .altered(problems: ["\(root)/\(path) is neither a file nor a directory"])
            }
        }
    }

    private static func kind(_ path: String) throws(BackupError) -> mode_t {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw failure(path, "can't be read") }
        return status.st_mode & S_IFMT
    }

    /// A file's length and the lower-case hex of its SHA-256; nil if it can't be read.
    static func digest(_ path: String) -> (bytes: Int64, sha256: String)? {
        var (hash, bytes) = (SHA256(), Int64(0))
        let isRead = forEachChunk(path) { chunk in
            hash.update(bufferPointer: chunk)
            bytes += Int64(chunk.count)
            return true
        }
        return isRead ? (bytes, Digest32(Array(hash.finalize())).description) : nil
    }

    /// A file's contents; nil if it can't be read or is larger than the limit.
    static func read(_ path: String, atMost limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        let isRead = forEachChunk(path) { chunk in
            bytes += chunk
            return bytes.count <= limit
        }
        return isRead ? bytes : nil
    }

    private static func forEachChunk(_ path: String, _ body: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: chunkBytes)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { return false }
            if count == 0 { return true }
            guard buffer.withUnsafeBytes({ body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }) else {
                errno = EFBIG
                return false
            }
        }
    }

    /// Copies a directory with all that is in it to a new directory, with every file's mode. All of it is on disk when this
    /// returns if `isDurable` is set.
    static func copy(_ source: String, to target: String, isDurable: Bool) throws(BackupError) {
        guard mkdir(target, 0o700) == 0 else { throw failure(target, "can't be made") }
        guard let names = names(in: source) else { throw failure(source, "can't be read") }
        for name in names {
            let (from, to) = ("\(source)/\(name)", "\(target)/\(name)")
            switch try kind(from) {
            case S_IFDIR: try copy(from, to: to, isDurable: isDurable)
            case S_IFREG: try copyFile(from, to: to, isDurable: isDurable)
            default: throw .altered(problems: ["\(from) is neither a file nor a directory"])
            }
        }
        if isDurable { synchronizeDirectory(of: target + "/x") }
    }

    private static func copyFile(_ source: String, to target: String, isDurable: Bool) throws(BackupError) {
        var status = stat()
        guard lstat(source, &status) == 0 else { throw failure(source, "can't be read") }
        let output = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, status.st_mode & 0o777)
        guard output >= 0 else { throw failure(target, "can't be made") }
        defer { close(output) }
        var isWritten = true
        let isRead = forEachChunk(source) { chunk in
            var done = 0
            while done < chunk.count {
                let count = write(output, chunk.baseAddress?.advanced(by: done), chunk.count - done)
                if count < 0, errno == EINTR { continue }
                if count <= 0 {
                    isWritten = false
                    return false
                }
                done += count
            }
            return true
        }
        if !isWritten || (isRead && isDurable && fsync(output) != 0) { throw failure(target, "can't be written") }
        if !isRead { throw failure(source, "can't be read") }
    }

    /// Removes a file or a directory with all that is in it, as far as it can.
    static func remove(_ path: String) {
        if let kind = try? kind(path), kind == S_IFDIR {
            for name in names(in: path) ?? [] { remove("\(path)/\(name)") }
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    /// The error of a failed step, with the reason in `errno`.
    static func failure(_ path: String, _ what: String) -> BackupError {
        errno == ENOSPC || errno == EDQUOT ? .noSpace(path: path) : .files(problem: "\(path) \(what): \(String(cString: strerror(errno)))")
    }
}
