import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// A log of chains in memory, and what a projection of chains makes of it.
struct ChainLog {
    private(set) var events: [RecordedEvent] = []
    private static let registry = Result { try projectRegistry() }

    static func definition(_ name: String) throws -> ProjectionDefinition {
        try #require(try registry.get().firstDefinition(name))
    }

    /// Adds a part of a chain. Parts of one identity supersede each other.
    mutating func add(
        _ timestamp: String, expiry: String, part: Int = 1, of parts: Int = 1, underlying: String = "MSTR", source: String? = "alpaca",
        spot: String? = "100", forward: String? = nil, multiplier: String? = "100", _ rows: [ChainRow]
    ) throws {
        func decimal(_ text: String?) throws -> MarketValue { try text.map { .decimal(try FixedDecimal($0)) } ?? .null }
        let date = try #require(CalendarDate(expiry))
        let observed = try #require(
            MarketObservedPayload(
                kind: .optionChain,
                values: [
                    .text(underlying), .instant(try instant(timestamp)), .date(date), .integer(Int64(part)),
                    .integer(Int64(parts)), source.map(MarketValue.text) ?? .null, try decimal(spot), try decimal(forward),
                    try decimal(multiplier), .null, .rows(MarketRows(rows.map(\.values), of: .optionChain)),
                ]))
        let previous = Int64(events.count { $0.stream.isBytewiseEqual(to: observed.stream) })
        let event = observed.event(previousVersion: previous)
        let position = Int64(events.count + 1)
        events.append(
            RecordedEvent(
                position: position, eventID: event.eventID, stream: event.stream, streamVersion: previous + 1,
                type: event.type.rawValue, schemaVersion: event.schemaVersion,
                recordedAt: try instant("2026-03-01T00:00:00Z", plusSeconds: Int(position)), effectiveAt: event.effectiveAt,
                runID: UniqueID(high: 1, low: 1), payload: event.payload, leafHash: Digest32(sha256Of: "")))
    }

    /// The current rows of a fold from position 0.
    func rows(_ name: String, upTo position: Int64 = .max) throws -> [JSONValue] {
        let definition = try Self.definition(name)
        let fold = definition.completeFold()
        for record in events where record.position <= position {
            if let event = try definition.decode(record) { try fold.apply(event) }
        }
        var rows: [JSONValue] = []
        try fold.forEachRow { key, document in
            let root = try JSONDocument(parsing: document).root
            #expect(try canonicalize(root) == document && root.members.map(\.key) == definition.columns.columns.map(\.name))
            let shown = definition.columns.key.map { root[$0]?.string ?? "" }
            #expect(definition.columns.rowKey(shown) == key)
            rows.append(root)
        }
        return rows
    }

    /// The events that facts refer to.
    func referred(by document: [UInt8]?, _ definition: ProjectionDefinition) throws -> ReferredEvents {
        guard let document else { return .none }
        let wanted = Set(try definition.referredPositions(in: document))
        return ReferredEvents(try events.filter { wanted.contains($0.position) }.compactMap { try definition.decode($0) })
    }

    /// The current rows and facts after a fold in batches.
    ///
    /// - Parameters:
    ///   - batch: gives the number of events of the next batch.
    ///   - restarts: whether the next batch starts from stored facts.
    func folded(
        _ definition: ProjectionDefinition, batch: () -> Int, restarts: () -> Bool
    ) throws -> (rows: LifecyclesFixture.Table, facts: LifecyclesFixture.Table) {
        var tables = LifecyclesFixture.Tables()
        var rest = events[...]
        var fold = definition.liveFold()
        while !rest.isEmpty {
            if restarts() { fold = definition.liveFold() }
            let events = rest.prefix(batch())
            rest = rest.dropFirst(events.count)
            for record in events {
                guard let event = try definition.decode(record) else { continue }
                for entity in try fold.missingEntities(for: event) {
                    let facts = tables.facts.current(entity)
                    try fold.load(entity, facts: facts, referring: try referred(by: facts, definition))
                }
                try fold.apply(event)
            }
            let changes = fold.takeChanges()
            try tables.rows.apply(changes.rows)
            try tables.facts.apply(changes.facts)
        }
        return (tables.rows, tables.facts)
    }
}

/// A row of a chain from texts.
func option(
    _ strike: String, _ type: OptionType, bid: String? = nil, ask: String? = nil, last: String? = nil, mark: String? = nil,
    iv: String? = nil, delta: String? = nil, gamma: String? = nil, interest: String? = nil
) throws -> ChainRow {
    func decimal(_ text: String?) throws -> FixedDecimal? { try text.map { try FixedDecimal($0) } }
    return ChainRow(
        strike: try FixedDecimal(strike), type, bid: try decimal(bid), ask: try decimal(ask), last: try decimal(last),
        mark: try decimal(mark), iv: try decimal(iv), delta: try decimal(delta), gamma: try decimal(gamma),
        openInterest: try decimal(interest))
}
