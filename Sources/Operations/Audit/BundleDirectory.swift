import Glibc
package import LedgerBundle
import LedgerValues

/// A bundle in a directory.
package struct BundleDirectory: BundleSource {
    private let root: String

    package init(_ root: String) { self.root = root }

    /// Throws `BundleError` if the directory cannot be read, or if it contains anything except files and directories. A
    /// bundle has no links that lead out of it.
    package func paths() throws -> [String] {
        var found: [String] = []
        try list("", depth: 0, &found)
        return found.sorted { $0.isBytewiseLess(than: $1) }
    }

    private func list(_ folder: String, depth: Int, _ found: inout [String]) throws {
        guard let names = BundleOutput.entries(folder.isEmpty ? root : "\(root)/\(folder)") else {
            throw BundleOutput.failure("\(root)/\(folder)", "can't be read")
        }
        for name in names {
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            var status = stat()
            guard lstat("\(root)/\(path)", &status) == 0 else { throw BundleOutput.failure("\(root)/\(path)", "can't be read") }
            switch status.st_mode & S_IFMT {
            case S_IFREG: found.append(path)
            case S_IFDIR where depth < 4: try list(path, depth: depth + 1, &found)
            default: throw BundleError.files(problem: "\(root)/\(path) is neither a file nor a directory of a bundle")
            }
        }
    }

    package func open(_ path: String) throws -> any BundleBytes {
        let full = "\(root)/\(path)"
        let descriptor = Glibc.open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw BundleOutput.failure(full, "can't be read") }
        return OpenFile(descriptor, full)
    }

    private final class OpenFile: BundleBytes {
        private let descriptor: Int32
        private let path: String

        init(_ descriptor: Int32, _ path: String) {
            self.descriptor = descriptor
            self.path = path
        }

        deinit { close(descriptor) }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
            while true {
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if count >= 0 { return count }
                if errno != EINTR { throw BundleOutput.failure(path, "can't be read") }
            }
        }
    }
}
