public import LedgerEvents
public import LedgerRules
import LedgerValues

/// The projections that this program can fold, each in every installed rules version and every code version that the
/// program has.
public struct ProjectionRegistry: Sendable {
    /// The definitions, bytewise by name, then by rules version, then by code version.
    public let definitions: [ProjectionDefinition]
    /// The event types that the program knows.
    public let events: EventRegistry
    /// Rules versions whose files can't be used. Only requests for one of these versions fail.
    public let unusable: [UnusableRules]
    /// The installed files that differ from the ones that the ledger recorded.
    public let changedFiles: [RuleFile]

    /// The registry of a program with exactly these definitions, in this order.
    public init(_ definitions: [ProjectionDefinition]) { self.init(definitions, unusable: [], changedFiles: []) }

    init(_ definitions: [ProjectionDefinition], unusable: [UnusableRules], changedFiles: [RuleFile]) {
        events = definitions.first?.events ?? EventRegistry([])
        self.definitions = definitions
        self.unusable = unusable
        self.changedFiles = changedFiles
    }

    /// Reads every installed rules version of every projection. Throws ``ProjectionFilesError``, and the `RuleError` of a
    /// projection without any usable version.
    ///
    /// - Parameters:
    ///   - model: the event types and projections of the program.
    ///   - files: the paths of all files below `projections/`.
    ///   - read: returns a file's bytes by such a path.
    public init(
        _ model: LedgerModel, files: [String], read: @escaping RuleFileReader
    ) throws {
        self = try RuleDocument.parsingEachOnce { try ProjectionRegistry(reading: model, files: files, read: read) }
    }

    private init(reading model: LedgerModel, files: [String], read: RuleFileReader) throws {
        var found: [ProjectionDefinition] = []
        var unusable: [UnusableRules] = []
        for source in model.projections.sorted(by: { $0.name.isBytewiseLess(than: $1.name) }) {
            let name = source.name
            let installed = try InstalledProjection(name, model.events, files: files, read: read)
            for version in installed.versions {
                do {
                    found += try source.define(version, installed, read)
                } catch let problem as RuleError {
                    unusable.append(UnusableRules(name: name, version: "v\(version)", problem: problem))
                }
            }
            // Without any version the projection can't be served at all.
            if found.last?.identity.name != name, let broken = unusable.last { throw broken.problem }
        }
        self.init(found, unusable: unusable, changedFiles: [])
    }

    /// A projection under one rules version, by files that need not be installed; each code version, the newest last.
    ///
    /// Throws as ``init(_:files:read:)`` does, and the `RuleError` of rules that can't be used.
    package static func definitions(
        _ source: ProjectionSource, version: Int, events: EventRegistry, read: @escaping RuleFileReader
    ) throws -> [ProjectionDefinition] {
        let path = "\(source.name)/rules.v\(version).yaml"
        return try source.define(version, try InstalledProjection(source.name, events, files: [path], read: read), read)
    }

    /// The problem with the files of a rules version, or nil if they are usable or absent.
    public func problem(of name: String, version: String) -> RuleError? {
        unusable.first { $0.name.isBytewiseEqual(to: name) && $0.version.isBytewiseEqual(to: version) }?.problem
    }

    /// The files of all usable versions, and the files that changed.
    public var installedFiles: Set<RuleFile> { Set(definitions.flatMap(\.identity.rules) + changedFiles) }

    /// The projections' names, bytewise sorted.
    public var names: [String] {
        var names: [String] = []
        for definition in definitions where names.last != definition.identity.name { names.append(definition.identity.name) }
        return names
    }

    /// The definition of a version by its rules (`v1`) and its code, or nil if this program lacks either.
    public func definition(_ name: String, version: String, codeVersion: Int) -> ProjectionDefinition? {
        definitions(name, version).first { $0.identity.codeVersion == codeVersion }
    }

    /// The definition of rules (`v1`) under the newest code, which applies if nobody names a code version. Nil if the
    /// rules are not installed.
    public func newestDefinition(_ name: String, version: String) -> ProjectionDefinition? {
        definitions(name, version).last
    }

    /// The version that a new ledger serves first: the lowest rules version, under the newest code. Newer rules are
    /// promoted on purpose.
    public func firstDefinition(_ name: String) -> ProjectionDefinition? {
        definitions.first { $0.identity.name.isBytewiseEqual(to: name) }
            .flatMap { newestDefinition(name, version: $0.identity.version) }
    }

    /// The versions that a new ledger serves first, one for each projection, by name.
    public var firstDefinitions: [ProjectionDefinition] { names.compactMap { firstDefinition($0) } }

    /// The code versions that this program has for rules (`v1`), in ascending order; empty if the rules are not
    /// installed.
    public func codes(of name: String, version: String) -> [Int] {
        definitions(name, version).map(\.identity.codeVersion)
    }

    /// The definitions of rules under every code version, newest last.
    private func definitions(_ name: String, _ version: String) -> [ProjectionDefinition] {
        definitions.filter {
            $0.identity.name.isBytewiseEqual(to: name) && $0.identity.version.isBytewiseEqual(to: version)
        }
    }
}
