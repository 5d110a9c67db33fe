import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues

/// A fold of the rows that a request selects, as readers see them at a position and a moment.
///
/// It can be brought up to a later position and moment. That costs time for the events in between and the entities that these
/// touch, and none for all other rows: an event says by itself whose facts it changes, and an entity's rows follow from its facts.
struct RunningFold: Sendable {
    private(set) var fold: any RowFold
    private(set) var position: Int64
    private(set) var now: Instant
    private var changes = ComingChanges()
    private var rowCount = 0
    /// The hash of the event at the position. Another history, after a failover that lost a tail, has another one.
    private var leaf: [UInt8]?
    /// The database's number of the table of facts; nil if this program lacks the code of the facts. A rebuild makes other tables.
    private let tables: Int64?

    /// The number of events that any fold can be brought past.
    static let leastReach: Int64 = 1000
    /// The number of entities in a query.
    private static let chunk = 500
    /// The number of positions in a query.
    private static let positions = 1000

    /// Goes once over all rows for several folds, unless a single one is found without that. It ends early if all of them are useless.
    static func all(
        of rows: ViewRows, from empty: [any RowFold], _ deadline: FoldDeadline, _ session: PostgresSession
    ) throws -> [RunningFold] {
        var folds = empty
        var changes = ComingChanges()
        var rowCount = 0
        if let found = empty.count == 1 ? try empty[0].found(in: rows, session) : nil {
            (folds, rowCount) = ([found.fold], found.rowCount)
        } else {
            try rows.forEach(after: nil, deadline, session) { key, document in
                for index in folds.indices { try folds[index].add(document.root, key, times: 1) }
                rowCount += 1
                if let instant = rows.nextChange(of: document, after: rows.standing.now) {
                    changes.note(instant, of: rows.entity(of: key))
                }
                return !folds.allSatisfy(\.isUseless)
            }
        }
        let position = rows.standing.position
        let leaf = try LogReader().leafHashes(at: [position], session)[position]
        let tables = try rows.definition.map { _ in try rows.model.factsTable(session) }
        return folds.map {
            RunningFold(
                fold: $0, position: position, now: rows.standing.now, changes: changes, rowCount: rowCount, leaf: leaf, tables: tables)
        }
    }

    /// The approximate size in memory.
    var bytes: Int { fold.bytes + changes.count * 192 }

    /// The number of events after which going over all rows costs less.
    private var reach: Int64 { Self.leastReach + Int64(rowCount / 10) }

    /// Whether the fold can be brought up to a position and a moment.
    func reaches(_ standing: ViewStanding) -> Bool {
        standing.position >= position && standing.position - position <= reach && standing.now >= now
            && changes.isComplete(through: standing.now)
    }

    /// Whether the fold will soon be out of reach.
    func isFar(from standing: ViewStanding) -> Bool {
        standing.position - position > reach / 2
            || standing.now.advanced(byMicroseconds: 3_600_000_000).map { !changes.isComplete(through: $0) } ?? true
    }

    /// The fold of the same selection at the rows' position and moment. Nil if these are earlier or too far away, if the tables or the
    /// log are not those that the fold was made from, or if the fold is worn.
    func moved(to rows: ViewRows, _ deadline: FoldDeadline, _ session: PostgresSession) throws -> RunningFold? {
        let (target, moment) = (rows.standing.position, rows.standing.now)
        guard let definition = rows.definition, reaches(rows.standing), try rows.model.factsTable(session) == tables
        else { return nil }
        let hashes = try LogReader().leafHashes(at: [position, target], session)
        guard hashes[position] == leaf else { return nil }
        var entities = try touched(through: target, definition, deadline, session)
        entities.formUnion(changes.due(through: moment))
        var moved = self
        (moved.position, moved.now, moved.leaf) = (target, moment, hashes[target])
        var rest = entities.sorted()[...]
        while !rest.isEmpty {
            try deadline.check()
            let chunk = Array(rest.prefix(Self.chunk))
            rest = rest.dropFirst(Self.chunk)
            for entity in chunk { moved.changes.remove(entity) }
            try forEachRow(of: chunk, rows, at: position, now: now, definition, session) { _, key, row in
                try moved.fold.add(row.root, key, times: -1)
                moved.rowCount -= 1
            }
            try forEachRow(of: chunk, rows, at: target, now: moment, definition, session) { entity, key, row in
                try moved.fold.add(row.root, key, times: 1)
                moved.rowCount += 1
                if let instant = rows.nextChange(of: row, after: moment) { moved.changes.note(instant, of: entity) }
            }
        }
        return moved.fold.isWorn ? nil : moved
    }

    /// The entities that the events after the position touch.
    private func touched(
        through last: Int64, _ definition: ProjectionDefinition, _ deadline: FoldDeadline, _ session: PostgresSession
    ) throws -> Set<RowKey> {
        let types = definition.consumes.keys.map(\.rawValue).sorted()
        var entities: Set<RowKey> = []
        var read = position
        while read < last {
            try deadline.check()
            for record in try LogReader().events(after: read, upTo: last, types: types, limit: Self.positions, session) {
                guard let event = try definition.decode(record) else { continue }
                entities.formUnion(try definition.entities(touchedBy: event))
            }
            read += Int64(Self.positions)
        }
        return entities
    }

    /// Visits the selected rows of some entities at a position, as readers see them at a moment.
    private func forEachRow(
        of entities: [RowKey], _ rows: ViewRows, at position: Int64, now: Instant, _ definition: ProjectionDefinition,
        _ session: PostgresSession, _ visit: (_ entity: RowKey, _ key: RowKey, _ row: JSONDocument) throws -> Void
    ) throws {
        let facts = try rows.model.facts(of: entities, at: position, session)
        let referred = try LogReader().referred(by: facts, definition, session)
        for (entity, (facts, events)) in zip(entities, zip(facts, referred)) {
            guard let facts else { continue }
            for row in try rows.selected(fromFacts: facts, definition, referring: events, after: nil, now: now) {
                try visit(entity, row.key, row.document)
            }
        }
    }
}
