import Foundation
import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// A small log in memory, and the outcomes that follow from it.
struct OutcomesLog {
    private(set) var events: [DecodedEvent] = []

    @discardableResult
    mutating func add(_ payload: any EventPayload, effectiveAt: Instant?) -> Int64 {
        let position = Int64(events.count + 1)
        let record = RecordedEvent(
            position: position, eventID: UniqueID(high: 1, low: UInt64(position)), stream: "s",
            streamVersion: 1,
            type: "t", schemaVersion: 1, recordedAt: .minimum, effectiveAt: effectiveAt,
            runID: UniqueID(high: 1, low: 1), payload: [],
            leafHash: Digest32([UInt8](repeating: 0, count: 32)))
        events.append(DecodedEvent(record: record, payload: payload))
        return position
    }

    @discardableResult
    mutating func append(_ row: ExecutionRow) -> Int64 {
        add(
            ExecutionPayload(row: row, scopeKey: "s", unknownFields: []),
            effectiveAt: row.tradeDate)
    }

    @discardableResult
    mutating func append(_ stamp: ContextStampedPayload, effectiveAt: Instant? = nil) -> Int64 {
        add(stamp, effectiveAt: effectiveAt ?? stamp.basis.tradeDate)
    }

    @discardableResult
    mutating func append(_ mark: ForwardMarkPayload, effectiveAt: Instant? = nil) -> Int64 {
        add(mark, effectiveAt: effectiveAt ?? mark.basis.target)
    }

    /// Every entity's facts.
    ///
    /// - Parameter stored: whether each step writes the facts and reads them back, as a restart does.
    func facts(_ projection: OutcomesProjection, stored: Bool = false) throws -> [RowKey:
        OutcomesProjection.Facts]
    {
        var all: [RowKey: OutcomesProjection.Facts] = [:]
        for event in events {
            for entity in projection.entities(touchedBy: event) {
                var facts = all[entity]
                try projection.apply(event, to: &facts, of: entity)
                if stored, let known = facts {
                    let document = projection.encode(known)
                    facts = try projection.facts(from: document)
                    #expect(facts.map(projection.encode) == document)
                }
                all[entity] = facts
            }
        }
        return all
    }

    func rows(_ projection: OutcomesProjection, stored: Bool = false) throws -> [ProjectedRow] {
        try facts(projection, stored: stored).values.flatMap(projection.rows).sorted { $0.key < $1.key }
    }
}

func outcomesProjection() throws -> OutcomesProjection {
    OutcomesProjection(rules: try OutcomesRules(version: 1, read: projectRuleFile))
}

func outcomesColumns() throws -> ColumnSet {
    try ColumnSet(parsing: try #require(projectRuleFile("outcomes/columns.json")))
}

extension ProjectedRow {
    /// As a reader at a moment sees it.
    func seen(_ projection: OutcomesProjection, at now: Instant) throws -> OutcomeView {
        OutcomeView(
            try JSONDocument(parsing: projection.present(try JSONDocument(parsing: document), now: now)))
    }
}

/// A row's columns as texts.
struct OutcomeView {
    let document: JSONDocument

    init(_ document: JSONDocument) { self.document = document }

    /// A column's text: a string without its quotes, anything else as its JSON; nil for null.
    subscript(_ column: String) -> String? {
        guard let value = document.root[column] else {
            Issue.record("the row lacks \(column)")
            return nil
        }
        return value.isNull ? nil : value.string ?? value.sourceText
    }

    var text: String { String(decoding: document.bytes, as: UTF8.self) }
}

/// Builders: the payloads that the tests change in one place each.
enum OutcomesSample {
    static func instant(_ text: String) throws -> Instant { try #require(Instant(text)) }

    static func mark(
        _ row: ExecutionRow, _ horizon: Horizon, target: Instant?, quote: OptionQuote?,
        spot: HorizonSpot? = nil,
        realizedVol: FixedDecimal? = nil, error: String? = nil
    ) -> ForwardMarkPayload {
        ForwardMarkPayload(
            source: row.source, sourceTradeID: row.sourceTradeID, horizonKey: horizon.key,
            horizonDays: horizon.days,
            basis: Basis(of: row, target: target), quote: quote,
            quoteSource: quote == nil ? nil : "imported_option_quote", windowFrom: nil, windowTo: nil,
            error: error,
            notEntitled: false, spot: spot, realizedVol: realizedVol, lookedUpAt: .minimum, inputs: [])
    }

    static func stamp(
        _ row: ExecutionRow, market: String?, method: String, spot: FixedDecimal?,
        percentile: FixedDecimal?,
        regime: String?
    ) -> ContextStampedPayload {
        ContextStampedPayload(
            source: row.source, sourceTradeID: row.sourceTradeID,
            contextKey: market ?? "unmapped:\(row.underlyingSymbol ?? "")", basis: Basis(of: row),
            rules: [],
            quoteUnderlying: row.underlyingSymbol, marketProxy: market, mappingMethod: method,
            mappingConfidence: FixedDecimal(1), mappingQuality: market == nil ? "unmapped" : "available",
            spotAtTrade: spot, spotSource: nil, spotTimeDeltaMinutes: nil, dvol: nil, iv30d: nil,
            rv30d: nil, vrp: nil,
            vrpSource: nil, dvolPercentile: percentile, gexImbalance: nil, gammaRegime: regime,
            termStructureState: nil,
            stationarityStatus: nil, stationarityBlendWeight: nil, smileRichCheap: nil,
            smileState: "not_sourced",
            volume24h: nil, openInterest: nil, contextQuality: market == nil ? "unmapped" : "available",
            missingFields: [], inputs: [], observedThroughPosition: 0)
    }
}
