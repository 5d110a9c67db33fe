import Postgres
import Projections
import Synchronization

/// The fold of one projection over one part of the entities, with the rows of COPY that it makes.
///
/// Unchecked: the fold and its buffer are used under the lock only.
final class RebuildFold: @unchecked Sendable {
    /// What a fold made so far.
    struct Counts: Sendable {
        var historyRows = 0
        var historyFacts = 0
    }

    private let lock = Mutex(())
    private let fold: any HistoryFold
    private let buffer: VersionBuffer

    init(_ target: RebuildTarget, recentByteLimit: Int) {
        fold = target.definition.historyFold(recentByteLimit: recentByteLimit)
        buffer = VersionBuffer(target.tables, resumedFrom: target.resumedFrom)
    }

    /// Folds the given touches of a chunk, in order; gives the versions that ended as rows of COPY.
    ///
    /// - Parameter place: the projection's place in the router's list.
    func fold(
        _ chunk: RoutedChunk, part: Int, entities: [Int], place: Int
    ) throws -> (rows: [UInt8], facts: [UInt8]) {
        try lock.withLock { _ in
            let mask: EventRouter.Places = 1 << place
            var index = 0
            for slice in chunk.slices {
                for touch in slice.touches[part] {
                    let entity = entities[index]
                    index += 1
                    let touched = slice.events[touch.event].touched[touch.entity]
                    if touched.places & mask == 0 { continue }
                    try fold.apply(slice.events[touch.event].event, to: touched.key, entity: entity, into: buffer)
                }
            }
            return try buffer.take()
        }
    }

    var counts: Counts { lock.withLock { _ in buffer.counts } }

    func writeCurrentRows(_ table: VersionTable, to writer: inout BinaryCopyWriter) {
        lock.withLock { _ in
            fold.forEachCurrentRow { row, from in
                table.write(row.key, from: from, to: nil, row.stored, row.document, to: &writer)
            }
        }
    }

    func writeCurrentFacts(_ table: VersionTable, to writer: inout BinaryCopyWriter) {
        lock.withLock { _ in
            fold.forEachCurrentFacts { key, document, from in
                table.write(key, from: from, to: nil, [], document, to: &writer)
            }
        }
    }
}

/// Collects the versions that end as rows of COPY; those that an earlier run has written are counted only.
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

    func row(_ row: ProjectedRow, from validFrom: Int64, to validTo: Int64) {
        counts.historyRows += 1
        if validTo <= resumedFrom { return }
        tables.rows.write(row.key, from: validFrom, to: validTo, row.stored, row.document, to: &rows)
    }

    func facts(_ document: [UInt8], of entity: RowKey, from validFrom: Int64, to validTo: Int64) {
        counts.historyFacts += 1
        if validTo <= resumedFrom { return }
        tables.facts?.write(entity, from: validFrom, to: validTo, [], document, to: &facts)
    }

    func take() throws -> (rows: [UInt8], facts: [UInt8]) { (try rows.take(), try facts.take()) }
}
