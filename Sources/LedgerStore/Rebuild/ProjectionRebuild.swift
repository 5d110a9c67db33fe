import LedgerEvents
public import LedgerPostgres
public import LedgerProjections
import LedgerValues

/// Builds projection versions together from the log, at the speed of the disk.
///
/// Events are read in chunks for all versions at once: first to record which events touch which entity, then to fold
/// them. The entities are split by a hash of their keys into as many parts as there are workers, and the parts are
/// folded independently. A version of a row or of facts is written by COPY when it ends, and an entity's current
/// versions with the last event that touches the entity, in transactions of a few megabytes. The indexes are made at
/// the end. Memory holds the facts of the most recently touched entities that have more events to come, and documents
/// of a bounded size. A forgotten entity is folded again from its own events when its next event comes.
///
/// A rebuild that was killed or failed can be resumed: it folds from 0 again, up to its original target position, and
/// skips versions that are already in its tables. A cancelled rebuild leaves nothing behind. While a rebuild runs, it
/// holds the versions' leases, so that nobody else writes them. A version that was ready before can be read as it was,
/// until the new tables replace its own. The old tables are dropped once nobody reads them, by this rebuild or a later
/// program.
public struct ProjectionRebuild: Sendable {
    /// The settings of a rebuild.
    public struct Options: Sendable {
        /// The number of parts folded at the same time.
        public var workers = 2
        /// The largest number of positions read and folded per chunk.
        public var chunkSize: Int64 = 2_048
        /// The bytes of versions that a chunk should make at most. Chunks get smaller where each event makes large versions.
        public var chunkByteCount = 64 << 20
        /// The bytes of versions that a projection collects before it writes them.
        public var flushByteCount = 4 << 20
        /// The bytes that all projections together may collect while earlier ones are being written.
        public var pendingByteCount = 48 << 20
        /// The bytes after which a projection's tables are frozen up to the current end.
        public var freezeByteCount = 64 << 20
        /// The bytes of most recently touched documents kept in memory, for all versions together.
        public var recentByteCount = 128 << 20
        /// The number of entities remembered with their facts. For all others, only the positions of their events are
        /// kept.
        public var rememberedEntities = 16_000
        /// Called before every write, with the number of writes so far; a test stops a rebuild there.
        var beforeWrite: (@Sendable (Int) async throws -> Void)?

        public init(workers: Int = 2) { self.workers = max(1, workers) }
    }

    /// The progress of a rebuild.
    public struct Progress: Sendable, Equatable {
        /// The phases of a rebuild, in order.
        public enum Phase: String, Sendable {
            /// Records which events touch which entity.
            case reading
            case folding
            /// Writes the last rows and the indexes.
            case finishing
        }

        public let phase: Phase
        /// The position up to which everything is read, or folded.
        public let position: Int64
        /// The position at which the rebuild ends.
        public let head: Int64
    }

    /// A version that was built.
    public struct Built: Sendable {
        public let name: String
        public let reference: VersionReference
        /// The checkpoint: every event up to and including this position is folded in.
        public let position: Int64
        /// The position at which an earlier run had stopped; 0 if there was none.
        public let resumedFrom: Int64
        /// The number of events folded into the version.
        public let events: Int
        /// The number of versions of rows that ended; `historyFacts` counts those of facts.
        public let historyRows: Int
        public let historyFacts: Int
        /// The event that stopped the version, if it can't fold an event; it stopped before that event.
        public let poison: PoisonEvent?
    }

    private let definitions: [ProjectionDefinition]
    private let configuration: PostgresConfiguration
    private let owner: String
    private let options: Options
    private static let renewalSeconds = 3

    /// Makes a rebuild of some versions.
    ///
    /// - Parameters:
    ///   - definitions: the versions to build, each once, at most `EventRouter.limit`.
    ///   - configuration: for sessions with the service's role; the rebuild opens its own.
    ///   - owner: names this rebuild among all that share the database, including other rebuilds of this process.
    ///   - options: the number of parts, and the sizes of chunks and memory.
    public init(
        _ definitions: [ProjectionDefinition], _ configuration: PostgresConfiguration, owner: String,
        options: Options = Options()
    ) {
        self.definitions = definitions
        self.owner = owner
        self.options = options
        var own = configuration
        // Derived data need not wait for the disk: after a crash of the server it is written again.
        own.settings["synchronous_commit"] = "off"
        own.settings["maintenance_work_mem"] = "256MB"
        self.configuration = own
    }

    /// Builds up to the head at its start, or at the start of the rebuild that it resumes. The ordinary follower folds
    /// later events.
    ///
    /// Throws `LedgerError.versionHeld` if another process writes one of the versions, `.leaseLost` if this rebuild
    /// slept past its lease, and `.historyReplaced` if a failover or a restore replaced the log that was read. Throws
    /// `CancellationError` when it is cancelled: it then removes the versions that are not complete, including the
    /// remains of an earlier rebuild of them. If not all versions can be started, it removes those newly started. A
    /// version that can't fold an event ends before that event, with the error recorded in the catalog; the others
    /// continue.
    public func run(_ progress: @escaping @Sendable (Progress) -> Void = { _ in }) async throws -> [Built] {
        let pool = PostgresPool(configuration, maximumConnections: 2 * options.workers + 2)
        var targets: [RebuildTarget] = []
        // Whether an earlier rebuild of the version left something behind.
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
        // This runs even if this task is already cancelled.
        await Task {
            for (target, isResumed) in begun {
                if isCancelled || isRefused && !isResumed { try? await pool.run { try target.abandon($0) } }
                try? await pool.run { try target.lease.release($0) }
            }
            // Tries the work left because of readers, by this rebuild and by earlier ones. The next program does the
            // rest.
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
                    // A lost connection shows up at the next write, and so does a lost lease.
                    try? await pool.run { try ProjectionLease.renewAll(owner: owner, $0) }
                }
                return nil
            }
            group.addTask {
                var built: [Built] = []
                for (until, group) in Dictionary(grouping: targets, by: { $0.until ?? 0 }).sorted(by: { $0.key < $1.key }) {
                    // The leaf also covers an event that stops a version: the part before the event is built again
                    // under the same leaf.
                    let leaf = try await pool.run { try ReadLeaf.read(at: until, $0) }
                    let first = try await RebuildPass(group, pool, options, until: until, of: leaf, before: nil).run(progress)
                    built += first.built
                    var stopped = first.stopped
                    // A version that can't fold an event is built again up to the position before it.
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
