import LedgerAnalyses
import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Observations of a market in memory, and the documents of an analysis over the rows that the projections fold from them.
struct ObservedMarket {
    private(set) var events: [RecordedEvent] = []
    private static let registry = Result { try projectRegistry() }

    static func analyses() throws -> AnalysisRegistry {
        let files = LedgerFiles(engine: projectRoot + "/schema", domain: projectRoot)
        return try AnalysisRegistry(MarketAnalysis.all.map(\.source), files: files.analysisFiles(), read: files.analysisFile)
    }

    mutating func add(_ observed: MarketObservedPayload) { add(observed.event(previousVersion: 0)) }

    mutating func add(_ new: NewEvent) {
        let position = Int64(events.count + 1)
        events.append(
            RecordedEvent(
                position: position, eventID: new.eventID, stream: new.stream, streamVersion: 1, type: new.type.rawValue,
                schemaVersion: new.schemaVersion, recordedAt: Instant(microseconds: position) ?? .minimum,
                effectiveAt: new.effectiveAt, runID: UniqueID(high: 1, low: 1), payload: new.payload, leafHash: Digest32(sha256Of: "")))
    }

    mutating func add(_ kind: MarketKind, _ timestamp: Instant, _ figures: [String: FixedDecimal], currency: String = "BTC") throws {
        let fields =
            [("currency", MarketValue.text(currency)), ("timestamp", .instant(timestamp))] + figures.map { ($0.key, .decimal($0.value)) }
        add(try #require(MarketObservedPayload(kind: kind, fields: fields)))
    }

    /// The rows of a projection in key order.
    func rows(of projection: String) throws -> [JSONDocument] {
        let definition = try #require(try Self.registry.get().firstDefinition(projection))
        let fold = definition.completeFold()
        for record in events {
            if let event = try definition.decode(record) { try fold.apply(event) }
        }
        var rows: [JSONDocument] = []
        try fold.forEachRow { _, document in rows.append(try JSONDocument(parsing: document)) }
        return rows
    }

    /// An observation with fields of any type.
    mutating func add(_ kind: MarketKind, _ fields: [String: MarketValue]) throws {
        add(try #require(MarketObservedPayload(kind: kind, fields: fields.map { ($0.key, $0.value) })))
    }

    /// The rows of an analysis's inputs, found by their descriptions alone.
    func rows(of asked: AskedAnalysis, now: Instant) throws -> [[JSONDocument]] {
        try asked.inputs(now).map { range in
            let rows = try Self.rows(of: range, among: rows(of: range.projection))
            return range.projection == "option_chains" ? try rows.map(joined) : rows
        }
    }

    /// A row of chains with the rows of its chain, from the events.
    private func joined(_ row: JSONDocument) throws -> JSONDocument {
        let positions = row.root["part_positions"]?.elements.compactMap(\.integer) ?? []
        let parts = try events.filter { positions.contains($0.position) }.map { record in
            ChainPart(
                position: record.position,
                observed: try #require(
                    try TradeEvents.registry.payload(of: record).payload(as: MarketObservedPayload.self)))
        }
        return try OptionChain.joined(row, parts)
    }

    /// Adds a chain in one part.
    mutating func addChain(
        _ timestamp: Instant, expiry: String, underlying: String = "MSTR", spot: String? = "100", _ rows: [ChainRow]
    ) throws {
        let chain = ChainObservation(
            underlying: underlying, expiry: try #require(CalendarDate(expiry)),
            chain: OptionChain(
                timestamp: timestamp, source: "alpaca", spot: try spot.map { try decimal($0) }, multiplier: FixedDecimal(100), rows: rows),
            rounded: false, unitSource: nil, provenance: .init())
        for part in try #require(chain.parts()) { add(part) }
    }

    /// The rows of a range in order of time, or those of the second of the last one before it.
    static func rows(of range: RowRange, among rows: [JSONDocument]) throws -> [JSONDocument] {
        func time(_ row: JSONDocument) -> Instant { row.root[range.time]?.string.flatMap { Instant($0) } ?? .minimum }
        func found(_ filters: [RowFilter]) -> [JSONDocument] {
            rows.filter { row in filters.allSatisfy { $0.passes(row.root) } }.enumerated()
                .sorted { (time($0.element), $0.offset) < (time($1.element), $1.offset) }.map(\.element)
        }
        let inside = found(range.filters)
        if !range.countedBy.isEmpty {
            var counts = RowCounts(by: range.countedBy)
            for row in inside { counts.add(row.root) }
            return try counts.documents()
        }
        if !inside.isEmpty { return inside }
        guard let last = found(range.entities + [.before(column: range.time, range.from)]).last else { return [] }
        return found(range.filters(inSecondOf: time(last)))
    }

    func document(
        _ analysis: MarketAnalysis, now: Instant, currency: String = "BTC", _ values: [String: String] = [:]
    ) throws -> JSONDocument {
        let definition = try #require(try Self.analyses().definition(analysis.name, nil))
        let asked = try definition.asked(ParameterValues(values.merging(["currency": currency]) { own, _ in own }))
        return try JSONDocument(parsing: asked.document(try rows(of: asked, now: now), now))
    }

    /// Explains every figure of an analysis's document.
    func explanation(_ analysis: MarketAnalysis, now: Instant, _ values: [String: String] = [:]) throws -> Explanation {
        let definition = try #require(try Self.analyses().definition(analysis.name, nil))
        let asked = try definition.asked(ParameterValues(values.merging(["currency": "BTC"]) { own, _ in own }))
        let rows = try rows(of: asked, now: now)
        let files = LedgerFiles(engine: projectRoot + "/schema", domain: projectRoot)
        let explainer = try AnalysisExplainer(
            definition.identity, asked, key: ["BTC"], document: JSONDocument(parsing: asked.document(rows, now)), rows: rows, now: now,
            read: files.analysisFile)
        let positions = Set(explainer.evidence(nil))
        let decoded = try events.filter { positions.contains($0.position) }.map {
            DecodedEvent(record: $0, payload: try TradeEvents.registry.payload(of: $0))
        }
        return try explainer.explain(nil, events: decoded)
    }
}

/// A decimal as a test writes it.
func decimal(_ text: String) throws -> FixedDecimal { try FixedDecimal(text) }

func moment(_ text: String, plusMinutes minutes: Int = 0) throws -> Instant {
    let instant = try #require(Instant(text))
    return try #require(instant.advanced(byMicroseconds: Int64(minutes) * 60_000_000))
}
