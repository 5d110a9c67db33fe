import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues

/// What a request pins, settled against the log: the position that is read, and the reader's now.
struct ReadMoment {
    let position: Int64
    let now: Instant
    let head: LogHead
    /// The database's clock.
    let present: Instant

    /// An append under way may be recorded by the instant that was asked for.
    struct Unsettled: Error {}

    /// Throws `LedgerError.positionUnknown` above the head, and `ViewError.badParameter` for what can't be pinned.
    ///
    /// - Parameters:
    ///   - pinned: what the ledger knew after this event; nil where the request does not say.
    ///   - asOf: what it knew at this instant, and the reader's now.
    ///   - checkpoint: of what is read; its position is the one that is read where the request pins none.
    ///   - settledHead: where every append that was under way at a moment after the question has ended; nil where nobody waited.
    init(
        position pinned: Int64?, asOf: Instant?, checkpoint: (projection: String, position: Int64), settledHead: Int64?,
        _ session: PostgresSession
    ) throws {
        let log = LogReader()
        head = try log.head(session)
        guard let present = try session.clock() else { throw ViewError.notActivated(projection: checkpoint.projection) }
        self.present = present
        if let pinned {
            if pinned < 0 { throw ViewError.badParameter(name: "as_of_position", expected: "a position, 0 or more") }
            position = pinned
        } else if let asOf {
            // A future instant could still see appends land before it.
            if asOf > present { throw ViewError.badParameter(name: "as_of", expected: "an instant that is not in the future") }
            if asOf > head.recordedAt ?? .minimum {
                // Nothing was recorded since; only what is under way can still be recorded by then.
                guard let settledHead else { throw Unsettled() }
                if head.position < settledHead {
                    throw LedgerError.projectionBehind(
                        projection: checkpoint.projection, position: settledHead, checkpoint: checkpoint.position)
                }
            }
            position = try log.position(asOf: asOf, head: head.position, session)
        } else {
            position = checkpoint.position
        }
        if position > head.position {
            throw LedgerError.positionUnknown(position: position, head: head.position)
        }
        if let asOf {
            now = asOf
        } else if let pinned {
            now = pinned == 0 ? .minimum : try log.recordedAt(pinned, session)
        } else {
            now = max(present.flooredToMinute, head.recordedAt ?? .minimum)
        }
    }
}

extension Ledger {
    /// Runs a read that settles its moment: again where appends under way had to end first, and for up to two seconds where a
    /// projection is behind.
    ///
    /// - Parameter read: is given the head below which all appends have ended, once it had to be waited for.
    func settled<T>(asOf: Instant?, _ read: (_ settledHead: Int64?) async throws -> T) async throws -> T {
        let deadline = ContinuousClock.now + .seconds(2)
        var settled: Int64?
        while true {
            do {
                return try await read(settled)
            } catch is ReadMoment.Unsettled {
                settled = try await settledHead(asOf)
            } catch LedgerError.projectionBehind where ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private func settledHead(_ asOf: Instant?) async throws -> Int64 {
        do {
            return try await pool.run { session in try LogReader().settledHead(session) }
        } catch let error as PostgresError where error.sqlState == .lockNotAvailable {
            throw ViewError.asOfUndecided(asOf ?? .minimum)
        }
    }
}
