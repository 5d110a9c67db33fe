import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Events in memory, folded by any projection.
struct TradeEventLog {
    /// An event before it has a position.
    struct Entry {
        let payload: any EventPayload
        let effectiveAt: Instant?
        /// Events of one stream keep their order.
        let stream: String
    }

    var entries: [Entry] = []

    mutating func append(_ row: ExecutionRow) {
        let payload = ExecutionPayload(row: row, scopeKey: "s", unknownFields: [])
        entries.append(
            Entry(payload: payload, effectiveAt: row.tradeDate, stream: "execution-\(row.sourceTradeID)"))
    }

    mutating func append(_ stamp: ContextStampedPayload, effectiveAt: Instant? = nil) {
        entries.append(
            Entry(
                payload: stamp, effectiveAt: effectiveAt ?? stamp.basis.tradeDate,
                stream: "context-\(stamp.sourceTradeID)"))
    }

    mutating func append(_ benchmark: ExecutionBenchmarkPayload) {
        entries.append(
            Entry(
                payload: benchmark, effectiveAt: benchmark.effectiveAt,
                stream: "benchmark-\(benchmark.sourceTradeID)"))
    }

    /// Another order of the same events in which every stream keeps its own.
    func interleaved(using random: inout SeededGenerator) -> TradeEventLog {
        var streams: [[Entry]] = []
        var index: [String: Int] = [:]
        for entry in entries {
            if let at = index[entry.stream] {
                streams[at].append(entry)
            } else {
                index[entry.stream] = streams.count
                streams.append([entry])
            }
        }
        var order = streams.indices.flatMap { Array(repeating: $0, count: streams[$0].count) }
        order.shuffle(using: &random)
        var taken = Array(repeating: 0, count: streams.count)
        var log = TradeEventLog()
        for stream in order {
            log.entries.append(streams[stream][taken[stream]])
            taken[stream] += 1
        }
        return log
    }

    func decoded() -> [DecodedEvent] {
        entries.enumerated().map { index, entry in
            let record = RecordedEvent(
                position: Int64(index + 1), eventID: UniqueID(high: 1, low: UInt64(index + 1)), stream: entry.stream,
                streamVersion: 1, type: "t", schemaVersion: 1, recordedAt: .minimum, effectiveAt: entry.effectiveAt,
                runID: UniqueID(high: 1, low: 1), payload: [], leafHash: Digest32([UInt8](repeating: 0, count: 32)))
            return DecodedEvent(record: record, payload: entry.payload)
        }
    }

    /// Every entity's facts.
    ///
    /// - Parameter restarts: whether each step writes the facts and reads them back.
    func facts<P: Projection>(_ projection: P, restarts: Bool = false) throws -> [RowKey: P.Facts] {
        var all: [RowKey: P.Facts] = [:]
        for event in decoded() {
            for entity in try projection.entities(touchedBy: event) {
                var facts = all[entity]
                try projection.apply(event, to: &facts, of: entity)
                if restarts, let known = facts {
                    let document = projection.encode(known)
                    let read = try projection.facts(from: document)
                    #expect(projection.encode(read) == document)
                    facts = read
                }
                all[entity] = facts
            }
        }
        return all
    }

    func rows<P: Projection>(
        _ projection: P, restarts: Bool = false, effectiveBy instant: Instant? = nil
    ) throws -> [ProjectedRow] {
        try facts(projection, restarts: restarts).values
            .compactMap { facts in instant.map { projection.facts(facts, effectiveBy: $0) } ?? facts }
            .flatMap { projection.rows(of: $0) }.sorted { $0.key < $1.key }
    }
}

extension ProjectedRow {
    func root() throws -> JSONValue { try JSONDocument(parsing: document).root }

    /// What a digest covers of the row.
    func digested(_ columns: ColumnSet) throws -> String {
        var line: [UInt8] = []
        try columns.appendDigestLine(document, to: &line)
        return String(decoding: line, as: UTF8.self)
    }
}

extension JSONValue {
    /// A column's text: a string without its quotes, anything else as its JSON, nil for null; a test fails where there
    /// is no such column.
    func text(_ column: String) -> String? {
        guard let value = self[column] else {
            Issue.record("the row lacks \(column)")
            return nil
        }
        return value.isNull ? nil : value.string ?? value.sourceText
    }
}

/// Whether a stored document has exactly a set's columns, in order and of their kinds.
///
/// - Parameter isDated: whether a column beside the document says when the row began to hold in the world.
func expectColumns(_ row: ProjectedRow, _ columns: ColumnSet, isDated: Bool = true) throws {
    let root = try row.root()
    #expect(root.members.map(\.key) == columns.columns.map(\.name))
    #expect(canonical(root) == row.document)
    for column in columns.columns {
        let value = try #require(root[column.name])
        if value.isNull { continue }
        let fits =
            switch column.kind {
            case .text: value.string != nil
            case .texts: value.elements.allSatisfy { $0.string != nil } && value.kind == .array
            case .instant: value.string.flatMap { Instant($0) } != nil
            case .date: value.string.flatMap { CalendarDate($0) } != nil
            case .decimal: value.string != nil && value.decimal != nil
            case .integer: value.integer != nil
            case .boolean: value.bool != nil
            case .object: value.kind == .object || value.kind == .array
            }
        #expect(fits, "\(column.name) is no \(column.kind)")
    }
    #expect((columns.stored.first == "effective_at") == isDated)
    #expect(row.stored.count == columns.stored.count)
    for (name, stored) in zip(columns.stored, row.stored) where name != "effective_at" {
        let text =
            switch stored {
            case .text(let text): text
            case .instant(let instant): instant.map { "\($0)" }
            }
        #expect(text == root.text(name))
    }
    #expect(row.key == RowKey(columns.key.map { root.text($0) ?? "" }))
}

private func canonical(_ value: JSONValue) -> [UInt8]? { try? canonicalize(value) }
