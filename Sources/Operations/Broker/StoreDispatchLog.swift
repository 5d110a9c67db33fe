import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades
import Synchronization

/// The log of the database, as a dispatcher needs it, under the lease of its source.
final class StoreDispatchLog: DispatchLog {
    private let ledger: Ledger
    private let source: String
    private let owner: String
    private let leaseSeconds: Double
    /// In place of the database's clock; nil outside of a sample.
    private let clock: (@Sendable () -> Instant)?
    private let lease = Mutex(WorkLease?.none)
    private let runID: UniqueID

    init(_ ledger: Ledger, source: BrokerSource, leaseSeconds: Double, clock: (@Sendable () -> Instant)? = nil) {
        self.ledger = ledger
        self.source = source.rawValue
        self.leaseSeconds = leaseSeconds
        self.clock = clock
        runID = ledger.newID()
        // Two dispatchers of one process are two.
        owner = "\(ledger.owner)-\(runID)"
    }

    private static func prefixes(_ source: String) -> [String] {
        [Streams.intents(source: source), "broker-\(source):", "execution-\(source):"]
    }

    /// Takes the lease of the source, or renews it. False while another dispatcher has it.
    func takeLease() async throws -> Bool {
        let taken = try await ledger.pool.run { [source, owner, leaseSeconds] session in
            try WorkLease.take("dispatch-\(source)", owner: owner, seconds: leaseSeconds, session)
        }
        lease.withLock { $0 = taken }
        return taken != nil
    }

    func giveLeaseBack() async {
        guard let held = lease.withLock({ $0 }) else { return }
        try? await ledger.pool.run { session in try held.giveBack(session) }
        lease.withLock { $0 = nil }
    }

    func now() async throws(DispatchLogError) -> Instant {
        if let clock { return clock() }
        do {
            guard let now = try await ledger.pool.run({ session in try session.clock() }) else {
                throw DispatchLogError.unavailable("the database's clock is outside the years 1970…2199")
            }
            return now
        } catch {
            throw problem(error)
        }
    }

    func events(of source: String, after position: Int64) async throws(DispatchLogError) -> (events: [DecodedEvent], through: Int64) {
        do {
            return try await Self.events(ledger, of: source, after: position)
        } catch {
            throw problem(error)
        }
    }

    /// The events of a source after a position, and the position through which they are complete.
    static func events(
        _ ledger: Ledger, of source: String, after position: Int64
    ) async throws -> (events: [DecodedEvent], through: Int64) {
        let (recorded, head) = try await ledger.pool.run { session in
            let head = try LogReader().head(session).position
            return (try LogReader().events(inStreamsPrefixed: prefixes(source), after: position, upTo: head, session), head)
        }
        return (try recorded.map { DecodedEvent(record: $0, payload: try TradeEvents.registry.payload(of: $0)) }, head)
    }

    /// The commits that a submission must see: they change what it stands on.
    private static let moving: [EventType] = [.orderSubmitted, .dispatchHalted, .dispatchResumed, .brokerAccountRecorded]

    func append(_ events: [NewEvent], guardedBy submission: SubmissionGuard?) async throws(DispatchLogError) -> Bool {
        do {
            guard let submission else {
                return try await ledger.log.append(events, runID: runID).first?.isNew ?? false
            }
            guard let held = lease.withLock({ $0 }) else { throw DispatchLogError.leaseLost }
            let seconds = leaseSeconds
            let appended = try await ledger.log.append(events, runID: runID) { session, appended in
                // The head is locked: nothing else can be appended before this commits.
                guard try held.renew(seconds: seconds, session) else { throw DispatchLogError.leaseLost }
                let hasMoved = try LogReader().hasEvent(
                    of: Self.moving, inStreamsPrefixed: Self.prefixes(submission.source), after: submission.throughPosition,
                    before: appended.first?.position ?? .max, session)
                if hasMoved { throw DispatchLogError.moved }
            }
            return appended.first?.isNew ?? false
        } catch {
            throw problem(error)
        }
    }

    private func problem(_ error: any Error) -> DispatchLogError {
        switch error {
        case let error as DispatchLogError: error
        case let error as LedgerError:
            switch error {
            case .versionConflict, .identityConflict: .conflict
            default: .unavailable(ledger.redact("\(error)"))
            }
        default: .unavailable(ledger.redact("\(error)"))
        }
    }
}
