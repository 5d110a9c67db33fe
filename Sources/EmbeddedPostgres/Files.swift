import Glibc

/// The few file operations that this module needs, with errors that name the path.
enum Files {
    static func errorText(_ code: Int32 = errno) -> String {
        String(cString: strerror(code))
    }

    /// A small file's text, or nil if it can't be read.
    static func read(_ path: String, limit: Int = 1 << 20) -> String? {
        guard let bytes = readTail(path, limit: limit, from: 0) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// At most the last `limit` bytes of a file from `offset` on, or nil if it can't be read.
    static func readTail(_ path: String, limit: Int, from offset: Int64) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let size = Int64(lseek(descriptor, 0, SEEK_END))
        // Files of /proc have no size.
        lseek(descriptor, size > 0 ? off_t(max(offset, size - Int64(limit))) : 0, SEEK_SET)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        while bytes.count < limit {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes
    }

    static func size(_ path: String) -> Int64 {
        status(path).map { Int64($0.st_size) } ?? 0
    }

    /// The result of `lstat`, or nil if it fails.
    static func status(_ path: String) -> stat? {
        var result = stat()
        return lstat(path, &result) == 0 ? result : nil
    }

    static func isDirectory(_ status: stat) -> Bool { status.st_mode & S_IFMT == S_IFDIR }

    static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

    /// The names in a directory, sorted by bytes; empty if it can't be read.
    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The path without symbolic links and `..`, or nil if it doesn't exist.
    static func resolved(_ path: String) -> String? {
        guard let result = realpath(path, nil) else { return nil }
        defer { free(result) }
        return String(cString: result)
    }

    /// The directory itself, or its nearest existing ancestor, without symbolic links.
    static func nearest(to path: String) -> String {
        if let found = resolved(path) { return found }
        guard path.utf8.contains(UInt8(ascii: "/")) else { return resolved(".") ?? "/" }
        return path == "/" ? path : nearest(to: parent(of: path))
    }

    static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// Makes a directory and its ancestors; existing ones are left unchanged.
    static func makeDirectories(_ path: String, mode: mode_t) throws(EmbeddedPostgresError) {
        var prefix = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            prefix += prefix.isEmpty || prefix.hasSuffix("/") ? String(part) : "/\(part)"
            if mkdir(prefix, mode) == 0 {
                // The program's umask must not decide who can enter.
                chmod(prefix, mode)
            } else if errno != EEXIST && errno != EISDIR {
                let code = errno
                if access(prefix, F_OK) == 0 { continue }
                throw .directory("the directory \(prefix) can't be made: \(errorText(code))")
            }
        }
    }

    /// Removes a file, or a directory with all of its contents; follows no symbolic links.
    static func removeTree(_ path: String) throws(EmbeddedPostgresError) {
        guard let status = status(path) else { return }
        if isDirectory(status) {
            for name in names(in: path) { try removeTree("\(path)/\(name)") }
            guard rmdir(path) == 0 || errno == ENOENT else {
                throw .directory("the directory \(path) can't be removed: \(errorText())")
            }
        } else {
            guard unlink(path) == 0 || errno == ENOENT else {
                throw .directory("the file \(path) can't be removed: \(errorText())")
            }
        }
    }

    /// Changes the owner of a directory and all of its contents; follows no symbolic links.
    static func changeOwner(_ path: String, to user: ServerUser) throws(EmbeddedPostgresError) {
        guard lchown(path, user.id, user.group) == 0 else {
            throw .directory("\(path) can't be given to user \(user.name): \(errorText())")
        }
        if let status = status(path), isDirectory(status) {
            for name in names(in: path) { try changeOwner("\(path)/\(name)", to: user) }
        }
    }

    /// Makes a rename in a directory survive a power failure.
    static func synchronizeDirectory(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { return }
        fsync(descriptor)
        close(descriptor)
    }
}
