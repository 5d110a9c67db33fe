import CProcess
import Glibc

/// The contents of a cluster's `postmaster.pid`, and checks of whether its server is really running.
struct PostmasterFile: Sendable, Equatable {
    let processID: pid_t
    let port: Int?
    let socketDirectory: String?
    /// The identifier of the server's System V shared memory segment.
    let sharedMemory: Int32?
    /// `starting`, `stopping`, `ready` or `standby`, once the server has got that far.
    let status: String?

    static func path(_ cluster: String) -> String { "\(cluster)/postmaster.pid" }

    /// Reads the file; nil if it is absent or names no process.
    static func read(_ cluster: String) -> PostmasterFile? {
        Files.read(path(cluster)).flatMap { PostmasterFile(parsing: $0) }
    }

    init?(parsing text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(PostmasterFile.trimmed)
        // A negative number marks a server in single-user mode.
        guard let first = lines.first, let number = Int32(first), number != 0 else { return nil }
        processID = abs(number)
        port = lines.count > 3 ? Int(lines[3]) : nil
        socketDirectory = lines.count > 4 && !lines[4].isEmpty ? lines[4] : nil
        sharedMemory = lines.count > 6 ? lines[6].split(separator: " ").last.flatMap { Int32($0) } : nil
        status = lines.count > 7 ? lines[7] : nil
    }

    var isReady: Bool { status == "ready" }

    /// Whether the process is alive and works in this cluster. A process id reused by another process, as happens in
    /// containers, does not count. Neither does a dead process that nobody has waited for.
    func isAlive(in cluster: String) -> Bool {
        guard ProcessTable.isRunning(processID) else { return false }
        if let directory = ProcessTable.directory(processID) { return directory == cluster }
        // If its directory is not visible to us, the owner and the name must do.
        return ProcessTable.owner(processID) == Files.status(cluster)?.st_uid
            && ProcessTable.name(processID) == "postgres"
    }

    /// Whether it is certain that no process of the server still works on the cluster. Postgres shows this by the
    /// memory that its processes share.
    var isCertainlyOver: Bool {
        guard let sharedMemory else { return false }
        return cprocess_shared_memory_users(sharedMemory) == 0
    }

    private static func trimmed(_ line: Substring) -> String {
        var line = line
        while line.last == " " || line.last == "\r" { line.removeLast() }
        return String(line)
    }
}

/// The system's information about processes.
enum ProcessTable {
    /// Whether the process exists and has not ended. A zombie has ended.
    static func isRunning(_ process: pid_t) -> Bool {
        if kill(process, 0) != 0 && errno == ESRCH { return false }
        guard let state = status(process)?.state else { return Files.status("/proc/self") == nil }
        return state != "Z" && state != "X"
    }

    /// Whether the kernel knows the process id, even as that of a zombie.
    static func exists(_ process: pid_t) -> Bool {
        kill(process, 0) == 0 || errno != ESRCH
    }

    /// The working directory of the process, or nil if it is not visible to us.
    static func directory(_ process: pid_t) -> String? {
        Files.resolved("/proc/\(process)/cwd")
    }

    static func owner(_ process: pid_t) -> uid_t? {
        Files.status("/proc/\(process)")?.st_uid
    }

    static func name(_ process: pid_t) -> String? {
        status(process)?.name
    }

    /// The name and state from `pid (name) S …`, where the name may hold any characters.
    private static func status(_ process: pid_t) -> (name: String, state: Character)? {
        guard let text = Files.read("/proc/\(process)/stat", limit: 4096),
            let start = text.firstIndex(of: "("), let end = text.lastIndex(of: ")"), start < end,
            let state = text[end...].dropFirst(2).first
        else { return nil }
        return (String(text[text.index(after: start)..<end]), state)
    }
}
