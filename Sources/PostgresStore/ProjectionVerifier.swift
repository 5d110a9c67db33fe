import Crypto
import Events
import Glibc
public import Postgres
public import Projections
import Values

/// Compares what the tables of versions hold with a fold of the log from zero, or from what an earlier comparison recorded: every
/// version of a row and of facts with its key, its positions, its era, the columns beside the document, and the document.
public struct ProjectionVerifier: Sendable {
    public struct Verification: Sendable, Equatable {
        public let name: String
        /// Of its rules, for example `v1`.
        public let version: String
        public let codeVersion: Int
        public let position: Int64
        /// Current at the position.
        public let rows: Int
        /// Of all rows and facts, ended or current.
        public let versions: Int64
        /// Of the stored rows.
        public let storedDigest: String
        /// Of the rows folded anew; empty where an event could not be folded.
        public let foldedDigest: String
        /// The event at which the fold stopped, and why.
        public let poison: PoisonEvent?
        /// What is stored and does not follow from the events, or follows and is not stored: the first ones, in the tables' order.
        public let faults: [VersionFault]
        /// How many there are of them.
        public let faultCount: Int
        /// Its rules and code, for example `v2/c1`.
        public var label: String { VersionReference(version: version, codeVersion: codeVersion).description }
        /// What is wrong, in a sentence; nil if nothing is.
        public var problem: String? {
            if let poison { return "can't be folded: \(poison)" }
            if let first = faults.first {
                return "is not what its events say, in \(faultCount) version\(faultCount == 1 ? "" : "s"): \(first)"
            }
            return matches ? nil : "is not what its events say: folded anew its digest is \(foldedDigest)"
        }
        public var matches: Bool { poison == nil && faultCount == 0 && storedDigest == foldedDigest }
    }

    /// How far a verification is.
    public struct Progress: Sendable, Equatable {
        public enum Phase: String, Sendable {
            /// All that the tables hold; counted in versions.
            case reading
            /// Counted in positions of the log.
            case folding
            /// Everything is folded; counted in versions whose rows are digested.
            case comparing
        }

        public let phase: Phase
        public let done: Int64
        public let of: Int64
    }

    private let definition: ProjectionDefinition
    private let version: ProjectionVersion

    public init(_ definition: ProjectionDefinition, version: ProjectionVersion) {
        self.definition = definition
        self.version = version
    }

    /// Folds from zero to the version's checkpoint, writing nothing, and compares.
    ///
    /// Throws `PoisonEvent` where an event can't be folded.
    public func verify(_ session: PostgresSession, progress: (Progress) -> Void = { _ in }) throws -> Verification {
        let verification = try Self.verify([(definition, version)], session, progress: progress)[0]
        if let poison = verification.poison { throw poison }
        return verification
    }

    /// Does the same for any number of versions in one pass over the log, each up to its own checkpoint. A version at
    /// which the fold stops keeps none of the others from being verified.
    ///
    /// Everything is read in one snapshot: the caller's, if a transaction is open, which has to be one in which the versions
    /// were looked up; else one of its own, in which they are looked up again.
    /// - Parameters:
    ///   - workers: threads that decode and fold; the processors where left out. The results do not depend on it.
    ///   - progress: called now and then.
    public static func verify(
        _ versions: [(definition: ProjectionDefinition, version: ProjectionVersion)], _ session: PostgresSession,
        workers: Int? = nil, progress: (Progress) -> Void = { _ in }
    ) throws -> [Verification] {
        var random = SystemRandomNumberGenerator()
        let key = TallyKey(using: &random)
        func comparisons(of versions: [(definition: ProjectionDefinition, version: ProjectionVersion)]) throws -> [Verification] {
            try compare(versions, key: key, session, workers: workers, progress: progress).map(\.verification)
        }
        if session.isInTransaction { return try comparisons(of: versions) }
        return try session.transaction(.snapshot) {
            let present = try versions.map { asked in
                let catalog = ProjectionCatalog()
                return (asked.definition, try catalog.version(of: asked.definition.identity, session) ?? asked.version)
            }
            return try comparisons(of: present)
        }
    }

    /// A verification with what it relied on and what a later one may rely on.
    public struct Comparison: Sendable {
        /// From where the log was folded.
        public enum Start: Sendable {
            case zero
            /// After what was recorded, which the tables still hold.
            case record(RecordedVersion)
            /// From position 0 though something is recorded, since the tables do not hold just that, or not what follows from it.
            case zeroInsteadOf(RecordedVersion)
        }

        public let verification: Verification
        public let start: Start
        /// What the tables hold; worth keeping if the verification matches.
        public let found: RecordedVersion
    }

    /// Compares any number of versions, each up to its own checkpoint, within the transaction in whose snapshot they were looked up.
    ///
    /// - Parameters:
    ///   - recorded: what earlier comparisons found. A version that continues one of them is folded from there on only. If its
    ///     tables no longer hold just what is recorded, or if nothing is, it is folded from zero.
    ///   - key: that of the recorded tallies, or a new one if there are none.
    public static func compare(
        _ versions: [(definition: ProjectionDefinition, version: ProjectionVersion)], since recorded: [RecordedVersion] = [],
        key: TallyKey, _ session: PostgresSession, workers: Int? = nil, progress: (Progress) -> Void = { _ in }
    ) throws -> [Comparison] {
        func report(_ phase: Progress.Phase, _ done: Int) {
            progress(Progress(phase: phase, done: Int64(done), of: Int64(versions.count)))
        }
        let tails = try Tail.all(of: versions, since: recorded, session)
        report(.reading, 0)
        let tables = try versions.indices.map { index in
            let (definition, version) = versions[index]
            let tally = try StoredTally(of: version, definition, key, tails[index], session)
            report(.reading, index + 1)
            return tally
        }
        let starts = tables.map(\.start)
        let lanes = try pass(
            zip(versions, starts).map { ($0.definition.wholeFold(upTo: $0.version.position, tally: $1 ?? FoldStart(key)), $0.definition) },
            upTo: versions.map(\.version.position).max() ?? 0, session, workers: workers, progress: progress)
        report(.comparing, 0)
        return try versions.indices.map { index in
            let (definition, version) = versions[index]
            let (stored, lane) = (tables[index].now, lanes[index])
            let digest = try digest(of: version, definition.columns, at: version.position, session)
            report(.comparing, index + 1)
            let differing = lane.tally.map { stored.buckets(differingFrom: $0) } ?? []
            let isRelied = starts[index] != nil && differing.isEmpty
            return Comparison(
                verification: try verification(
                    versions[index], lane.fold.poison, stored.count, digest, differing: differing, session),
                start: tails[index].map { isRelied ? .record($0.recorded) : .zeroInsteadOf($0.recorded) } ?? .zero,
                found: RecordedVersion(
                    name: version.name, version: version.version, codeVersion: version.codeVersion,
                    rules: definition.identity.rules, position: version.position, rows: digest.rows, tally: stored))
        }
    }

    /// The outcome for a version. Equal tallies say that the tables hold what the fold comes to, the current rows included;
    /// if they differ, the rows are digested and the versions of the buckets that differ are compared one by one.
    private static func verification(
        _ asked: (definition: ProjectionDefinition, version: ProjectionVersion), _ poison: PoisonEvent?, _ versions: Int64,
        _ stored: (digest: String, rows: Int), differing buckets: Set<Int>, _ session: PostgresSession
    ) throws -> Verification {
        let (definition, version) = asked
        var folded = stored.digest
        var faults: (first: [VersionFault], count: Int) = ([], 0)
        if poison != nil {
            folded = ""
        } else if !buckets.isEmpty {
            folded = try fold([(definition, version.position)], session)[0].digest ?? ""
            faults = try VersionTrace(definition, version, buckets).faults(session)
        }
        return Verification(
            name: version.name, version: version.version, codeVersion: version.codeVersion, position: version.position,
            rows: stored.rows, versions: versions, storedDigest: stored.digest, foldedDigest: folded,
            poison: poison, faults: faults.first, faultCount: faults.count)
    }

    /// What a fold of the log came to.
    public struct FoldedRows: Sendable {
        /// Of the rows; nil where an event could not be folded.
        public let digest: String?
        public let rows: Int
        public let poison: PoisonEvent?
    }

    /// Folds the log from zero for any number of projections in one pass, each up to a position of its own, and digests
    /// their rows; reads the log and nothing else.
    ///
    /// - Parameter progress: called now and then while the log is folded.
    public static func fold(
        _ projections: [(definition: ProjectionDefinition, upTo: Int64)], _ session: PostgresSession,
        workers: Int? = nil, progress: (Progress) -> Void = { _ in }
    ) throws -> [FoldedRows] {
        try pass(
            projections.map { ($0.definition.wholeFold(upTo: $0.upTo), $0.definition) }, upTo: projections.map(\.upTo).max() ?? 0,
            session, workers: workers, progress: progress
        ).map { FoldedRows(digest: $0.digest, rows: $0.rows, poison: $0.fold.poison) }
    }

    /// Takes folds through the log, from where the first of them begins.
    private static func pass(
        _ folds: [(fold: WholeFold, definition: ProjectionDefinition)], upTo last: Int64, _ session: PostgresSession,
        workers: Int?, progress: (Progress) -> Void
    ) throws -> [DigestLane] {
        if folds.isEmpty { return [] }
        let decoder = EventDecoder(folds.map(\.definition))
        let lanes = folds.map { DigestLane($0.fold, $0.definition.columns) }
        let pass = try LogPass(lanes, decoder, workers: workers ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        do {
            let texts = TextPool()
            var chunk = EventChunk()
            try EventChunk.forEach(after: folds.map(\.fold.start).min() ?? 0, upTo: last, decoder, session) { row in
                try chunk.add(row, decoder)
                guard chunk.isFull else { return }
                let position = chunk.position
                pass.add(chunk, texts)
                chunk = EventChunk()
                progress(Progress(phase: .folding, done: position, of: last))
            }
            pass.add(chunk, texts)
            pass.complete()
            pass.waitForFolds()
            progress(Progress(phase: .folding, done: last, of: last))
        } catch {
            pass.giveUp()
            throw error
        }
        pass.waitForDigests()
        return lanes
    }

    /// The digest of all that a version's tables held as of a position: every version of every row and of the facts behind
    /// the rows. Lower-case hex.
    ///
    /// SHA-256 over the digests (`VersionDigest`) of the versions made up to the position, of rows first and then of facts, each by
    /// key and `valid_from`; what was replaced later counts as current.
    public static func fullDigest(
        of version: ProjectionVersion, _ definition: ProjectionDefinition, at position: Int64, _ session: PostgresSession
    ) throws -> String {
        var hash = SHA256()
        for table in StoredVersions.all(of: version, definition) {
            try table.forEach(inOrderUpTo: position, session) { row in
                hash.update(data: row.digest.asOf(position).digest.bytes)
            }
        }
        return hash.finalize().hex
    }

    /// The digest of the stored rows as of a position.
    public static func digest(
        of version: ProjectionVersion, _ columns: ColumnSet, at position: Int64, _ session: PostgresSession
    ) throws -> (digest: String, rows: Int) {
        var digest = RowDigest(columns)
        let order = columns.key.map(quoteIdentifier).joined(separator: ", ")
        try session.copyOut(
            """
            COPY (SELECT document FROM \(version.table)
                  WHERE valid_from <= \(position) AND (valid_to IS NULL OR valid_to > \(position))
                  ORDER BY \(order))
            TO STDOUT (FORMAT binary)
            """
        ) { row in try digest.add(try row.utf8(0)) }
        return (digest.finish(), digest.rows)
    }
}
