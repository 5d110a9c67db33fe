import Glibc
import Synchronization

/// The programs that come with a Postgres server, such as `pg_basebackup`.
package struct ServerTools: Sendable {
    /// The outcome of a finished program.
    package struct Outcome: Sendable {
        /// The exit code: 0 for success, 128 + signal for a killed program.
        package let exitCode: Int32
        /// The last lines of its output, as one line.
        package let lastLines: String
        /// The text of standard output and standard error together; its last 64 KiB.
        package let output: String
    }

    private let binaries: ServerBinaries
    private static let timeoutMilliseconds: Int64 = 7 * 24 * 3_600_000

    /// Finds the programs of a server's major version, in the places where the embedded server is looked for.
    ///
    /// - Parameters:
    ///   - directory: the only directory to search; nil for the usual places
    ///   - server: the server's name in an error, for example `the server`
    package init(
        in directory: String?, majorVersion: Int, of server: String = "the server"
    ) throws(EmbeddedPostgresError) {
        do throws(EmbeddedPostgresError) {
            binaries = try ServerBinaries.find(given: directory, version: majorVersion, cluster: "")
        } catch {
            guard error.isVersionMismatch else { throw error }
            throw .version(
                """
                \(server) is Postgres \(majorVersion), and no programs of that version were found: install \
                postgresql-\(majorVersion), or name their directory in ALPHA_LEDGER_POSTGRES_BIN
                """)
        }
    }

    /// Whether a program is installed.
    package func has(_ program: String) -> Bool { Files.isExecutable(path(program)) }

    private func path(_ program: String) -> String { "\(binaries.directory)/\(program)" }

    /// Runs a program to its end, and kills it if the task is cancelled. The program sees the `PG…` variables of this
    /// process, its HOME, and the given variables.
    package func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws(EmbeddedPostgresError) -> Outcome {
        guard has(program) else { throw .binaries("\(path(program)) is not installed: it comes with the Postgres server") }
        let path = path(program)
        let variables = Self.inherited().merging(environment) { _, given in given }.map { "\($0)=\($1)" }
        let cancelled = Cancelled()
        // The handler passes no typed error on.
        let result = await withTaskCancellationHandler {
            await Self.result(of: path, arguments, variables, cancelled)
        } onCancel: {
            cancelled.flag.store(true, ordering: .relaxed)
        }
        return try result.get()
    }

    private static func result(
        of path: String, _ arguments: [String], _ variables: [String], _ cancelled: Cancelled
    ) async -> Result<Outcome, EmbeddedPostgresError> {
        do throws(EmbeddedPostgresError) {
            return .success(
                try await onThread { () throws(EmbeddedPostgresError) -> Outcome in
                    let outcome = try ChildProcess.run(
                        path, arguments, adding: variables, timeoutMilliseconds: timeoutMilliseconds,
                        isCancelled: { cancelled.flag.load(ordering: .relaxed) })
                    return Outcome(
                        exitCode: outcome.exitCode, lastLines: Cluster.lastLines(outcome.output), output: outcome.output)
                })
        } catch {
            return .failure(error)
        }
    }

    private final class Cancelled: Sendable {
        let flag = Atomic(false)
    }

    /// libpq's own variables, and HOME, where it looks for passwords and certificates.
    private static func inherited() -> [String: String] {
        var found: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            next += 1
            guard let equals = text.firstIndex(of: "=") else { continue }
            let name = String(text[..<equals])
            if name == "HOME" || name.hasPrefix("PG") { found[name] = String(text[text.index(after: equals)...]) }
        }
        return found
    }
}
