import Events
public import JSON
import Logging
import Postgres
public import PostgresStore
import Projections
import Values

/// A version that became the served one, and the one that it replaced.
public struct Promotion: Sendable {
    public let promoted: ProjectionVersion
    public let replaced: ProjectionVersion
    /// Of the `ProjectionPromoted` event.
    public let event: Int64

    public var node: JSONNode {
        .object([
            ("projection", .string(promoted.name)), ("version", .string(promoted.version)),
            ("code_version", .integer(Int64(promoted.codeVersion))), ("replaced_version", .string(replaced.version)),
            ("replaced_code_version", .integer(Int64(replaced.codeVersion))), ("event_position", .integer(event)),
        ])
    }
}

extension Ledger {
    /// How long a version that is behind may take to catch up before it is refused.
    private static let patience = Duration.seconds(2)

    /// Makes a version the served one, where the diff that was looked at is still what changes.
    ///
    /// Pointer and event come in one transaction; readers see the old version until it commits and the new one after.
    /// The replaced version stays, is folded on, and is what ``rollback(_:)`` goes back to.
    /// - Parameters:
    ///   - position: that of the diff.
    ///   - digest: the diff's.
    public func promote(
        _ name: String, _ reference: VersionReference, position: Int64, digest: String
    ) async throws -> Promotion {
        let (served, candidate) = try await withFreshCatalog {
            try await pool.run { session in
                try session.transaction(.snapshot) {
                    let candidate = try version(name, reference, session)
                    guard let served = try catalog.served(name, session) else {
                        throw ViewError.notActivated(projection: name)
                    }
                    if candidate.isServed { throw VersionError.alreadyServed(candidate.label) }
                    let diff = try diff(served, candidate, at: position, sampleSize: 0, session)
                    guard diff.digest.isBytewiseEqual(to: digest.lowercased()) else {
                        throw VersionError.diffDiffers(
                            from: "\(served.reference)", to: "\(candidate.reference)", position: position,
                            expected: digest, found: diff.digest)
                    }
                    return (served, candidate)
                }
            }
        }
        return try await serve(candidate, insteadOf: served, position: position, diffDigest: digest.lowercased())
    }

    /// Serves the version again that the served one replaced.
    public func rollback(_ name: String) async throws -> Promotion {
        let (served, previous) = try await pool.run { session in
            try requireProjection(name)
            return try session.transaction(.snapshot) {
                guard let served = try catalog.served(name, session) else {
                    throw ViewError.notActivated(projection: name)
                }
                guard let reference = served.previous else { throw VersionError.nothingToRollBack(projection: name) }
                return (served, try version(name, reference, session))
            }
        }
        return try await serve(previous, insteadOf: served, position: previous.position, diffDigest: nil)
    }

    /// Removes a version that is not served: its tables and all that the catalog knows of it.
    ///
    /// - Parameter includingPrevious: whether it may be the version that the served one replaced: the way back goes with it.
    public func drop(
        _ name: String, _ reference: VersionReference, includingPrevious: Bool = false
    ) async throws -> ProjectionVersion {
        let version = try await pool.run { session in
            try requireProjection(name)
            let version = try catalog.resolve(reference, of: name, registry, session)
            try catalog.drop(version, includingPrevious: includingPrevious, session)
            return version
        }
        await tidyUp()
        return version
    }

    /// Has the views of versions follow, and drops tables that are no more needed, as far as readers let it soon; what
    /// remains is said, and done by a service, or the next command of this kind.
    func tidyUp() async {
        do {
            let remainders = try await VersionUpkeep(registry.definitions).run(pool, patience: Self.patience)
            for remainder in remainders { logger.notice("\(remainder)") }
        } catch {
            logger.warning("tidying up was interrupted", metadata: ["reason": "\(redact("\(error)"))"])
        }
    }

    /// What a rebuild of some projections is about: the rules that are named, else the versions that are served; of one
    /// whose code this program lacks the rules under its newest code.
    public func references(
        _ names: [String], _ rules: VersionReference?
    ) async throws -> [(name: String, version: VersionReference)] {
        var references: [(name: String, version: VersionReference)] = []
        for name in names where !references.contains(where: { $0.name.isBytewiseEqual(to: name) }) {
            try requireProjection(name)
            let served = try await pool.run { session in try self.catalog.served(name, session) }
            let version = rules ?? served.map { served in
                registry.definition(of: served) == nil ? VersionReference(version: served.version) : served.reference
            }
            guard let version else {
                throw ViewError.notActivated(projection: name)
            }
            references.append((name, version))
        }
        return references
    }

    func requireProjection(_ name: String) throws(VersionError) {
        if !registry.names.contains(where: { $0.isBytewiseEqual(to: name) }) {
            throw .unknownProjection(name, known: registry.names)
        }
    }

    private func serve(
        _ candidate: ProjectionVersion, insteadOf served: ProjectionVersion, position: Int64, diffDigest: String?
    ) async throws -> Promotion {
        guard let definition = registry.definition(of: candidate) else { throw VersionError.codeMissing(candidate.label) }
        let runID = newID()
        let event = ProjectionPromotedPayload(
            projection: candidate.name, oldVersion: served.version, newVersion: candidate.version,
            codeVersion: candidate.codeVersion, rules: candidate.ruleFiles, position: position, diffDigest: diffDigest
        ).event(runID: runID)
        let deadline = ContinuousClock.now + Self.patience
        while true {
            do {
                let appended = try await log.append([event], runID: runID) { session, _ in
                    try self.catalog.serve(candidate, insteadOf: served, definition, session)
                }
                await tidyUp()
                return Promotion(promoted: candidate, replaced: served, event: appended[0].position)
            } catch ServingError.behind(let position, let servedPosition) {
                if ContinuousClock.now >= deadline {
                    throw VersionError.behind(candidate.label, position: position, served: servedPosition)
                }
                // Nobody may be folding it; where somebody is, nil comes back and the next look may find it there.
                _ = try await ProjectionFollower(definition, pool: projectorPool, owner: owner).catchUp()
                try await Task.sleep(for: .milliseconds(20))
            } catch ServingError.busy {
                if ContinuousClock.now >= deadline { throw VersionError.busy(candidate.label) }
                try await Task.sleep(for: .milliseconds(50))
            } catch ServingError.changed(let found) {
                throw VersionError.servedChanged(
                    projection: candidate.name, expected: "\(served.reference)", found: found)
            }
        }
    }
}
