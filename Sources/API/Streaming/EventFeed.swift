import Events
import Logging
import Operations
import OptionTrades
import Postgres
import PostgresStore

/// The log's tail, read once for all open streams.
///
/// Readers ask for what comes after their position: the latest events come from memory, older ones by pages that are
/// read once for all who want them, and kept a while. Nothing is buffered for a reader, so that a slow one costs no
/// memory; it reads from the pages when it comes back.
actor EventFeed {
    /// What a reader gets.
    enum Step: Sendable {
        case piece(EventPiece)
        /// Nothing happened for a while.
        case heartbeat
        /// The service stops, or the reader left.
        case end
    }

    /// Events a page, and kept pages.
    static let pageEvents: Int64 = 256
    private static let keptPages = 32
    /// The latest events in memory.
    private static let tailEvents = 2048
    private static let tailBytes = 8 << 20
    /// Bytes a piece, about.
    private static let pieceBytes = 64 << 10
    private static let keptPieces = 64
    /// Between two looks at the log: what comes meanwhile goes out together.
    private static let paceMilliseconds = 10

    private let ledger: Ledger
    private let maximumStreams: Int
    private let heartbeat: Duration
    private let history = RequestGate(concurrent: 2, queued: 2048)

    private var tail: EventPage?
    /// Pieces made lately, by the position that they come after: readers of one pace share them, also in a burst, in
    /// which they are spread over many.
    private var pieces: [Int64: EventPiece] = [:]
    private var pieceOrder: [Int64] = []
    private var pages: [Int64: Task<EventPage, any Error>] = [:]
    private var pageOrder: [Int64] = []
    private var waiters: [UInt64: CheckedContinuation<Step?, Never>] = [:]
    private var streams: Set<UInt64> = []
    private var lastStream: UInt64 = 0
    private var isEnded = false
    /// Queries made for streams so far.
    private(set) var queries = 0

    init(_ ledger: Ledger, maximumStreams: Int, heartbeat: Duration) {
        self.ledger = ledger
        self.maximumStreams = maximumStreams
        self.heartbeat = heartbeat
    }

    var streamCount: Int { streams.count }

    // MARK: Streams

    /// Opens a stream's place; throws `Problem` where all are taken.
    func open(head: Int64) throws(Problem) -> UInt64 {
        if isEnded { throw Problem(.stopping, "the service is stopping") }
        if streams.count >= maximumStreams {
            throw Problem(.tooManyStreams, "there are \(maximumStreams) event streams already")
        }
        lastStream += 1
        streams.insert(lastStream)
        // The first reader decides where the tail begins: at a page's end, so that whole pages lie before it.
        if tail == nil {
            tail = EventPage(after: head / Self.pageEvents * Self.pageEvents)
            Task { try await advance() }
        }
        return lastStream
    }

    /// Gives a stream's place back; whoever waits for it is told that it ended.
    func close(_ stream: UInt64) {
        streams.remove(stream)
        waiters.removeValue(forKey: stream)?.resume(returning: .end)
        if streams.isEmpty {
            forgetAll()
        }
    }

    /// What comes after a position, once there is something.
    func next(_ stream: UInt64, after position: Int64) async throws -> Step {
        while true {
            guard !isEnded, !Task.isCancelled, streams.contains(stream), let tail else { return .end }
            if let piece = pieces[position] { return .piece(piece) }
            if position + 1 < tail.first {
                guard let piece = try await page(position / Self.pageEvents).piece(after: position, bytes: Self.pieceBytes)
                else { return .end }
                keep(piece, after: position)
                return .piece(piece)
            }
            if let piece = tail.piece(after: position, bytes: Self.pieceBytes) {
                keep(piece, after: position)
                return .piece(piece)
            }
            let step = await withTaskCancellationHandler {
                await withCheckedContinuation { (continuation: CheckedContinuation<Step?, Never>) in
                    if Task.isCancelled { continuation.resume(returning: .end) } else { waiters[stream] = continuation }
                }
            } onCancel: {
                Task { await self.close(stream) }
            }
            if let step { return step }
        }
    }

    private func keep(_ piece: EventPiece, after position: Int64) {
        if pieces.updateValue(piece, forKey: position) == nil { pieceOrder.append(position) }
        if pieceOrder.count > Self.keptPieces { pieces[pieceOrder.removeFirst()] = nil }
    }

    private func forgetAll() {
        tail = nil
        forgetPieces()
        pages = [:]
        pageOrder = []
    }

    private func forgetPieces() {
        pieces = [:]
        pieceOrder = []
    }

    // MARK: The log

    /// Reads what is new for as long as it runs; ends all streams then.
    func run(_ signal: LogSignal) async {
        let beating = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: heartbeat)
                wake(.heartbeat)
            }
        }
        var looked: ContinuousClock.Instant?
        while !Task.isCancelled {
            let seen = await signal.seen
            do {
                try await advance()
                // Kept answers are given without a look at the log: somebody has to look.
                if looked.map({ .now - $0 >= .seconds(1) }) ?? true {
                    looked = .now
                    _ = try await ledger.primaryHead()
                }
            } catch {
                if Task.isCancelled { break }
                ledger.logger.warning("the event streams' tail can't be read", metadata: ["reason": "\(error)"])
            }
            try? await Task.sleep(for: .milliseconds(Self.paceMilliseconds))
            await signal.wait(after: seen)
        }
        beating.cancel()
        end()
    }

    /// Ends all streams; none is opened any more.
    func end() {
        isEnded = true
        wake(.end)
    }

    /// Ends the streams that are open: what comes next is no continuation of what they have. Others may be opened.
    private func endOfHistory() {
        ledger.logger.warning("the log does not go on from the events that were sent: all streams end")
        streams = []
        wake(.end)
        forgetAll()
    }

    private func wake(_ step: Step?) {
        let woken = waiters
        waiters.removeAll(keepingCapacity: true)
        for waiter in woken.values { waiter.resume(returning: step) }
    }

    /// Takes the new events in. The last one that was taken in is read with them: after a failover that lost a tail, or a
    /// restore, another may stand in its place, and what was sent is not this log any more.
    private func advance() async throws {
        while let known = tail {
            queries += 1
            let position = known.last
            let first = known.lastHash == nil ? position + 1 : position
            var events = try await ledger.pool.run { session in
                try LogReader().events(after: first - 1, limit: Int(Self.pageEvents), session)
            }[...]
            // The last stream may have closed meanwhile, and another opened.
            guard var page = tail, page.last == position else { return }
            if let hash = known.lastHash {
                guard let same = events.popFirst(), same.position == position, same.leafHash == hash else {
                    return endOfHistory()
                }
            }
            if events.isEmpty { return }
            for event in events { page.append(event) }
            page.trim(events: Self.tailEvents, bytes: Self.tailBytes)
            tail = page
            // A piece that the log's end cut short would go on being short.
            if pieces.contains(where: { $0.value.last == position }) { forgetPieces() }
            wake(nil)
        }
    }

    /// An older page, read once for all.
    private func page(_ index: Int64) async throws -> EventPage {
        if let known = pages[index] { return try await known.value }
        let start = index * Self.pageEvents
        queries += 1
        let reading = Task { [ledger, history] in
            try await history.run {
                try await ledger.pool.run { session in
                    EventPage(after: start, try LogReader().events(after: start, limit: Int(Self.pageEvents), session))
                }
            }
        }
        pages[index] = reading
        pageOrder.append(index)
        if pageOrder.count > Self.keptPages { pages[pageOrder.removeFirst()] = nil }
        do {
            let page = try await reading.value
            // One that the log has not filled yet will hold more: it is not kept.
            if page.last < start + Self.pageEvents { forget(index) }
            return page
        } catch {
            forget(index)
            throw error
        }
    }

    private func forget(_ index: Int64) {
        pages[index] = nil
        pageOrder.removeAll { $0 == index }
    }
}
