public import LedgerProjections
public import LedgerRules
import LedgerValues

/// What makes an analysis the analysis that it is: its name, its code, its rule files, and whose rows it reads.
public struct AnalysisIdentity: Sendable, Hashable {
    public let name: String
    /// Raised whenever the code changes a document of the same rows under the same rules.
    public let codeVersion: Int
    /// The number of its rules version, `analyses/<name>/rules.v<N>.yaml`.
    public let rulesVersion: Int
    /// In path order.
    public let rules: [RuleFile]
    /// The version of each projection that it reads, by rules and code, in the order of the projections' names. Its rule file
    /// names them, so that a promotion changes no answer.
    public let reads: [Read]

    public struct Read: Sendable, Hashable {
        public let projection: String
        public let version: VersionReference
    }

    /// - Parameters:
    ///   - name: the analysis's name, which is also that of its folder of rules.
    ///   - codeVersion: the number of the code.
    ///   - document: its rule file, with the table `reads`: `<projection>: v<N>/c<M>`.
    ///   - used: the shared rule files that it reads beside its own.
    public init(name: String, codeVersion: Int, _ document: RuleDocument, using used: [RuleFile] = []) throws {
        self.name = name
        self.codeVersion = codeVersion
        rulesVersion = document.file.version
        rules = ([document.file] + used).sorted { $0.path.isBytewiseLess(than: $1.path) }
        reads = try document.root.member("reads").members().map { projection, node in
            guard let version = try? VersionReference(parsing: try node.scalar()), version.codeVersion != nil else {
                throw node.fail("expected a version with its code, for example v1/c1")
            }
            return Read(projection: projection, version: version)
        }.sorted { $0.projection.isBytewiseLess(than: $1.projection) }
    }

    /// The path of a rules version's file.
    public static func path(of name: String, rulesVersion: Int) -> String { "analyses/\(name)/rules.v\(rulesVersion).yaml" }

    /// Its rules and code, for example `v1/c1`.
    public var reference: VersionReference { VersionReference(version: "v\(rulesVersion)", codeVersion: codeVersion) }
}
