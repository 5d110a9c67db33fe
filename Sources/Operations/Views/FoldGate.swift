import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues

/// The result of a fold on request.
enum FoldResult: Sendable {
    case node(JSONNode)
    /// Published rows with their keys, and whether there are more.
    case rows([(key: RowKey, row: [UInt8])], hasMore: Bool)
    case receipt(ViewReceipt)
    case groups([TextGroup])
    /// An analysis's document, or that of a walk along an entity's events.
    case document([UInt8])

    /// The approximate size in memory.
    fileprivate var bytes: Int {
        switch self {
        case .node(let node): node.memory + 256
        case .rows(let rows, _): rows.reduce(256) { $0 + $1.row.count + 128 }
        case .receipt: 512
        case .groups(let groups): groups.reduce(256) { $0 + 128 + $1.texts.count * 64 }
        case .document(let document): document.count + 256
        }
    }
}

extension JSONNode {
    /// The approximate size in memory, which is several times that of the text.
    fileprivate var memory: Int {
        func heap(_ text: String) -> Int { text.utf8.count > 15 ? text.utf8.count + 48 : 0 }
        switch self {
        case .null, .bool, .integer, .decimal: return MemoryLayout<JSONNode>.stride
        case .exact: return MemoryLayout<JSONNode>.stride + 64
        case .string(let text): return MemoryLayout<JSONNode>.stride + heap(text)
        case .array(let elements): return elements.reduce(MemoryLayout<JSONNode>.stride + 48) { $0 + $1.memory }
        case .object(let members):
            return members.reduce(MemoryLayout<JSONNode>.stride + 48) {
                $0 + MemoryLayout<String>.stride + heap($1.0) + $1.1.memory
            }
        }
    }
}

/// The deadline of a fold on request.
struct FoldDeadline: Sendable {
    /// Nil for a fold without a deadline.
    let instant: ContinuousClock.Instant?

    struct Passed: Error {}

    /// Throws after the deadline.
    func check() throws(Passed) {
        if let instant, ContinuousClock.now >= instant { throw Passed() }
    }

    /// Reads in one snapshot. The server also ends a statement that exceeds the deadline.
    func read<T: Sendable>(
        _ database: ReadDatabase, _ point: ReadPoint, _ body: @Sendable (PostgresSession) throws -> T
    ) async throws -> T {
        do {
            return try await database.run(point) { session in
                try session.transaction(.snapshot) {
                    if let instant {
                        let left = (instant - ContinuousClock.now) / .milliseconds(1)
                        try check()
                        try session.limitStatements(milliseconds: max(1, Int(left)))
                    }
                    return try body(session)
                }
            }
        } catch let error as PostgresError where error.sqlState == .queryCanceled && !error.isCancelled {
            throw Passed()
        }
    }
}

/// Limits the folds over whole views that readers can request. Two folds run at a time, each with ten seconds including
/// its wait for a turn. Readers with the same request share one fold. The latest results are cached.
actor FoldGate {
    /// The number of folds that run at a time.
    private let slots: Int
    /// The number of folds that wait for a turn. Further folds are refused at once.
    private let maximumWaiting: Int
    private let limit: Duration
    private static let cacheBytes = 32 << 20
    static let standardLimitSeconds = 10

    private struct Flight {
        let id: Int
        let task: Task<FoldResult, any Error>
        var readers: Int
    }

    private var flights: [ByteKey: Flight] = [:]
    private var running = 0
    private var waiting: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
    private var lastID = 0
    private var results: [ByteKey: FoldResult] = [:]
    private var order: [ByteKey] = []
    private var bytes = 0

    init(slots: Int = 2, maximumWaiting: Int = 32, limit: Duration = .seconds(FoldGate.standardLimitSeconds)) {
        self.slots = slots
        self.maximumWaiting = maximumWaiting
        self.limit = limit
    }

    /// The result of a fold: from the cache, from another reader's fold in progress, or from a new fold.
    ///
    /// - Parameters:
    ///   - key: everything that the result depends on
    ///   - isBounded: whether the fold needs a turn and has a deadline
    ///   - work: throws `FoldDeadline.Passed` if it takes too long; a reader that gets no turn receives the same error
    func result(
        _ key: String, isBounded: Bool, _ work: @escaping @Sendable (FoldDeadline) async throws -> FoldResult
    ) async throws -> FoldResult {
        let result = ByteKey(key)
        if let known = results[result] { return known }
        // An unbounded fold is not shared with bounded readers.
        let name = isBounded ? result : ByteKey("unbounded|\(key)")
        let task: Task<FoldResult, any Error>
        if let flight = flights[name] {
            task = flight.task
            flights[name]?.readers += 1
        } else {
            if isBounded, running >= slots, waiting.count >= maximumWaiting { throw FoldDeadline.Passed() }
            let deadline = FoldDeadline(instant: isBounded ? .now + limit : nil)
            lastID += 1
            let id = lastID
            task = Task {
                defer { land(name, id) }
                if let instant = deadline.instant {
                    guard await enter(until: instant) else { throw FoldDeadline.Passed() }
                }
                defer { if isBounded { leave() } }
                let made = try await work(deadline)
                keep(made, result)
                return made
            }
            flights[name] = Flight(id: id, task: task, readers: 1)
        }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            Task { await self.forsake(name, task) }
        }
    }

    /// A reader left. If it was the last reader of a fold, the fold ends, and nobody joins it any more.
    private func forsake(_ name: ByteKey, _ task: Task<FoldResult, any Error>) {
        guard let flight = flights[name], flight.task == task else { return }
        flights[name]?.readers -= 1
        if flight.readers > 1 { return }
        task.cancel()
        land(name, flight.id)
    }

    /// A fold ended. Another one may have taken its place meanwhile.
    private func land(_ name: ByteKey, _ id: Int) {
        if flights[name]?.id == id { flights[name] = nil }
    }

    /// Waits for a turn. Returns false if there was no turn before the deadline.
    private func enter(until deadline: ContinuousClock.Instant) async -> Bool {
        if running < slots {
            running += 1
            return true
        }
        lastID += 1
        let id = lastID
        let timer = Task {
            try? await Task.sleep(until: deadline)
            self.giveUp(id)
        }
        defer { timer.cancel() }
        return await withCheckedContinuation { waiting.append((id, $0)) }
    }

    private func giveUp(_ id: Int) {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return }
        waiting.remove(at: index).continuation.resume(returning: false)
    }

    /// Ends a turn and starts the next one.
    private func leave() {
        if waiting.isEmpty {
            running -= 1
        } else {
            waiting.removeFirst().continuation.resume(returning: true)
        }
    }

    private func keep(_ result: FoldResult, _ key: ByteKey) {
        let size = result.bytes
        guard size <= Self.cacheBytes / 8, results.updateValue(result, forKey: key) == nil else { return }
        order.append(key)
        bytes += size
        while bytes > Self.cacheBytes, !order.isEmpty {
            bytes -= results.removeValue(forKey: order.removeFirst())?.bytes ?? 0
        }
    }
}
