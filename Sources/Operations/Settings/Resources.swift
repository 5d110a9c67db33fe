import Glibc
public import PostgresStore

/// The project's own files that the program reads as it runs: migrations, event schemas, projections' rules.
///
/// Found wherever the program was started from: in `ALPHA_LEDGER_HOME`, or beside or above the executable, or in
/// `../share/alpha-ledger` of where it is installed. Rule files can be added there without a rebuild.
public struct Resources: Sendable {
    public let root: String

    /// The folder that holds `schema` and `projections`.
    public init(root: String) { self.root = root }

    public struct Problem: Error, CustomStringConvertible {
        public let description: String
    }

    /// - Parameters:
    ///   - home: `ALPHA_LEDGER_HOME`, where it is set.
    ///   - executable: the running program's real path.
    public static func find(home: String?, executable: String) throws -> Resources {
        if let home, !home.isEmpty {
            guard isRoot(home) else {
                throw Problem(description: "ALPHA_LEDGER_HOME=\(home): there is no schema/migrations and projections in it")
            }
            return Resources(root: home)
        }
        var directory = parent(of: executable)
        while !directory.isEmpty {
            for candidate in [directory, directory + "/share/alpha-ledger"] where isRoot(candidate) {
                return Resources(root: candidate)
            }
            directory = parent(of: directory)
        }
        throw Problem(
            description:
                "schema/ and projections/ were not found in a folder above \(executable), nor in its share/alpha-ledger: set ALPHA_LEDGER_HOME to the folder that holds them, which is the one that the program was built in or installed to")
    }

    /// The running program's real path.
    public static func executablePath() -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        if length <= 0 { return CommandLine.arguments[0] }
        return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return String(path[..<slash])
    }

    private static func isRoot(_ path: String) -> Bool {
        isDirectory(path + "/schema/migrations") && isDirectory(path + "/projections")
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    public func migrations() throws -> [Migration] {
        let directory = root + "/schema/migrations"
        return try Self.list(directory).compactMap { name in
            guard name.hasSuffix(".sql") else { return nil }
            guard let migration = Migration(fileName: name, bytes: try Self.read("\(directory)/\(name)")) else {
                throw Problem(description: "\(directory)/\(name): a migration is named <number>_<name>.sql")
            }
            return migration
        }
    }

    /// Schema files by name, `<Type>.v<N>.json`.
    public func eventSchemas() throws -> [String: [UInt8]] {
        let directory = root + "/schema/events"
        var files: [String: [UInt8]] = [:]
        for name in try Self.list(directory) where name.hasSuffix(".json") {
            files[name] = try Self.read("\(directory)/\(name)")
        }
        return files
    }

    /// The OpenAPI description of the HTTP interface, `schema/openapi.yaml`.
    public func apiDescription() throws -> [UInt8] { try Self.read(root + "/schema/openapi.yaml") }

    /// Paths of all files below `projections/`, one folder deep.
    public func projectionFiles() throws -> [String] {
        try Self.list(root + "/projections").flatMap { folder -> [String] in
            guard Self.isDirectory("\(root)/projections/\(folder)") else { return [] }
            return try Self.list("\(root)/projections/\(folder)").map { "\(folder)/\($0)" }
        }
    }

    /// A file below `projections/`; nil where there is none.
    public func projectionFile(_ path: String) throws -> [UInt8]? {
        let full = "\(root)/projections/\(path)"
        return access(full, F_OK) == 0 ? try Self.read(full) : nil
    }

    private static func list(_ directory: String) throws -> [String] {
        guard let handle = opendir(directory) else {
            throw Problem(description: "\(directory): \(String(cString: strerror(errno)))")
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

    private static func read(_ path: String) throws -> [UInt8] {
        guard let bytes = readFile(path) else {
            throw Problem(description: "\(path): \(String(cString: strerror(errno)))")
        }
        return bytes
    }
}

/// A file's bytes; nil, with `errno` set, where it can't be read.
public func readFile(_ path: String) -> [UInt8]? {
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
