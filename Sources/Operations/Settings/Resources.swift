import Glibc
package import LedgerStore

/// The project's own files that the program reads as it runs: migrations, event schemas, projections' rules.
///
/// Found wherever the program was started from: in `ALPHA_LEDGER_HOME`, or beside or above the executable, or in
/// `../share/alpha-ledger` of where it is installed. Rule files can be added there without a rebuild.
package struct Resources: Sendable {
    package let root: String

    /// The folder that holds `schema` and `projections`.
    package init(root: String) { self.root = root }

    /// - Parameters:
    ///   - home: `ALPHA_LEDGER_HOME`, where it is set.
    ///   - executable: the running program's real path.
    package static func find(home: String?, executable: String) throws(ResourcesError) -> Resources {
        if let home, !home.isEmpty {
            guard isRoot(home) else { throw .badHome(home) }
            return Resources(root: home)
        }
        var directory = parent(of: executable)
        while !directory.isEmpty {
            for candidate in [directory, directory + "/share/alpha-ledger"] where isRoot(candidate) {
                return Resources(root: candidate)
            }
            directory = parent(of: directory)
        }
        throw .notFound(executable: executable)
    }

    /// The running program's real path.
    package static func executablePath() -> String {
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

    /// The migrations, event schemas and rules.
    package var files: LedgerFiles { LedgerFiles(engine: root + "/schema", domain: root) }

    /// The paths below `docs` of the project's documents, as in `contract/README.md`; empty if they are not installed.
    package func documents() throws -> [String] { try files.documents() }

    /// A document's bytes.
    ///
    /// - Parameter path: one of ``documents()``
    package func document(_ path: String) throws -> [UInt8] { try files.document(path) }

    /// The OpenAPI description of the HTTP interface, `schema/openapi.yaml`.
    package func apiDescription() throws -> [UInt8] { try LedgerFiles.read(root + "/schema/openapi.yaml") }
}

/// Why the project's own files can't be found.
package enum ResourcesError: Error, Equatable, CustomStringConvertible {
    /// `ALPHA_LEDGER_HOME` is a folder without them.
    case badHome(String)
    case notFound(executable: String)

    package var description: String {
        switch self {
        case .badHome(let home): "ALPHA_LEDGER_HOME=\(home): there is no schema/migrations and projections in it"
        case .notFound(let executable):
            "schema/ and projections/ were not found in a folder above \(executable), nor in its share/alpha-ledger: set ALPHA_LEDGER_HOME to the folder that holds them, which is the one that the program was built in or installed to"
        }
    }
}
