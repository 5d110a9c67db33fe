import LedgerEvents
import LedgerPostgres
import LedgerProjections

/// The fold of one projection over one part of the entities, with the COPY rows that it makes.
final class RebuildFold {
    /// The numbers of versions that ended.
    struct Counts: Sendable {
        var historyRows = 0
        var historyFacts = 0
    }

    private let fold: HistoryFold
    private let buffer: VersionBuffer
    private let resumedFrom: Int64

    init(_ target: RebuildTarget, recent: RecentDocuments) {
        fold = target.definition.historyFold(recent: recent)
        resumedFrom = target.resumedFrom
        buffer = VersionBuffer(target.tables, resumedFrom: target.resumedFrom)
    }

    func apply(_ event: DecodedEvent, to key: RowKey, entity: Int) throws(PoisonEvent) {
        try fold.apply(event, to: key, entity: entity, into: buffer)
    }

    func forget(_ entity: Int) { fold.forget(entity) }

    func recall(_ event: DecodedEvent, to key: RowKey, entity: Int) throws(PoisonEvent) {
        try fold.recall(event, to: key, entity: entity)
    }

    /// Adds an entity's current versions after the last event that touches the entity, unless an earlier run has.
    func finish(_ entity: Int, _ key: RowKey, at position: Int64) {
        fold.finish(entity, key, into: position > resumedFrom ? buffer : nil)
    }

    /// Takes the COPY rows made since the last call.
    func take() throws -> RebuildTarget.Rows { try buffer.take() }

    var counts: Counts { buffer.counts }
}

/// Collects versions as COPY rows. Ended versions that an earlier run has written are only counted.
private final class VersionBuffer: VersionSink {
    private let tables: VersionTables
    private let resumedFrom: Int64
    private var rows = BinaryCopyWriter()
    private var facts = BinaryCopyWriter()
    private(set) var counts = RebuildFold.Counts()

    init(_ tables: VersionTables, resumedFrom: Int64) {
        self.tables = tables
        self.resumedFrom = resumedFrom
    }

    func row(_ row: RowWriter.Row, _ document: Span<UInt8>, from origin: VersionOrigin, to validTo: Int64?) {
        if let validTo {
            counts.historyRows += 1
            if validTo <= resumedFrom { return }
        }
        tables.rows.write(row.key, from: origin, to: validTo, row.stored, document, to: &rows)
    }

    func facts(_ document: Span<UInt8>, of entity: RowKey, from origin: VersionOrigin, to validTo: Int64?) {
        if let validTo {
            counts.historyFacts += 1
            if validTo <= resumedFrom { return }
        }
        tables.facts?.write(entity, from: origin, to: validTo, [], document, to: &facts)
    }

    func take() throws -> RebuildTarget.Rows {
        let (rows, facts) = (try rows.take(), try facts.take())
        return RebuildTarget.Rows(rows: rows.isEmpty ? [] : [rows], facts: facts.isEmpty ? [] : [facts])
    }
}
