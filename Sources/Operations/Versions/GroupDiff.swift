import LedgerEvents
import LedgerJSON
import LedgerPostgres
package import LedgerProjections
import LedgerStore
import LedgerValues

/// The changes that serving a version would make, together with the versions of the projections that read its rule files.
package struct GroupDiff: Sendable {
    /// The diff of the requested version, then the others by name. All are at one position.
    package let diffs: [ProjectionDiff]
    package let position: Int64
    /// SHA-256 of the canonical JSON `{"diffs":[{"digest":…,"projection":…},…],"position":…}`, with the diffs in the
    /// bytewise order of their projections. A promotion of all of them names this digest.
    package let digest: String

    init(_ diffs: [ProjectionDiff], position: Int64) {
        self.diffs = diffs
        self.position = position
        let sorted = diffs.sorted { $0.from.name.isBytewiseLess(than: $1.from.name) }
        let document = JSONNode.object([
            (
                "diffs",
                .array(sorted.map { .object([("digest", .string($0.digest)), ("projection", .string($0.from.name))]) })
            ),
            ("position", .integer(position)),
        ]).canonicalBytes()
        digest = Digest32(sha256Of: document).description
    }

    /// `{"position":…,"diffs":[…],"digest":…}`, with each diff in the form of ``ProjectionDiff/json(explained:)``.
    ///
    /// - Parameter explained: rows of each diff's sample, in the order of the diffs; nil omits the members
    package func json(explained: [[ExplainedChange]]? = nil) -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 4096, keyOrder: .given)
        out.beginObject()
        out.key("position")
        out.integer(position)
        out.key("diffs")
        out.beginArray()
        for (index, diff) in diffs.enumerated() { out.raw(diff.json(explained: explained?[index])) }
        out.endArray()
        out.key("digest")
        out.string(digest)
        out.endObject()
        return out.bytes
    }
}

extension Ledger {
    /// Compares a version with the served one at one position. It also compares every served version that reads a
    /// replaced rule file with the version that would be served along.
    ///
    /// Throws as ``diff(_:from:to:position:sampleSize:onChange:)`` does, `VersionError.notServed` if `from` is not the
    /// served version, and `.dependentsMissing` with instructions if a projection has no version to be served along.
    package func diffWithDependents(
        _ name: String, from: VersionReference, to: VersionReference, position: Int64? = nil,
        sampleSize: Int = ProjectionDiff.sampleSize
    ) async throws -> GroupDiff {
        try await withFreshCatalog {
            try await pool.run { session in
                try session.transaction(.snapshot) {
                    let old = try version(name, from, session)
                    let new = try version(name, to, session)
                    guard old.isServed else { throw VersionError.notServed(old.label) }
                    let steps = try dependentVersions(session).steps(ServingStep(served: old, candidate: new), .newest)
                    return try groupDiff(steps, at: position, sampleSize: sampleSize, session)
                }
            }
        }
    }

    func dependentVersions(_ session: PostgresSession) throws -> DependentVersions {
        DependentVersions(versions: try catalog.versions(session), registry: registry)
    }

    func groupDiff(
        _ steps: [ServingStep], at asked: Int64?, sampleSize: Int, _ session: PostgresSession
    ) throws -> GroupDiff {
        let checkpoints: [Int64] = steps.flatMap { [$0.served.position, $0.candidate.position] }
        let position: Int64 = asked ?? checkpoints.min() ?? 0
        let diffs = try steps.map { step in
            try diff(step.served, step.candidate, at: position, sampleSize: sampleSize, session)
        }
        return GroupDiff(diffs, position: position)
    }
}
