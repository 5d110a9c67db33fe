import LedgerEvents
package import LedgerJSON
import LedgerPostgres
package import LedgerProjections
package import LedgerStore
import LedgerValues
import Logging

/// A promoted version, and the served version that it replaced.
package struct Promotion: Sendable {
    package let promoted: ProjectionVersion
    package let replaced: ProjectionVersion
    /// The position of the `ProjectionPromoted` event.
    package let event: Int64
    /// The promotions made with it, in the same transaction.
    package var dependents: [Promotion] = []
    /// The served versions that still read rule files that it replaced.
    package var left: [Dependent] = []

    /// `{"projection":…,…,"event_position":…,"dependents":[…],"dependents_left":[…]}`. The promotions under `dependents`
    /// lack the last two members.
    package var node: JSONNode {
        .object(
            members + [
                ("dependents", .array(dependents.map { .object($0.members) })),
                ("dependents_left", .array(left.map(\.node))),
            ])
    }

    private var members: [(String, JSONNode)] {
        [
            ("projection", .string(promoted.name)), ("version", .string(promoted.version)),
            ("code_version", .integer(Int64(promoted.codeVersion))), ("replaced_version", .string(replaced.version)),
            ("replaced_code_version", .integer(Int64(replaced.codeVersion))), ("event_position", .integer(event)),
        ]
    }
}

/// A version that is to replace the served one, with the contents of its event.
private struct PlannedPromotion: Sendable {
    let step: ServingStep
    let position: Int64
    let diffDigest: String?
}

extension Ledger {
    /// The time for a version that is behind to catch up before it is refused.
    static let patience = Duration.seconds(2)

    /// Serves a version, if the reviewed diff still describes the change.
    ///
    /// Pointer and event commit in one transaction. Readers see the old version before the commit and the new one after
    /// it. The replaced version stays and is folded further, and ``rollback(_:withDependents:)`` returns to it. With
    /// dependents, every projection that reads a replaced rule file changes in the same transaction too, with an event
    /// for each.
    /// - Parameters:
    ///   - position: the position of the diff
    ///   - digest: the digest of the diff, or with dependents that of all diffs together
    ///   - requiresAssertions: whether nothing is promoted if an assertion is broken at the position
    package func promote(
        _ name: String, _ reference: VersionReference, position: Int64, digest: String, withDependents: Bool = false,
        requiresAssertions: Bool = false
    ) async throws -> Promotion {
        if requiresAssertions {
            let broken = try await brokenAssertions(asOf: position)
            if broken > 0 { throw VersionError.assertionsBroken(broken, position: position) }
        }
        let (planned, left) = try await withFreshCatalog {
            try await pool.run { session in
                try session.transaction(.snapshot) {
                    let candidate = try version(name, reference, session)
                    guard let served = try catalog.served(name, session) else {
                        throw ViewError.notActivated(projection: name)
                    }
                    if candidate.isServed { throw VersionError.alreadyServed(candidate.label) }
                    let first = ServingStep(served: served, candidate: candidate)
                    let versions = try dependentVersions(session)
                    let steps = withDependents ? try versions.steps(first, .newest) : [first]
                    let group = try groupDiff(steps, at: position, sampleSize: 0, session)
                    let found = withDependents ? group.digest : group.diffs[0].digest
                    guard found.isBytewiseEqual(to: digest.lowercased()) else {
                        throw VersionError.diffDiffers(
                            from: "\(served.reference)", to: "\(candidate.reference)", position: position,
                            expected: digest, found: found)
                    }
                    let planned = zip(steps, group.diffs).map { step, diff in
                        PlannedPromotion(step: step, position: position, diffDigest: diff.digest)
                    }
                    return (planned, try versions.left(by: steps))
                }
            }
        }
        return try await serve(planned, withDependents: withDependents, left: left)
    }

    /// Serves the version that the current one replaced. With dependents, it also serves the versions that those replaced.
    package func rollback(_ name: String, withDependents: Bool = false) async throws -> Promotion {
        let (planned, left) = try await pool.run { session in
            try requireProjection(name)
            return try session.transaction(.snapshot) {
                guard let served = try catalog.served(name, session) else {
                    throw ViewError.notActivated(projection: name)
                }
                guard let reference = served.previous else { throw VersionError.nothingToRollBack(projection: name) }
                let first = ServingStep(served: served, candidate: try version(name, reference, session))
                let versions = try dependentVersions(session)
                let steps = withDependents ? try versions.steps(first, .previous) : [first]
                let planned = steps.map { PlannedPromotion(step: $0, position: $0.candidate.position, diffDigest: nil) }
                return (planned, try versions.left(by: steps))
            }
        }
        return try await serve(planned, withDependents: withDependents, left: left)
    }

    /// The served versions that would keep reading a rule file that a promotion on this diff replaces.
    package func dependents(leftBy diff: ProjectionDiff) async throws -> [Dependent] {
        try await pool.run { session in
            try dependentVersions(session).left(by: [ServingStep(served: diff.from, candidate: diff.to)])
        }
    }

    /// Removes a version that is not served: its tables and everything in the catalog about it.
    ///
    /// - Parameter includingPrevious: whether it may be the version that the served one replaced. A rollback is then no
    ///   longer possible.
    package func drop(
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

    /// Updates the views of versions and drops unneeded tables, as far as readers soon permit it. The rest is logged,
    /// and a service or the next command of this kind does it.
    func tidyUp() async {
        do {
            let remainders = try await VersionUpkeep(registry.definitions).run(pool, patience: Self.patience)
            for remainder in remainders { logger.notice("\(remainder)") }
        } catch {
            logger.warning("tidying up was interrupted", metadata: ["reason": "\(redact("\(error)"))"])
        }
    }

    /// The subjects of a rebuild of some projections: the named rules, else the served versions. If this program lacks
    /// the code of a served version, its rules are rebuilt under this program's newest code.
    package func references(
        _ names: [String], _ rules: VersionReference?
    ) async throws -> [(name: String, version: VersionReference)] {
        var references: [(name: String, version: VersionReference)] = []
        for name in names where !references.contains(where: { $0.name.isBytewiseEqual(to: name) }) {
            try requireProjection(name)
            let served = try await pool.run { session in try self.catalog.served(name, session) }
            let version =
                rules
                ?? served.map { served in
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

    /// The reason why one of several versions was not served.
    private struct StepError: Error {
        let planned: PlannedPromotion
        let problem: ServingError
    }

    /// Serves all of them in one transaction, or none.
    private func serve(
        _ planned: [PlannedPromotion], withDependents: Bool, left: [Dependent]
    ) async throws -> Promotion {
        let definitions = try planned.map { promotion in
            guard let definition = registry.definition(of: promotion.step.candidate) else {
                throw VersionError.codeMissing(promotion.step.candidate.label)
            }
            return definition
        }
        let runID = newID()
        let events = planned.map { promotion in
            let (served, candidate) = (promotion.step.served, promotion.step.candidate)
            return ProjectionPromotedPayload(
                projection: candidate.name, oldVersion: served.version, newVersion: candidate.version,
                codeVersion: candidate.codeVersion, rules: candidate.ruleFiles, position: promotion.position,
                diffDigest: promotion.diffDigest
            ).event(runID: runID)
        }
        let deadline = ContinuousClock.now + Self.patience
        while true {
            do {
                let appended = try await log.append(events, runID: runID) { session, _ in
                    for (promotion, definition) in zip(planned, definitions) {
                        let step = promotion.step
                        do {
                            try self.catalog.serve(step.candidate, insteadOf: step.served, definition, session)
                        } catch let problem as ServingError {
                            throw StepError(planned: promotion, problem: problem)
                        }
                    }
                    // Another promotion may have happened since the diffs.
                    if withDependents {
                        let left = try self.dependentVersions(session).left(by: planned.map(\.step))
                        if !left.isEmpty { throw VersionError.dependentsMissing(left.map(\.description)) }
                    }
                }
                await tidyUp()
                var promotions = zip(planned, appended).map { promotion, event in
                    Promotion(promoted: promotion.step.candidate, replaced: promotion.step.served, event: event.position)
                }
                var first = promotions.removeFirst()
                first.dependents = promotions
                first.left = left
                return first
            } catch let error as StepError {
                try await wait(for: error, definitions, until: deadline)
            }
        }
    }

    /// Waits a moment before the next attempt. Throws if another attempt would not help, or if the time is up.
    private func wait(
        for error: StepError, _ definitions: [ProjectionDefinition], until deadline: ContinuousClock.Instant
    ) async throws {
        let (served, candidate) = (error.planned.step.served, error.planned.step.candidate)
        let isLate = ContinuousClock.now >= deadline
        switch error.problem {
        case .behind(let position, let servedPosition):
            if isLate { throw VersionError.behind(candidate.label, position: position, served: servedPosition) }
            // Perhaps nobody folds the version. If somebody does, the result is nil and the next attempt may find it
            // caught up.
            for definition in definitions {
                _ = try await ProjectionFollower(definition, pool: projectorPool, owner: owner).catchUp()
            }
            try await Task.sleep(for: .milliseconds(20))
        case .busy:
            if isLate { throw VersionError.busy(candidate.label) }
            try await Task.sleep(for: .milliseconds(50))
        case .changed(let found):
            throw VersionError.servedChanged(projection: candidate.name, expected: "\(served.reference)", found: found)
        }
    }
}
