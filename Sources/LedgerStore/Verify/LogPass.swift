import BlockingThreads
import LedgerEvents
import LedgerProjections

/// One pass over the log for any number of folds: the events are decoded once and folded by each fold, on several
/// workers.
///
/// A worker takes a chunk through all stages, from its bytes to the last fold, so that the decoded events stay in its
/// core's cache. Only a chunk that no worker would take at once is decoded by the reader. Each stage after decoding
/// takes the chunks in order, one worker at a time. Workers therefore follow each other through the folds, and the
/// result is the same with any number of them. The reader waits if the workers are too far behind. The reader and the
/// server keep one processor busy, so one worker fewer folds than digests. Folds that keep tallies take so much longer
/// than reading that all workers fold.
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
        /// The number of chunks handed in.
        var handedIn = 0
        var isComplete = false
        var nextNumbered = 0
        var isOrdering = false
        var isOrdered = false
        var isGivenUp = false
        var workers = 0
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
        folding = lanes.contains { $0.fold.keepsTally } ? max(1, workers) : max(1, workers - 1)
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

    /// Hands in the next chunk, already decoded if no worker would take it at once. Waits while the folds are far behind.
    func add(_ chunk: EventChunk, _ texts: TextPool) {
        state.wait { $0.handedIn - folded < chunksAhead ? () : nil }
        let events: Unfolded =
            state.withLock { $0.chunks.count >= folding } ? .decoded(chunk.decode(decoder, texts)) : .packed(chunk)
        state.withLock { state in
            state.chunks.append((state.handedIn, events))
            state.handedIn += 1
        }
    }

    /// Ends the chunks: the digests are computed after all chunks are folded.
    func complete() { state.withLock { $0.isComplete = true } }

    /// Waits until all chunks handed in are folded.
    func waitForFolds() { state.wait { $0.isOrdered ? () : nil } }

    /// Waits for the digests.
    func waitForDigests() { waitForWorkers() }

    private func waitForWorkers() { state.wait { $0.workers == 0 ? () : nil } }

    /// Abandons the pass.
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

    /// Numbers the subjects of a chunk's events and folds the events, each step after the chunk before has passed it.
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

    /// The number of chunks that every fold has folded, under the lock; the last fold comes after all others.
    private var folded: Int { lanes.last?.nextBatch ?? 0 }

    /// Waits for a turn; false if the pass is abandoned in the meantime.
    private func waitForTurn(_ isTurn: (State) -> Bool) -> Bool {
        state.wait { $0.isGivenUp ? false : isTurn($0) ? true : nil }
    }

    /// The next work; nil if there is none at the moment.
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
