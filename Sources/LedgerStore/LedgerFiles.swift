import Glibc

/// The files of a ledger: the engine's migrations and the schema of its own event, the domain's event schemas, and one
/// folder per projection with rules, columns and tables.
///
/// Directories are read in bytewise order of the names; hidden files are skipped.
public struct LedgerFiles: Sendable {
    private let engine: String
    private let domain: String

    /// Locates the files in two directories.
    ///
    /// - Parameters:
    ///   - engine: the directory `schema` of this package, with `migrations` and `events/ProjectionPromoted.v1.json`.
    ///   - domain: the directory that has `schema/events`, `projections` and `analyses` of the domain.
    public init(engine: String, domain: String) {
        self.engine = engine
        self.domain = domain
    }

    /// The engine's migrations.
    public func migrations() throws -> [Migration] {
        try Self.files(in: engine + "/migrations", suffix: ".sql").map { name, bytes in
            guard let migration = Migration(fileName: name, bytes: bytes) else {
                throw LedgerFilesError.badMigrationName(path: "\(engine)/migrations/\(name)")
            }
            return migration
        }
    }

    /// The schema files by name, `<Type>.v<N>.json`.
    public func eventSchemas() throws -> [String: [UInt8]] {
        let all =
            try Self.files(in: engine + "/events", suffix: "ProjectionPromoted.v1.json")
            + Self.files(in: domain + "/schema/events", suffix: ".json")
        return Dictionary(all) { _, own in own }
    }

    /// The paths of all files below `projections/`, one folder deep.
    public func projectionFiles() throws -> [String] {
        let root = domain + "/projections"
        return try Self.list(root).flatMap { folder -> [String] in
            guard isDirectory("\(root)/\(folder)") else { return [] }
            return try Self.list("\(root)/\(folder)").map { "\(folder)/\($0)" }
        }
    }

    /// The bytes of a file below `projections/`, or nil if the file is absent.
    public func projectionFile(_ path: String) throws -> [UInt8]? {
        let full = "\(domain)/projections/\(path)"
        return access(full, F_OK) == 0 ? try Self.read(full) : nil
    }

    /// Paths of the rule files of analyses from the root, `analyses/<name>/<file>`; empty where there are none.
    public func analysisFiles() throws -> [String] {
        guard isDirectory(domain + "/analyses") else { return [] }
        return try Self.list(domain + "/analyses").map { "analyses/\($0)" }.filter { isDirectory("\(domain)/\($0)") }.flatMap { folder in
            try Self.list("\(domain)/\(folder)").map { "\(folder)/\($0)" }
        }
    }

    /// A rule file of an analysis by its path from the root; nil if there is none.
    public func analysisFile(_ path: String) throws -> [UInt8]? {
        let full = "\(domain)/\(path)"
        return access(full, F_OK) == 0 ? try Self.read(full) : nil
    }

    /// A rule file of a projection, by its path below `projections/`, or of an analysis, by its path from the root.
    public func ruleFile(_ path: String) throws -> [UInt8]? {
        path.hasPrefix("analyses/") ? try analysisFile(path) : try projectionFile(path)
    }

    /// The paths of all texts in Markdown below `docs/` and one folder deep in it, as in `contract/README.md`; empty if there are none.
    package func documents() throws -> [String] {
        let root = domain + "/docs"
        guard isDirectory(root) else { return [] }
        return try Self.list(root).flatMap { name -> [String] in
            guard isDirectory("\(root)/\(name)") else { return [name] }
            return try Self.list("\(root)/\(name)").map { "\(name)/\($0)" }
        }.filter { $0.hasSuffix(".md") }
    }

    /// The bytes of a text below `docs/`.
    ///
    /// - Parameter path: one of ``documents()``.
    package func document(_ path: String) throws -> [UInt8] { try Self.read("\(domain)/docs/\(path)") }

    private static func files(in directory: String, suffix: String) throws -> [(String, [UInt8])] {
        try list(directory).filter { $0.hasSuffix(suffix) }.map { ($0, try read("\(directory)/\($0)")) }
    }

    /// The names in a folder, sorted bytewise, without those that begin with a point.
    package static func list(_ directory: String) throws -> [String] {
        guard let handle = opendir(directory) else {
            throw LedgerFilesError.unreadable(path: directory, code: errno)
        }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    /// A file's bytes.
    package static func read(_ path: String) throws(LedgerFilesError) -> [UInt8] {
        guard let bytes = readFile(path) else { throw .unreadable(path: path, code: errno) }
        return bytes
    }
}

/// Why the files of a ledger can't be used.
public enum LedgerFilesError: Error, Equatable, CustomStringConvertible {
    /// A file or a folder can't be read; `code` is the system's `errno`.
    case unreadable(path: String, code: Int32)
    /// A migration is not named `<number>_<name>.sql`.
    case badMigrationName(path: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let code): "\(path): \(String(cString: strerror(code)))"
        case .badMigrationName(let path): "\(path): a migration is named <number>_<name>.sql"
        }
    }
}

package func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// A file's bytes, or nil, with `errno` set, if it can't be read.
package func readFile(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        if count < 0 { return nil }
        if count == 0 { return bytes }
        bytes.append(contentsOf: buffer[..<count])
    }
}
