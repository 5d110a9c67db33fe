import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// A log in memory as the database would give it back, the rows that every projection folds from it, and their
/// explanations.
struct ExplainedLog {
    private(set) var events: [DecodedEvent] = []
    /// Of the events, in their order.
    private var payloads: [[UInt8]] = []
    private var versions: [ByteKey: Int64] = [:]
    private var latest: [ByteKey: ExecutionRow] = [:]

    static let registry = Result { try projectRegistry() }

    static func definition(_ name: String) throws -> ProjectionDefinition {
        try #require(try registry.get().firstDefinition(name))
    }

    static func explainer(_ name: String) throws -> Explainer {
        let definition = try definition(name)
        return try #require(
            try Explainer(
                TradeLedger.explainers, definition.identity, columns: definition.columns, files: ["context/rules.v1.yaml"],
                read: projectRuleFile))
    }

    // MARK: - Appending

    @discardableResult
    mutating func append(_ event: NewEvent) throws -> Int64 {
        let stream = ByteKey(event.stream)
        let version = (versions[stream] ?? 0) + 1
        versions[stream] = version
        let position = Int64(events.count + 1)
        let recordedAt = try instant("2026-06-01T00:00:00Z", plusSeconds: Int(position))
        let record = RecordedEvent(
            position: position, eventID: event.eventID, stream: event.stream, streamVersion: version,
            type: event.type.rawValue, schemaVersion: event.schemaVersion, recordedAt: recordedAt,
            effectiveAt: event.effectiveAt, runID: UniqueID(high: 7, low: UInt64(position)), payload: event.payload,
            leafHash: Digest32([UInt8](repeating: 0, count: 32)))
        let payload = try TradeEvents.registry.payload(type: event.type, schemaVersion: event.schemaVersion, bytes: event.payload)
        events.append(DecodedEvent(record: record, payload: payload))
        payloads.append(event.payload)
        return position
    }

    /// The stream's version; 0 before its first event.
    func version(_ stream: String) -> Int64 { versions[ByteKey(stream)] ?? 0 }

    /// Records a trade, or its update where it is known; nothing where nothing changed.
    mutating func append(_ row: ExecutionRow) throws {
        let key = ByteKey(row.sourceTradeID)
        let stream = Streams.execution(source: row.source, id: row.sourceTradeID)
        let changes = latest[key].map { row.changedFields(from: $0) }
        if let changes, changes.isEmpty { return }
        latest[key] = row
        let payload = ExecutionPayload(row: row, scopeKey: "s", unknownFields: [], changedFields: changes)
        try append(changes == nil ? payload.recordedEvent() : payload.updatedEvent(previousVersion: version(stream)))
    }

    mutating func append(_ stamp: ContextStampedPayload) throws {
        let stream = Streams.context(source: stamp.source, id: stamp.sourceTradeID)
        try append(stamp.event(previousVersion: version(stream), effectiveAt: stamp.basis.tradeDate))
    }

    mutating func append(_ benchmark: ExecutionBenchmarkPayload) throws {
        let stream = Streams.benchmark(source: benchmark.source, id: benchmark.sourceTradeID)
        try append(benchmark.event(previousVersion: version(stream)))
    }

    mutating func append(_ mark: ForwardMarkPayload) throws {
        let stream = Streams.mark(source: mark.source, id: mark.sourceTradeID, horizonKey: mark.horizonKey)
        try append(mark.event(previousVersion: version(stream)))
    }

    /// Observes a market at a moment.
    mutating func observe(_ kind: MarketKind, _ fields: [(name: String, value: MarketValue)]) throws {
        let payload = try #require(MarketObservedPayload(kind: kind, fields: fields))
        try append(payload.event(previousVersion: version(payload.stream)))
    }

    // MARK: - Rows

    /// The rows of a projection, as a reader at a moment sees them.
    func rows(_ name: String, now: Instant) throws -> [ExplainedRow] {
        let definition = try Self.definition(name)
        let explainer = try Self.explainer(name)
        let fold = definition.completeFold()
        for event in events where definition.consumes[EventType(event.record.type)] != nil {
            try fold.apply(event)
        }
        var rows: [ExplainedRow] = []
        try fold.forEachRow { key, document in
            let shown = definition.present(try JSONDocument(parsing: document), now: now)
            var published: [UInt8] = []
            definition.columns.appendPublished(try JSONDocument(parsing: shown), to: &published)
            rows.append(try row(key.parts.map(\.text), try JSONDocument(parsing: published), explainer, now: now))
        }
        return rows
    }

    /// A published row with the events that its explainer asks for.
    func row(
        _ key: [String], _ published: JSONDocument, _ explainer: Explainer, now: Instant
    ) throws -> ExplainedRow {
        let found: [DecodedEvent] =
            switch explainer.needs(published) {
            case .positions(let positions): positions.compactMap { position in event(at: position) }
            case .stream(let stream), .latest(let stream, _): events.filter { $0.record.stream.isBytewiseEqual(to: stream) }
            }
        let background = explainer.background(published, field: nil).map { wanted in
            wanted.collect(
                events.filter { event in
                    event.record.position <= wanted.upTo && wanted.prefixes.contains { event.record.stream.hasPrefix($0) }
                })
        }
        return ExplainedRow(key: key, published: published, now: now, events: found, background: background)
    }

    func event(at position: Int64) -> DecodedEvent? {
        events.indices.contains(Int(position) - 1) ? events[Int(position) - 1] : nil
    }

    /// The payload of an event as it was appended.
    func payload(of event: DecodedEvent) -> [UInt8] { payloads[Int(event.record.position) - 1] }
}

extension ExplainedRow {
    func text(_ column: String) -> String? {
        guard let value = published.root[column], !value.isNull else { return nil }
        return value.string ?? value.sourceText
    }
}

extension Explanation {
    /// The results of the steps, in order.
    var results: [String] { steps.map(\.result.text) }

    func input(_ name: String) -> Explanation.Input? { inputs.first { $0.name == name } }
}
