import BlockingThreads
package import LedgerPostgres

/// Sessions that read what another session's transaction sees, so that independent reads of one snapshot share the
/// processors of program and server.
///
/// The session that asks takes part itself. It therefore needs no other, and how many there are changes no result.
package final class SnapshotReaders: Sendable {
    /// Reads of one snapshot, counted from 0.
    private struct Round {
        let number: Int
        let snapshot: String
        let read: @Sendable (Int, PostgresSession) throws -> Void
        let count: Int
        var next = 0
        var running = 0
        var failure: (any Error)?

        var isExhausted: Bool { next == count || failure != nil }
    }

    private struct State {
        var round: Round?
        var rounds = 0
        var isClosed = false
    }

    private let state = Monitor(State())

    package init() {}

    /// Runs `body` on a session of a pool, with readers that further sessions of the pool serve.
    ///
    /// The others are asked for once `body` has its own: work that shares a pool never waits for each other's. It goes on without
    /// a session that can't be had.
    ///
    /// - Parameters:
    ///   - count: the largest number of further sessions.
    ///   - pool: the pool.
    ///   - body: the work.
    package static func with<T: Sendable>(
        _ count: Int, of pool: PostgresPool, _ body: @Sendable (SnapshotReaders, PostgresSession) throws -> T
    ) async throws -> T {
        let readers = SnapshotReaders()
        let (started, start) = AsyncStream.makeStream(of: Never.self)
        return try await withThrowingTaskGroup { group in
            group.addTask {
                for await _ in started {}
                await withTaskGroup { group in
                    for _ in 0..<count { group.addTask { try? await pool.run { try readers.serve($0) } } }
                }
            }
            defer {
                readers.close()
                start.finish()
                // Somebody else may hold the sessions that are still waited for.
                group.cancelAll()
            }
            return try await pool.run { session in
                start.finish()
                return try body(readers, session)
            }
        }
    }

    /// Lends a session until ``close()``. Throws what a transaction of the session throws.
    private func serve(_ session: PostgresSession) throws {
        var last = 0
        while let (number, snapshot) = nextRound(after: last) {
            last = number
            try session.transaction(.snapshot) {
                try session.executeScript("SET TRANSACTION SNAPSHOT \(quoteLiteral(snapshot))")
                read(of: number, session)
            }
        }
    }

    /// Ends the lending of sessions.
    private func close() { state.withLock { $0.isClosed = true } }

    /// Calls `body` for the numbers below `count`, each once, on the sessions that there are, all of which see what
    /// `session` sees. Returns the results in the order of the numbers.
    ///
    /// - Parameters:
    ///   - count: the number of reads.
    ///   - session: a session in a transaction with one snapshot.
    ///   - progress: called on this thread with the number of finished reads.
    ///   - body: a read on one of the sessions.
    func map<T: Sendable>(
        _ count: Int, _ session: PostgresSession, progress: (Int) -> Void,
        _ body: @escaping @Sendable (Int, PostgresSession) throws -> T
    ) throws -> [T] {
        let results = Monitor([T?](repeating: nil, count: count))
        let snapshot = try session.execute("SELECT pg_export_snapshot()")[0].text(0)
        let number = state.withLock { state in
            state.rounds += 1
            state.round = Round(
                number: state.rounds, snapshot: snapshot,
                read: { index, session in
                    let result = try body(index, session)
                    results.withLock { $0[index] = result }
                }, count: count)
            return state.rounds
        }
        read(of: number, session) { progress(results.withLock { results in results.count { $0 != nil } }) }
        let failure = state.wait { state in
            guard let round = state.round, round.running == 0 else { return Optional<(any Error)?>.none }
            return .some(round.failure)
        }
        state.withLock { $0.round = nil }
        if let failure { throw failure }
        return results.withLock { results in results.compactMap { $0 } }
    }

    /// Waits for the next round; nil once the readers are closed.
    private func nextRound(after last: Int) -> (Int, String)? {
        state.wait { state -> (Int, String)?? in
            if state.isClosed { return .some(nil) }
            guard let round = state.round, round.number > last, !round.isExhausted else { return nil }
            return (round.number, round.snapshot)
        }
    }

    /// Takes reads of a round until none is left.
    private func read(of number: Int, _ session: PostgresSession, afterEach: () -> Void = {}) {
        while let (index, read) = take(of: number) {
            let failure: (any Error)?
            do {
                try read(index, session)
                failure = nil
            } catch {
                failure = error
            }
            state.withLock { state in
                state.round?.running -= 1
                if let failure, state.round?.failure == nil { state.round?.failure = failure }
            }
            afterEach()
        }
    }

    private func take(of number: Int) -> (Int, @Sendable (Int, PostgresSession) throws -> Void)? {
        state.withLock { state in
            guard let round = state.round, round.number == number, !round.isExhausted else { return nil }
            state.round?.next += 1
            state.round?.running += 1
            return (round.next, round.read)
        }
    }
}
