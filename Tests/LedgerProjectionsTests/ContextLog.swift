import LedgerEvents
import LedgerJSON
import LedgerRules
import LedgerValues
import TestSupport
import Testing

@testable import LedgerProjections
@testable import OptionTrades

/// A log of executions and stamps in memory, and what the context projection makes of it.
struct ContextLog {
    static let instant = Instant("2026-01-10T14:30:00Z") ?? .minimum

    private(set) var events: [DecodedEvent] = []
    private var latest: [ByteKey: (row: ExecutionRow, version: Int64)] = [:]
    private var stampVersions: [ByteKey: Int64] = [:]

    /// Records a trade, or its update where it is known; nothing where nothing changed.
    mutating func append(_ row: ExecutionRow) throws {
        let key = ByteKey(row.sourceTradeID)
        let known = latest[key]
        let changes = known.map { row.changedFields(from: $0.row) }
        if let changes, changes.isEmpty { return }
        let version = (known?.version ?? 0) + 1
        latest[key] = (row, version)
        let payload = ExecutionPayload(row: row, scopeKey: "s", unknownFields: [], changedFields: changes)
        try add(known.map { payload.updatedEvent(previousVersion: $0.version) } ?? payload.recordedEvent(), version)
    }

    mutating func append(_ stamp: ContextStampedPayload, effectiveAt: Instant? = nil) throws {
        let key = ByteKey(stamp.sourceTradeID)
        let version = stampVersions[key] ?? 0
        stampVersions[key] = version + 1
        try add(
            stamp.event(previousVersion: version, effectiveAt: effectiveAt ?? stamp.basis.tradeDate), version + 1)
    }

    private mutating func add(_ event: NewEvent, _ version: Int64) throws {
        let record = RecordedEvent(
            position: Int64(events.count + 1), eventID: event.eventID, stream: event.stream, streamVersion: version,
            type: event.type.rawValue, schemaVersion: event.schemaVersion, recordedAt: .minimum,
            effectiveAt: event.effectiveAt, runID: UniqueID(high: 1, low: 1), payload: event.payload,
            leafHash: Digest32([UInt8](repeating: 0, count: 32)))
        // As the log gives it back.
        let payload = try TradeEvents.registry.payload(type: event.type, schemaVersion: event.schemaVersion, bytes: event.payload)
        events.append(DecodedEvent(record: record, payload: payload))
    }

    /// The events in another order, each trade's executions and each trade's stamps in theirs.
    func rewoven(_ random: inout SeededGenerator) -> ContextLog {
        var woven = ContextLog()
        woven.events = rewovenStreams(of: events, &random)
        return woven
    }
}

/// The context projection of the checkout, and ways to fold a log.
struct ContextFold {
    let stamper: ContextStamper
    let projection: ContextProjection
    let columns: ColumnSet

    init() throws {
        let rules = try ContextRules(version: 1, read: projectRuleFile)
        stamper = ContextStamper(rules: rules)
        projection = ContextProjection(rules: rules)
        columns = try ColumnSet(parsing: try #require(projectRuleFile("context/columns.json")))
    }

    struct Version: Equatable {
        let key: RowKey
        let validFrom: Int64
        var validTo: Int64?
        let document: [UInt8]
    }

    /// All versions that a fold in batches makes, each batch begun again from the stored facts.
    func versions(_ log: ContextLog, batch: Int) throws -> [Version] {
        var facts: [RowKey: [UInt8]] = [:]
        var versions: [Version] = []
        var start = 0
        while start < log.events.count {
            let fold = ProjectionFold(projection, entityParts: columns.entity.count)
            for event in log.events[start..<min(start + batch, log.events.count)] {
                for entity in try fold.missingEntities(for: event) { try fold.load(entity, facts: facts[entity]) }
                try fold.apply(event)
            }
            let changes = fold.takeChanges()
            for (key, end) in changes.facts.ended where facts[key] != nil { _ = end; facts[key] = nil }
            for made in changes.facts.made where made.validTo == nil { facts[made.key] = made.document }
            for (key, end) in changes.rows.ended {
                let index = try #require(versions.lastIndex { $0.key == key && $0.validTo == nil })
                versions[index].validTo = end
            }
            for made in changes.rows.made {
                versions.append(
                    Version(key: made.key, validFrom: made.origin.position, validTo: made.validTo, document: made.document))
            }
            start += batch
        }
        return versions.sorted { $0.key == $1.key ? $0.validFrom < $1.validFrom : $0.key < $1.key }
    }

    /// The current rows in key order, from facts folded entity by entity.
    func rows(_ log: ContextLog) throws -> [(key: RowKey, document: [UInt8])] {
        var facts: [RowKey: ContextProjection.Facts] = [:]
        for event in log.events {
            for key in projection.entities(touchedBy: event) { projection.apply(event, to: &facts[key], of: key) }
        }
        return facts.sorted { $0.key < $1.key }.flatMap { projection.rows(of: $0.value) }.map { ($0.key, $0.document) }
    }

    /// The lines that a digest covers.
    func digestLines(_ log: ContextLog) throws -> String {
        var bytes: [UInt8] = []
        for row in try rows(log) { try columns.appendDigestLine(row.document, to: &bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What all of a log's events say of one trade.
    func facts(_ log: ContextLog, _ id: String) throws -> ContextProjection.Facts? {
        var facts: ContextProjection.Facts?
        let entity = RowKey(["alpha_sync", id])
        for event in log.events where projection.entities(touchedBy: event) == [entity] {
            projection.apply(event, to: &facts, of: entity)
        }
        return facts
    }

    func row(_ id: String, _ change: (inout ExecutionRow) throws -> Void = { _ in }) throws -> ExecutionRow {
        var row = try sampleRow(id)
        try change(&row)
        return row
    }

    /// A stamp of a row from one gex and one vol observation at the trade.
    func stamp(_ row: ExecutionRow, spot: Int = 97_000) throws -> ContextStampedPayload {
        var series = MarketSeries()
        series.gex = [
            GexPoint(
                position: 5, timestamp: row.tradeDate, gexImbalance: try FixedDecimal("0.25"), spot: FixedDecimal(spot))
        ]
        series.vol = [
            VolPoint(
                position: 6, timestamp: row.tradeDate, dvol: try FixedDecimal("58.3"),
                ivAtm7d: try FixedDecimal("61"), ivAtm30d: try FixedDecimal("57.25"), rv30d: try FixedDecimal("41.1"))
        ]
        return stamper.stamp(row: row, series: series, observedThrough: 9).payload
    }
}
