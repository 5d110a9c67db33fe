import Glibc

/// A directory with the programs of a Postgres server.
struct ServerBinaries: Sendable, Equatable {
    static let minimumVersion = 15

    let directory: String
    let majorVersion: Int

    var postgres: String { "\(directory)/postgres" }
    var initdb: String { "\(directory)/initdb" }

    /// Finds the programs to use. If a directory is given, only its programs qualify. Otherwise the first suitable ones
    /// of `pg_config --bindir`, `PATH`, and the newest of the directories where packages install them are used.
    ///
    /// `version` is the major version of an existing cluster, which no other version can open.
    static func find(given: String?, version: Int?, cluster: String) throws(EmbeddedPostgresError) -> ServerBinaries {
        if let given {
            guard let binaries = inspect(given) else {
                throw .binaries("\(given) holds no working postgres and initdb of the same version")
            }
            guard binaries.majorVersion >= minimumVersion else {
                throw .binaries("\(given) holds Postgres \(binaries.majorVersion), and at least 15 is needed")
            }
            guard version == nil || version == binaries.majorVersion else {
                throw mismatch(cluster, version, [binaries])
            }
            return binaries
        }
        var found: [ServerBinaries] = []
        var seen: Set<String> = []
        for directory in candidates() where seen.insert(directory).inserted {
            guard let binaries = inspect(directory) else { continue }
            found.append(binaries)
            if binaries.majorVersion >= minimumVersion && (version == nil || version == binaries.majorVersion) {
                return binaries
            }
        }
        let suitable = found.filter { $0.majorVersion >= minimumVersion }
        if !suitable.isEmpty { throw mismatch(cluster, version, suitable) }
        let old = found.map(\.majorVersion).max().map { "only version \($0) was found" } ?? "none were found"
        throw .binaries(
            """
            the programs of a Postgres server, version 15 or later, are needed, and \(old): install the package \
            postgresql, or name their directory in ALPHA_LEDGER_POSTGRES_BIN, or a server in DATABASE_URL
            """)
    }

    /// Whether a server of a cluster starts with a setting.
    func accept(_ name: String, _ value: String, _ cluster: String, _ user: ServerUser) -> Bool {
        let outcome = try? ChildProcess.run(postgres, ["-C", name, "-D", cluster, "-c", "\(name)=\(value)"], as: user)
        return outcome?.exitCode == 0
    }

    private static func mismatch(
        _ cluster: String, _ version: Int?, _ found: [ServerBinaries]
    ) -> EmbeddedPostgresError {
        let versions = Set(found.map(\.majorVersion)).sorted().map(String.init).joined(separator: ", ")
        return .version(
            "the cluster \(cluster) was made by Postgres \(version ?? 0), but the server programs are of version "
                + versions)
    }

    /// The directories that may hold the programs, best first.
    private static func candidates() -> [String] {
        let path = getenv("PATH").map { String(cString: $0).split(separator: ":").map(String.init) } ?? []
        var directories: [String] = []
        for directory in path where Files.isExecutable("\(directory)/pg_config") {
            let outcome = try? ChildProcess.run("\(directory)/pg_config", ["--bindir"])
            if let outcome, outcome.exitCode == 0, let line = outcome.output.split(separator: "\n").first {
                directories.append(String(line))
            }
            break
        }
        directories += path.filter { $0.hasPrefix("/") }
        let packaged = Files.names(in: "/usr/lib/postgresql").compactMap { name in
            Int(name).map { (version: $0, directory: "/usr/lib/postgresql/\(name)/bin") }
        }
        directories += packaged.sorted { $0.version > $1.version }.map(\.directory)
        return directories
    }

    /// The programs of a directory, if both exist and really report the same version.
    ///
    /// Links are followed first, so that a server finds the files installed beside it.
    private static func inspect(_ directory: String) -> ServerBinaries? {
        guard Files.isExecutable("\(directory)/postgres"), Files.isExecutable("\(directory)/initdb"),
            let target = Files.resolved("\(directory)/postgres")
        else { return nil }
        let real = Files.parent(of: target)
        let home =
            target.hasSuffix("/postgres") && Files.isExecutable("\(real)/initdb")
            ? real : Files.resolved(directory) ?? directory
        guard let version = version(of: "\(home)/postgres", named: "postgres"),
            version == Self.version(of: "\(home)/initdb", named: "initdb")
        else { return nil }
        return ServerBinaries(directory: home, majorVersion: version)
    }

    /// The major version in `name (PostgreSQL) 15.4 …`, or nil if the program prints anything else.
    private static func version(of path: String, named name: String) -> Int? {
        guard let outcome = try? ChildProcess.run(path, ["--version"]), outcome.exitCode == 0 else { return nil }
        return parseVersion(outcome.output, named: name)
    }

    static func parseVersion(_ output: String, named name: String) -> Int? {
        let prefix = "\(name) (PostgreSQL) "
        guard output.hasPrefix(prefix) else { return nil }
        return Int(output.dropFirst(prefix.count).prefix { $0.isASCII && $0.isNumber })
    }
}
