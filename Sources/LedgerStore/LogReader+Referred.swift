import LedgerEvents
public import LedgerPostgres
public import LedgerProjections
public import LedgerValues

extension LogReader {
    /// The events that stored facts refer to, each document's apart. One query for all; none if the projection's facts refer to no
    /// event.
    public func referred(
        by documents: [[UInt8]?], _ definition: ProjectionDefinition, _ session: PostgresSession
    ) throws -> [ReferredEvents] {
        guard definition.refersToEvents else { return documents.map { _ in .none } }
        let positions = try documents.map { try $0.map(definition.referredPositions) ?? [] }
        let wanted = Set(positions.joined()).sorted()
        if wanted.isEmpty { return documents.map { _ in .none } }
        var events: [Int64: DecodedEvent] = [:]
        for record in try self.events(at: wanted, session) {
            if let event = try definition.decode(record) { events[record.position] = event }
        }
        return positions.map { ReferredEvents($0.compactMap { events[$0] }) }
    }
}

extension ProjectionDefinition {
    /// The rows that follow from stored facts, with the events that these refer to; see
    /// ``ProjectionDefinition/rows(fromFacts:effectiveBy:selecting:referring:)``.
    public func rows(
        fromFacts document: [UInt8], effectiveBy instant: Instant? = nil, selecting selection: RowSelection? = nil,
        _ session: PostgresSession
    ) throws -> [ProjectedRow] {
        let events = try LogReader().referred(by: [document], self, session)[0]
        return try rows(fromFacts: document, effectiveBy: instant, selecting: selection, referring: events)
    }
}
