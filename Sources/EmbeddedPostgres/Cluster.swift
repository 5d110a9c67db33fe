import Glibc

/// Makes a cluster. It is built beside its final place and renamed when it is complete, so that a half-made cluster is
/// never used.
enum Cluster {
    static let databaseName = "ledger"
    static let userName = "alpha_ledger"

    private static let timeoutMilliseconds: Int64 = 300_000

    static func initialize(
        _ data: DataDirectory, _ binaries: ServerBinaries, _ user: ServerUser, synchronizes: Bool
    ) throws(EmbeddedPostgresError) {
        let place = "\(data.root)/\(DataDirectory.newClusterPrefix)\(getpid())"
        try Files.removeTree(place)
        guard mkdir(place, 0o700) == 0 else {
            throw .directory("the directory \(place) can't be made: \(Files.errorText())")
        }
        do throws(EmbeddedPostgresError) {
            if user.dropsPrivileges { try Files.changeOwner(place, to: user) }
            try runInitdb(place, binaries, user, synchronizes: synchronizes)
            try createDatabase(place, binaries, user)
            // Only a directory without any data can be in the way here.
            try Files.removeTree(data.cluster)
            guard rename(place, data.cluster) == 0 else {
                throw .directory("\(place) can't be renamed to \(data.cluster): \(Files.errorText())")
            }
        } catch {
            try? Files.removeTree(place)
            throw error
        }
        Files.synchronizeDirectory(data.root)
    }

    /// Runs initdb. Every user of the socket is trusted, because only the server's user and root can enter its directory.
    private static func runInitdb(
        _ place: String, _ binaries: ServerBinaries, _ user: ServerUser, synchronizes: Bool
    ) throws(EmbeddedPostgresError) {
        var arguments = [
            "-D", place, "-U", userName, "-E", "UTF8", "--no-locale", "--data-checksums", "--auth=trust",
            "--no-instructions",
        ]
        if !synchronizes { arguments.append("--no-sync") }
        let outcome = try ChildProcess.run(
            binaries.initdb, arguments, as: user, timeoutMilliseconds: timeoutMilliseconds)
        guard outcome.exitCode == 0 else {
            throw .initialization("a Postgres cluster can't be made in \(place): \(lastLines(outcome.output))")
        }
    }

    /// Creates the database before the first start of the server. It runs in single-user mode, whose exit code does not
    /// report failed statements.
    private static func createDatabase(
        _ place: String, _ binaries: ServerBinaries, _ user: ServerUser
    ) throws(EmbeddedPostgresError) {
        let outcome = try ChildProcess.run(
            binaries.postgres, ["--single", "-D", place, "-c", "log_min_messages=error", "postgres"], as: user,
            input: "CREATE DATABASE \(databaseName);\n", timeoutMilliseconds: timeoutMilliseconds)
        let complaints = ["ERROR:", "FATAL:", "PANIC:"]
        guard outcome.exitCode == 0, !complaints.contains(where: outcome.output.contains) else {
            throw .initialization(
                "the database \(databaseName) can't be made in \(place): \(lastLines(outcome.output))")
        }
    }

    /// The last lines of a program's output, joined into one line.
    static func lastLines(_ output: String, count: Int = 5) -> String {
        let lines = output.split(separator: "\n").map { $0.drop(while: \.isWhitespace) }.filter { !$0.isEmpty }
        return lines.isEmpty ? "it gave no reason" : lines.suffix(count).joined(separator: "; ")
    }
}
