import BlockingThreads
import CProcess
import Glibc

/// Starts other programs, each in its own session, with a known environment, and as another user if needed.
enum ChildProcess {
    /// The outcome of a finished program.
    struct Outcome {
        /// The exit code: 0 for success, 128 + signal for a killed program.
        let exitCode: Int32
        /// The text of standard output and standard error together.
        let output: String
    }

    struct Streams {
        let input: Int32
        let output: Int32
    }

    /// The environment of every program: the locale is C, the time zone is UTC, and no `PG…` variable is passed on.
    private static let environment: [String] = {
        var variables = ["LC_ALL=C", "LANG=C", "TZ=UTC"]
        for name in ["PATH", "LD_LIBRARY_PATH", "TMPDIR"] {
            if let value = getenv(name) { variables.append("\(name)=\(String(cString: value))") }
        }
        return variables
    }()

    /// Starts a program and returns its process id.
    static func start(
        _ path: String, _ arguments: [String], as user: ServerUser?, _ streams: Streams, diesWithParent: Bool,
        adding variables: [String] = []
    ) throws(EmbeddedPostgresError) -> pid_t {
        let dropsUser = user?.dropsPrivileges ?? false
        var step: Int32 = 0
        var code: Int32 = 0
        let child = withCStrings([path] + arguments) { arguments in
            withCStrings(environment + variables) { environment in
                "/".withCString { directory in
                    var options = cprocess_options(
                        standard_input: streams.input, standard_output: streams.output,
                        standard_error: streams.output, drops_user: dropsUser, user: user?.id ?? 0,
                        group: user?.group ?? 0, directory: directory, dies_with_parent: diesWithParent)
                    return cprocess_spawn(path, arguments, environment, &options, &step, &code)
                }
            }
        }
        if child > 0 { return child }
        let reason = Files.errorText(code)
        switch UInt32(step) {
        case CPROCESS_STEP_USER.rawValue:
            throw .system("the program can't become user \(user?.name ?? "?"): \(reason)")
        case CPROCESS_STEP_EXEC.rawValue:
            let suffix = dropsUser ? " as user \(user?.name ?? "?")" : ""
            throw .binaries("\(path) can't be run\(suffix): \(reason)")
        default:
            throw .system("a process for \(path) can't be started: \(reason)")
        }
    }

    /// Runs a program to its end, with `input` (a few lines at most) on its standard input.
    ///
    /// - Parameters:
    ///   - variables: the environment besides that of every program, each as `NAME=value`
    ///   - isCancelled: asked several times a second; the program is killed once the answer is true
    static func run(
        _ path: String, _ arguments: [String], as user: ServerUser? = nil, input: String = "",
        adding variables: [String] = [], timeoutMilliseconds: Int64 = 10_000, isCancelled: () -> Bool = { false }
    ) throws(EmbeddedPostgresError) -> Outcome {
        var inputEnds: [Int32] = [-1, -1]
        var outputEnds: [Int32] = [-1, -1]
        guard pipe(&inputEnds) == 0 else { throw .system("no pipe can be made: \(Files.errorText())") }
        guard pipe(&outputEnds) == 0 else {
            let reason = Files.errorText()
            for end in inputEnds { close(end) }
            throw .system("no pipe can be made: \(reason)")
        }
        for end in inputEnds + outputEnds { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(outputEnds[0]) }
        // The input fits into the pipe, so nobody has to wait for a reader.
        var input = input
        input.withUTF8 { _ = write(inputEnds[1], $0.baseAddress, min($0.count, 4096)) }
        close(inputEnds[1])
        let started = Result { () throws(EmbeddedPostgresError) in
            try start(
                path, arguments, as: user, Streams(input: inputEnds[0], output: outputEnds[1]), diesWithParent: true,
                adding: variables)
        }
        close(inputEnds[0])
        close(outputEnds[1])
        let child = try started.get()
        let output = readAll(outputEnds[0], child, timeoutMilliseconds, isCancelled)
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        return Outcome(
            exitCode: signal == 0 ? (status >> 8) & 0xFF : 128 + signal,
            output: String(decoding: output, as: UTF8.self))
    }

    /// Reads the output to its end, and kills the program when its time is up. Keeps the last 64 KiB.
    private static func readAll(
        _ descriptor: Int32, _ child: pid_t, _ timeout: Int64, _ isCancelled: () -> Bool
    ) -> [UInt8] {
        let deadline = monotonicMilliseconds() + timeout
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        while true {
            var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let remaining = Int32(clamping: deadline - monotonicMilliseconds())
            if remaining <= 0 || isCancelled() {
                kill(-child, SIGKILL)
                kill(child, SIGKILL)
                return output
            }
            if Glibc.poll(&poller, 1, min(remaining, 200)) <= 0 { continue }
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return output }
            output.append(contentsOf: chunk[..<count])
            if output.count > 128 * 1024 { output.removeFirst(output.count - 64 * 1024) }
        }
    }

    /// Calls `body` with strings as a C array, which ends with a null pointer.
    private static func withCStrings<R>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> R
    ) -> R {
        let copies = strings.map { strdup($0) } + [nil]
        defer {
            for copy in copies { free(copy) }
        }
        return copies.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
