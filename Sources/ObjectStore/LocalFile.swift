import Crypto
import Glibc
import LedgerValues

/// A file that is sent in parts.
struct LocalFile: ~Copyable {
    let size: Int64
    private let path: String
    private let file: Int32

    init(_ path: String) throws(S3Error) {
        self.path = path
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .file(path) }
        var status = stat()
        guard fstat(file, &status) == 0 else {
            close(file)
            throw .file(path)
        }
        self.file = file
        size = Int64(status.st_size)
    }

    deinit { close(file) }

    /// Bytes of the file. A file that has become shorter is an error.
    func read(_ range: Range<Int64>) throws(S3Error) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(range.upperBound - range.lowerBound))
        var filled = 0
        while filled < bytes.count {
            let wanted = bytes.count - filled
            let count = bytes.withUnsafeMutableBytes { buffer in
                pread(file, buffer.baseAddress.map { $0 + filled }, wanted, off_t(range.lowerBound) + filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .file(path) }
            filled += count
        }
        return bytes
    }

    func digest() throws(S3Error) -> Digest32 {
        var hash = RunningDigest()
        var start: Int64 = 0
        while start < size {
            let end = min(size, start + 1 << 20)
            hash.add(try read(start..<end))
            start = end
        }
        return hash.finish()
    }
}

/// A SHA-256 that is worked out part by part.
struct RunningDigest {
    private var hash = SHA256()

    mutating func add(_ bytes: [UInt8]) { hash.update(data: bytes) }

    func finish() -> Digest32 { Digest32(Array(hash.finalize())) }
}
