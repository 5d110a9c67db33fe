public import Rules
import Values

/// The projections that this program can fold, each in every rules version that is installed.
public struct ProjectionRegistry: Sendable {
    /// By name bytewise, then by rules version.
    public let definitions: [ProjectionDefinition]

    public struct Problem: Error, CustomStringConvertible {
        public let description: String
    }

    /// Reads every installed rules version of every projection.
    ///
    /// - Parameters:
    ///   - files: the paths of all files below `projections/`.
    ///   - read: gives a file's bytes by such a path.
    public init(files: [String], read: @escaping RuleFileReader) throws {
        var found: [ProjectionDefinition] = []
        func installedVersions(of name: String) -> [Int] {
            files.compactMap { path -> Int? in
                let prefix = "\(name)/rules.v"
                guard path.hasPrefix(prefix), path.hasSuffix(".yaml") else { return nil }
                return Int(path.dropFirst(prefix.count).dropLast(".yaml".count))
            }.sorted()
        }
        func add<P: Projection>(_ name: String, _ make: (Int) throws -> P) throws {
            func bytes(_ file: String) throws -> [UInt8] {
                guard let bytes = try read("\(name)/\(file)") else {
                    throw Problem(description: "projections/\(name)/\(file): there is no such file")
                }
                return bytes
            }
            let columns: ColumnSet
            do {
                columns = try ColumnSet(parsing: try bytes("columns.json"))
            } catch {
                throw Problem(description: "projections/\(name)/columns.json: \(error)")
            }
            let tableSQL = String(decoding: try bytes("table.sql"), as: UTF8.self)
            let indexSQL = String(decoding: try bytes("indexes.sql"), as: UTF8.self)
            let versions = installedVersions(of: name)
            if versions.isEmpty { throw Problem(description: "projections/\(name): no rules.v<N>.yaml is installed") }
            for version in versions {
                found.append(
                    ProjectionDefinition(
                        try make(version), columns: columns, tableSQL: tableSQL, indexSQL: indexSQL))
            }
        }
        try add(AlignmentProjection.name) { AlignmentProjection(rules: try AlignmentRules(version: $0, read: read)) }
        try add(ContextProjection.name) { ContextProjection(rules: try ContextRules(version: $0, read: read)) }
        try add(ExecutionQualityProjection.name) {
            ExecutionQualityProjection(rules: try ExecutionQualityRules(version: $0, read: read))
        }
        try add(LifecyclesProjection.name) { LifecyclesProjection(rules: try LifecyclesRules(version: $0, read: read)) }
        try add(OutcomesProjection.name) { OutcomesProjection(rules: try OutcomesRules(version: $0, read: read)) }
        try add(SyncStateProjection.name) { SyncStateProjection(rules: try SyncStateRules(version: $0, read: read)) }
        try add(TradesProjection.name) { TradesProjection(rules: try TradesRules(version: $0, read: read)) }
        definitions = found
    }

    /// The projections' names, bytewise sorted.
    public var names: [String] {
        var names: [String] = []
        for definition in definitions where names.last != definition.identity.name { names.append(definition.identity.name) }
        return names
    }

    /// The definition of a version, by the name of its rules (`v1`); nil where it is not installed.
    public func definition(_ name: String, version: String) -> ProjectionDefinition? {
        definitions.first { $0.identity.name == name && $0.identity.version == version }
    }

    /// The version that a new ledger serves first: the lowest, so that a newer one is promoted on purpose.
    public func firstDefinition(_ name: String) -> ProjectionDefinition? {
        definitions.first { $0.identity.name == name }
    }
}
