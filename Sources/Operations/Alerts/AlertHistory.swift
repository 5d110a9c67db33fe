import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades

/// What the log says of evaluations: when they were made, and what they changed.
enum AlertHistory {
    /// The age in microseconds of what a capture may bring and still be evaluated by itself. What an import brings of older days is
    /// evaluated with the next full minute.
    private static let capturedWithin: Int64 = 24 * 3_600_000_000

    /// The latest statement of how far evaluations came; nil before the first one.
    static func latest(_ ledger: Ledger) async throws -> AlertsEvaluatedPayload? {
        let event = try await ledger.pool.run { session in
            try LogReader().latestEvents(of: .alertsEvaluated, inStream: Streams.alertEvaluations, session).first
        }
        return try event.map { event in try evaluated(ledger, event.type, event.schemaVersion, event.payload) }
    }

    /// All of these statements, oldest first.
    static func all(_ ledger: Ledger) async throws -> [AlertsEvaluatedPayload] {
        try await ledger.pool.run { session in
            var found: [AlertsEvaluatedPayload] = []
            let head = try LogReader().head(session).position
            try LogReader().forEachEvent(in: .named([Streams.alertEvaluations]), upTo: head, session) { _, stored in
                found.append(try evaluated(ledger, stored.type, stored.schemaVersion, stored.bytes))
            }
            return found
        }
    }

    private static func evaluated(
        _ ledger: Ledger, _ type: String, _ version: Int, _ bytes: [UInt8]
    ) throws -> AlertsEvaluatedPayload {
        let payload = try ledger.registry.events.payload(type: EventType(type), schemaVersion: version, bytes: bytes)
        guard let evaluated = payload.payload(as: AlertsEvaluatedPayload.self) else {
            throw PayloadError(pointer: "", problem: "is not that of AlertsEvaluated")
        }
        return evaluated
    }

    /// The raises and clears of all alerts in order of the evaluations that made them.
    static func changes(_ ledger: Ledger) async throws -> [AlertChange] {
        let registry = ledger.registry.events
        return try await ledger.pool.run { session in
            let head = try LogReader().head(session).position
            var changes: [AlertChange] = []
            try LogReader().forEachEvent(in: .prefixed(Streams.alerts), upTo: head, session) { _, stored in
                let payload = try registry.payload(
                    type: EventType(stored.type), schemaVersion: stored.schemaVersion, bytes: stored.bytes)
                if let raised = payload.payload(as: AlertRaisedPayload.self) { changes.append(.raised(raised)) }
                if let cleared = payload.payload(as: AlertClearedPayload.self) { changes.append(.cleared(cleared)) }
            }
            return changes.sorted(by: AlertChange.isBefore)
        }
    }

    /// The captures of some markets after a position that were recorded by an instant, as evaluations.
    static func captures(
        of currencies: [String], after position: Int64, by instant: Instant, _ ledger: Ledger
    ) async throws -> [EvaluationMoment] {
        let registry = ledger.registry.events
        let pageLength = 10_000
        let end = try await self.position(at: instant, ledger)
        var found: [EvaluationMoment] = []
        var after = position
        while after < end {
            let events = try await ledger.pool.run { [after] session in
                try LogReader().events(
                    after: after, upTo: end, types: [EventType.snapshotCaptured.rawValue], limit: pageLength, session)
            }
            for event in events {
                guard let captured = try registry.payload(of: event).payload(as: SnapshotCapturedPayload.self),
                    currencies.contains(where: { $0.isBytewiseEqual(to: captured.currency) }),
                    event.recordedAt.microseconds - captured.windowTo.microseconds <= Self.capturedWithin
                else { continue }
                found.append(EvaluationMoment(now: event.recordedAt, position: event.position, captured: captured.currency))
            }
            after += Int64(pageLength)
        }
        return found
    }

    /// The database's clock, which says when events are recorded.
    static func present(_ ledger: Ledger) async throws -> Instant {
        try await ledger.pool.run { session in try session.clock() } ?? ledger.now()
    }

    /// What the log had at an instant that has passed.
    static func position(at instant: Instant, _ ledger: Ledger) async throws -> Int64 {
        try await ledger.pool.run { session in
            // What is under way can still be recorded by then.
            let head = try LogReader().settledHead(session)
            return try LogReader().position(asOf: instant, head: head, session)
        }
    }
}

extension Ledger {
    /// Appends events of alerts, each after the version that its stream has. The events of evaluations, deliveries and silences
    /// share streams, so that another one may come first.
    ///
    /// - Parameter events: the stream of each event, and the event after a version of it
    func appendOfAlerts(_ events: [(stream: String, after: @Sendable (Int64) -> NewEvent)]) async throws {
        if events.isEmpty { return }
        for _ in 0..<Self.maximumAlertConflicts {
            let names = Array(Set(events.map(\.stream)))
            var versions = try await pool.run { session in
                var versions: [String: Int64] = [:]
                for name in names { versions[name] = try LogReader().version(ofStream: name, session) }
                return versions
            }
            var made: [NewEvent] = []
            for (stream, after) in events {
                let version = versions[stream] ?? 0
                made.append(after(version))
                versions[stream] = version + 1
            }
            do {
                try await log.append(made, runID: newID())
                return
            } catch LedgerError.versionConflict(_, _, _) {
                continue
            }
        }
        throw LedgerError.versionConflict(stream: events[0].stream, expected: 0, actual: 0)
    }

    private static let maximumAlertConflicts = 50
}
