public import LedgerPostgres
public import LedgerProjections
import LedgerValues
import Logging

/// Keeps all projection versions that this program can fold at the log's head for as long as it runs.
///
/// The versions whose leases it holds are folded together: each event is read and decoded once, and the changes of a
/// step in all of them are one transaction. A version that is behind, or whose lease becomes free, first catches up
/// separately and then joins. Any number of processes may run a group: the holder of a version's lease writes the
/// version.
public actor ProjectionGroup {
    /// The number of positions per transaction.
    public static let batchSize = 5_000
    /// The bytes of documents that each version keeps in memory from step to step.
    public static let cachedBytes = 8 << 20
    /// The pause between two steps, in which arriving events collect for the next step. An event after a quiet moment
    /// does not wait.
    private static let paceMilliseconds = 10
    /// The interval at which the catalog is checked for new and dropped versions, and the pause after a lost connection.
    private static let refreshSeconds = 1
    /// The interval at which work that rebuilds and promotions left because of readers is tried again.
    private static let upkeepSeconds = 5
    /// The largest number of groups that catch up at the same time.
    private static let maximumCatchUps = 3

    private let registry: ProjectionRegistry
    private let pool: PostgresPool
    private let owner: String
    private let batchSize: Int
    private let cachedBytes: Int
    private let logger: Logger
    private var live: FoldingGroup
    /// The groups that catch up in the background; `arrivals` holds those that are near enough to join.
    private var behind: [Int: (group: FoldingGroup, work: Task<Void, Never>)] = [:]
    private var arrivals: [FoldingGroup] = []
    private var catchUps = 0
    /// The versions that this program could not fold. They are tried again once their error is gone from the catalog.
    private var stopped: [ProjectionLease] = []

    /// Makes a group for all versions that a registry can fold.
    ///
    /// - Parameters:
    ///   - registry: the versions that this program can fold.
    ///   - pool: connections with the service's role.
    ///   - owner: names this process among all that share the database.
    ///   - batchSize: the number of positions per transaction.
    ///   - cachedBytes: the bytes of documents that each version keeps in memory from step to step.
    public init(
        _ registry: ProjectionRegistry, pool: PostgresPool, owner: String,
        batchSize: Int = ProjectionGroup.batchSize, cachedBytes: Int = ProjectionGroup.cachedBytes
    ) {
        self.registry = registry
        self.pool = pool
        self.owner = owner
        self.batchSize = batchSize
        self.cachedBytes = cachedBytes
        logger = Logger(label: "\(pool.configuration.applicationName).projection")
        live = FoldingGroup(at: 0, pool, batchSize: batchSize)
    }

    /// Follows until cancelled, then gives the leases back. Call it once.
    ///
    /// A poison event stops its projection there, with the error recorded in the catalog; the others continue. After a
    /// lost connection, or if a batch was read from another log than the server's, everything restarts from what is
    /// stored. In the meantime it also finishes work that rebuilds and promotions left because of readers: it moves
    /// views to the new tables and drops the old ones.
    public func run(_ signal: LogSignal) async {
        async let upkeep: Void = keepUp()
        while !Task.isCancelled {
            do {
                try await follow(signal)
            } catch {
                if !Task.isCancelled { logger.warning("folding was interrupted", metadata: ["reason": "\(error)"]) }
            }
            await disband()
            try? await Task.sleep(for: .seconds(Self.refreshSeconds))
        }
        await upkeep
    }

    private func keepUp() async {
        let upkeep = VersionUpkeep(registry.definitions)
        var told: Set<VersionUpkeep.Remainder> = []
        while !Task.isCancelled {
            do {
                let remainders = try await pool.run { try upkeep.attempt($0) }
                for remainder in remainders where !told.contains(remainder) { logger.notice("\(remainder)") }
                told = Set(remainders)
            } catch {
                if !Task.isCancelled { logger.warning("tidying up was interrupted", metadata: ["reason": "\(error)"]) }
            }
            try? await Task.sleep(for: .seconds(Self.upkeepSeconds))
        }
    }

    private func follow(_ signal: LogSignal) async throws {
        var refreshed: ContinuousClock.Instant?
        while true {
            try Task.checkCancellation()
            let seen = await signal.seen
            if refreshed.map({ .now - $0 >= .seconds(Self.refreshSeconds) }) ?? true {
                try await refresh()
                refreshed = .now
            }
            let hasMoved = try await live.advance(until: .now + .seconds(Self.refreshSeconds))
            await note(await live.takeDepartures())
            if hasMoved {
                try await Task.sleep(for: .milliseconds(Self.paceMilliseconds))
            } else {
                await signal.wait(after: seen)
            }
        }
    }

    /// Renews the leases, releases versions that are gone from the catalog, and takes up versions that nobody folds.
    private func refresh() async throws {
        let versions = try await pool.run { session in try ProjectionCatalog().versions(session) }
        let followed = versions.filter { $0.state == .ready && definition(of: $0) != nil }
        await live.release { member in !followed.contains { member.lease.isOf($0) } }
        try await live.renew()
        stopped.removeAll { lease in versions.contains { lease.isOf($0) && $0.poison == nil } }

        var held = stopped
        for group in [live] + arrivals + behind.values.map(\.group) { held += await group.members.map(\.lease) }
        let free = followed.filter { version in !held.contains { $0.isOf(version) } }
        if await live.members.isEmpty {
            // The other versions catch up to the position of the foremost.
            let foremost = free.map(\.position).max() ?? 0
            await live.move(to: max(foremost, await live.position))
        }
        try await takeUp(free)
        try await admit()
        await note(await live.takeDepartures())
    }

    private func definition(of version: ProjectionVersion) -> ProjectionDefinition? {
        registry.definition(of: version)
    }

    /// Takes the leases of versions that are not ahead of the live group. Versions at the same position catch up
    /// together, in the background if that takes long.
    private func takeUp(_ free: [ProjectionVersion]) async throws {
        let end = await live.position
        let definitions = free.filter { $0.position <= end }.compactMap(definition(of:))
        if definitions.isEmpty { return }
        let acquired = try await pool.run { [owner, cachedBytes] session in
            try definitions.compactMap {
                try ProjectionMember.acquire($0, owner: owner, cachedBytes: cachedBytes, session)
            }
        }
        for (position, members) in Dictionary(grouping: acquired, by: \.position) {
            let group = FoldingGroup(at: position, pool, batchSize: batchSize)
            await group.join(members.map(\.member))
            if position > end || end - position > Int64(batchSize) && behind.count == Self.maximumCatchUps {
                // The next refresh looks at these versions again.
                await group.release()
            } else if end - position > Int64(batchSize) {
                catchUps += 1
                let id = catchUps
                behind[id] = (group, Task { await self.catchUp(group, id) })
            } else {
                arrivals.append(group)
            }
        }
    }

    /// Brings a group near the live one, which may move on in the meantime.
    private func catchUp(_ group: FoldingGroup, _ id: Int) async {
        do {
            while await live.position - group.position > Int64(batchSize) {
                guard try await group.advance(upTo: await live.position) else { break }
            }
            arrivals.append(group)
        } catch {
            if !Task.isCancelled { logger.warning("catching up was interrupted", metadata: ["reason": "\(error)"]) }
            await group.release()
        }
        await note(await group.takeDepartures())
        behind[id] = nil
    }

    /// Folds the last few events into the groups that have arrived, and adds their members to the live group.
    private func admit() async throws {
        while let group = arrivals.first {
            try await group.advance(upTo: await live.position)
            await note(await group.takeDepartures())
            await live.join(await group.members)
            arrivals.removeFirst()
        }
    }

    private func note(_ departures: [FoldingGroup.Departure]) async {
        for departure in departures {
            let lease = departure.member.lease
            let metadata: Logger.Metadata = ["projection": "\(lease.name)", "version": "\(lease.version)"]
            switch departure.reason {
            case .poison(let poison):
                stopped.append(lease)
                logger.error("stopped at an event that can't be folded", metadata: metadata.merging(["event": "\(poison)"]) { $1 })
            case .leaseLost:
                logger.warning(
                    "the lease went to another process, or the checkpoint is not where it was left", metadata: metadata)
            case .failed(let error):
                logger.error("folding was interrupted", metadata: metadata.merging(["reason": "\(error)"]) { $1 })
            }
        }
    }

    /// Forgets the state in memory and gives all leases back.
    private func disband() async {
        for (_, work) in behind.values { work.cancel() }
        for (_, work) in behind.values { await work.value }
        for group in arrivals + [live] { await group.release() }
        arrivals = []
        live = FoldingGroup(at: 0, pool, batchSize: batchSize)
    }
}
