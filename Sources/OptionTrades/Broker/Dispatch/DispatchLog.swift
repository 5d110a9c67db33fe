package import LedgerEvents
package import LedgerProjections
package import LedgerValues

/// The log, as a dispatcher needs it.
package protocol DispatchLog: Sendable {
    /// The database's clock.
    func now() async throws(DispatchLogError) -> Instant

    /// The events of a source after a position, in order: of its intents, of its streams as a whole, and its executions. The
    /// second value is the position through which they are complete.
    func events(of source: String, after position: Int64) async throws(DispatchLogError) -> (events: [DecodedEvent], through: Int64)

    /// Appends events of one stream or several, in one transaction.
    ///
    /// With a guard, the transaction also renews the lease by its epoch, and fails if anything was submitted or halted after the
    /// guard's position.
    /// - Returns: whether the first event is new. False if an equal event was there.
    func append(_ events: [NewEvent], guardedBy submission: SubmissionGuard?) async throws(DispatchLogError) -> Bool
}

/// What must still hold when an order is committed.
package struct SubmissionGuard: Sendable, Equatable {
    package var source: String
    /// The position through which the day's figures and the halts were read.
    package var throughPosition: Int64

    package init(source: String, throughPosition: Int64) { (self.source, self.throughPosition) = (source, throughPosition) }
}

/// Why the log could not be read or written.
package enum DispatchLogError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another event came first: read again.
    case conflict
    /// An order was submitted, or the dispatcher halted, since: decide again.
    case moved
    /// Another dispatcher has the lease.
    case leaseLost
    /// The outcome is not known, or the database is not there.
    case unavailable(String)

    package var description: String {
        switch self {
        case .conflict: "another event came first"
        case .moved: "an order or a halt came first"
        case .leaseLost: "another dispatcher has the lease"
        case .unavailable(let problem): problem
        }
    }
}
