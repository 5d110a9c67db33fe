import Foundation
import Glibc
import Synchronization

/// A browser that is driven through two pipes, as `--remote-debugging-pipe` has it: messages are JSON, each ended by NUL.
final class BrowserProcess: Sendable {
    private let process: pid_t
    private let input: Int32
    private let output: Int32
    private let profile: String
    private let writing = Mutex(())

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Starts a headless Chromium with an empty profile of its own.
    init() throws {
        let known: [String] = ["/usr/bin/chromium", "/usr/bin/chromium-browser"]
        guard let program = known.first(where: { access($0, X_OK) == 0 }) else {
            throw Failure(description: "there is no chromium: scripts/install-packages installs it")
        }
        profile = "/tmp/alpha-ledger-browser-\(UUID().uuidString.prefix(8))"
        var (commands, answers) = ([Int32](repeating: 0, count: 2), [Int32](repeating: 0, count: 2))
        guard pipe(&commands) == 0, pipe(&answers) == 0 else {
            throw Failure(description: "no pipe: \(String(cString: strerror(errno)))")
        }
        for descriptor in [commands[1], answers[0]] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        // Above the two that the child is to find them at.
        let commandEnd = fcntl(commands[0], F_DUPFD_CLOEXEC, 64)
        let answerEnd = fcntl(answers[1], F_DUPFD_CLOEXEC, 64)
        Glibc.close(commands[0])
        Glibc.close(answers[1])
        defer {
            Glibc.close(commandEnd)
            Glibc.close(answerEnd)
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, commandEnd, 3)
        posix_spawn_file_actions_adddup2(&actions, answerEnd, 4)
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
        let arguments = [
            program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--hide-scrollbars", "--force-color-profile=srgb", "--lang=en",
            "--remote-debugging-pipe", "--user-data-dir=\(profile)", "about:blank",
        ]
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var child: pid_t = 0
        let status = posix_spawn(&child, program, &actions, nil, &pointers, environ)
        guard status == 0 else { throw Failure(description: "\(program): \(String(cString: strerror(status)))") }
        process = child
        input = commands[1]
        output = answers[0]
    }

    func send(_ message: [UInt8]) {
        let bytes = message + [0]
        writing.withLock { _ in
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
                if count <= 0 { return }
                sent += count
            }
        }
    }

    /// Calls `take` with each message until the browser ends. Blocks.
    func receive(_ take: ([UInt8]) -> Void) {
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(output, &buffer, buffer.count)
            if count <= 0 { return }
            pending += buffer[..<count]
            while let end = pending.firstIndex(of: 0) {
                take(Array(pending[..<end]))
                pending.removeSubrange(...end)
            }
        }
    }

    func stop() {
        kill(process, SIGTERM)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        Glibc.close(input)
        try? FileManager.default.removeItem(atPath: profile)
    }
}
