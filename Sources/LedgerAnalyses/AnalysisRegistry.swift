public import LedgerProjections
public import LedgerRules
import LedgerValues

/// The analyses that this program has, each in every rules version that is installed and every code version that it has.
public struct AnalysisRegistry: Sendable {
    /// By name bytewise, then by rules version, then by code version.
    public let definitions: [AnalysisDefinition]
    /// Rules versions whose files can't be used: only what asks for them fails.
    private let unusable: [UnusableRules]
    private let changedFiles: [RuleFile]

    /// Reads every installed rules version of every analysis; one without any is there, and can't be asked.
    ///
    /// - Parameters:
    ///   - sources: the analyses, each code version as a source of its own.
    ///   - files: the paths of all rule files below `analyses/`, from the root.
    ///   - read: gives a file's bytes by such a path.
    public init(_ sources: [AnalysisSource], files: [String], read: RuleFileReader) throws {
        self = try RuleDocument.parsingEachOnce { try AnalysisRegistry(reading: sources, files: files, read: read) }
    }

    private init(reading sources: [AnalysisSource], files: [String], read: RuleFileReader) throws {
        var found: [AnalysisDefinition] = []
        var unusable: [UnusableRules] = []
        for source in sources {
            for version in RuleFile.versions(in: "analyses/\(source.name)", among: files) {
                do {
                    found.append(try source.define(version, read))
                } catch let problem as RuleError {
                    unusable.append(UnusableRules(name: source.name, version: "v\(version)", problem: problem))
                }
            }
        }
        self.init(found, unusable: unusable, changedFiles: [])
    }

    private init(_ definitions: [AnalysisDefinition], unusable: [UnusableRules], changedFiles: [RuleFile]) {
        self.definitions = definitions.sorted { left, right in
            let (a, b) = (left.identity, right.identity)
            if !a.name.isBytewiseEqual(to: b.name) { return a.name.isBytewiseLess(than: b.name) }
            return (a.rulesVersion, a.codeVersion) < (b.rulesVersion, b.codeVersion)
        }
        self.unusable = unusable
        self.changedFiles = changedFiles
    }

    /// The rules versions that can be asked for, as in `v1`.
    public func known(_ name: String) -> [String] {
        let all = versions(of: name).map(\.identity.reference.version)
        return all.indices.filter { $0 == 0 || all[$0 - 1] != all[$0] }.map { all[$0] }
    }

    /// The version that somebody means: the newest rules where none are named, the newest code where none is.
    public func definition(_ name: String, _ asked: VersionReference?) -> AnalysisDefinition? {
        versions(of: name).last { definition in
            let own = definition.identity.reference
            guard let asked else { return true }
            return own.version.isBytewiseEqual(to: asked.version) && asked.codeVersion.map { $0 == own.codeVersion } ?? true
        }
    }

    /// What is wrong with the files of a rules version, or of the last where none is named; nil where nothing is.
    public func problem(of name: String, version: String?) -> RuleError? {
        unusable.last { $0.name.isBytewiseEqual(to: name) && version.map($0.version.isBytewiseEqual(to:)) ?? true }?.problem
    }

    private func versions(of name: String) -> [AnalysisDefinition] { definitions.filter { $0.identity.name.isBytewiseEqual(to: name) } }

    /// The files of all versions that can be used.
    public var usedFiles: Set<RuleFile> { Set(definitions.flatMap(\.identity.rules)) }

    /// The same and those that changed.
    public var installedFiles: Set<RuleFile> { usedFiles.union(changedFiles) }

    /// The same without the versions that read one of these files, which join those that can't be used.
    public func leavingOut(_ changed: [ChangedRuleFile]) -> AnalysisRegistry {
        var left: [AnalysisDefinition] = []
        var unusable = unusable
        for definition in definitions {
            let identity = definition.identity
            guard let file = changed.first(where: { identity.rules.contains($0.file) }) else {
                left.append(definition)
                continue
            }
            unusable.append(UnusableRules(name: identity.name, version: identity.reference.version, problem: file.problem))
        }
        return AnalysisRegistry(left, unusable: unusable, changedFiles: changed.map(\.file))
    }
}
