import Glibc
import LedgerNotes

/// The file that holds the private key: one line, mode 0600, created on first use.
///
/// The key is used under the name of the ledger that it signs for. The name in the file only identifies the owner.
struct SigningKeyFile: Sendable {
    static let keyName = "alpha-ledger"

    let path: String

    /// The path of the signed checkpoints.
    var checkpoints: String { path + ".checkpoints" }

    /// The beginning of the file of signed checkpoints that was verified and proven before.
    private var vouched: PrivateFile { PrivateFile(checkpoints + ".vouched", "the note of verified checkpoints") }

    /// The beginning that this key vouches for. Nil if there is none, or none that it signed.
    func vouchedHeads(of key: NoteVerifier) -> VouchedHeads? {
        (try? vouched.read(atMost: SignedNote.maximumBytes)).flatMap { VouchedHeads($0, signedBy: key) }
    }

    func vouch(for heads: VouchedHeads, _ key: NoteSigner) throws { try vouched.replace(by: heads.signed(by: key).bytes) }

    /// The path of the checkpoints that witnesses cosigned.
    var cosignatures: String { path + ".cosignatures" }

    /// The note that a witness showed, if it proves that this key signed another history.
    private var suspicion: PrivateFile { PrivateFile(path + ".fork-suspected", "the note of a suspected fork") }

    /// Keeps the note. Nothing is signed while it is there.
    func suspectFork(_ note: SignedNote) throws { try suspicion.replace(by: note.bytes) }

    /// The note of a suspected fork. Nil if there is none.
    func suspectedFork() throws -> SignedNote? {
        try suspicion.read(atMost: SignedNote.maximumBytes).map { try SignedNote(parsing: $0) }
    }

    /// Forgets the suspicion, after the ledger got another id.
    func acknowledgeFork() { unlink(suspicion.path) }

    init(_ settings: Settings) {
        path = settings.signingKeyFile ?? Self(defaultIn: settings.dataDirectory).path
    }

    /// The key that signs the manifests of archives. It lies beside the log's key, and is another one.
    init(ofArchivesBeside log: SigningKeyFile) { path = log.path + ".archive" }

    /// The file of a data directory for which no other was named.
    init(defaultIn dataDirectory: String) { path = dataDirectory + "/signing.key" }

    /// The key. Nil if the file does not exist.
    func read() throws(AuditError) -> NoteSigner? {
        guard let line = try throwingKeyFile({ () throws(PrivateFileError) in try file.read(atMost: 4096) }) else { return nil }
        guard line.last == 0x0a, let text = String(validating: line.dropLast(), as: UTF8.self),
            let signer = try? NoteSigner(skey: text)
        else { throw .keyFile(problem: "\(path) does not hold a private key") }
        return signer
    }

    /// The key, created if it does not exist yet. If two programs create one at the same moment, one wins.
    func readOrMake() throws(AuditError) -> NoteSigner {
        if let signer = try read() { return signer }
        let fresh: NoteSigner
        do { fresh = try NoteSigner.generate(name: Self.keyName) } catch { throw .keyFile(problem: "\(error)") }
        try makeDirectory()
        try throwingKeyFile { () throws(PrivateFileError) in try file.make(Array("\(fresh.skey)\n".utf8)) }
        guard let signer = try read() else { throw .keyFile(problem: "the key file \(path) is gone again") }
        return signer
    }

    private func makeDirectory() throws(AuditError) {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
        if mkdir(String(path[..<slash]), 0o711) != 0, errno != EEXIST { throw .keyFile(problem: "\(file.failed(.make))") }
    }

    private var file: PrivateFile { PrivateFile(path, "the key file") }

    private func throwingKeyFile<Result>(_ body: () throws(PrivateFileError) -> Result) throws(AuditError) -> Result {
        do { return try body() } catch { throw .keyFile(problem: error.description) }
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

/// Makes a new name in a directory survive a crash.
func synchronizeDirectory(of path: String) {
    let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let descriptor = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0 { return }
    fsync(descriptor)
    close(descriptor)
}
