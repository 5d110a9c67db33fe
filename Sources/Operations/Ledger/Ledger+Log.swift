package import LedgerEvents
import LedgerPostgres
import LedgerStore
package import LedgerValues

extension Ledger {
    /// The log's head, and the root of its tree.
    package func head() async throws -> (head: LogHead, root: Digest32) {
        try await read(.latest) { session in
            try session.transaction(.snapshot) {
                let head = try LogReader().head(session)
                return (head, try LogReader().root(at: head.position, session))
            }
        }
    }

    /// The log's head after a past event, and the root of its tree then.
    package func head(at position: Int64) async throws -> (head: LogHead, root: Digest32) {
        try await read(.latest) { session in
            try session.transaction(.snapshot) {
                let log = LogReader()
                let head = LogHead(
                    ledgerID: try log.head(session).ledgerID, position: position,
                    recordedAt: try log.event(at: position, session)?.recordedAt)
                return (head, try log.root(at: position, session))
            }
        }
    }

    /// The events at the `limit` positions after one, in order, with the head of the same moment.
    package func events(after position: Int64, limit: Int) async throws -> (head: LogHead, events: [RecordedEvent]) {
        try await read(.latest) { session in
            try session.transaction(.snapshot) {
                (try LogReader().head(session), try LogReader().events(after: position, limit: limit, session))
            }
        }
    }

    /// The first `limit` events of a stream after a version, in order, with the head of the same moment.
    package func stream(
        _ name: String, after version: Int64, limit: Int
    ) async throws -> (head: LogHead, events: [RecordedEvent]) {
        try await read(.latest) { session in
            try session.transaction(.snapshot) {
                (try LogReader().head(session), try LogReader().stream(name, after: version, limit: limit, session))
            }
        }
    }

    /// The event at a position; nil if the log does not have the position.
    package func event(at position: Int64) async throws -> RecordedEvent? {
        try await read(.event(position)) { session in try LogReader().event(at: position, session) }
    }

    /// The events at the `limit` positions after one, in order, always from the primary.
    package func primaryEvents(after position: Int64, limit: Int) async throws -> [RecordedEvent] {
        try await pool.run { session in try LogReader().events(after: position, limit: limit, session) }
    }

    /// The latest promotions of each of some projections up to a position, at most `limit` of each, oldest first.
    package func promotions(of names: [String], upTo position: Int64, limit: Int64) async throws -> [RecordedEvent] {
        try await pool.run { session in
            try names.flatMap { name -> [RecordedEvent] in
                let (log, stream) = (LogReader(), ProjectionPromotedPayload.stream(of: name))
                guard let last = try log.latest(inStream: stream, upTo: position, session) else { return [] }
                let first = max(0, last.streamVersion - limit)
                return try log.stream(stream, after: first, limit: Int(last.streamVersion - first), session)
            }
        }
    }
}
