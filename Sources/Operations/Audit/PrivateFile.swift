import Glibc

/// A file with a secret. Only its owner may read or change it: its mode is 0600, and it is not a link.
struct PrivateFile: Sendable {
    let path: String
    /// The file's name in messages, for example `the key file`.
    private let title: String

    init(_ path: String, _ title: String) {
        self.path = path
        self.title = title
    }

    /// The file's contents. Nil if the file does not exist.
    func read(atMost limit: Int) throws(PrivateFileError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if descriptor < 0 {
            if errno == ENOENT { return nil }
            throw failed(.open)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failed(.examine) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular(path: path) }
        guard status.st_mode & 0o077 == 0 else { throw .exposed(path: path) }
        guard status.st_size <= limit else { throw .tooLarge(file: "\(title) \(path)", limit: limit) }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failed(.read) }
            if count == 0 { break }
            done += count
        }
        return Array(bytes[..<done])
    }

    /// Creates the file if it does not exist. If two programs do so at the same moment, one wins.
    func make(_ bytes: [UInt8]) throws(PrivateFileError) {
        try write(bytes) { draft in link(draft, path) == 0 || errno == EEXIST }
    }

    /// Replaces the file's contents.
    func replace(by bytes: [UInt8]) throws(PrivateFileError) {
        try write(bytes) { draft in rename(draft, path) == 0 }
    }

    /// Writes under another name first, so that nobody ever reads a partial file.
    private func write(_ bytes: [UInt8], _ publish: (_ draft: String) -> Bool) throws(PrivateFileError) {
        let draft = "\(path).\(getpid()).new"
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failed(.make) }
        defer { unlink(draft) }
        let isWritten = writeAll(bytes, to: descriptor) && fsync(descriptor) == 0
        close(descriptor)
        guard isWritten else { throw failed(.write) }
        guard publish(draft) else { throw failed(.make) }
        synchronizeDirectory(of: path)
    }

    /// The error of a failed step, with the reason in `errno`.
    func failed(_ step: PrivateFileError.Step) -> PrivateFileError { .failed(step, file: "\(title) \(path)", code: errno) }
}

/// Why a file with a secret can't be read or written.
enum PrivateFileError: Error, Equatable, CustomStringConvertible {
    enum Step: String {
        case open = "can't be opened"
        case examine = "can't be examined"
        case read = "can't be read"
        case make = "can't be made"
        case write = "can't be written"
    }

    /// The system refused a step; `code` is its `errno`.
    case failed(Step, file: String, code: Int32)
    case notRegular(path: String)
    /// Others than the owner can read or change it.
    case exposed(path: String)
    case tooLarge(file: String, limit: Int)

    var description: String {
        switch self {
        case .failed(let step, let file, let code): "\(file) \(step.rawValue): \(String(cString: strerror(code)))"
        case .notRegular(let path): "\(path) is not a regular file"
        case .exposed(let path):
            "\(path) can be read or changed by others than its owner: make it mode 0600, and make another where they may have seen it"
        case .tooLarge(let file, let limit): "\(file) is larger than \(limit) bytes"
        }
    }
}
