import BlockingThreads
import Glibc

/// A file to import, open from the start to the end of a run. Input that cannot be read twice (a pipe, standard input)
/// is first copied to an unnamed file, outside Swift's own threads.
final class ImportSource: Sendable {
    /// The path as given. `-` is standard input.
    let name: String
    let byteCount: Int64
    private let descriptor: Int32

    static func open(_ path: String, spoolDirectory: String) async throws -> ImportSource {
        let isStandardInput = path == "-"
        // Opening a named pipe waits for its writer, and reading waits for the writer's data.
        let opened = try await onOwnThread { () -> Result<(Int32, Int64), ImportSourceError> in
            let name = isStandardInput ? "standard input" : path
            let descriptor = isStandardInput ? dup(STDIN_FILENO) : Glibc.open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return .failure(unreadable(name)) }
            var status = stat()
            guard fstat(descriptor, &status) == 0 else {
                defer { close(descriptor) }
                return .failure(unreadable(name))
            }
            switch status.st_mode & S_IFMT {
            case S_IFREG where lseek(descriptor, 0, SEEK_CUR) == 0: return .success((descriptor, Int64(status.st_size)))
            case S_IFDIR:
                close(descriptor)
                return .failure(.isDirectory(name))
            default:
                defer { close(descriptor) }
                return spool(descriptor, name, spoolDirectory)
            }
        }
        let (descriptor, byteCount) = try opened.get()
        return ImportSource(path, descriptor, byteCount)
    }

    private init(_ name: String, _ descriptor: Int32, _ byteCount: Int64) {
        self.name = name
        self.descriptor = descriptor
        self.byteCount = byteCount
    }

    deinit { close(descriptor) }

    private static func unreadable(_ name: String) -> ImportSourceError { .unreadable(name, code: errno) }

    /// Copies everything from a descriptor to a temporary file that disappears with the process.
    private static func spool(
        _ source: Int32, _ name: String, _ directory: String
    ) -> Result<(Int32, Int64), ImportSourceError> {
        var template = Array("\(directory)/alpha-ledger-import-XXXXXX".utf8CString)
        let copy = mkstemp(&template)
        guard copy >= 0 else { return .failure(.noFile(directory: directory, code: errno)) }
        unlink(template)
        var total: Int64 = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = Glibc.read(source, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                defer { close(copy) }
                return .failure(unreadable(name))
            }
            if count == 0 { return .success((copy, total)) }
            var written = 0
            while written < count {
                let done = buffer.withUnsafeBytes {
                    pwrite(copy, $0.baseAddress?.advanced(by: written), count - written, Int(total))
                }
                if done < 0 && errno == EINTR { continue }
                guard done > 0 else {
                    defer { close(copy) }
                    return .failure(.notCopied(name, code: errno))
                }
                written += done
                total += Int64(done)
            }
        }
    }

    /// Reads bytes from an offset, as many as fit into `buffer`. Returns 0 at the end.
    func read(at offset: Int64, into buffer: inout [UInt8]) throws(ImportSourceError) -> Int {
        while true {
            let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, Int(offset)) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Self.unreadable(name) }
            return count
        }
    }
}

/// Why a file can't be imported. A `code` is the system's `errno`.
enum ImportSourceError: Error, Equatable, CustomStringConvertible {
    case unreadable(String, code: Int32)
    case isDirectory(String)
    case noFile(directory: String, code: Int32)
    case notCopied(String, code: Int32)

    var description: String {
        switch self {
        case .unreadable(let name, let code): "\(name) can't be read: \(String(cString: strerror(code)))"
        case .isDirectory(let name): "\(name) can't be read: it is a directory"
        case .noFile(let directory, let code): "no temporary file could be made in \(directory): \(String(cString: strerror(code)))"
        case .notCopied(let name, let code): "\(name) could not be copied: \(String(cString: strerror(code)))"
        }
    }
}
