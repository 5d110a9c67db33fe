import Glibc
import SignedNotes

/// The file that holds the private key: one line, mode 0600, made on first use.
///
/// The key is used under the name of the ledger that it signs for; the name in the file says only whose it is.
struct SigningKeyFile: Sendable {
    static let keyName = "alpha-ledger"

    let path: String

    /// Where the signed checkpoints are kept.
    var checkpoints: String { path + ".checkpoints" }

    init(_ settings: Settings) {
        path = settings.signingKeyFile ?? settings.dataDirectory + "/signing.key"
    }

    /// The key; nil where there is no file.
    func read() throws(AuditError) -> NoteSigner? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if descriptor < 0 {
            if errno == ENOENT { return nil }
            throw failed("can't be opened")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failed("can't be examined") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .keyFile(problem: "\(path) is not a regular file") }
        guard status.st_mode & 0o077 == 0 else {
            throw .keyFile(problem: "\(path) can be read or changed by others than its owner: make it mode 0600, and take another key where they may have seen it")
        }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        guard count >= 0 else { throw failed("can't be read") }
        let line = buffer[..<count]
        guard line.last == 0x0a, let text = String(validating: line.dropLast(), as: UTF8.self),
            let signer = try? NoteSigner(skey: text)
        else { throw .keyFile(problem: "\(path) does not hold a private key") }
        return signer
    }

    /// The key, made where there is none yet. Of two programs that make one at the same moment, one wins.
    func readOrMake() throws(AuditError) -> NoteSigner {
        if let signer = try read() { return signer }
        let fresh: NoteSigner
        do { fresh = try NoteSigner.generate(name: Self.keyName) } catch { throw .keyFile(problem: "\(error)") }
        try makeDirectory()
        // Written under another name and linked, so that nobody ever reads half a key.
        let draft = "\(path).\(getpid()).new"
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failed("can't be made") }
        defer { unlink(draft) }
        let isWritten = writeAll(Array("\(fresh.skey)\n".utf8), to: descriptor) && fsync(descriptor) == 0
        close(descriptor)
        guard isWritten else { throw failed("can't be written") }
        if link(draft, path) != 0, errno != EEXIST { throw failed("can't be made") }
        synchronizeDirectory(of: path)
        guard let signer = try read() else { throw failed("is gone again") }
        return signer
    }

    private func makeDirectory() throws(AuditError) {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
        if mkdir(String(path[..<slash]), 0o711) != 0, errno != EEXIST { throw failed("can't be made") }
    }

    private func failed(_ what: String) -> AuditError {
        .keyFile(problem: "the key file \(path) \(what): \(String(cString: strerror(errno)))")
    }
}

func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done) }
        if count < 0, errno == EINTR { continue }
        if count <= 0 { return false }
        done += count
    }
    return true
}

/// Makes a new name of a directory last through a crash.
func synchronizeDirectory(of path: String) {
    let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let descriptor = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0 { return }
    fsync(descriptor)
    close(descriptor)
}
