import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues

/// The observations of one kind: a row for each identity, with the content that was recorded last and what recorded it
/// (docs/contract/market-data.md, "Tables").
///
/// Figures are those of the event, exact and as they are: nothing is derived, and a null stays null.
struct ObservationsProjection: Projection {
    static let consumes: [EventType: Set<Int>] = [.marketObserved: [1, 2, 3]]

    /// A row is the document alone: it is what its last event says.
    struct Facts: Sendable {
        let key: RowKey
        let timestamp: Instant
        /// Canonical JSON, in event encoding.
        let document: [UInt8]
    }

    let identity: ProjectionIdentity
    private let table: ObservationTable

    init(_ table: ObservationTable, rulesVersion: Int, read: RuleFileReader) throws {
        let document = try RuleDocument(path: "\(table.name)/rules.v\(rulesVersion).yaml", kind: table.name, read: read)
        // There is nothing to tune in what an event says.
        try document.root.allowOnly(["rules", "version", "uses"])
        identity = ProjectionIdentity(name: table.name, codeVersion: 1, ownRules: document.file, rules: [document.file])
        self.table = table
    }

    static var rowsAreFacts: Bool { true }

    func entities(touchedBy event: DecodedEvent) -> [RowKey] {
        guard let observed = event.payload(as: MarketObservedPayload.self), observed.kind == table.kind else { return [] }
        return [table.key(of: observed)]
    }

    func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) {
        guard let observed = event.payload(as: MarketObservedPayload.self) else { return }
        facts = Facts(key: entity, timestamp: observed.timestamp, document: table.document(of: observed, event.record))
    }

    func writeRows(of facts: Facts, to rows: inout RowWriter) {
        encode(facts, to: &rows.out)
        rows.endRow(facts.key, table.hasStoredTime ? [.instant(facts.timestamp)] : [])
    }

    func encode(_ facts: Facts, to out: inout JSONWriter) { out.raw(facts.document) }

    func facts(from document: [UInt8]) throws -> Facts {
        let root = try JSONDocument(parsing: document).root
        guard let key = table.key(of: root), let timestamp = root["timestamp"]?.string.flatMap({ Instant($0) })
        else { throw RowProblem(description: "a stored row of \(table.name) lacks its key") }
        return Facts(key: key, timestamp: timestamp, document: document)
    }

    /// An observation holds in the world from its own time on.
    func facts(_ facts: Facts, effectiveBy instant: Instant) -> Facts? { facts.timestamp <= instant ? facts : nil }
}
