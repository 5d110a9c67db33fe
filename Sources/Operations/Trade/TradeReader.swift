import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades

/// Reads all that the views know about one trade.
package struct TradeReader: Sendable {
    private let ledger: Ledger
    private let views: ViewReader
    private let database: ReadDatabase
    /// The largest number of events in a document.
    package static let maximumEvents = 1000

    /// - Parameter isBounded: whether the views have a service's limits; a command has no limits
    package init(_ ledger: Ledger, isBounded: Bool = true) {
        self.ledger = ledger
        views = ViewReader(ledger, isBounded: isBounded)
        database = ReadDatabase(ledger)
    }

    /// The document at the request's position, or at the least checkpoint of the parts' projections that go on. All parts
    /// stand on this position and on one moment; a part that can't is absent, with the reason.
    ///
    /// Throws `ViewError.unknownTrade` if the log has no execution of this id at the position, and as
    /// ``ViewReader/page(_:_:)`` does for a position or a moment that can't be read.
    package func document(_ request: TradeRequest) async throws -> TradeDocument {
        let standing = try await settle(request)
        let parts = try await withThrowingTaskGroup(of: (Int, TradePart).self) { group in
            for (index, view) in TradeRequest.parts.enumerated() {
                group.addTask { (index, try await part(view, request, standing)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
        return TradeDocument(
            source: request.source, id: request.id, parts: parts, events: Array(standing.events.prefix(Self.maximumEvents)),
            hasMoreEvents: standing.events.count > Self.maximumEvents, position: standing.position,
            asOf: request.effectiveAt.map { min(standing.now, $0) } ?? standing.now, headPosition: standing.headPosition,
            isFixed: request.asOfPosition != nil || request.asOf != nil,
            isMoment: request.asOfPosition != nil && request.asOf != nil)
    }

    // MARK: - What the document stands on

    /// What all parts stand on, and what the log has of the trade.
    private struct Standing: Sendable {
        let position: Int64
        /// The reader's current time, whatever had happened by then.
        let now: Instant
        let headPosition: Int64
        /// Why the served versions of some projections won't reach the position.
        let shortfalls: [String: ViewShortfall]
        /// One more than a document has, if there are more.
        let events: [EventHeader]
        /// The key of the lifecycle of the trade's contract.
        let lifecycle: RowKey?
    }

    private func settle(_ request: TradeRequest) async throws -> Standing {
        let point = request.asOfPosition.map { ReadPoint.event($0) } ?? request.asOf.map { .instant($0) } ?? .latest
        let settled = try await ledger.settled(asOf: request.asOf) { settledHead in
            try await database.run(point) { session -> Standing in
                try session.transaction(.snapshot) { try standing(request, settledHead: settledHead, session) }
            }
        }
        ledger.noteShown(head: settled.headPosition)
        return settled
    }

    private func standing(_ request: TradeRequest, settledHead: Int64?, _ session: PostgresSession) throws -> Standing {
        let log = LogReader()
        let served = try ledger.catalog.versions(session).filter { version in
            version.isServed && TradeRequest.parts.contains { $0.projection.isBytewiseEqual(to: version.name) }
        }
        // A version that stopped does not hold the others back.
        let checkpoint =
            try served.filter { $0.poison == nil && ledger.registry.definition(of: $0) != nil }.map(\.position).min()
            ?? log.head(session).position
        let moment = try ReadMoment(
            position: request.asOfPosition, asOf: request.asOf, checkpoint: (View.trades.projection, checkpoint),
            settledHead: settledHead, session)
        let position = moment.position
        guard let execution = try execution(request, upTo: position, session) else {
            throw ViewError.unknownTrade(source: request.source, id: request.id, position: position)
        }
        let shortfalls = served.compactMap { version in
            ledger.shortfall(of: version, before: position).flatMap { $0.isBehind ? nil : (version.name, $0) }
        }
        return Standing(
            position: position, now: moment.now,
            headPosition: request.asOfPosition != nil || request.asOf != nil ? position : moment.head.position,
            shortfalls: Dictionary(uniqueKeysWithValues: shortfalls),
            events: try log.headers(
                ofStreams: Streams.ofTrade(source: request.source, id: request.id),
                orPrefixed: Streams.marks(source: request.source, id: request.id), upTo: position,
                limit: Self.maximumEvents + 1, session),
            lifecycle: try lifecycle(of: execution))
    }

    /// The event that holds the trade's latest row.
    private func execution(_ request: TradeRequest, upTo position: Int64, _ session: PostgresSession) throws -> RecordedEvent? {
        let types = ExecutionEventTypes.of(source: request.source)
        let stream = Streams.execution(source: request.source, id: request.id)
        return try [types.updated, types.recorded].lazy
            .compactMap { try LogReader().latest($0, inStream: stream, upTo: position, session) }.first
    }

    /// The key of the lifecycle to which the row of an execution belongs. A row that moved comes from another one, which its
    /// event names first.
    private func lifecycle(of execution: RecordedEvent) throws -> RowKey? {
        guard let definition = ledger.registry.firstDefinition(View.lifecycles.projection) else { return nil }
        return try definition.decode(execution).flatMap { try definition.entities(touchedBy: $0).last }
    }

    // MARK: - The parts

    private func part(_ view: View, _ request: TradeRequest, _ standing: Standing) async throws -> TradePart {
        let key = view.key.contains("source_trade_id") ? RowKey([request.source, request.id]) : standing.lifecycle
        guard let key else { return TradePart(view, .init(code: .notActivated, detail: "this program has no \(view.projection)")) }
        var ask = ViewRequest()
        ask.filters = zip(view.key, key.parts).map { .equals(column: $0, value: $1.text) }
        ask.asOfPosition = standing.position
        ask.asOf = standing.now
        ask.effectiveAt = request.effectiveAt
        ask.rules = request.rules[view]
        ask.isAtMarkedHorizons = true
        ask.limit = ViewReader.maximumLimit
        ask.hasAggregates = false
        // The reader would wait for it in vain.
        if ask.rules == .served, let shortfall = standing.shortfalls[view.projection] {
            return TradePart(view, .init(code: .projectionBehind, detail: "\(shortfall)"))
        }
        do {
            return TradePart(view, try await views.page(view, ask))
        } catch let error as ViewError {
            switch error {
            case .notActivated: return TradePart(view, .init(code: .notActivated, detail: "\(error)"))
            case .rulesUnavailable: return TradePart(view, .init(code: .rulesUnavailable, detail: "\(error)"))
            default: throw error
            }
        } catch let error as LedgerError {
            guard case .projectionBehind = error else { throw error }
            return TradePart(view, .init(code: .projectionBehind, detail: "\(error)"))
        }
    }
}
