package import LedgerEvents
package import LedgerJSON
import LedgerPostgres
package import LedgerProjections
package import LedgerStore
import LedgerValues

/// The changes at a position if one version of a projection replaced another.
package struct ProjectionDiff: Sendable {
    package let from: ProjectionVersion
    package let to: ProjectionVersion
    package let position: Int64
    /// The number of added, removed or changed rows, and the number of all rows of the old version.
    package let changedRows: Int64
    package let totalRows: Int64
    /// The event after which the two versions first differed. Nil if they never did.
    package let firstDifference: RecordedEvent?
    /// Some of the changed rows, the first ones by key.
    package let sample: [RowChange]
    /// SHA-256 of the canonical JSON of everything here except the sample. A promotion names this digest.
    package let digest: String
    /// `rows`, `fields`, `moved`, `sums`, `changes_digest`
    package let summary: [(String, JSONNode)]

    /// The default number of changed rows in the sample.
    package static let sampleSize = 20

    /// `{"projection":…,"position":…,"from":{…},"to":{…},"rows":{…},"fields":[…],"moved":[…],"sums":[…],
    /// "changes_digest":…,"first_difference":…,"digest":…,"sample":[…]}`
    ///
    /// - Parameter explained: adds `explanations` of rows of the sample; nil omits the member
    package func json(explained: [ExplainedChange]? = nil) -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 4096, keyOrder: .given)
        out.beginObject()
        for (name, node) in Self.members(from, to, position, summary, firstDifference) + [("digest", .string(digest))] {
            out.key(name)
            node.write(to: &out, decimals: .numbers)
        }
        out.key("sample")
        out.beginArray()
        // A row's own writer keeps canonical order, which is permitted inside a writer of any order.
        for change in sample { change.write(to: &out, decimals: .numbers) }
        out.endArray()
        if let explained {
            out.key("explanations")
            out.beginArray()
            for change in explained { change.write(to: &out) }
            out.endArray()
        }
        out.endObject()
        return out.bytes
    }

    /// The fields of the sums, with the movement of each.
    package var sums: [(field: String, delta: JSONNode)] {
        guard case .array(let entries)? = summary.first(where: { $0.0 == "sums" })?.1 else { return [] }
        return entries.compactMap { entry in
            guard case .object(let members) = entry, case .string(let field)? = members.first?.1,
                let delta = members.last?.1
            else { return nil }
            return (field, delta)
        }
    }

    static func members(
        _ from: ProjectionVersion, _ to: ProjectionVersion, _ position: Int64, _ summary: [(String, JSONNode)],
        _ first: RecordedEvent?
    ) -> [(String, JSONNode)] {
        [
            ("projection", .string(from.name)), ("position", .integer(position)), ("from", identity(from)),
            ("to", identity(to)),
        ] + summary + [
            (
                "first_difference",
                first.map { event in
                    .object([
                        ("position", .integer(event.position)), ("event_id", .string(event.eventID.description)),
                        ("type", .string(event.type)), ("stream", .string(event.stream)),
                        ("recorded_at", .string(event.recordedAt.description)),
                    ])
                } ?? .null
            )
        ]
    }

    private static func identity(_ version: ProjectionVersion) -> JSONNode {
        .object([
            ("version", .string(version.version)), ("code_version", .integer(Int64(version.codeVersion))),
            ("rules", version.ruleNode),
        ])
    }
}

extension ProjectionVersion {
    /// The rule files that the version was folded with.
    var ruleFiles: [ProjectionPromotedPayload.Rule] {
        guard let document = try? JSONDocument(parsing: Array(rules.utf8)) else { return [] }
        return document.root.members.map { file, value in
            .init(
                file: file, version: Int(value["version"]?.integer ?? 0), digest: value["digest"]?.string ?? "")
        }
    }

    /// `{"<file>":{"digest":…,"version":…},…}`
    fileprivate var ruleNode: JSONNode {
        .object(
            ruleFiles.map { rule in
                (rule.file, .object([("digest", .string(rule.digest)), ("version", .integer(Int64(rule.version)))]))
            })
    }
}

extension Ledger {
    /// Compares two versions of a projection at a position, or at the smaller of their checkpoints.
    ///
    /// Throws `VersionError` for a name or version that does not exist or is still being built, and
    /// `LedgerError.projectionBehind` if one of them has not folded up to the position.
    /// - Parameters:
    ///   - sampleSize: the number of changed rows that the result keeps
    ///   - onChange: receives every changed row, in key order
    package func diff(
        _ name: String, from: VersionReference, to: VersionReference, position: Int64? = nil,
        sampleSize: Int = ProjectionDiff.sampleSize, onChange: @escaping @Sendable (RowChange) throws -> Void = { _ in }
    ) async throws -> ProjectionDiff {
        // After the first row is read, both tables exist and stay. No row is therefore reported twice.
        try await withFreshCatalog {
            try await pool.run { session in
                try session.transaction(.snapshot) {
                    let old = try version(name, from, session)
                    let new = try version(name, to, session)
                    return try diff(old, new, at: position, sampleSize: sampleSize, session, onChange)
                }
            }
        }
    }

    /// Compares inside a transaction.
    func diff(
        _ old: ProjectionVersion, _ new: ProjectionVersion, at asked: Int64?, sampleSize: Int,
        _ session: PostgresSession, _ onChange: (RowChange) throws -> Void = { _ in }
    ) throws -> ProjectionDiff {
        guard let columns = registry.firstDefinition(old.name)?.columns else {
            throw VersionError.unknownProjection(old.name, known: registry.names)
        }
        let position = asked ?? min(old.position, new.position)
        let head = try LogReader().head(session).position
        if position > head { throw LedgerError.positionUnknown(position: position, head: head) }
        for version in [old, new] where position > version.position {
            throw LedgerError.projectionBehind(
                projection: "\(version.name) \(version.reference)", position: position, checkpoint: version.position)
        }
        let comparison = VersionComparison(from: old, to: new, columns: columns, position: position)
        var difference = VersionDifference(columns)
        var sample: [RowChange] = []
        try comparison.forEachRow(session) { from, to in
            let before = try from.map { try JSONDocument(parsing: $0) }
            let after = from == to ? before : try to.map { try JSONDocument(parsing: $0) }
            guard let change = difference.add(from: before, to: after) else { return }
            try onChange(change)
            if sample.count < sampleSize { sample.append(change) }
        }
        let first = try comparison.firstDifference(session).flatMap { try LogReader().event(at: $0, session) }
        let summary = difference.members()
        let document = JSONNode.object(ProjectionDiff.members(old, new, position, summary, first)).canonicalBytes()
        return ProjectionDiff(
            from: old, to: new, position: position, changedRows: difference.changedRows, totalRows: difference.totalRows,
            firstDifference: first, sample: sample, digest: Digest32(sha256Of: document).description, summary: summary)
    }

    /// The version that a reference means. A version still being built is refused, because it has no rows to compare or
    /// to serve.
    func version(_ name: String, _ reference: VersionReference, _ session: PostgresSession) throws -> ProjectionVersion {
        try requireProjection(name)
        let version = try catalog.resolve(reference, of: name, registry, session)
        if version.state == .building { throw VersionError.building(version.label) }
        if let problem = registry.problem(of: name, version: version.version) { throw VersionError.rulesUnusable("\(problem)") }
        return version
    }
}

extension ProjectionVersion {
    /// The version's name in messages.
    var label: String { "\(name) \(reference)" }
}
