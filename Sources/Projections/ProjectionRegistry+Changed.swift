public import Rules
import Values

/// An installed rule file whose bytes are not those that a ledger recorded for it.
public struct ChangedRuleFile: Sendable {
    public let file: RuleFile
    /// The digest that the ledger has.
    public let recorded: String

    public init(_ file: RuleFile, recorded: String) {
        self.file = file
        self.recorded = recorded
    }

    /// What is wrong, with both digests.
    public var problem: RuleError {
        RuleError(
            path: file.path,
            problem: "it differs from the one recorded in this ledger (recorded \(recorded.prefix(12))…, found \(file.digest.prefix(12))…); put the old file back and add a new one instead")
    }
}

extension ProjectionRegistry {
    /// The same without the versions that read one of these files, which join those that can't be used.
    ///
    /// Throws `RuleError` where a projection would be left without any version.
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
            // Once for all code versions.
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
