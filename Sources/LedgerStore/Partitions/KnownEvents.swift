/// The views in which an append looks up identities and streams.
///
/// A log that is not partitioned answers from its own indexes. The indexes of a partition know their range only, so a partitioned
/// log answers from `ledger.identities` and `ledger.stream_positions`. The append asks the views, whichever it is.
enum KnownEvents {
    static let event = (
        name: "ledger.known_events",
        ofLog: "SELECT event_id, position, stream_version, payload, NULL::bytea AS payload_digest FROM ledger.events",
        // An identity without its event is damage, and must not look like an unknown event.
        ofPartitions: """
        SELECT i.event_id, i.position, e.stream_version, e.payload, i.payload_digest
        FROM ledger.identities i LEFT JOIN ledger.events e ON e.position = i.position
        """
    )
    static let stream = (
        name: "ledger.stream_versions",
        ofLog: "SELECT stream, stream_version FROM ledger.events",
        ofPartitions: "SELECT stream, stream_version FROM ledger.stream_positions"
    )
}
