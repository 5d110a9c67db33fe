import Events
import Postgres
import Projections

/// One pass over the log for any number of folds: what is read is decoded once and folded by each, on several workers.
///
/// A projection folds its batches in order, one worker at a time; different projections, and the decoding of different
/// chunks, go on side by side. So the result is the same with any number of workers. The one who reads waits where the
/// workers are too far behind.
final class LogPass: Sendable {
    private enum Work {
        case decode(Int, EventChunk)
        case number(Int, [ReadEvent])
        case fold(DigestLane, NumberedEvents)
        case order
        case write(DigestLane, Int, RowWriter)
        case hash(DigestLane, RowWriter)
        case leave
    }

    private struct State {
        var chunks: [(number: Int, chunk: EventChunk)] = []
        /// How many chunks have been handed in.
        var handedIn = 0
        var isComplete = false
        var decoded: [Int: [ReadEvent]] = [:]
        var nextNumbered = 0
        var isNumbering = false
        var numbered: [Int: NumberedEvents] = [:]
        var isOrdering = false
        var isOrdered = false
        var isGivenUp = false
        var workers = 0
    }

    private struct NoThread: Error, CustomStringConvertible {
        var description: String { "the program has no threads left" }
    }

    private let lanes: [DigestLane]
    private let decoder: EventDecoder
    private let trades = TradeNumbers()
    private let state: Monitor<State>
    private let chunksAhead: Int

    init(_ lanes: [DigestLane], _ decoder: EventDecoder, workers: Int) throws {
        self.lanes = lanes
        self.decoder = decoder
        chunksAhead = 8 + 4 * workers
        state = Monitor(State())
        for _ in 0..<max(1, workers) {
            state.withLock { $0.workers += 1 }
            if !startThread({ self.work() }) {
                state.withLock { $0.workers -= 1 }
                break
            }
        }
        if state.withLock({ $0.workers == 0 }) { throw NoThread() }
    }

    // MARK: The reader

    /// Hands in the next chunk; waits while the folds are far behind.
    func add(_ chunk: sending EventChunk) {
        let chunk = chunk
        let last = lanes
        state.wait { state in
            state.handedIn - (last.map(\.nextBatch).min() ?? state.handedIn) < chunksAhead ? () : nil
        }
        state.withLock { state in
            state.chunks.append((state.handedIn, chunk))
            state.handedIn += 1
        }
    }

    /// Says that there are no more chunks: the digests are worked out once all are folded.
    func complete() { state.withLock { $0.isComplete = true } }

    /// Waits for the digests.
    func wait() { state.wait { $0.workers == 0 ? () : nil } }

    /// Gives the pass up.
    func giveUp() {
        state.withLock { $0.isGivenUp = true }
        wait()
    }

    // MARK: The workers

    private func work() {
        let pool = TextPool()
        while true {
            switch state.wait({ self.next(&$0) }) {
            case .decode(let number, let chunk):
                let events = chunk.decode(decoder, pool)
                state.withLock { $0.decoded[number] = events }
            case .number(let number, let events):
                let numbered = trades.number(events)
                state.withLock { state in
                    state.numbered[number] = numbered
                    state.nextNumbered += 1
                    state.isNumbering = false
                }
            case .fold(let lane, let batch):
                lane.fold.fold(batch)
                state.withLock { state in
                    lane.isBusy = false
                    lane.nextBatch += 1
                    let done = lane.nextBatch - 1
                    if lanes.allSatisfy({ $0.nextBatch > done }) { state.numbered[done] = nil }
                }
            case .order:
                let order = trades.sorted()
                for lane in lanes { lane.setOrder(trades: order) }
                state.withLock { $0.isOrdered = true }
            case .write(let lane, let part, var rows):
                lane.write(part, to: &rows)
                state.withLock { _ in lane.put(part, rows) }
            case .hash(let lane, let rows):
                lane.addToHash(rows)
                state.withLock { _ in lane.putHashed(rows) }
            case .leave:
                state.withLock { $0.workers -= 1 }
                return
            }
        }
    }

    /// What to do next; nil where there is nothing just now.
    private func next(_ state: inout State) -> Work? {
        if state.isGivenUp { return .leave }
        if state.isOrdered { return nextDigested() }
        for lane in lanes where !lane.isBusy && lane.nextBatch < state.nextNumbered {
            guard let batch = state.numbered[lane.nextBatch] else { continue }
            lane.isBusy = true
            return .fold(lane, batch)
        }
        if !state.isNumbering, let events = state.decoded.removeValue(forKey: state.nextNumbered) {
            state.isNumbering = true
            return .number(state.nextNumbered, events)
        }
        if !state.chunks.isEmpty {
            let (number, chunk) = state.chunks.removeFirst()
            return .decode(number, chunk)
        }
        if state.isComplete, !state.isOrdering, lanes.allSatisfy({ $0.nextBatch == state.handedIn }) {
            state.isOrdering = true
            return .order
        }
        return nil
    }

    private func nextDigested() -> Work? {
        for lane in lanes {
            if let out = lane.takeWritten() { return .hash(lane, out) }
        }
        for lane in lanes {
            if let (part, out) = lane.takePart() { return .write(lane, part, out) }
        }
        return lanes.allSatisfy(\.isDigested) ? .leave : nil
    }
}
