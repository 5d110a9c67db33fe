import LedgerEvents
import Logging
import Operations
import OptionTrades

/// The log's tail, read once for all open streams.
///
/// A reader asks for the events after its position. The latest events come from memory. Older events come from pages,
/// which are read once for all readers and kept for a while. Nothing is buffered for a single reader, so a slow reader
/// costs no memory; it reads from the pages when it returns.
actor EventFeed {
    /// The result of a read.
    enum Step: Sendable {
        case piece(EventPiece)
        /// Nothing happened for a while.
        case heartbeat
        /// The service stops, or the reader has left.
        case end
    }

    /// The number of events of a page, and of kept pages.
    static let pageEvents: Int64 = 256
    private static let keptPages = 32
    /// The limits of the latest events in memory.
    private static let tailEvents = 2048
    private static let tailBytes = 8 << 20
    /// The approximate size of a piece in bytes.
    private static let pieceBytes = 64 << 10
    private static let keptPieces = 64
    /// The time between two reads of the log. Events that arrive in between go out together.
    private static let paceMilliseconds = 10

    private let ledger: Ledger
    private let maximumStreams: Int
    private let heartbeat: Duration
    private let history = RequestGate(concurrent: 2, queued: 2048)

    private var tail: EventPage?
    /// Recent pieces, by the position that they follow. Readers at the same pace share them, also in a burst, when
    /// readers are spread over many pieces.
    private var pieces: [Int64: EventPiece] = [:]
    private var pieceOrder: [Int64] = []
    private var pages: [Int64: Task<EventPage, any Error>] = [:]
    private var pageOrder: [Int64] = []
    private var waiters: [UInt64: CheckedContinuation<Step?, Never>] = [:]
    private var streams: Set<UInt64> = []
    private var lastStream: UInt64 = 0
    private var isEnded = false
    /// The number of queries made for streams so far.
    private(set) var queries = 0

    init(_ ledger: Ledger, maximumStreams: Int, heartbeat: Duration) {
        self.ledger = ledger
        self.maximumStreams = maximumStreams
        self.heartbeat = heartbeat
    }

    var streamCount: Int { streams.count }

    // MARK: Streams

    /// Opens a stream's place. Throws `Problem` if all places are taken.
    func open(head: Int64) throws(Problem) -> UInt64 {
        if isEnded { throw .stopping }
        if streams.count >= maximumStreams {
            throw Problem(.tooManyStreams, "there are \(maximumStreams) event streams already")
        }
        lastStream += 1
        streams.insert(lastStream)
        // The first reader determines the start of the tail. It is a page boundary, so that whole pages lie before it.
        if tail == nil {
            tail = EventPage(after: head / Self.pageEvents * Self.pageEvents)
            Task { try await advance() }
        }
        return lastStream
    }

    /// Releases a stream's place. A reader waiting for the stream receives its end.
    func close(_ stream: UInt64) {
        streams.remove(stream)
        waiters.removeValue(forKey: stream)?.resume(returning: .end)
        if streams.isEmpty {
            forgetAll()
        }
    }

    /// Waits for events after a position and returns them.
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

    /// Reads new events as long as it runs. Afterwards it ends all streams.
    func run(_ notifications: LogNotifications) async {
        let beating = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: heartbeat)
                wake(.heartbeat)
            }
        }
        var looked: ContinuousClock.Instant?
        while !Task.isCancelled {
            let seen = await notifications.seen
            do {
                try await advance()
                // Cached answers do not read the log, so this has to check it.
                if looked.map({ .now - $0 >= .seconds(1) }) ?? true {
                    looked = .now
                    _ = try await ledger.primaryHead()
                }
            } catch {
                if Task.isCancelled { break }
                ledger.logger.warning("the event streams' tail can't be read", metadata: ["reason": "\(error)"])
            }
            try? await Task.sleep(for: .milliseconds(Self.paceMilliseconds))
            await notifications.wait(after: seen)
        }
        beating.cancel()
        end()
    }

    /// Ends all streams. Afterwards no stream can be opened.
    func end() {
        isEnded = true
        wake(.end)
    }

    /// Ends the open streams, because the log does not continue the events that they sent. Others may be opened.
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

    /// Adds the new events to the tail. The last known event is read with them. After a failover that lost a tail, or a
    /// restore, another event may be in its place. The events already sent are then not part of this log.
    private func advance() async throws {
        while let known = tail {
            queries += 1
            let position = known.last
            let first = known.lastHash == nil ? position + 1 : position
            var events = try await ledger.primaryEvents(after: first - 1, limit: Int(Self.pageEvents))[...]
            // The last stream may have closed in the meantime, and another one opened.
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
            // A piece that ended at the log's head would stay short, so it is dropped.
            if pieces.contains(where: { $0.value.last == position }) { forgetPieces() }
            wake(nil)
        }
    }

    /// An older page, read once for all readers.
    private func page(_ index: Int64) async throws -> EventPage {
        if let known = pages[index] { return try await known.value }
        let start = index * Self.pageEvents
        queries += 1
        let reading = Task { [ledger, history] in
            try await history.run {
                EventPage(after: start, try await ledger.primaryEvents(after: start, limit: Int(Self.pageEvents)))
            }
        }
        pages[index] = reading
        pageOrder.append(index)
        if pageOrder.count > Self.keptPages { pages[pageOrder.removeFirst()] = nil }
        do {
            let page = try await reading.value
            // A page that the log has not filled yet will grow, so it is not kept.
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
