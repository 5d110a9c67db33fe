import LedgerEvents
import LedgerJSON
import LedgerRules
import LedgerValues
import TestSupport
import Testing

@testable import LedgerProjections
@testable import OptionTrades

/// A small log of executions in memory, and the tables that the lifecycles projection makes of it.
struct LifecyclesLog {
    private(set) var events: [DecodedEvent] = []
    private var latest: [String: (row: ExecutionRow, version: Int64)] = [:]

    /// Appends the recording of a trade, or its update where it is known; nothing where nothing changed.
    mutating func append(_ row: ExecutionRow) throws {
        let known = latest[row.sourceTradeID]
        let changes = known.map { row.changedFields(from: $0.row) }
        if let changes, changes.isEmpty { return }
        let version = (known?.version ?? 0) + 1
        latest[row.sourceTradeID] = (row, version)
        let payload = ExecutionPayload(row: row, scopeKey: "s", unknownFields: [], changedFields: changes)
        let event = known.map { payload.updatedEvent(previousVersion: $0.version) } ?? payload.recordedEvent()
        let position = Int64(events.count + 1)
        let record = RecordedEvent(
            position: position, eventID: event.eventID, stream: event.stream, streamVersion: version,
            type: event.type.rawValue, schemaVersion: event.schemaVersion, recordedAt: .minimum,
            effectiveAt: event.effectiveAt, runID: UniqueID(high: 1, low: 1), payload: event.payload,
            leafHash: Digest32([UInt8](repeating: 0, count: 32)))
        // As the log gives it back.
        events.append(
            DecodedEvent(record: record, payload: try ExecutionPayload(decoding: event.payload)))
    }

    /// Changes a trade as it was last.
    mutating func correct(_ id: String, _ change: (inout ExecutionRow) throws -> Void) throws {
        var row = try #require(latest[id]).row
        try change(&row)
        try append(row)
    }

    /// The streams woven into another order of arrival: each trade's own events keep theirs.
    func rewoven(_ random: inout SeededGenerator) -> LifecyclesLog {
        var woven = LifecyclesLog()
        woven.events = rewovenStreams(of: events, &random)
        return woven
    }
}

/// The lifecycles projection with its columns, and what a store would make of its folds.
struct LifecyclesFixture {
    let projection: LifecyclesProjection
    let definition: ProjectionDefinition

    init() throws {
        projection = LifecyclesProjection(rules: try LifecyclesRules(version: 1, read: projectRuleFile))
        definition = try #require(try projectRegistry().definition("lifecycles", version: "v1", codeVersion: 1))
    }

    /// Versions of documents by key and the position that made each.
    struct Table: Equatable {
        struct Version: Equatable {
            let validFrom: Int64
            var validTo: Int64?
            let document: String
        }

        var versions: [RowKey: [Version]] = [:]

        mutating func apply(_ changes: VersionChanges) throws {
            for (key, validTo) in changes.ended {
                let index = try #require(versions[key]?.indices.last)
                #expect(versions[key]?[index].validTo == nil)
                versions[key]?[index].validTo = validTo
            }
            for made in changes.made {
                let document = String(decoding: made.document, as: UTF8.self)
                versions[made.key, default: []].append(
                    Version(validFrom: made.origin.position, validTo: made.validTo, document: document))
            }
        }

        func current(_ key: RowKey) -> [UInt8]? {
            guard let version = versions[key]?.last, version.validTo == nil else { return nil }
            return Array(version.document.utf8)
        }

        func documents(at position: Int64 = .max) -> [RowKey: String] {
            versions.compactMapValues { versions in
                versions.first { $0.validFrom <= position && ($0.validTo.map { $0 > position } ?? true) }?.document
            }
        }
    }

    struct Tables: Equatable {
        var rows = Table()
        var facts = Table()
    }

    /// Folds a log in batches.
    ///
    /// - Parameters:
    ///   - batch: gives the number of events of the next batch.
    ///   - restarts: whether the next batch starts from stored facts, as after a restart.
    func fold(_ log: LifecyclesLog, batch: () -> Int = { .max }, restarts: () -> Bool = { true }) throws -> Tables {
        try Self.fold(log.events, definition, batch: batch, restarts: restarts)
    }

    /// The same for any projection.
    static func fold(
        _ events: [DecodedEvent], _ definition: ProjectionDefinition, batch: () -> Int = { .max }, restarts: () -> Bool = { true }
    ) throws -> Tables {
        var tables = Tables()
        var rest = events[...]
        var fold = definition.liveFold()
        while !rest.isEmpty {
            if restarts() { fold = definition.liveFold() }
            let events = rest.prefix(batch())
            rest = rest.dropFirst(events.count)
            for event in events {
                for entity in try fold.missingEntities(for: event) {
                    try fold.load(entity, facts: tables.facts.current(entity))
                }
                try fold.apply(event)
            }
            let changes = fold.takeChanges()
            try tables.rows.apply(changes.rows)
            try tables.facts.apply(changes.facts)
        }
        return tables
    }

    func rows(_ log: LifecyclesLog, at position: Int64 = .max) throws -> [JSONValue] {
        try fold(log).rows.documents(at: position).sorted { $0.key < $1.key }
            .map { try JSONDocument(parsing: Array($0.value.utf8)).root }
    }

    /// What the digest covers of each row, in key order.
    func digestLines(_ tables: Tables) throws -> [String] {
        try tables.rows.documents().sorted { $0.key < $1.key }.map { _, document in
            var line: [UInt8] = []
            try definition.columns.appendDigestLine(Array(document.utf8), to: &line)
            return String(decoding: line, as: UTF8.self)
        }
    }

    static func row(
        _ id: String, _ side: Direction?, _ quantity: Int?, _ price: String?, at minutes: Int,
        _ change: (inout ExecutionRow) throws -> Void = { _ in }
    ) throws -> ExecutionRow {
        var row = try sampleRow(id)
        row.tradeDate = try instant("2026-01-10T14:30:00Z", plusSeconds: minutes * 60)
        row.direction = side
        row.quantity = quantity.map { FixedDecimal($0) }
        row.price = try price.map { try FixedDecimal($0) }
        try change(&row)
        return row
    }
}
