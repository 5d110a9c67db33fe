package import LedgerEvents
package import LedgerPostgres
package import LedgerValues

/// The events that one run appended within a range of the log.
package struct LoggedRun: Sendable {
    package let runID: UniqueID
    /// The positions and the times of its first and its last event in the range.
    package var first: Int64
    package var last: Int64
    package var firstRecordedAt: Instant
    package var lastRecordedAt: Instant
    /// How many events of each type, by the type's bytes.
    package var types: [(type: String, count: Int64)]
    /// Whether the event before the range is of the run too, so that the run began earlier.
    package var beginsBefore: Bool
}

extension LogReader {
    /// The runs whose events are at the positions after one, up to another, the latest first. Payloads are not read.
    package func runs(after position: Int64, upTo last: Int64, _ session: PostgresSession) throws -> [LoggedRun] {
        let before = try session.execute(
            "SELECT run_id FROM ledger.events WHERE position = $1", [.int8(position)]
        ).map { UniqueID(pair: try $0.uuid(0)) }.first
        var runs: [LoggedRun] = []
        var places: [UniqueID: Int] = [:]
        for row in try session.execute(
            """
            SELECT run_id, type, count(*), min(position), max(position), min(recorded_at), max(recorded_at)
            FROM ledger.events WHERE position > $1 AND position <= $2 GROUP BY run_id, type ORDER BY type COLLATE "C"
            """, [.int8(position), .int8(last)])
        {
            let id = UniqueID(pair: try row.uuid(0))
            let (type, count) = (try row.text(1), try row.int8(2))
            let (first, last) = (try row.int8(3), try row.int8(4))
            let (from, to) = (try Instant(stored: try row.timestamptz(5)), try Instant(stored: try row.timestamptz(6)))
            guard let place = places[id] else {
                places[id] = runs.count
                runs.append(
                    LoggedRun(
                        runID: id, first: first, last: last, firstRecordedAt: from, lastRecordedAt: to, types: [(type, count)],
                        beginsBefore: id == before))
                continue
            }
            runs[place].first = min(runs[place].first, first)
            runs[place].last = max(runs[place].last, last)
            runs[place].firstRecordedAt = min(runs[place].firstRecordedAt, from)
            runs[place].lastRecordedAt = max(runs[place].lastRecordedAt, to)
            runs[place].types.append((type, count))
        }
        return runs.sorted { $0.last > $1.last }
    }

    /// The last events of some types at the positions after one, up to another, the latest first.
    package func last(
        _ limit: Int, ofTypes types: [EventType], after position: Int64, upTo last: Int64, _ session: PostgresSession
    ) throws -> [RecordedEvent] {
        try session.execute(
            """
            SELECT \(Self.columns) FROM ledger.events
            WHERE position > $1 AND position <= $2 AND type = ANY ($3) ORDER BY position DESC LIMIT $4
            """, [.int8(position), .int8(last), .textArray(types.map(\.rawValue)), .int8(Int64(limit))]
        ).map(ArchivedPayloads(session).event)
    }
}
