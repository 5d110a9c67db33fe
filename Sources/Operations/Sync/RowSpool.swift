import Glibc
import LedgerValues

/// The rows of a run on disk, in the order they arrived, so that all of them can be checked against each other
/// before the first is stored while memory holds a few words a row.
///
/// The file has no name: it is gone with the process, however that ends.
final class RowSpool {
    /// Where a row lies in the file.
    struct Slice: Sendable, Hashable {
        let offset: Int64
        let length: Int32
    }

    private let descriptor: Int32
    private var size: Int64 = 0
    private var buffer: [UInt8] = []
    private var flushed: Int64 = 0
    private static let bufferSize = 1 << 20

    init(directory: String) throws(RowSpoolError) {
        var template = Array("\(directory)/alpha-ledger-spool-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        if descriptor < 0 { throw .noFile(directory: directory, code: errno) }
        unlink(template)
        buffer.reserveCapacity(Self.bufferSize)
    }

    deinit { close(descriptor) }

    func append(_ bytes: ArraySlice<UInt8>) throws(RowSpoolError) -> Slice {
        let slice = Slice(offset: size, length: Int32(bytes.count))
        buffer.append(contentsOf: bytes)
        size += Int64(bytes.count)
        if buffer.count >= Self.bufferSize { try flush() }
        return slice
    }

    private func flush() throws(RowSpoolError) {
        var written = 0
        while written < buffer.count {
            let count = buffer.withUnsafeBytes { bytes in
                pwrite(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written, Int(flushed))
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw .notWritten(code: errno)
            }
            written += count
            flushed += Int64(count)
        }
        buffer.removeAll(keepingCapacity: true)
    }

    func read(_ slice: Slice) throws(RowSpoolError) -> [UInt8] {
        if slice.offset + Int64(slice.length) > flushed { try flush() }
        var done = 0
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(slice.length)) { storage, count in
            while done < Int(slice.length) {
                let got = pread(
                    descriptor, storage.baseAddress?.advanced(by: done), Int(slice.length) - done,
                    Int(slice.offset) + done)
                if got < 0 && errno == EINTR { continue }
                if got <= 0 {
                    failure = got == 0 ? EIO : errno
                    break
                }
                done += got
            }
            count = done
        }
        if failure != 0 { throw .notRead(code: failure) }
        return bytes
    }
}

/// Why the rows of a run can't be kept on disk. A `code` is the system's `errno`.
enum RowSpoolError: Error, Equatable, CustomStringConvertible {
    case noFile(directory: String, code: Int32)
    case notWritten(code: Int32)
    case notRead(code: Int32)
    /// A row that was accepted when it was fetched is not accepted any more.
    case altered

    var description: String {
        switch self {
        case .noFile(let directory, let code): "no temporary file could be made in \(directory): \(String(cString: strerror(code)))"
        case .notWritten(let code): "the run's rows could not be spooled: \(String(cString: strerror(code)))"
        case .notRead(let code): "the run's spooled rows could not be read: \(String(cString: strerror(code)))"
        case .altered: "a spooled row reads differently than it was fetched"
        }
    }
}
