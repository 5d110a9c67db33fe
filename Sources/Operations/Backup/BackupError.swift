/// Why a backup was not made, read or restored.
package enum BackupError: Error, Equatable, CustomStringConvertible {
    /// The path exists and is not an empty directory.
    case targetExists(path: String)
    /// The directory lacks the manifest, which is written last.
    case unfinished(path: String)
    /// The manifest can't be read, or does not fit its head.
    case manifest(problem: String)
    /// The user may not copy the server.
    case notPermitted(user: String, reason: String)
    /// The server can't be copied as it is set up.
    case unsuitable(problem: String)
    case noSpace(path: String)
    /// `pg_basebackup` ended with another error.
    case copyFailed(reason: String)
    /// The server could not be reached.
    case unreachable(reason: String)
    /// A file differs from the manifest, is missing, or is one too many.
    case altered(problems: [String])
    /// A file can't be read or written.
    case files(problem: String)
    /// The copy does not hold what the manifest says.
    case otherContents(problem: String)

    /// Exit code of the commands (docs/contract/backups.md).
    package var exitCode: Int32 {
        switch self {
        case .unfinished, .manifest, .noSpace, .copyFailed, .altered, .files, .otherContents: 1
        case .targetExists, .notPermitted, .unsuitable: 2
        case .unreachable: 4
        }
    }

    package var description: String {
        switch self {
        case .targetExists(let path): "\(path) exists and is not an empty directory: nothing was written"
        case .unfinished(let path):
            "\(path) has no manifest.json, which is written last: it is no backup, or one that was not finished; remove it and make another"
        case .manifest(let problem): "manifest.json: \(problem)"
        case .notPermitted(let user, let reason):
            "the user \(user) may not copy the server (\(reason)): run `ALTER ROLE … REPLICATION` for it, and allow it the database `replication` in pg_hba.conf"
        case .unsuitable(let problem): problem
        case .noSpace(let path): "\(path): there is no space left on the disk; nothing was kept"
        case .copyFailed(let reason): "pg_basebackup failed: \(reason)"
        case .unreachable(let reason): "the server can't be reached for a copy: \(reason)"
        case .altered(let problems):
            problems.count <= 1 ? problems.first ?? "a file differs" : "\(problems[0]) (and \(problems.count - 1) more)"
        case .files(let problem), .otherContents(let problem): problem
        }
    }
}
