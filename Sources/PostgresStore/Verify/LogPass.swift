import Events
import Postgres
import Projections

/// One pass over the log for any number of folds: what is read is decoded once and folded by each, on several workers.
///
/// A worker takes a chunk through all stages, from its bytes to the last fold: what it decoded stays in its core's cache; only
/// where it would lie about, the reader decodes it. Each further stage takes the chunks in order, one worker at a time, so that
/// workers follow each other through the folds and the result is the same with any number of them. The one who reads waits
/// where the workers are too far behind; it and the server keep a processor busy, so that one worker less folds than digests.
final class LogPass: Sendable {
    private enum Unfolded {
        case packed(EventChunk)
        case decoded([ReadEvent])
    }

    private enum Work {
        case fold(Int, Unfolded)
        case order
        case write(DigestLane, Int, RowWriter)
        case hash(DigestLane, RowWriter)
        case leave
    }

    private struct State {
        var chunks: [(number: Int, events: Unfolded)] = []
        /// How many chunks have been handed in.
        var handedIn = 0
        var isComplete = false
        var nextNumbered = 0
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
    private let subjects = SubjectNumbers()
    private let state: Monitor<State>
    private let chunksAhead: Int
    private let folding: Int
    private let digesting: Int

    init(_ lanes: [DigestLane], _ decoder: EventDecoder, workers: Int) throws {
        self.lanes = lanes
        self.decoder = decoder
        chunksAhead = 8 + 4 * workers
        state = Monitor(State())
        folding = max(1, workers - 1)
        digesting = max(1, workers)
        startWorkers(folding)
        if state.withLock({ $0.workers == 0 }) { throw NoThread() }
    }

    private func startWorkers(_ count: Int) {
        for _ in 0..<count {
            state.withLock { $0.workers += 1 }
            if !startThread({ self.work() }) {
                state.withLock { $0.workers -= 1 }
                break
            }
        }
    }

    // MARK: The reader

    /// Hands in the next chunk, decoded already where no worker would take it at once; waits while the folds are far
    /// behind.
    func add(_ chunk: EventChunk, _ texts: TextPool) {
        state.wait { $0.handedIn - folded < chunksAhead ? () : nil }
        let events: Unfolded =
            state.withLock { $0.chunks.count >= folding } ? .decoded(chunk.decode(decoder, texts)) : .packed(chunk)
        state.withLock { state in
            state.chunks.append((state.handedIn, events))
            state.handedIn += 1
        }
    }

    /// Says that there are no more chunks: the digests are worked out once all are folded.
    func complete() { state.withLock { $0.isComplete = true } }

    /// Waits until all that was handed in is folded.
    func waitForFolds() { state.wait { $0.isOrdered ? () : nil } }

    /// Waits for the digests.
    func waitForDigests() { waitForWorkers() }

    private func waitForWorkers() { state.wait { $0.workers == 0 ? () : nil } }

    /// Gives the pass up.
    func giveUp() {
        state.withLock { $0.isGivenUp = true }
        waitForWorkers()
    }

    // MARK: The workers

    private func work() {
        let texts = TextPool()
        while true {
            switch state.wait({ self.next(&$0) }) {
            case .fold(let number, .packed(let chunk)): fold(number, chunk.decode(decoder, texts))
            case .fold(let number, .decoded(let events)): fold(number, events)
            case .order:
                let order = subjects.sorted()
                for lane in lanes { lane.endFold(subjects: order) }
                startWorkers(digesting - folding)
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

    /// Numbers the subjects of a chunk's events and folds these, each when the chunk before is through.
    private func fold(_ number: Int, _ events: [ReadEvent]) {
        guard waitForTurn({ $0.nextNumbered == number }) else { return }
        let batch = subjects.number(events)
        state.withLock { $0.nextNumbered += 1 }
        for lane in lanes {
            guard waitForTurn({ _ in lane.nextBatch == number }) else { return }
            lane.fold.fold(batch)
            state.withLock { _ in lane.nextBatch += 1 }
        }
    }

    /// How many chunks have been folded by all, under the lock: the last one folds in turn behind the others.
    private var folded: Int { lanes.last?.nextBatch ?? 0 }

    /// False where the pass is given up meanwhile.
    private func waitForTurn(_ isTurn: (State) -> Bool) -> Bool {
        state.wait { $0.isGivenUp ? false : isTurn($0) ? true : nil }
    }

    /// What to do next; nil where there is nothing just now.
    private func next(_ state: inout State) -> Work? {
        if state.isGivenUp { return .leave }
        if state.isOrdered { return nextDigested() }
        if !state.chunks.isEmpty {
            let (number, events) = state.chunks.removeFirst()
            return .fold(number, events)
        }
        if state.isComplete, !state.isOrdering, folded == state.handedIn {
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
