import Glibc
import LedgerEvents
public import LedgerPostgres
public import LedgerProjections
import LedgerValues

/// Compares the tables of versions with a fold of the log, either from zero or from the record of an earlier
/// comparison. It compares every version of a row and of facts: its key, its positions, its era, the columns beside the
/// document, and the document.
public struct ProjectionVerifier: Sendable {
    /// The result of comparing one version.
    public struct Verification: Sendable, Equatable {
        public let name: String
        /// The version of its rules, for example `v1`.
        public let version: String
        public let codeVersion: Int
        public let position: Int64
        /// The number of rows current at the position.
        public let rows: Int
        /// The number of versions of all rows and facts, ended or current.
        public let versions: Int64
        /// The digest of the stored rows.
        public let storedDigest: String
        /// The digest of the rows folded anew; empty if an event could not be folded.
        public let foldedDigest: String
        /// The event at which the fold stopped, and why.
        public let poison: PoisonEvent?
        /// The first differences, in the tables' order: stored versions that do not follow from the events, and missing
        /// versions that do.
        public let faults: [VersionFault]
        /// The total number of differences.
        public let faultCount: Int
        /// The version's rules and code, for example `v2/c1`.
        public var label: String { VersionReference(version: version, codeVersion: codeVersion).description }
        /// The problem in a sentence; nil if there is none.
        public var problem: String? {
            if let poison { return "can't be folded: \(poison)" }
            if let first = faults.first {
                return "is not what its events say, in \(faultCount) version\(faultCount == 1 ? "" : "s"): \(first)"
            }
            return matches ? nil : "is not what its events say: folded anew its digest is \(foldedDigest)"
        }
        /// Whether the tables hold exactly the result of the fold.
        public var matches: Bool { poison == nil && faultCount == 0 && storedDigest == foldedDigest }
    }

    /// The progress of a verification.
    public struct Progress: Sendable, Equatable {
        /// The phases of a verification, in order.
        public enum Phase: String, Sendable {
            /// Reads the tables; counted in projection versions.
            case reading
            /// Folds the log; counted in positions.
            case folding
            /// Digests the rows after the fold; counted in projection versions.
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

    /// Folds from zero to the version's checkpoint without writing anything, and compares.
    ///
    /// Throws `PoisonEvent` if an event can't be folded.
    public func verify(_ session: PostgresSession, progress: (Progress) -> Void = { _ in }) throws -> Verification {
        let verification = try Self.verify([(definition, version)], session, progress: progress)[0]
        if let poison = verification.poison { throw poison }
        return verification
    }

    /// Verifies any number of versions in one pass over the log, each up to its own checkpoint. A version whose fold
    /// stops does not keep the others from being verified.
    ///
    /// Everything is read in one snapshot. If a transaction is open, the snapshot is the caller's, and the versions
    /// must have been looked up in it. Otherwise it is a new one, in which the versions are looked up again.
    ///
    /// - Parameters:
    ///   - versions: the versions with their definitions.
    ///   - session: a session on the ledger's database.
    ///   - workers: the number of threads that decode and fold; by default the number of processors. The results do not
    ///     depend on it.
    ///   - progress: called from time to time.
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

    /// A verification, with the record that it relied on and the record for a later one.
    public struct Comparison: Sendable {
        /// The start of the fold of the log.
        public enum Start: Sendable {
            case zero
            /// After the recorded position: the tables still hold what was recorded.
            case record(RecordedVersion)
            /// Position 0, despite a record: the tables do not hold exactly what was recorded, or not what follows from
            /// it.
            case zeroInsteadOf(RecordedVersion)
        }

        public let verification: Verification
        public let start: Start
        /// The contents of the tables; worth recording if the verification matches.
        public let found: RecordedVersion
    }

    /// Compares any number of versions, each up to its own checkpoint, in the transaction in whose snapshot they were
    /// looked up.
    ///
    /// - Parameters:
    ///   - versions: the versions with their definitions.
    ///   - recorded: the records of earlier comparisons. A version that continues one of them is folded only from
    ///     there. If its tables no longer hold exactly what was recorded, or if there is no record, it is folded from
    ///     zero.
    ///   - key: the key of the recorded tallies, or a new one if there are none.
    ///   - session: a session on the ledger's database.
    ///   - workers: the number of threads that decode and fold; by default the number of processors.
    ///   - progress: called from time to time.
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
            let differing = lane.tally.map { stored.buckets(differingFrom: $0) } ?? []
            // With equal tallies, the rows in the tables are those of the fold, which digests them if it holds them all.
            let digest =
                if differing.isEmpty, let folded = lane.digest {
                    (digest: folded, rows: lane.rows)
                } else {
                    try digest(of: version, definition.columns, at: version.position, session)
                }
            report(.comparing, index + 1)
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

    /// The outcome for a version. Equal tallies mean that the tables hold the result of the fold, including the current
    /// rows. If the tallies differ, the rows are folded again and digested, and the versions in the differing buckets
    /// are compared one by one.
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

    /// The result of a fold of the log.
    public struct FoldedRows: Sendable {
        /// The digest of the rows; nil if an event could not be folded.
        public let digest: String?
        public let rows: Int
        public let poison: PoisonEvent?
    }

    /// Folds the log from zero for any number of projections in one pass, each up to its own position, and digests
    /// their rows. It reads only the log.
    ///
    /// - Parameters:
    ///   - projections: the definitions, each with the last position to fold.
    ///   - session: a session on the ledger's database.
    ///   - workers: the number of threads that decode and fold; by default the number of processors.
    ///   - progress: called from time to time while the log is folded.
    public static func fold(
        _ projections: [(definition: ProjectionDefinition, upTo: Int64)], _ session: PostgresSession,
        workers: Int? = nil, progress: (Progress) -> Void = { _ in }
    ) throws -> [FoldedRows] {
        try pass(
            projections.map { ($0.definition.wholeFold(upTo: $0.upTo), $0.definition) }, upTo: projections.map(\.upTo).max() ?? 0,
            session, workers: workers, progress: progress
        ).map { FoldedRows(digest: $0.digest, rows: $0.rows, poison: $0.fold.poison) }
    }

    /// Runs folds over the log, starting where the first of them begins.
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
}
