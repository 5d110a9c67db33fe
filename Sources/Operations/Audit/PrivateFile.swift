import Glibc

/// A file with a secret. Only its owner may read or change it: its mode is 0600, and it is not a link.
struct PrivateFile: Sendable {
    /// The reason why the file cannot be read or written.
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    let path: String
    /// The file's name in messages, for example `the key file`.
    private let title: String

    init(_ path: String, _ title: String) {
        self.path = path
        self.title = title
    }

    /// The file's contents. Nil if the file does not exist.
    func read(atMost limit: Int) throws(Problem) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if descriptor < 0 {
            if errno == ENOENT { return nil }
            throw failed("can't be opened")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failed("can't be examined") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Problem(description: "\(path) is not a regular file") }
        guard status.st_mode & 0o077 == 0 else {
            throw Problem(
                description:
                    "\(path) can be read or changed by others than its owner: make it mode 0600, and make another where they may have seen it"
            )
        }
        guard status.st_size <= limit else { throw Problem(description: "\(title) \(path) is larger than \(limit) bytes") }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failed("can't be read") }
            if count == 0 { break }
            done += count
        }
        return Array(bytes[..<done])
    }

    /// Creates the file if it does not exist. If two programs do so at the same moment, one wins.
    func make(_ bytes: [UInt8]) throws(Problem) {
        try write(bytes) { draft in link(draft, path) == 0 || errno == EEXIST }
    }

    /// Replaces the file's contents.
    func replace(by bytes: [UInt8]) throws(Problem) {
        try write(bytes) { draft in rename(draft, path) == 0 }
    }

    /// Writes under another name first, so that nobody ever reads a partial file.
    private func write(_ bytes: [UInt8], _ publish: (_ draft: String) -> Bool) throws(Problem) {
        let draft = "\(path).\(getpid()).new"
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failed("can't be made") }
        defer { unlink(draft) }
        let isWritten = writeAll(bytes, to: descriptor) && fsync(descriptor) == 0
        close(descriptor)
        guard isWritten else { throw failed("can't be written") }
        guard publish(draft) else { throw failed("can't be made") }
        synchronizeDirectory(of: path)
    }

    /// The problem with a failed operation, including the reason in `errno`.
    func failed(_ what: String) -> Problem {
        Problem(description: "\(title) \(path) \(what): \(String(cString: strerror(errno)))")
    }
}
