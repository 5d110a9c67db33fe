import Glibc

/// A file with a secret, which nobody but its owner may read or change: mode 0600, and not behind a link.
struct PrivateFile: Sendable {
    /// Why it can't be read or written.
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    let path: String
    /// What it is, for example `the key file`.
    private let title: String

    init(_ path: String, _ title: String) {
        self.path = path
        self.title = title
    }

    /// What it holds; nil if there is no file.
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
            throw Problem(description: "\(path) can be read or changed by others than its owner: make it mode 0600, and make another where they may have seen it")
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

    /// Makes it if there is none yet. Of two programs that do so at the same moment, one wins.
    func make(_ bytes: [UInt8]) throws(Problem) {
        try write(bytes) { draft in link(draft, path) == 0 || errno == EEXIST }
    }

    /// Puts it in the place of what was there.
    func replace(by bytes: [UInt8]) throws(Problem) {
        try write(bytes) { draft in rename(draft, path) == 0 }
    }

    /// Written under another name, so that nobody ever reads half of it.
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

    /// What failed, with the reason in `errno`.
    func failed(_ what: String) -> Problem {
        Problem(description: "\(title) \(path) \(what): \(String(cString: strerror(errno)))")
    }
}
