import LedgerEvents
package import LedgerJSON
package import LedgerProjections
import LedgerRules
import LedgerStore
import LedgerValues

/// A served version that keeps reading an old version of a rule file that a promotion replaces.
package struct Dependent: Sendable, Equatable, CustomStringConvertible {
    package let projection: String
    package let reference: VersionReference
    /// The files that it keeps reading, and the files that the promoted version reads in their place. Paths below
    /// `projections/`.
    package let files: [Replacement]

    package struct Replacement: Sendable, Equatable {
        package let old: String
        package let new: String
    }

    package var description: String {
        "\(projection) \(reference) goes on reading \(files.map { "\($0.old), not \($0.new)" }.joined(separator: "; "))"
    }

    /// `{"projection":…,"version":…,"code_version":…,"files":[{"old":…,"new":…}]}`
    package var node: JSONNode {
        .object([
            ("projection", .string(projection)), ("version", .string(reference.version)),
            ("code_version", reference.codeVersion.map { .integer(Int64($0)) } ?? .null),
            ("files", .array(files.map { .object([("old", .string($0.old)), ("new", .string($0.new))]) })),
        ])
    }
}

/// A version that replaces the served one.
struct ServingStep: Sendable {
    let served: ProjectionVersion
    let candidate: ProjectionVersion
}

/// The rule files that a set of promotions replaces, keyed by the constant part of a file's path, with the old and the
/// new version.
struct ReplacedRules {
    private var entries: [ByteKey: Dependent.Replacement] = [:]

    init(_ steps: [ServingStep]) throws(VersionError) {
        for step in steps { try add(step) }
    }

    /// Adds the files that a step replaces. Throws if another step replaces one of them with a different version.
    private mutating func add(_ step: ServingStep) throws(VersionError) {
        let old = Dictionary(step.served.ruleFiles.map { ($0.family, $0.file) }) { first, _ in first }
        for rule in step.candidate.ruleFiles {
            guard let before = old[rule.family], !before.isBytewiseEqual(to: rule.file) else { continue }
            let entry = Dependent.Replacement(old: before, new: rule.file)
            if let other = entries[rule.family], other != entry {
                throw .dependentsMissing([
                    "\(step.candidate.label) replaces \(entry.old) by \(entry.new), another version that would be served with it \(other.old) by \(other.new)"
                ])
            }
            entries[rule.family] = entry
        }
    }

    /// The replaced files that a version reads, in the order of their paths.
    func read(by version: ProjectionVersion) -> [Dependent.Replacement] {
        version.ruleFiles.compactMap { rule in entries[rule.family].flatMap { $0.old.isBytewiseEqual(to: rule.file) ? $0 : nil } }
            .sorted { $0.old.isBytewiseLess(than: $1.old) }
    }

    /// Whether some files include the new version of all of these, and the old version of no replaced file.
    func areRead(_ replacements: [Dependent.Replacement], by files: [String]) -> Bool {
        func has(_ path: String) -> Bool { files.contains { $0.isBytewiseEqual(to: path) } }
        return replacements.allSatisfy { has($0.new) } && !entries.values.contains { has($0.old) }
    }
}

extension ProjectionPromotedPayload.Rule {
    /// The part of the path that stays the same from version to version.
    fileprivate var family: ByteKey { ByteKey(RuleFile(path: file, version: version, digest: digest).family) }
}

/// Finds the versions that have to be served together, among all versions of a ledger.
struct DependentVersions {
    let versions: [ProjectionVersion]
    let registry: ProjectionRegistry

    /// The choice of a dependent projection's new version.
    enum Choice {
        /// The newest version that is ready, that this program can fold, and that reads the new files and no replaced ones.
        case newest
        /// The version that the served one replaced, if it reads the files in this way too.
        case previous
    }

    /// The served versions that keep reading a replaced file.
    func left(by steps: [ServingStep]) throws(VersionError) -> [Dependent] {
        let replaced = try ReplacedRules(steps)
        return served(besides: steps).compactMap { version in
            let files = replaced.read(by: version)
            return files.isEmpty
                ? nil : Dependent(projection: version.name, reference: version.reference, files: files)
        }
    }

    /// A step, plus the steps of all projections that depend on it, directly or indirectly. The given step comes first,
    /// the others by name.
    ///
    /// Throws `VersionError.dependentsMissing` with instructions if a dependent projection has no suitable version.
    func steps(_ first: ServingStep, _ choice: Choice) throws(VersionError) -> [ServingStep] {
        var steps = [first]
        while true {
            let replaced = try ReplacedRules(steps)
            var missing: [String] = []
            var found: [ServingStep] = []
            for version in served(besides: steps) {
                let files = replaced.read(by: version)
                if files.isEmpty { continue }
                if let candidate = candidate(for: version, choice, replaced, files) {
                    found.append(ServingStep(served: version, candidate: candidate))
                } else {
                    missing.append(problem(version, choice, replaced, files))
                }
            }
            // Versions found before may read files that only these steps replace.
            for step in steps.dropFirst() where !replaced.read(by: step.candidate).isEmpty {
                missing.append(problem(step.served, choice, replaced, replaced.read(by: step.candidate)))
            }
            if !missing.isEmpty { throw .dependentsMissing(missing) }
            if found.isEmpty { return [first] + steps.dropFirst().sorted { $0.served.name.isBytewiseLess(than: $1.served.name) } }
            steps += found
        }
    }

    private func served(besides steps: [ServingStep]) -> [ProjectionVersion] {
        versions.filter { version in
            version.isServed && !steps.contains { $0.served.name.isBytewiseEqual(to: version.name) }
        }
    }

    private func candidate(
        for served: ProjectionVersion, _ choice: Choice, _ replaced: ReplacedRules, _ files: [Dependent.Replacement]
    ) -> ProjectionVersion? {
        versions.filter { version in
            version.name.isBytewiseEqual(to: served.name) && !version.isServed && version.state == .ready
                && (choice == .newest || version.isPrevious) && registry.hasCode(of: version)
                && replaced.areRead(files, by: version.ruleFiles.map(\.file))
        }.max { ($0.rulesNumber, $0.codeVersion) < ($1.rulesNumber, $1.codeVersion) }
    }

    /// The instructions for a version that has no suitable replacement.
    private func problem(
        _ served: ProjectionVersion, _ choice: Choice, _ replaced: ReplacedRules, _ files: [Dependent.Replacement]
    ) -> String {
        let reads = "\(served.label) reads \(files.map(\.old).joined(separator: ", "))"
        let wanted = files.map(\.new).joined(separator: " and ")
        if choice == .previous {
            return "\(reads), and the version before it does not read \(wanted): promote one that does, or go back without the dependents"
        }
        let own = registry.definitions.map(\.identity).filter { $0.name.isBytewiseEqual(to: served.name) }
        if let installed = own.last(where: { replaced.areRead(files, by: $0.rules.map(\.path)) }) {
            return
                "\(reads), and its \(installed.version), which reads \(wanted), is not built: run `alpha-ledger projection rebuild \(served.name) --rules \(installed.version)`"
        }
        let numbers = own.map(\.version) + versions.filter { $0.name.isBytewiseEqual(to: served.name) }.map(\.version)
        let next = (numbers.compactMap { Int($0.dropFirst()) }.max() ?? 0) + 1
        return
            "\(reads), and has no version that reads \(wanted): write projections/\(served.name)/rules.v\(next).yaml, which does, and run `alpha-ledger projection rebuild \(served.name) --rules v\(next)`"
    }
}

extension ProjectionVersion {
    /// 2 for `v2`.
    fileprivate var rulesNumber: Int { Int(version.dropFirst()) ?? 0 }
}

extension ProjectionRegistry {
    /// The definition that folds a version. Nil if this program lacks its code.
    func definition(of version: ProjectionVersion) -> ProjectionDefinition? {
        definitions.first { definition in
            let identity = definition.identity
            return identity.name.isBytewiseEqual(to: version.name) && identity.version.isBytewiseEqual(to: version.version)
                && identity.codeVersion == version.codeVersion
        }
    }

    fileprivate func hasCode(of version: ProjectionVersion) -> Bool { definition(of: version) != nil }
}
