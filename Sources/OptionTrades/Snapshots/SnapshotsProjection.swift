import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues

/// The snapshots: for each market, UTC date and series what its captures hold (docs/contract/market-capture.md, "Snapshots").
///
/// Of an hour the latest capture counts. Facts are the hours, so that a row follows from them for any reader.
struct SnapshotsProjection: Projection {
    static let name = "snapshots"
    static let consumes = TradeEvents.firstVersions(of: [.snapshotCaptured])

    /// The latest capture of an hour.
    struct Hour: Sendable {
        let hour: Instant
        let recordCount: Int64
        /// Of its latest capture.
        let position: Int64
        let recordedAt: Instant
        let source: String
        /// When the hour was captured first.
        let createdAt: Instant
    }

    struct Facts: Sendable {
        let currency: String
        let date: CalendarDate
        let type: String
        /// By hour; at least one.
        var hours: [Hour]
    }

    let identity: ProjectionIdentity

    init(rulesVersion: Int, read: RuleFileReader) throws {
        let document = try RuleDocument(path: "\(Self.name)/rules.v\(rulesVersion).yaml", kind: Self.name, read: read)
        try document.root.allowOnly(["rules", "version", "uses"])
        identity = ProjectionIdentity(name: Self.name, codeVersion: 1, ownRules: document.file, rules: [document.file])
    }

    func entities(touchedBy event: DecodedEvent) -> [RowKey] {
        guard let captured = event.payload(as: SnapshotCapturedPayload.self) else { return [] }
        return [RowKey([captured.currency, captured.snapshotDate.description, captured.snapshotType])]
    }

    func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) {
        guard let captured = event.payload(as: SnapshotCapturedPayload.self) else { return }
        var snapshot =
            facts ?? Facts(currency: captured.currency, date: captured.snapshotDate, type: captured.snapshotType, hours: [])
        let place = snapshot.hours.firstIndex { $0.hour >= captured.hour } ?? snapshot.hours.endIndex
        let earlier = snapshot.hours[place...].first.flatMap { $0.hour == captured.hour ? $0 : nil }
        let hour = Hour(
            hour: captured.hour, recordCount: captured.recordCount, position: event.record.position,
            recordedAt: event.record.recordedAt, source: captured.observedSource,
            createdAt: earlier?.createdAt ?? event.record.recordedAt)
        if earlier == nil { snapshot.hours.insert(hour, at: place) } else { snapshot.hours[place] = hour }
        facts = snapshot
    }

    func writeRows(of facts: Facts, to rows: inout RowWriter) {
        guard let first = facts.hours.first, let last = facts.hours.last else { return }
        let latest = facts.hours.reduce(first) { $0.position < $1.position ? $1 : $0 }
        rows.out.beginObject()
        rows.out.key("created_at"); rows.out.instant(facts.hours.map(\.createdAt).min())
        rows.out.key("currency"); rows.out.string(facts.currency)
        rows.out.key("first_capture"); rows.out.instant(first.hour)
        rows.out.key("hours_covered"); rows.out.integer(Int64(facts.hours.count { $0.recordCount > 0 }))
        rows.out.key("id"); rows.out.string(SnapshotID(currency: facts.currency, date: facts.date, type: facts.type).id)
        rows.out.key("last_capture"); rows.out.instant(last.hour)
        rows.out.key("observed_position"); rows.out.integer(latest.position)
        rows.out.key("observed_source"); rows.out.string(latest.source)
        rows.out.key("record_count"); rows.out.integer(facts.hours.reduce(0) { $0 + $1.recordCount })
        rows.out.key("recorded_at"); rows.out.instant(latest.recordedAt)
        rows.out.key("snapshot_date"); rows.out.date(facts.date)
        rows.out.key("snapshot_type"); rows.out.string(facts.type)
        rows.out.endObject()
        rows.endRow(RowKey([facts.currency, facts.date.description, facts.type]), [.instant(last.hour)])
    }

    func encode(_ facts: Facts, to out: inout JSONWriter) {
        out.beginObject()
        out.key("currency"); out.string(facts.currency)
        out.key("hours")
        out.beginArray()
        for hour in facts.hours {
            out.beginObject()
            out.key("created_at"); out.instant(hour.createdAt)
            out.key("hour"); out.instant(hour.hour)
            out.key("position"); out.integer(hour.position)
            out.key("record_count"); out.integer(hour.recordCount)
            out.key("recorded_at"); out.instant(hour.recordedAt)
            out.key("source"); out.string(hour.source)
            out.endObject()
        }
        out.endArray()
        out.key("snapshot_date"); out.date(facts.date)
        out.key("snapshot_type"); out.string(facts.type)
        out.endObject()
    }

    func facts(from document: [UInt8]) throws -> Facts {
        let root = try JSONDocument(parsing: document).root
        guard let currency = root["currency"]?.string, let date = root["snapshot_date"]?.string.flatMap({ CalendarDate($0) }),
            let type = root["snapshot_type"]?.string, let list = root["hours"], list.count > 0
        else { throw RowProblem(description: "stored facts of \(Self.name) lack a member") }
        var hours: [Hour] = []
        for value in list.elements {
            guard let hour = value["hour"]?.string.flatMap({ Instant($0) }), let count = value["record_count"]?.integer,
                let position = value["position"]?.integer, let source = value["source"]?.string,
                let recordedAt = value["recorded_at"]?.string.flatMap({ Instant($0) }),
                let createdAt = value["created_at"]?.string.flatMap({ Instant($0) })
            else { throw RowProblem(description: "stored facts of \(Self.name) have an hour that lacks a member") }
            hours.append(
                Hour(hour: hour, recordCount: count, position: position, recordedAt: recordedAt, source: source, createdAt: createdAt))
        }
        return Facts(currency: currency, date: date, type: type, hours: hours)
    }

    /// An hour holds in the world from its start on.
    func facts(_ facts: Facts, effectiveBy instant: Instant) -> Facts? {
        var effective = facts
        effective.hours.removeAll { $0.hour > instant }
        return effective.hours.isEmpty ? nil : effective
    }
}
