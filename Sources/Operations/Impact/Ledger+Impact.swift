import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
package import OptionTrades

extension Ledger {
    /// The changes of an event in the log: the rows of every view before and after it, for everything that it touches.
    ///
    /// Throws `LedgerError.positionUnknown` if the log has no such event, and `.projectionBehind` if a view has not
    /// folded up to it. Writes nothing.
    ///
    /// - Parameter isBounded: whether the work has a service's bounds; a command takes its time
    package func impact(ofEventAt position: Int64, isBounded: Bool = false) async throws -> Impact {
        let deadline = FoldDeadline(instant: isBounded ? .now + .seconds(FoldGate.standardLimitSeconds) : nil)
        do {
            return try await withFreshCatalog {
                try await deadline.read(ReadDatabase(self), .latest) { session in
                    guard position > 0, let event = try LogReader().event(at: position, session) else {
                        throw LedgerError.positionUnknown(
                            position: position, head: try LogReader().head(session).position)
                    }
                    return Impact(
                        verdict: .recorded, event: event, positionBefore: position - 1, asOf: event.recordedAt,
                        views: try impact(of: event, now: event.recordedAt, deadline, session))
                }
            }
        } catch is FoldDeadline.Passed {
            throw ViewError.foldTooLarge(command: "alpha-ledger audit impact --position \(position) --json")
        }
    }

    /// The changes that a candidate would make to views if it were appended now. Writes nothing.
    package func impact(of candidate: ImpactCandidate, in shown: [View] = View.all) async throws -> Impact {
        try await withFreshCatalog {
            try await pool.run { session in
                try session.transaction(.snapshot) {
                    let head = try LogReader().head(session)
                    let present = (try session.clock() ?? .minimum).flooredToMinute
                    let now = max(present, head.recordedAt ?? .minimum)
                    let (verdict, new) = try candidate.event(session)
                    let event = new.map { new in
                        RecordedEvent(
                            position: head.position + 1, eventID: new.eventID, stream: new.stream,
                            streamVersion: (new.expectedVersion ?? 0) + 1, type: new.type.rawValue,
                            schemaVersion: new.schemaVersion, recordedAt: now, effectiveAt: new.effectiveAt, runID: newID(),
                            payload: new.payload, leafHash: Digest32(sha256Of: new.payload))
                    }
                    return Impact(
                        verdict: verdict, event: event, positionBefore: head.position, asOf: now,
                        views: try event.map { try impact(of: $0, in: shown, now: now, FoldDeadline(instant: nil), session) } ?? [])
                }
            }
        }
    }

    private func impact(
        of event: RecordedEvent, in shown: [View] = View.all, now: Instant, _ deadline: FoldDeadline,
        _ session: PostgresSession
    ) throws -> [Impact.OfView] {
        try shown.map { view in
            try deadline.check()
            let source = try ViewSources(view.projection, self, session).served()
            guard let definition = source.definition else {
                throw ViewError.rulesUnavailable(
                    "this program lacks the code of \(view.projection) \(source.version.label), which is served")
            }
            let before = event.position - 1
            if source.tables.position < before {
                throw LedgerError.projectionBehind(
                    projection: view.projection, position: before, checkpoint: source.tables.position)
            }
            let rows = try rows(touchedBy: event, definition, source.tables, session)
            var difference = VersionDifference(definition.columns)
            var changes: [(change: RowChange, row: [UInt8]?)] = []
            for (_, sides) in rows.sorted(by: { $0.key < $1.key }) {
                func shown(_ bytes: [UInt8]?) throws -> JSONDocument? {
                    try bytes.map { bytes in
                        try JSONDocument(parsing: definition.present(try JSONDocument(parsing: bytes), now: now))
                    }
                }
                let (old, new) = (try shown(sides.before), try shown(sides.after))
                guard let change = difference.add(from: old, to: new) else { continue }
                var row: [UInt8]?
                if let only = old == nil ? new : new == nil ? old : nil {
                    var out: [UInt8] = []
                    definition.columns.appendPublished(only, to: &out)
                    row = out
                }
                changes.append((change, row))
            }
            return Impact.OfView(
                view: view, version: source.version, changes: changes, summary: difference.members())
        }
    }

    /// The rows of the entities that an event touches, before and after it, computed from their facts.
    private func rows(
        touchedBy event: RecordedEvent, _ definition: ProjectionDefinition, _ tables: ProjectionVersion,
        _ session: PostgresSession
    ) throws -> [RowKey: (before: [UInt8]?, after: [UInt8]?)] {
        guard let decoded = try definition.decode(event) else { return [:] }
        let model = ReadModel(tables, definition)
        let fold = definition.liveFold()
        let entities = try fold.missingEntities(for: decoded)
        let facts = try model.facts(of: entities, at: event.position - 1, session)
        var rows: [RowKey: (before: [UInt8]?, after: [UInt8]?)] = [:]
        let referred = try LogReader().referred(by: facts, definition, session)
        for ((entity, document), events) in zip(zip(entities, facts), referred) {
            try fold.load(entity, facts: document, referring: events)
            for row in try document.map({ try definition.rows(fromFacts: $0, referring: events) }) ?? [] {
                rows[row.key] = (row.document, row.document)
            }
        }
        try fold.apply(decoded)
        let changes = fold.takeChanges().rows
        for ended in changes.ended { rows[ended.key]?.after = nil }
        for made in changes.made { rows[made.key] = (rows[made.key]?.before, made.document) }
        return rows
    }
}
