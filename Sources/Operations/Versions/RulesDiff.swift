import LedgerAnalyses
import LedgerJSON
package import LedgerProjections
package import LedgerRules
import LedgerStore
import LedgerValues
import OptionTrades

/// What the rules of one version of a projection or an analysis say that those of another don't.
package struct RulesDiff: Sendable {
    /// The projection or the analysis.
    package let name: String
    /// The rules versions, as in `v1`.
    package let from: String
    package let to: String
    /// The files that the versions do not share, its own and those that it uses, in the order of their paths.
    package let files: [RuleFileChanges]

    /// The largest number of changes in an answer over HTTP.
    package static let mostChanges = 1_000

    /// The number of changes in all files.
    package var count: Int { files.reduce(0) { $0 + $1.changes.count } }

    /// `{"name":…,"from":"v1","to":"v2","count":…,"files":[{"from":{"file":…,"version":…,"digest":…},"to":{…},
    /// "changes":[{"path":…,"from":…,"to":…}]}]}`; null stands for a file, or a value, that one side does not have.
    ///
    /// - Parameter limit: the largest number of changes that are written, the first ones
    package func json(limit: Int = .max) -> [UInt8] {
        var left = limit
        return JSONNode.object([
            ("name", .string(name)), ("from", .string(from)), ("to", .string(to)), ("count", .integer(Int64(count))),
            (
                "files",
                .array(
                    files.map { file in
                        let shown = file.changes.prefix(left)
                        left -= shown.count
                        return .object([
                            ("from", Self.node(file.from)), ("to", Self.node(file.to)), ("changes", .array(shown.map(Self.node))),
                        ])
                    })
            ),
        ]).httpBytes()
    }

    /// The tag of the answer over HTTP.
    package var tag: EntityTag { .strong(EntityTag.digest([json(limit: Self.mostChanges)])) }

    private static func node(_ file: RuleFile?) -> JSONNode {
        guard let file else { return .null }
        return .object([
            ("file", .string(file.path)), ("version", .integer(Int64(file.version))), ("digest", .string(file.digest)),
        ])
    }

    private static func node(_ change: RuleChange) -> JSONNode {
        .object([
            ("path", .string(change.path)), ("from", change.from.map(JSONNode.string) ?? .null),
            ("to", change.to.map(JSONNode.string) ?? .null),
        ])
    }
}

/// The rules that are installed, with the files that they were read from. No database is needed.
package struct InstalledRules: Sendable {
    let projections: ProjectionRegistry
    let analyses: AnalysisRegistry
    private let files: LedgerFiles

    init(_ projections: ProjectionRegistry, _ analyses: AnalysisRegistry, _ files: LedgerFiles) {
        self.projections = projections
        self.analyses = analyses
        self.files = files
    }

    /// Reads every installed rules version. Throws if a projection has none that can be used.
    package init(_ resources: Resources, model: LedgerModel = TradeLedger.model) throws {
        let files = resources.files
        // Projections and analyses share files of both.
        self = try RuleDocument.parsingEachOnce {
            InstalledRules(
                try ProjectionRegistry(model, files: try files.projectionFiles(), read: files.projectionFile),
                try AnalysisRegistry(MarketAnalysis.sources, files: try files.analysisFiles(), read: files.ruleFile), files)
        }
    }

    /// Compares the rules of two versions of a projection or an analysis; their code versions don't matter.
    ///
    /// Throws `VersionError` for an unknown name and for rules that can't be used, and `LedgerError.versionUnknown` for
    /// rules that are not installed.
    package func diff(_ name: String, from: VersionReference, to: VersionReference) throws -> RulesDiff {
        let changes = try RuleFileChanges.between(try rules(of: name, from), try rules(of: name, to)) { try files.ruleFile($0) }
        return RulesDiff(name: name, from: from.version, to: to.version, files: changes)
    }

    private func rules(of name: String, _ reference: VersionReference) throws -> [RuleFile] {
        if let definition = projections.newestDefinition(name, version: reference.version) { return definition.identity.rules }
        let version = VersionReference(version: reference.version)
        if let definition = analyses.definition(name, version) { return definition.identity.rules }
        if let problem = projections.problem(of: name, version: version.version) ?? analyses.problem(of: name, version: version.version) {
            throw VersionError.rulesUnusable("\(problem)")
        }
        let known = projections.names.contains { $0.isBytewiseEqual(to: name) } ? projections.versions(of: name) : analyses.known(name)
        if known.isEmpty {
            throw VersionError.unknownProjection(name, known: projections.names + MarketAnalysis.sources.map(\.name))
        }
        throw LedgerError.versionUnknown(projection: name, version: version.version, isAmbiguous: false, known: known)
    }
}

extension ProjectionRegistry {
    /// The installed rules versions of a projection, as in `v1`, each once.
    fileprivate func versions(of name: String) -> [String] {
        var versions: [String] = []
        for definition in definitions where definition.identity.name.isBytewiseEqual(to: name) {
            if versions.last != definition.identity.version { versions.append(definition.identity.version) }
        }
        return versions
    }
}

extension Ledger {
    /// Compares the rules of two versions of a projection, as ``InstalledRules/diff(_:from:to:)`` does.
    package func rulesDiff(_ name: String, from: VersionReference, to: VersionReference) throws -> RulesDiff {
        try requireProjection(name)
        return try InstalledRules(registry, analyses, resources.files).diff(name, from: from, to: to)
    }
}
