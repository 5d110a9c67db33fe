import Glibc
import LedgerPostgres
package import LedgerProjections
package import LedgerStore
import LedgerValues

extension Ledger {
    /// Builds projection versions from one pass over the log, beside the served ones, and catches them up.
    ///
    /// A missing version is created. An existing version is built again, and its new tables replace the old ones at the
    /// end. A killed rebuild of a version is continued. The rule files are recorded first, as for an activation. A
    /// running service follows the versions from then on.
    ///
    /// Throws `LedgerError.versionUnknown` for a version whose rules or code this program lacks, `.fileChanged` for a
    /// rule file that differs from the recorded one, and `.versionHeld` (a conflict) if another process writes one of
    /// the versions. Throws `.versionStopped` after all are built if one of them cannot fold an event. It stays before
    /// that event and shows the error. A cancelled rebuild leaves no trace; a killed one is continued by another call.
    /// - Parameters:
    ///   - references: projection and version, each pair once; `v2` means this program's newest code
    ///   - workers: the number of parts of the entities that are folded at a time; nil for the number of cores
    ///   - progress: called after each chunk of positions
    package func rebuild(
        _ references: [(name: String, version: VersionReference)], workers: Int? = nil,
        progress: @escaping @Sendable (ProjectionRebuild.Progress) -> Void = { _ in }
    ) async throws -> RebuildSummary {
        let definitions = try references.map { try installed($0.name, $0.version) }
        let workers = min(workers ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)), Self.mostWorkers)
        try await pool.run { [catalog, registry] session in try catalog.recordRules(of: registry, session) }
        let rebuild = ProjectionRebuild(
            definitions, serviceConfiguration, owner: "\(owner)/rebuild-\(newID())",
            options: ProjectionRebuild.Options(workers: workers))
        let start = ContinuousClock.now
        let built = try await rebuild.run(progress)
        let duration = (ContinuousClock.now - start).components
        // Folds the events appended in the meantime. If a follower has taken over already, this is its task.
        for definition in definitions {
            _ = try await ProjectionFollower(definition, pool: projectorPool, owner: owner).catchUp()
        }
        await tidyUp()
        var versions: [RebuildSummary.Version] = []
        for one in built {
            if let poison = one.poison {
                throw LedgerError.versionStopped(
                    projection: one.name, version: one.reference.description, position: poison.position,
                    problem: poison.problem)
            }
            versions.append(try await summary(of: one))
        }
        return RebuildSummary(
            versions: versions, workers: workers,
            seconds: Double(duration.seconds) + Double(duration.attoseconds) / 1e18)
    }

    private static let mostWorkers = 64

    /// The definition of a version. Throws `LedgerError.versionUnknown` if this program lacks its rules or code.
    package func installed(_ name: String, _ reference: VersionReference) throws -> ProjectionDefinition {
        if let problem = registry.problem(of: name, version: reference.version) { throw VersionError.rulesUnusable("\(problem)") }
        let definition =
            if let code = reference.codeVersion {
                registry.definition(name, version: reference.version, codeVersion: code)
            } else {
                registry.newestDefinition(name, version: reference.version)
            }
        if let definition { return definition }
        throw LedgerError.versionUnknown(
            projection: name, version: reference.description, isAmbiguous: false,
            known: registry.definitions.filter { $0.identity.name.isBytewiseEqual(to: name) }
                .map { $0.identity.reference.description })
    }

    private func summary(of built: ProjectionRebuild.Built) async throws -> RebuildSummary.Version {
        let definition = try installed(built.name, built.reference)
        let stored = try await pool.run { [catalog] session in
            guard let version = try catalog.version(of: definition.identity, session) else {
                throw LedgerError.versionUnknown(
                    projection: built.name, version: built.reference.description, isAmbiguous: false, known: [])
            }
            return try ProjectionVerifier.digest(of: version, definition.columns, at: built.position, session)
        }
        return RebuildSummary.Version(
            name: built.name, reference: built.reference, position: built.position, resumedFrom: built.resumedFrom,
            events: built.events, rows: stored.rows, historyRows: built.historyRows, digest: stored.digest)
    }
}
