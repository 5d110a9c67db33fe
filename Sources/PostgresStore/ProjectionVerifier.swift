import Events
import Glibc
public import Postgres
public import Projections

/// Compares versions' stored rows with a fold of the log from zero.
public struct ProjectionVerifier: Sendable {
    public struct Verification: Sendable, Equatable {
        public let name: String
        public let version: String
        public let position: Int64
        /// Of the stored rows.
        public let rows: Int
        public let storedDigest: String
        /// Of the rows folded anew; empty where an event could not be folded.
        public let foldedDigest: String
        /// The event at which the fold stopped, and why.
        public let problem: String?
        public var matches: Bool { problem == nil && storedDigest == foldedDigest }
    }

    /// How far a verification is.
    public struct Progress: Sendable, Equatable {
        public enum Phase: String, Sendable {
            /// Counted in positions of the log.
            case folding
            /// Everything is folded; counted in digests, one of the rows folded anew and one of the stored ones a version.
            case digesting
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

    /// Folds from zero to the version's checkpoint, writing nothing, and compares the digests at that position.
    ///
    /// Throws `PoisonEvent` where an event can't be folded.
    public func verify(_ session: PostgresSession, progress: (Progress) -> Void = { _ in }) throws -> Verification {
        let (folded, stored) = try Self.digests([(definition, version)], session, progress: progress)
        if let poison = folded[0].poison { throw poison }
        return Self.verification(version, folded[0], stored[0])
    }

    /// Does the same for any number of versions in one pass over the log, each up to its own checkpoint. A version at
    /// which the fold stops keeps none of the others from being verified.
    ///
    /// - Parameters:
    ///   - workers: threads that decode, fold and digest; the processors where left out. The results do not depend on it.
    ///   - progress: called now and then.
    public static func verify(
        _ versions: [(definition: ProjectionDefinition, version: ProjectionVersion)], _ session: PostgresSession,
        workers: Int? = nil, progress: (Progress) -> Void = { _ in }
    ) throws -> [Verification] {
        let (folded, stored) = try digests(versions, session, workers: workers, progress: progress)
        return versions.indices.map { verification(versions[$0].version, folded[$0], stored[$0]) }
    }

    private static func verification(
        _ version: ProjectionVersion, _ folded: FoldedRows, _ stored: (digest: String, rows: Int)
    ) -> Verification {
        Verification(
            name: version.name, version: version.version, position: version.position, rows: stored.rows,
            storedDigest: stored.digest, foldedDigest: folded.digest ?? "", problem: folded.poison?.description)
    }

    private static func digests(
        _ versions: [(definition: ProjectionDefinition, version: ProjectionVersion)], _ session: PostgresSession,
        workers: Int? = nil, progress: (Progress) -> Void
    ) throws -> (folded: [FoldedRows], stored: [(digest: String, rows: Int)]) {
        var stored: [(digest: String, rows: Int)] = []
        func show(_ step: Progress) {
            guard step.phase == .digesting else { return progress(step) }
            progress(Progress(phase: .digesting, done: step.done + Int64(stored.count), of: 2 * step.of))
        }
        let folded = try fold(
            versions.map { ($0.definition, $0.version.position) }, session, workers: workers, progress: show
        ) {
            // While the rows folded anew are digested.
            for (definition, version) in versions {
                stored.append(try digest(of: version, definition.columns, at: version.position, session))
                show(Progress(phase: .digesting, done: 0, of: Int64(versions.count)))
            }
        }
        return (folded, stored)
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
    /// - Parameters:
    ///   - progress: called now and then; of a verification's digests only those made here are counted.
    ///   - meanwhile: called when everything has been folded, while the workers digest.
    public static func fold(
        _ projections: [(definition: ProjectionDefinition, upTo: Int64)], _ session: PostgresSession,
        workers: Int? = nil, progress: (Progress) -> Void = { _ in }, meanwhile: () throws -> Void = {}
    ) throws -> [FoldedRows] {
        guard let last = projections.map(\.upTo).max() else {
            try meanwhile()
            return []
        }
        let decoder = EventDecoder(projections.map(\.definition))
        let lanes = projections.map { DigestLane($0.definition.wholeFold(upTo: $0.upTo), $0.definition.columns) }
        let pass = try LogPass(lanes, decoder, workers: workers ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        func show(digested: Int) { progress(Progress(phase: .digesting, done: Int64(digested), of: Int64(lanes.count))) }
        do {
            let texts = TextPool()
            var chunk = EventChunk()
            try EventChunk.forEach(after: 0, upTo: last, decoder, session) { row in
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
            show(digested: 0)
            try meanwhile()
        } catch {
            pass.giveUp()
            throw error
        }
        pass.waitForDigests(progress: show)
        return lanes.map { FoldedRows(digest: $0.digest, rows: $0.rows, poison: $0.fold.poison) }
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
