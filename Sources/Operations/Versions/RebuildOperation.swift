import Glibc
import Postgres
public import PostgresStore
public import Projections
import Values

extension Ledger {
    /// Builds projection versions from one pass over the log, beside what is served, and catches them up.
    ///
    /// A version that is not there yet is made; one that is there is built anew and its tables take the place of the old
    /// ones at the end; one whose rebuild was stopped goes on. The rule files are recorded first, as for an
    /// activation. Where a service runs, it follows the versions from then on.
    ///
    /// Throws `LedgerError.versionUnknown` for a version whose rules or code this program lacks, `.fileChanged` for a rule file that is
    /// not what was recorded, `.versionHeld` (a conflict) where another process writes one of the versions, and
    /// `.versionStopped` once all are built where one of them can't fold an event: it stays before that event, with the
    /// error on show. A rebuild that is cancelled leaves no trace; one that was killed is taken up by calling this again.
    /// - Parameters:
    ///   - references: projection and version, each pair once; `v2` means the newest code of this program.
    ///   - workers: how many parts of the entities are folded at a time; nil for the number of cores.
    ///   - progress: called after each chunk of positions.
    public func rebuild(
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
        // What was appended meanwhile; where a follower has taken over already, it is that one's.
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

    /// The definition that makes a version; throws `LedgerError.versionUnknown` where this program lacks its rules or code.
    public func installed(_ name: String, _ reference: VersionReference) throws -> ProjectionDefinition {
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
