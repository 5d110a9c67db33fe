import Glibc
import SignedNotes

/// The signed checkpoints, oldest first, outside the database: a restored database can't take them back with it.
///
/// A record is a note and a blank line. Each is on disk before its note is given out. While one is open, other
/// programs wait for it. Opening, reading and writing block: see `onOwnThread`.
final class CheckpointFile: Sendable {
    /// What tells that nobody touched the file since.
    struct Stamp: Sendable, Equatable {
        let device: UInt
        let inode: UInt
        let bytes: Int64
        let modified: [Int]

        init(_ status: stat) {
            device = UInt(status.st_dev)
            inode = UInt(status.st_ino)
            bytes = Int64(status.st_size)
            modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
        }

        /// The file's stamp now; nil if there is no such file.
        init?(path: String) {
            var status = stat()
            guard lstat(path, &status) == 0 else { return nil }
            self.init(status)
        }

        func isSameFile(as other: Stamp) -> Bool { device == other.device && inode == other.inode }
    }

    private static let chunkBytes = 1 << 20

    private let descriptor: Int32
    private let path: String

    /// - Parameter makes: whether to make the file where there is none; nil is returned otherwise.
    static func open(_ path: String, makes: Bool) throws(AuditError) -> CheckpointFile? {
        let flags = (makes ? O_RDWR | O_CREAT | O_APPEND : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW
        let descriptor = Glibc.open(path, flags, 0o600)
        if descriptor < 0 {
            if !makes, errno == ENOENT { return nil }
            throw failure(path, "can't be opened")
        }
        let file = CheckpointFile(descriptor: descriptor, path: path)
        while flock(descriptor, makes ? LOCK_EX : LOCK_SH) != 0 {
            guard errno == EINTR else { throw failure(path, "can't be locked") }
        }
        if makes { synchronizeDirectory(of: path) }
        return file
    }

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    func stamp() throws(AuditError) -> Stamp {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure(path, "can't be examined") }
        return Stamp(status)
    }

    /// The bytes from an offset on, at most `count`.
    func bytes(from offset: Int64, count: Int) throws(AuditError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let read = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: done), count - done, Int(offset) + done)
            }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw Self.failure(path, "can't be read") }
            if read == 0 { break }
            done += read
        }
        return Array(bytes[..<done])
    }

    /// Hands over every whole record from an offset on, without its last newline, and with the offset behind it.
    ///
    /// What a crash left behind the last of them was never given out. Memory: a chunk and a record.
    func forEachRecord(
        from start: Int64, _ body: (_ record: ArraySlice<UInt8>, _ end: Int64) throws -> Void
    ) throws {
        var (pending, base) = ([UInt8](), start)
        // Lines of text, blank, signature, blank.
        var (scanned, recordStart, lineStart, blanks) = (0, 0, 0, 0)
        while true {
            let chunk = try bytes(from: base + Int64(pending.count), count: Self.chunkBytes)
            pending += chunk
            while scanned < pending.count {
                defer { scanned += 1 }
                guard pending[scanned] == 0x0a else { continue }
                if scanned == lineStart { blanks += 1 }
                lineStart = scanned + 1
                guard blanks == 2 else { continue }
                try body(pending[recordStart..<scanned], base + Int64(lineStart))
                (recordStart, blanks) = (lineStart, 0)
            }
            if chunk.count < Self.chunkBytes { return }
            pending.removeFirst(recordStart)
            base += Int64(recordStart)
            scanned -= recordStart
            lineStart -= recordStart
            recordStart = 0
            guard pending.count <= SignedNote.maximumBytes else {
                throw AuditError.checkpoint(problem: "the file of signed checkpoints is damaged after byte \(base)")
            }
        }
    }

    /// Whether the note is among the records. Linear in the file.
    func contains(_ note: SignedNote) throws -> Bool {
        let wanted = note.bytes
        var isFound = false
        try forEachRecord(from: 0) { record, _ in isFound = isFound || record.elementsEqual(wanted) }
        return isFound
    }

    /// Puts a note behind the whole records and has it on disk before it returns; the offset behind it.
    func append(_ note: SignedNote, at length: Int64) throws(AuditError) -> Int64 {
        let record = note.bytes + [0x0a]
        guard ftruncate(descriptor, Int(length)) == 0, writeAll(record, to: descriptor) else {
            throw Self.failure(path, "can't be written")
        }
        try synchronize()
        return length + Int64(record.count)
    }

    /// Has on disk what another program wrote and may not have had there before it died.
    func synchronize() throws(AuditError) {
        guard fsync(descriptor) == 0 else { throw Self.failure(path, "can't be written") }
    }

    private static func failure(_ path: String, _ what: String) -> AuditError {
        .checkpoint(problem: "the file of signed checkpoints \(path) \(what): \(String(cString: strerror(errno)))")
    }
}
