public import Postgres
public import Projections
import Values

/// Builds projection versions together from the log, at the speed of the disk.
///
/// Events are read in chunks for all versions at once, first to see which of them touch which entity, and then to fold them;
/// entities are cut into as many parts as there are workers, by a hash of their keys, and folded apart. A version of a row or
/// of facts is written by COPY when it ends, and what is current of an entity with the last event that touches it, in
/// transactions of a few megabytes; then come the indexes. Memory holds the facts of the entities touched last for which more
/// comes, and documents of a bounded size; an entity that was forgotten is folded again from its own events when one comes.
///
/// A rebuild that was killed or failed is taken up again: it folds from 0 once more, up to the position that it had set out
/// for, and leaves out what is in its tables already. One that is cancelled leaves nothing behind. While it runs it holds the
/// versions' leases, so that nobody else writes them; a version that was ready before is read as it was until the new tables
/// take the place of its own. Those are dropped once nobody reads them any more, by this rebuild or whoever comes next.
public struct ProjectionRebuild: Sendable {
    public struct Options: Sendable {
        /// How many parts are folded at a time.
        public var workers = 2
        /// Positions read and folded in one go.
        public var chunkSize: Int64 = 2_048
        /// How many bytes of versions a projection collects before it writes them.
        public var flushByteCount = 4 << 20
        /// How many bytes all projections may collect while earlier ones are being written.
        public var pendingByteCount = 48 << 20
        /// After how many bytes written a projection's tables are frozen up to there.
        public var freezeByteCount = 64 << 20
        /// How many bytes of documents are kept of what was touched last, all versions together.
        public var recentByteCount = 128 << 20
        /// How many entities are remembered with their facts; of the others only the positions of their events are kept.
        public var rememberedEntities = 16_000
        /// Called before every write, with the number of writes so far; a test stops a rebuild there.
        var beforeWrite: (@Sendable (Int) async throws -> Void)?

        public init(workers: Int = 2) { self.workers = max(1, workers) }
    }

    /// How far a rebuild is.
    public struct Progress: Sendable, Equatable {
        public enum Phase: String, Sendable {
            /// It is noted which events touch which entity.
            case reading
            case folding
            /// The last rows and the indexes are written.
            case finishing
        }

        public let phase: Phase
        /// Everything up to here is read, or folded.
        public let position: Int64
        /// Where it is to end.
        public let head: Int64
    }

    /// A version that was built.
    public struct Built: Sendable {
        public let name: String
        public let reference: VersionReference
        /// Everything up to and including this position is folded in.
        public let position: Int64
        /// Where an earlier run had been stopped; 0 for none.
        public let resumedFrom: Int64
        /// Events folded into it.
        public let events: Int
        /// Versions of rows and of facts that ended.
        public let historyRows: Int
        public let historyFacts: Int
        /// Set where the version stopped before an event that it can't fold.
        public let poison: PoisonEvent?
    }

    private let definitions: [ProjectionDefinition]
    private let configuration: PostgresConfiguration
    private let owner: String
    private let options: Options
    private static let renewalSeconds = 3

    /// - Parameters:
    ///   - definitions: the versions to build, each once, at most `EventRouter.limit`.
    ///   - configuration: of sessions with the service's role; the rebuild opens its own.
    ///   - owner: names this rebuild among all that share the database, other rebuilds of this process included.
    public init(
        _ definitions: [ProjectionDefinition], _ configuration: PostgresConfiguration, owner: String,
        options: Options = Options()
    ) {
        self.definitions = definitions
        self.owner = owner
        self.options = options
        var own = configuration
        // What is derived need not wait for the disk: after a crash of the server it is written again.
        own.settings["synchronous_commit"] = "off"
        own.settings["maintenance_work_mem"] = "256MB"
        self.configuration = own
    }

    /// Builds up to the head of its beginning, or of the beginning of the rebuild that it takes up; what came since is the
    /// ordinary follower's.
    ///
    /// Throws `LedgerError.versionHeld` where somebody else writes one of the versions, `.leaseLost` where this rebuild slept
    /// past its lease, `.historyReplaced` where a failover or a restore put another log in the place of the one that was read,
    /// `CancellationError` when it is cancelled: the versions that are not whole by then, and what an earlier
    /// rebuild of them had left, are taken away. Where not all versions can be begun, what was begun anew is taken away. An
    /// event that a version can't fold ends that version before it, with the error kept in the catalog; the others go on.
    public func run(_ progress: @escaping @Sendable (Progress) -> Void = { _ in }) async throws -> [Built] {
        let pool = PostgresPool(configuration, maximumConnections: 2 * options.workers + 2)
        var targets: [RebuildTarget] = []
        // Of which an earlier rebuild had left something.
        var areResumed: [Bool] = []
        let result: Result<[Built], any Error>
        do {
            for definition in definitions {
                let owner = self.owner
                areResumed.append(
                    try await pool.run { try ProjectionCatalog().version(of: definition.identity, $0)?.rebuild != nil })
                targets.append(try await pool.run { try RebuildTarget.begin(definition, owner: owner, $0) })
            }
            // Nobody follows the versions any more.
            let head = try await pool.run { try LogReader().head($0).position }
            for place in targets.indices {
                let target = targets[place]
                targets[place] = try await pool.run { try target.aimed(at: head, $0) }
            }
            result = .success(try await build(targets, pool, progress))
        } catch {
            result = .failure(error)
        }
        let begun = Array(zip(targets, areResumed))
        let (isCancelled, isRefused) = (Task.isCancelled, targets.count < definitions.count)
        // Even where this task is cancelled already.
        await Task {
            for (target, isResumed) in begun {
                if isCancelled || isRefused && !isResumed { try? await pool.run { try target.abandon($0) } }
                try? await pool.run { try target.lease.release($0) }
            }
            // What is left to readers, of this rebuild and of earlier ones: what remains is done by whoever comes next.
            _ = try? await pool.run { try VersionUpkeep(self.definitions).attempt($0) }
        }.value
        await pool.close()
        return try result.get()
    }

    private func build(
        _ targets: [RebuildTarget], _ pool: PostgresPool, _ progress: @escaping @Sendable (Progress) -> Void
    ) async throws -> [Built] {
        let owner = self.owner
        return try await withThrowingTaskGroup(of: [Built]?.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(Self.renewalSeconds))
                    // A lost connection shows in the next write; a lost lease too.
                    try? await pool.run { try ProjectionLease.renewAll(owner: owner, $0) }
                }
                return nil
            }
            group.addTask {
                var built: [Built] = []
                for (until, group) in Dictionary(grouping: targets, by: { $0.until ?? 0 }).sorted(by: { $0.key < $1.key }) {
                    // Of an event that stops a version too: what ends before it is built again under the same leaf.
                    let leaf = try await pool.run { try ReadLeaf.read(at: until, $0) }
                    let first = try await RebuildPass(group, pool, options, until: until, of: leaf, before: nil).run(progress)
                    built += first.built
                    var stopped = first.stopped
                    // A version that can't fold an event is built again up to the one before.
                    while let (target, poison) = stopped.popLast() {
                        let last = poison.position - 1
                        let anew = try await pool.run { try target.startedAnew(upTo: last, $0) }
                        let again = try await RebuildPass([anew], pool, options, until: last, of: leaf, before: poison)
                            .run(progress)
                        built += again.built
                        stopped += again.stopped
                    }
                }
                return built
            }
            defer { group.cancelAll() }
            for try await built in group {
                if let built { return built.sorted { ($0.name, $0.reference.description) < ($1.name, $1.reference.description) } }
            }
            return []
        }
    }
}
