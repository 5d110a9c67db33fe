import LedgerEvents
package import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerRules
import LedgerStore
import LedgerValues
package import OptionTrades

/// What people and programs do with intents: give them, cancel them, halt and resume their source.
package struct BrokerDesk: Sendable {
    let ledger: Ledger
    package let source: BrokerSource

    package init(_ ledger: Ledger, source: BrokerSource) { (self.ledger, self.source) = (ledger, source) }

    /// How an intent was taken.
    package enum Taken: String, Sendable {
        case new
        case same
    }

    /// The rules of the served version of `dispatches`, by which decisions are made.
    package func rules() async throws -> DispatchRules {
        let served = try await ledger.pool.run { session in
            try ProjectionCatalog().served(DispatchesProjection.name, session).flatMap { Int($0.version.dropFirst()) }
        }
        return try ledger.rules.rules(served ?? 1) { [ledger] version in
            try DispatchRules(version: version) { try ledger.resources.files.projectionFile($0) }
        }
    }

    func databaseClock() async throws -> Instant {
        guard let now = try await ledger.pool.run({ session in try session.clock() }) else {
            throw BrokerError.unreachable("the database's clock is outside the years 1970…2199")
        }
        return now
    }

    /// Takes an intent. The same id with equal content is the same intent; with other content it is refused.
    package func intend(_ root: JSONValue, requestedBy: String) async throws -> (intent: TradeIntent, taken: Taken) {
        let reading = IntentReading(source: source, rules: try await rules(), now: try await databaseClock())
        let (intent, namesExpiry): (TradeIntent, Bool)
        do throws(BrokerError) {
            (intent, namesExpiry) = try reading.intent(root)
        } catch {
            // A repetition comes back even after the time that it names.
            if case .badField("expires_at", _) = error, let known = try await repetition(of: root, reading) { return (known, .same) }
            throw error
        }
        if let known = try await self.intended(intent.intentID, in: intent.source) {
            guard known.isSame(as: intent, comparingExpiry: namesExpiry) else { throw BrokerError.differentIntent(intent.intentID) }
            return (known, .same)
        }
        let event = TradeIntendedPayload(intent: intent, requestedBy: requestedBy).event(previousVersion: 0)
        do {
            _ = try await ledger.log.append([event], runID: ledger.newID())
            return (intent, .new)
        } catch let error as LedgerError {
            switch error {
            case .versionConflict, .identityConflict:
                guard let known = try await self.intended(intent.intentID, in: intent.source),
                    known.isSame(as: intent, comparingExpiry: namesExpiry)
                else { throw BrokerError.differentIntent(intent.intentID) }
                return (known, .same)
            default: throw error
            }
        }
    }

    private func repetition(of root: JSONValue, _ reading: IntentReading) async throws -> TradeIntent? {
        guard let id = root["intent_id"]?.string, let known = try await intended(id, in: root["source"]?.string ?? source.rawValue),
            let given = root["expires_at"]?.string.flatMap({ Instant($0) }), given == known.expiresAt
        else { return nil }
        let then = IntentReading(source: reading.source, rules: reading.rules, now: .minimum)
        return try known.isSame(as: then.intent(root).intent, comparingExpiry: true) ? known : nil
    }

    /// The intent of an id; nil if there is none.
    private func intended(_ id: String, in source: String) async throws -> TradeIntent? {
        let first = try await ledger.stream(Streams.intent(source: source, id: id), after: 0, limit: 1).events.first
        return try first.flatMap { try TradeEvents.registry.payload(of: $0).payload(as: TradeIntendedPayload.self)?.intent }
    }

    /// All that the log says of an intent up to a position, as a document; nil if there is none.
    ///
    /// Throws `LedgerError.positionUnknown` above the head.
    package func story(of id: String, upTo position: Int64? = nil) async throws -> JSONNode? {
        let (head, recorded) = try await ledger.stream(
            Streams.intent(source: source.rawValue, id: id), after: 0, limit: 100_000)
        if let position, position > head.position {
            throw LedgerError.positionUnknown(position: position, head: head.position)
        }
        let last = position ?? head.position
        let events = try recorded.filter { $0.position <= last }.map {
            DecodedEvent(record: $0, payload: try TradeEvents.registry.payload(of: $0))
        }
        return DispatchStory.node(events, try await rules())
    }

    /// Everything that the log says of the source.
    package func book() async throws -> SourceBook {
        var book = SourceBook(source: source.rawValue)
        let (events, through) = try await StoreDispatchLog.events(ledger, of: source.rawValue, after: 0)
        book.take(events, through: through)
        return book
    }

    /// Who halts, resumes or cancels says why.
    private static func reason(_ text: String) throws(BrokerError) -> String {
        let reason = text.trimmed
        guard 1...500 ~= reason.utf8.count else { throw .badField(name: "why", expected: "the reason, 1 to 500 bytes") }
        return reason
    }

    // MARK: - Halts

    /// Halts the source: no POST leaves any more. Without effect if it is halted.
    package func halt(requestedBy: String, why: String) async throws -> Bool {
        let why = try Self.reason(why)
        let book = try await book()
        if book.isHalted { return false }
        let payload = DispatchHaltedPayload(source: source.rawValue, requestedBy: requestedBy, reason: why)
        _ = try await ledger.log.append([payload.event(previousVersion: book.haltVersion)], runID: ledger.newID())
        return true
    }

    /// Lets orders leave again. Without effect if the source is not halted.
    package func resume(requestedBy: String, why: String) async throws -> Bool {
        let why = try Self.reason(why)
        let book = try await book()
        guard let halt = book.halt else { return false }
        if ["account_changed", "ledger_restored"].contains(halt.reason) {
            throw BrokerError.refused(
                "the source is halted for \(halt.reason): `broker reconcile --orders` compares all orders first")
        }
        let payload = DispatchResumedPayload(source: source.rawValue, requestedBy: requestedBy, reason: why)
        _ = try await ledger.log.append([payload.event(previousVersion: book.haltVersion)], runID: ledger.newID())
        return true
    }

    // MARK: - Cancels

    /// Cancels an intent: before an order at once, after it by asking the broker. Returns what was recorded.
    package func cancel(_ id: String, requestedBy: String, why: String) async throws -> String {
        let why = try Self.reason(why)
        for _ in 0..<5 {
            guard let state = try await book().intents[ByteKey(id)] else { throw BrokerError.unknownIntent(id) }
            if state.cancelRequest != nil { return EventType.cancelRequested.rawValue }
            let event: NewEvent
            if state.isPending {
                event = IntentCancelledPayload(source: source.rawValue, intentID: id, requestedBy: requestedBy, reason: why)
                    .event(previousVersion: state.version)
            } else if state.isUnresolved || state.isOpenOrder {
                event = CancelRequestedPayload(source: source.rawValue, intentID: id, requestedBy: requestedBy, reason: why)
                    .event(previousVersion: state.version)
            } else {
                throw BrokerError.ended(id, mode: state.mode.rawValue)
            }
            do {
                _ = try await ledger.log.append([event], runID: ledger.newID())
                return event.type.rawValue
            } catch let error as LedgerError {
                // The intent moved on: what a cancel means depends on where it stands.
                if case .versionConflict = error { continue }
                throw error
            }
        }
        throw BrokerError.refused("the intent changes too fast; try again")
    }
}
