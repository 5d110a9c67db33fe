public import LedgerRules
import LedgerValues

/// An installed rule file whose bytes differ from those that a ledger recorded.
public struct ChangedRuleFile: Sendable {
    public let file: RuleFile
    /// The digest that the ledger recorded.
    public let recorded: String

    public init(_ file: RuleFile, recorded: String) {
        self.file = file
        self.recorded = recorded
    }

    /// The problem, with both digests.
    public var problem: RuleError {
        RuleError(
            path: file.path,
            problem:
                "it differs from the one recorded in this ledger (recorded \(recorded.prefix(12))…, found \(file.digest.prefix(12))…); put the old file back and add a new one instead"
        )
    }
}

extension ProjectionRegistry {
    /// The registry without the versions that read one of these files; they join the unusable versions.
    ///
    /// Throws `RuleError` if a projection would be left without a version.
    public func leavingOut(_ changed: [ChangedRuleFile]) throws(RuleError) -> ProjectionRegistry {
        if changed.isEmpty { return self }
        var left: [ProjectionDefinition] = []
        var unusable = unusable
        for definition in definitions {
            let identity = definition.identity
            guard let file = changed.first(where: { identity.rules.contains($0.file) }) else {
                left.append(definition)
                continue
            }
            // Report a rules version once, not once per code version.
            let isKnown = unusable.contains {
                $0.name.isBytewiseEqual(to: identity.name) && $0.version.isBytewiseEqual(to: identity.version)
            }
            if isKnown { continue }
            unusable.append(UnusableRules(name: identity.name, version: identity.version, problem: file.problem))
        }
        for broken in unusable where !left.contains(where: { $0.identity.name.isBytewiseEqual(to: broken.name) }) { throw broken.problem }
        return ProjectionRegistry(left, unusable: unusable, changedFiles: changed.map(\.file))
    }
}
