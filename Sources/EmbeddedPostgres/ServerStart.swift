import BlockingThreads
import Glibc
import Logging

/// One start of a server: the steps that run, in order, under the start lock.
struct ServerStart {
    private let configuration: EmbeddedPostgres.Configuration
    private let log: Logger
    private let timeoutMilliseconds: Int64
    /// The time limit for a server that is ready to answer.
    private static let answerTimeoutMilliseconds: Int64 = 5_000
    /// The size beyond which the log is set aside at the next start; one old log is kept.
    private static let logByteLimit: Int64 = 16 << 20

    init(_ configuration: EmbeddedPostgres.Configuration, _ log: Logger) {
        self.configuration = configuration
        self.log = log
        timeoutMilliseconds = Int64(max(1, configuration.startTimeoutSeconds)) * 1000
    }

    func run() throws(EmbeddedPostgresError) -> EmbeddedPostgresHandle {
        let checked = try check()
        let data = try DataDirectory(preparing: configuration.dataDirectory)
        let user = try ServerUser.choose(cluster: data.cluster)
        let startLock = try FileLock(data.startLock)
        let usersLock = try FileLock(data.usersLock)
        guard startLock.lock(.exclusive, timeoutMilliseconds: timeoutMilliseconds) else {
            throw .busy("another program has been starting or stopping the server of \(data.root) for too long")
        }
        defer { startLock.unlock() }
        // Nobody holds it exclusively without the start lock.
        guard usersLock.tryLock(.shared) else {
            throw .busy("the lock \(data.usersLock) is held by something that is not this program")
        }
        if let file = try findRunning(data, usersLock) {
            return handle(data, usersLock, file, joined: true)
        }
        try data.checkAccess(user)
        try data.removeLeftovers()
        let version = try data.clusterVersion()
        // Another program may have made the cluster, or stopped the server, in the meantime.
        let binaries =
            if let checked, checked.version == version { checked.binaries } else {
                try ServerBinaries.find(given: configuration.binaries, version: version, cluster: data.cluster)
            }
        if version == nil {
            log.info("making a Postgres cluster", metadata: ["directory": "\(data.cluster)"])
            try Cluster.initialize(
                data, binaries, user, synchronizes: configuration.options["fsync"] != "off")
        } else if user.dropsPrivileges, let owner = Files.status(data.cluster)?.st_uid, owner == 0 {
            // The cluster was copied or restored by root.
            try Files.changeOwner(data.cluster, to: user)
        }
        return handle(data, usersLock, try launch(data, binaries, user), joined: false)
    }

    /// Refuses unusable directories and programs before anything is created, so that a refused directory is left as it
    /// was found. Nil if a server is running, because joining it takes no programs.
    private func check() throws(EmbeddedPostgresError) -> (version: Int?, binaries: ServerBinaries)? {
        let data = try DataDirectory(at: configuration.dataDirectory)
        let user = try ServerUser.choose(cluster: data.cluster)
        if let file = PostmasterFile.read(data.cluster), file.isAlive(in: data.cluster) { return nil }
        try data.checkAccess(user)
        let version = try data.clusterVersion()
        return (
            version,
            try ServerBinaries.find(given: configuration.binaries, version: version, cluster: data.cluster)
        )
    }

    private func handle(
        _ data: DataDirectory, _ usersLock: FileLock, _ file: PostmasterFile, joined: Bool
    ) -> EmbeddedPostgresHandle {
        EmbeddedPostgresHandle(
            data: data, usersLock: usersLock,
            socketDirectory: file.socketDirectory ?? SocketDirectory.path(for: data),
            port: file.port ?? SocketDirectory.port, processID: file.processID, joined: joined, log: log)
    }

    // MARK: A running server

    private enum Found {
        case nothing
        case answering(PostmasterFile)
        case silent(PostmasterFile)
    }

    /// The server that is running and answers, or nil if there is none.
    private func findRunning(
        _ data: DataDirectory, _ usersLock: FileLock
    ) throws(EmbeddedPostgresError) -> PostmasterFile? {
        switch try awaitState(data) {
        case nil:
            throw .busy("the server of \(data.root) has been starting or stopping for too long; see \(data.log)")
        case .nothing:
            try clearStaleFile(data)
            return nil
        case .answering(let file):
            log.debug("joined a running Postgres server", metadata: ["process": "\(file.processID)"])
            return file
        case .silent(let file):
            // Its socket may have been removed under it. If it has no other user, it can be started anew.
            guard usersLock.tryLock(.exclusive) else {
                throw .busy("the server of \(data.root) (process \(file.processID)) doesn't answer on its socket")
            }
            defer { _ = usersLock.tryLock(.shared) }
            guard ServerStop(data, log).stop() else {
                throw .busy("the server of \(data.root) (process \(file.processID)) neither answers nor stops")
            }
            return nil
        }
    }

    /// Waits until a starting or stopping server is ready or gone; nil if it is neither in time.
    private func awaitState(_ data: DataDirectory) throws(EmbeddedPostgresError) -> Found? {
        var readySince: Int64?
        return try poll(forMilliseconds: timeoutMilliseconds) { () throws(EmbeddedPostgresError) -> Found? in
            guard let file = PostmasterFile.read(data.cluster), file.isAlive(in: data.cluster) else { return .nothing }
            guard file.isReady else { return nil }
            if SocketDirectory.answers(socketPath(file, data)) { return .answering(file) }
            let now = monotonicMilliseconds()
            let since = readySince ?? now
            readySince = since
            return now - since > ServerStart.answerTimeoutMilliseconds ? .silent(file) : nil
        }
    }

    private func socketPath(_ file: PostmasterFile, _ data: DataDirectory) -> String {
        SocketDirectory.socketPath(
            file.socketDirectory ?? SocketDirectory.path(for: data), port: file.port ?? SocketDirectory.port)
    }

    /// Removes the file of a server that has ended. Postgres takes a process id in use for its old server's, even if it
    /// belongs to a zombie or an unrelated process.
    private func clearStaleFile(_ data: DataDirectory) throws(EmbeddedPostgresError) {
        guard let file = PostmasterFile.read(data.cluster), ProcessTable.exists(file.processID) else { return }
        let isOver = try poll(forMilliseconds: ServerStart.answerTimeoutMilliseconds) {
            file.isCertainlyOver ? true : nil
        }
        // If it isn't certain, Postgres itself decides.
        if isOver == nil { return }
        unlink(PostmasterFile.path(data.cluster))
        // The socket has a lock file too, which names the same process.
        let socketLock = "\(socketPath(file, data)).lock"
        if Files.read(socketLock).flatMap({ PostmasterFile(parsing: $0) })?.processID == file.processID {
            unlink(socketLock)
        }
    }

    // MARK: A new server

    private func launch(
        _ data: DataDirectory, _ binaries: ServerBinaries, _ user: ServerUser
    ) throws(EmbeddedPostgresError) -> PostmasterFile {
        let socketDirectory = SocketDirectory.path(for: data)
        try SocketDirectory.prepare(socketDirectory, for: user)
        if Files.size(data.log) > ServerStart.logByteLimit { rename(data.log, "\(data.log).1") }
        let logStart = Files.size(data.log)
        let process = try spawn(data, binaries, user, socketDirectory)
        let socket = SocketDirectory.socketPath(socketDirectory)
        let ready = try poll(forMilliseconds: timeoutMilliseconds) {
            () throws(EmbeddedPostgresError) -> PostmasterFile? in
            guard ProcessTable.isRunning(process) else {
                throw .start(
                    "the Postgres server of \(data.root) can't be started: \(complaint(data.log, from: logStart))")
            }
            guard let file = PostmasterFile.read(data.cluster), file.processID == process, file.isReady,
                SocketDirectory.answers(socket)
            else { return nil }
            return file
        }
        guard let ready else {
            // If the server gets ready after all, the next program joins it.
            throw .start(
                """
                the Postgres server of \(data.root) was not ready after \(configuration.startTimeoutSeconds) seconds: \
                \(complaint(data.log, from: logStart))
                """)
        }
        log.info(
            "started a Postgres server", metadata: ["process": "\(process)", "version": "\(binaries.majorVersion)"])
        return ready
    }

    private func spawn(
        _ data: DataDirectory, _ binaries: ServerBinaries, _ user: ServerUser, _ socketDirectory: String
    ) throws(EmbeddedPostgresError) -> pid_t {
        var arguments = ["-D", data.cluster, "-p", String(SocketDirectory.port)]
        var options = EmbeddedPostgres.Configuration.defaultOptions
        if !binaries.accept("wal_compression", "lz4", data.cluster, user) { options["wal_compression"] = "pglz" }
        options.merge(configuration.options) { $1 }
        // Options must not change the settings that the server's life cycle relies on.
        options["listen_addresses"] = ""
        options["unix_socket_directories"] = "\"\(socketDirectory.replacing("\"", with: "\"\""))\""
        options["unix_socket_permissions"] = "0700"
        options["logging_collector"] = "off"
        options["log_destination"] = "stderr"
        for (name, value) in options.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            arguments += ["-c", "\(name)=\(value)"]
        }
        let output = open(data.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard output >= 0 else { throw .directory("\(data.log) can't be written: \(Files.errorText())") }
        defer { close(output) }
        let input = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw .system("/dev/null can't be read: \(Files.errorText())") }
        defer { close(input) }
        let process = try ChildProcess.start(
            binaries.postgres, arguments, as: user, .init(input: input, output: output), diesWithParent: false)
        // Somebody must wait for the process whenever it ends: a zombie would look like a server to the next start.
        _ = startThread {
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        }
        return process
    }

    /// The end of the server's log since its start.
    private func complaint(_ log: String, from offset: Int64) -> String {
        let bytes = Files.readTail(log, limit: 8192, from: offset) ?? []
        return Cluster.lastLines(String(decoding: bytes, as: UTF8.self))
    }
}
