import Glibc
import LoopbackServer

/// An HTTPS server with a certificate of its own making, played by the openssl program.
final class SelfSignedServer {
    let port: Int
    private let process: pid_t
    private let directory: String

    struct Failure: Error {}

    private static let program = "/usr/bin/openssl"
    static var isAvailable: Bool { access(program, X_OK) == 0 }

    init() throws {
        port = try LoopbackServer.unusedPort()
        var template = Array("/tmp/alpha-ledger-certificate-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure() }
        directory = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        let (key, certificate) = ("\(directory)/key", "\(directory)/certificate")
        let maker = try Self.start([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
        ])
        guard Self.wait(for: maker) == 0 else { throw Failure() }
        process = try Self.start([
            "s_server", "-quiet", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", key, "-www",
        ])
    }

    func stop() {
        // Not SIGTERM: the child inherits the signal mask of the thread that started it, which may block that.
        kill(process, SIGKILL)
        _ = Self.wait(for: process)
        unlink("\(directory)/key")
        unlink("\(directory)/certificate")
        rmdir(directory)
    }

    private static func start(_ arguments: [String]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor: Int32 in 0...2 {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        var process = pid_t()
        let pointers = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        guard posix_spawn(&process, program, &actions, nil, pointers, environ) == 0 else { throw Failure() }
        return process
    }

    private static func wait(for process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return status
    }
}
