import Glibc

/// The directory of the server's Unix socket, which only the server's user (and root) can enter.
enum SocketDirectory {
    static let port = 5432
    /// The longest path of a socket. The kernel allows 107 bytes; the margin is for the lock file's suffix and other
    /// platforms.
    private static let pathLimit = 90

    static func socketPath(_ directory: String, port: Int = SocketDirectory.port) -> String {
        "\(directory)/.s.PGSQL.\(port)"
    }

    /// The directory inside the data directory, if its path is short enough and has no comma. Otherwise a directory
    /// under the system's directory for temporary files that is named after the data directory.
    static func path(for data: DataDirectory) -> String {
        let inside = "\(data.root)/socket"
        if isUsable(inside) { return inside }
        let name = "alpha-ledger-\(hexadecimal(fnv1a(data.root)))"
        if let value = getenv("TMPDIR"), let directory = Files.resolved(String(cString: value)) {
            let candidate = "\(directory)/\(name)"
            if isUsable(candidate) { return candidate }
        }
        return "/tmp/\(name)"
    }

    /// Whether the path is short enough and has no comma, which libpq takes for the end of a host.
    private static func isUsable(_ directory: String) -> Bool {
        socketPath(directory).utf8.count <= pathLimit && !directory.utf8.contains(UInt8(ascii: ","))
    }

    /// Makes the directory, or checks the existing one. A directory of another user is refused.
    static func prepare(_ path: String, for user: ServerUser) throws(EmbeddedPostgresError) {
        if mkdir(path, 0o700) == 0 {
            guard lchown(path, user.id, user.group) == 0 || !user.dropsPrivileges else {
                throw .directory("the socket directory \(path) can't be given to \(user.name): \(Files.errorText())")
            }
        } else if errno != EEXIST {
            throw .directory("the socket directory \(path) can't be made: \(Files.errorText())")
        }
        guard let status = Files.status(path), Files.isDirectory(status) else {
            throw .directory("the socket directory \(path) is not a directory")
        }
        if status.st_uid == 0 && user.dropsPrivileges {
            // Root made the directory on a start that got no further.
            _ = lchown(path, user.id, user.group)
        } else if status.st_uid != user.id {
            throw .directory(
                "the socket directory \(path) belongs to user \(ServerUser.name(of: status.st_uid)), not to \(user.name)"
            )
        }
        if status.st_mode & 0o777 != 0o700 { chmod(path, 0o700) }
    }

    /// Whether a server answers on the socket. It is asked for TLS, and any answer will do.
    static func answers(_ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var timeout = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected else { return false }
        // Length 8, then the code of SSLRequest (80877103); the answer is S or N.
        let request: [UInt8] = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            return false
        }
        var answer: UInt8 = 0
        guard recv(descriptor, &answer, 1, 0) == 1 else { return false }
        return answer == UInt8(ascii: "S") || answer == UInt8(ascii: "N")
    }

    /// 64-bit FNV-1a, used only to give each data directory its own name.
    private static func fnv1a(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
