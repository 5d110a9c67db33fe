import Glibc
import LedgerNotes

/// The signed checkpoints, oldest first, in a file outside the database. A restored database therefore cannot roll them
/// back.
///
/// A record is a note and a blank line. Each record is on disk before its note is published. While one program has the
/// file open, other programs wait for it. Opening, reading and writing block: see `onOwnThread`.
final class CheckpointFile: Sendable {
    /// The state of the file that shows whether anybody has touched it.
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

        /// The file's current stamp. Nil if the file does not exist.
        init?(path: String) {
            var status = stat()
            guard lstat(path, &status) == 0 else { return nil }
            self.init(status)
        }

        func isSameFile(as other: Stamp) -> Bool { device == other.device && inode == other.inode }

        /// Whether the file was last written within a second before now.
        var isYoungerThanASecond: Bool {
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            return 0..<1_000_000_000 ~= (now.tv_sec - modified[0]) * 1_000_000_000 + now.tv_nsec - modified[1]
        }
    }

    private static let chunkBytes = 1 << 20

    private let descriptor: Int32
    private let path: String

    /// - Parameter makes: whether to create a missing file; otherwise the result is nil for a missing file
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

    /// Passes on every whole record from an offset on, without its last newline, and with the offset after it.
    ///
    /// An incomplete record after the last whole one is the trace of a crash and was never published. Memory: a chunk
    /// and a record.
    func forEachRecord(
        from start: Int64, _ body: (_ record: ArraySlice<UInt8>, _ end: Int64) throws -> Void
    ) throws {
        var (pending, base) = ([UInt8](), start)
        // A record consists of lines of text, a blank line, a signature and a blank line.
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

    /// Whether the file contains the note. Linear in the file.
    func contains(_ note: SignedNote) throws -> Bool {
        let wanted = note.bytes
        var isFound = false
        try forEachRecord(from: 0) { record, _ in isFound = isFound || record.elementsEqual(wanted) }
        return isFound
    }

    /// Appends a note after the whole records, and returns the offset after it. The note is on disk when this returns.
    func append(_ note: SignedNote, at length: Int64) throws(AuditError) -> Int64 {
        let record = note.bytes + [0x0a]
        guard ftruncate(descriptor, Int(length)) == 0, writeAll(record, to: descriptor) else {
            throw Self.failure(path, "can't be written")
        }
        try synchronize()
        return length + Int64(record.count)
    }

    /// Puts bytes on disk that another program wrote and may not have synced before it died.
    func synchronize() throws(AuditError) {
        guard fsync(descriptor) == 0 else { throw Self.failure(path, "can't be written") }
    }

    private static func failure(_ path: String, _ what: String) -> AuditError {
        .checkpoint(problem: "the file of signed checkpoints \(path) \(what): \(String(cString: strerror(errno)))")
    }
}
