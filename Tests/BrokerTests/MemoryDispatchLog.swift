import LedgerEvents
import LedgerProjections
import LedgerValues
import OptionTrades
import Synchronization

/// A clock that tests move.
final class TestClock: Sendable {
    private let microseconds: Mutex<Int64>

    init(_ start: Instant) { microseconds = Mutex(start.microseconds) }

    var now: Instant { Instant(microseconds: microseconds.withLock { $0 }) ?? .minimum }

    func advance(seconds: Double) { microseconds.withLock { $0 += Int64(seconds * 1_000_000) } }

    func move(to instant: Instant) { microseconds.withLock { $0 = max($0, instant.microseconds) } }
}

/// A log in memory that keeps the rules of an append: identities, expected versions, one transaction, and the guard of a
/// submission. A test can make an append fail, or succeed without saying so.
final class MemoryDispatchLog: DispatchLog {
    enum Fault {
        /// Nothing is appended.
        case before
        /// Everything is appended, and the outcome is lost.
        case after
    }

    private struct State {
        var events: [DecodedEvent] = []
        var versions: [String: Int64] = [:]
        var payloads: [UniqueID: [UInt8]] = [:]
        var fault: (@Sendable (NewEvent) -> Fault?)?
    }

    private let state = Mutex(State())
    private let step = Mutex(0.0)
    let clock: TestClock

    init(_ clock: TestClock) { self.clock = clock }

    func setFaults(_ fault: (@Sendable (NewEvent) -> Fault?)?) { state.withLock { $0.fault = fault } }

    var events: [DecodedEvent] { state.withLock { $0.events } }

    func types(of intent: String) -> [String] {
        events.filter { $0.payload.subjectKey?.parts.last?.text == intent }.map(\.record.type)
    }

    /// By how much the database's clock is off: the broker's never is.
    var offset: Double {
        get { step.withLock { $0 } }
        set { step.withLock { $0 = newValue } }
    }

    private var databaseClock: Instant { DispatchTimings.after(clock.now, offset) }

    func now() async throws(DispatchLogError) -> Instant { databaseClock }

    func events(of source: String, after position: Int64) async throws(DispatchLogError) -> (events: [DecodedEvent], through: Int64) {
        let all = events
        return (Array(all.dropFirst(Int(position))), Int64(all.count))
    }

    func append(_ events: [NewEvent], guardedBy submission: SubmissionGuard?) async throws(DispatchLogError) -> Bool {
        let now = databaseClock
        let result: Result<Bool, DispatchLogError> = state.withLock { state in
            let fault = events.first.flatMap { state.fault?($0) }
            if fault == .before { return .failure(.unavailable("the database is not there")) }
            let outcome = Self.append(events, submission, &state, now)
            if fault == .after, case .success = outcome { return .failure(.unavailable("the outcome is lost")) }
            return outcome
        }
        return try result.get()
    }

    private static func append(
        _ events: [NewEvent], _ submission: SubmissionGuard?, _ state: inout State, _ now: Instant
    ) -> Result<Bool, DispatchLogError> {
        var after = state
        var isNew = true
        for (index, event) in events.enumerated() {
            if let known = after.payloads[event.eventID] {
                guard known == event.payload else { return .failure(.conflict) }
                if index == 0 { isNew = false }
                continue
            }
            let version = after.versions[event.stream] ?? 0
            if let expected = event.expectedVersion, expected != version { return .failure(.conflict) }
            let payload: any EventPayload
            do {
                payload = try TradeEvents.registry.payload(type: event.type, schemaVersion: event.schemaVersion, bytes: event.payload)
            } catch {
                return .failure(.unavailable("\(error)"))
            }
            after.versions[event.stream] = version + 1
            after.payloads[event.eventID] = event.payload
            let record = EventHeader(
                position: Int64(after.events.count + 1), eventID: event.eventID, stream: event.stream, streamVersion: version + 1,
                type: event.type.rawValue, schemaVersion: event.schemaVersion, recordedAt: now, effectiveAt: event.effectiveAt,
                runID: UniqueID(high: 1, low: 1))
            after.events.append(DecodedEvent(record: record, payload: payload))
        }
        if let submission {
            let moving = ["OrderSubmitted", "DispatchHalted", "DispatchResumed", "BrokerAccountRecorded"]
            let since = state.events.dropFirst(Int(submission.throughPosition))
            if since.contains(where: { moving.contains($0.record.type) }) { return .failure(.moved) }
        }
        let fault = state.fault
        state = after
        state.fault = fault
        return .success(isNew)
    }
}
