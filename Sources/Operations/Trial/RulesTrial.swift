import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerRules
import LedgerStore
import LedgerValues

/// A rule file that somebody edits: where it would stand in a ledger's files, and its text.
package struct RulesDraft: Sendable {
    package let projection: String
    /// The version that the draft follows, as in `v1/c2`.
    package let base: String
    /// The draft's rules version: the next one that no installed file has.
    package let version: Int
    package let text: String

    /// The path below `projections/`.
    package var path: String { Self.path(projection, version) }

    /// The file's name.
    package var fileName: String { "rules.v\(version).yaml" }

    static func path(_ projection: String, _ version: Int) -> String { "\(projection)/rules.v\(version).yaml" }

    /// The largest size of a draft, in bytes. No installed file comes near it.
    package static let longest = 32_768
}

/// What a draft would change: the rows of the log's first events under the served rules and under the draft. Nothing is stored.
package struct RulesTrial: Sendable {
    /// The largest number of events that a trial folds.
    package static let mostEvents: Int64 = 100_000
    /// The largest number of changed rows that a trial names.
    package static let sampleSize = 20

    /// `{"projection":…,"from":"v1/c1","to":"v2/c1","position":…,"head_position":…,"is_cut":…,"rules":{…},"rows":{…},
    /// "fields":[…],"moved":[…],"sums":[…],"changes_digest":…,"sample":[…]}`; `rules` is that of ``RulesDiff``.
    package let document: [UInt8]
}

/// Why a draft can't be tried.
package enum RulesTrialError: Error, CustomStringConvertible {
    /// The rules can't be used; the problem names the line.
    case unusable(String)
    case tooLong
    /// An event can't be folded, or the fold takes too long.
    case notFolded(String)

    package var description: String {
        switch self {
        case .unusable(let problem), .notFolded(let problem): problem
        case .tooLong: "the rules are longer than \(RulesDraft.longest) bytes"
        }
    }
}

extension Ledger {
    /// The served rules of a projection as a draft of the next version.
    package func draft(of name: String) async throws -> RulesDraft {
        let served = try await servedDefinition(name)
        guard let file = served.identity.rules.first(where: { $0.path == RulesDraft.path(name, $0.version) }),
            let bytes = try resources.files.projectionFile(file.path)
        else { throw VersionError.rulesUnusable("the rule file of \(name) \(served.identity.version) is not installed") }
        let next = (RuleFile.versions(in: name, among: try resources.files.projectionFiles()).max() ?? 0) + 1
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let text = lines.map { $0.hasPrefix("version:") ? "version: \(next)" : String($0) }.joined(separator: "\n")
        return RulesDraft(projection: name, base: served.reference, version: next, text: text)
    }

    /// Folds the log's first events under the served rules and under a draft's text, and compares the rows.
    ///
    /// Throws `RulesTrialError`, and `VersionError` for a projection that does not exist.
    ///
    /// - Parameter limit: the largest number of events that are folded
    package func trial(of draft: RulesDraft, text: String, limit: Int64 = RulesTrial.mostEvents) async throws -> RulesTrial {
        guard text.utf8.count <= RulesDraft.longest else { throw RulesTrialError.tooLong }
        let old = try await servedDefinition(draft.projection)
        let files = resources.files
        let read: @Sendable (String) throws -> [UInt8]? = { path in
            path == draft.path ? Array(text.utf8) : try files.projectionFile(path)
        }
        guard let source = model.projections.first(where: { $0.name == draft.projection }) else {
            throw VersionError.unknownProjection(draft.projection, known: registry.names)
        }
        let (new, rules): (ProjectionDefinition, RulesDiff)
        do {
            let definitions = try ProjectionRegistry.definitions(source, version: draft.version, events: model.events, read: read)
            guard let same = definitions.last(where: { $0.identity.codeVersion == old.identity.codeVersion }) else {
                throw VersionError.codeMissing("\(draft.projection) c\(old.identity.codeVersion)")
            }
            new = same
            rules = RulesDiff(
                name: draft.projection, from: old.identity.version, to: new.identity.version,
                files: try RuleFileChanges.between(old.identity.rules, new.identity.rules, read: read))
        } catch let problem as RuleError {
            throw RulesTrialError.unusable("\(problem)")
        }
        let head = try await pool.run { session in try LogReader().head(session).position }
        let position = min(head, limit)
        let key = "trial|\(draft.projection)|\(old.reference)|\(Digest32(sha256Of: text))|\(position)|\(head)"
        do {
            let result = try await folds.result(key, isBounded: true) { [pool] deadline in
                .document(
                    try await pool.run { session in
                        try session.transaction(.snapshot) {
                            try Self.compare(old, new, rules, upTo: position, head: head, deadline, session)
                        }
                    })
            }
            guard case .document(let document) = result else { preconditionFailure("a trial gives a document") }
            return RulesTrial(document: document)
        } catch is FoldDeadline.Passed {
            throw RulesTrialError.notFolded(
                "the trial takes more than \(FoldGate.standardLimitSeconds) s, or too many wait for such an answer: install the file "
                    + "and use `alpha-ledger projection rebuild` and `projection diff`")
        } catch let poison as PoisonEvent {
            throw RulesTrialError.notFolded("event \(poison.position): \(poison.problem)")
        }
    }

    /// The definition of the version that is served.
    private func servedDefinition(_ name: String) async throws -> ProjectionDefinition {
        try requireProjection(name)
        guard let served = try await pool.run({ [catalog] session in try catalog.served(name, session) }) else {
            throw ViewError.notActivated(projection: name)
        }
        guard let definition = registry.definition(of: served) else { throw VersionError.codeMissing(served.label) }
        return definition
    }

    private static let chunk = 2_000

    private static func compare(
        _ old: ProjectionDefinition, _ new: ProjectionDefinition, _ rules: RulesDiff, upTo position: Int64, head: Int64,
        _ deadline: FoldDeadline, _ session: PostgresSession
    ) throws -> [UInt8] {
        let (before, after) = (old.completeFold(), new.completeFold())
        let decoder = EventDecoder([old, new])
        for start in stride(from: 0, to: position, by: chunk) {
            try deadline.check()
            for event in try LogReader().events(after: start, upTo: position, types: decoder.types, limit: chunk, session) {
                guard let read = decoder.read(event) else { continue }
                try before.apply(read)
                try after.apply(read)
            }
        }
        var difference = VersionDifference(new.columns)
        var sample: [RowChange] = []
        var (left, right) = (before.rows(), after.rows())
        var (from, to) = (left.next(), right.next())
        var count = 0
        while from != nil || to != nil {
            count += 1
            if count % chunk == 0 { try deadline.check() }
            let isOld = from.map { row in to.map { row.key <= $0.key } ?? true } ?? false
            let isNew = to.map { row in from.map { row.key <= $0.key } ?? true } ?? false
            func document(_ row: ProjectedRow?, _ isMeant: Bool) throws -> JSONDocument? {
                isMeant ? try row.map { try JSONDocument(parsing: $0.document) } : nil
            }
            let change = difference.add(from: try document(from, isOld), to: try document(to, isNew))
            if let change, sample.count < RulesTrial.sampleSize { sample.append(change) }
            if isOld { from = left.next() }
            if isNew { to = right.next() }
        }
        return answer(old, new, rules, difference, sample, position: position, head: head)
    }

    private static func answer(
        _ old: ProjectionDefinition, _ new: ProjectionDefinition, _ rules: RulesDiff, _ difference: VersionDifference,
        _ sample: [RowChange], position: Int64, head: Int64
    ) -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 8192, keyOrder: .given)
        out.beginObject()
        out.key("projection"); out.string(old.identity.name)
        out.key("from"); out.string(old.reference)
        out.key("to"); out.string(new.reference)
        out.key("position"); out.integer(position)
        out.key("head_position"); out.integer(head)
        out.key("is_cut"); out.bool(position < head)
        out.key("rules"); out.raw(rules.json(limit: RulesDiff.mostChanges))
        for (name, node) in difference.members() {
            out.key(name)
            node.write(to: &out, decimals: .numbers)
        }
        out.key("sample")
        out.beginArray()
        for change in sample { change.write(to: &out, decimals: .numbers) }
        out.endArray()
        out.endObject()
        return out.bytes
    }
}

extension ProjectionDefinition {
    /// `v1/c2`
    fileprivate var reference: String { "\(identity.version)/c\(identity.codeVersion)" }
}
