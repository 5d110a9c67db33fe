import Glibc
import SignedNotes

/// The signed checkpoints, oldest first, outside the database: a restored database can't take them back with it.
///
/// A record is a note and a blank line. Each is on disk before its note is given out. While one is open, other
/// programs wait for it.
struct CheckpointFile: ~Copyable {
    private let descriptor: Int32
    private let path: String
    /// Length of the whole records; what a crash left behind them was never given out.
    private var length: Int64 = 0
    private(set) var notes: [SignedNote] = []

    /// - Parameter makes: whether to make the file where there is none; nil is returned otherwise.
    static func open(_ path: String, makes: Bool) throws(AuditError) -> CheckpointFile? {
        let flags = (makes ? O_RDWR | O_CREAT | O_APPEND : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW
        let descriptor = Glibc.open(path, flags, 0o600)
        if descriptor < 0 {
            if !makes, errno == ENOENT { return nil }
            throw failure(path, "can't be opened")
        }
        var file = CheckpointFile(descriptor: descriptor, path: path)
        while flock(descriptor, makes ? LOCK_EX : LOCK_SH) != 0 {
            guard errno == EINTR else { throw failure(path, "can't be locked") }
        }
        if makes { synchronizeDirectory(of: path) }
        try file.load()
        return file
    }

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    private mutating func load() throws(AuditError) {
        guard let bytes = readFile(path) else { throw Self.failure(path, "can't be read") }
        var (recordStart, lineStart, blanks) = (0, 0, 0)
        for (index, byte) in bytes.enumerated() where byte == 0x0a {
            if index == lineStart { blanks += 1 }
            lineStart = index + 1
            // Lines of text, blank, signature, blank.
            guard blanks == 2 else { continue }
            guard let note = try? SignedNote(parsing: Array(bytes[recordStart..<index])) else {
                throw .checkpoint(problem: "the file of signed checkpoints is damaged after \(notes.count) of them")
            }
            notes.append(note)
            length = Int64(lineStart)
            (recordStart, blanks) = (lineStart, 0)
        }
    }

    /// Adds a note and has it on disk before it returns.
    mutating func append(_ note: SignedNote) throws(AuditError) {
        let record = note.bytes + [0x0a]
        guard ftruncate(descriptor, Int(length)) == 0, writeAll(record, to: descriptor), fsync(descriptor) == 0 else {
            throw Self.failure(path, "can't be written")
        }
        length += Int64(record.count)
        notes.append(note)
    }

    private static func failure(_ path: String, _ what: String) -> AuditError {
        .checkpoint(problem: "the file of signed checkpoints \(path) \(what): \(String(cString: strerror(errno)))")
    }
}
