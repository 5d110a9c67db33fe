import Foundation
import PostgresStore

/// Where the files of a ledger are: the engine's migrations and the schema of its own event, and of the domain the event schemas and
/// a folder a projection with rules, columns and tables.
public struct LedgerFiles: Sendable {
    private let engine: String
    private let domain: String
    private var projectionsDirectory: String { "\(domain)/projections" }

    /// - Parameters:
    ///   - engine: the directory `schema` of this package, with `migrations` and `events/ProjectionPromoted.v1.json`.
    ///   - domain: the directory that has `schema/events` and `projections` of the domain.
    public init(engine: String, domain: String) {
        self.engine = engine
        self.domain = domain
    }

    func migrations() throws -> [Migration] {
        try Self.files(in: "\(engine)/migrations", suffix: ".sql").compactMap { Migration(fileName: $0.key, bytes: $0.value) }
    }

    func eventSchemas() throws -> [String: [UInt8]] {
        try Self.files(in: "\(domain)/schema/events", suffix: ".json").merging(
            Self.files(in: "\(engine)/events", suffix: "ProjectionPromoted.v1.json")) { own, _ in own }
    }

    /// The paths of all files below `projections`.
    func projectionFiles() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: projectionsDirectory).flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: "\(projectionsDirectory)/\(folder)").map { "\(folder)/\($0)" }
        }.sorted()
    }

    @Sendable func projectionFile(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: "\(projectionsDirectory)/\(path)").map { Array($0) }
    }

    private static func files(in directory: String, suffix: String) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasSuffix(suffix) {
            files[name] = FileManager.default.contents(atPath: "\(directory)/\(name)").map { Array($0) }
        }
        return files
    }
}
