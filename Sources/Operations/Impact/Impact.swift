public import Events
public import JSON
public import OptionTrades
import PostgresStore
public import Projections
public import Values

/// What one event changes in every view: an event of the log, or one that somebody thinks of appending.
public struct Impact: Sendable {
    /// What becomes of the candidate.
    public enum Verdict: String, Sendable {
        /// The event is in the log.
        case recorded
        /// The trade is new, or its values change, as a sync would find.
        case inserted, updated
        /// A sync would append nothing: the trade has these values, or newer ones.
        case unchanged, stale
        /// The values differ under the same update time: a sync would reject the row.
        case conflicting
        /// An event of another kind, as it was given.
        case appended
    }

    /// One view, before and after the event.
    public struct OfView: Sendable {
        public let view: View
        public let version: ViewVersion
        /// Rows that are added, removed or changed, in key order, with the row itself where only one side has it.
        public let changes: [(change: RowChange, row: [UInt8]?)]
        /// `rows`, `fields`, `moved`, `sums`, `changes_digest` over the rows of what the event touches.
        public let summary: [(String, JSONNode)]
    }

    public let verdict: Verdict
    /// Nil where nothing would be appended.
    public let event: RecordedEvent?
    /// What the event comes after.
    public let positionBefore: Int64
    /// The reader's "now", the same for both sides: the event's `recorded_at`, or this moment for a candidate.
    public let asOf: Instant
    /// All views, those that the event leaves alone too.
    public let views: [OfView]

    /// `{"verdict":…,"event":…,"position_before":…,"as_of":…,"views":[{"view":…,"projection":…,"version":…,"rows":…,
    /// "fields":…,"moved":…,"sums":…,"changes_digest":…,"changes":[…]}]}`
    public func json() -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 8192, keyOrder: .given)
        out.beginObject()
        out.key("verdict"); out.string(verdict.rawValue)
        out.key("event")
        eventNode.write(to: &out, decimals: .numbers)
        out.key("position_before"); out.integer(positionBefore)
        out.key("as_of"); out.string(asOf.description)
        out.key("views")
        out.beginArray()
        for view in views { write(view, to: &out) }
        out.endArray()
        out.endObject()
        return out.bytes
    }

    private var eventNode: JSONNode {
        guard let event else { return .null }
        return .object([
            ("position", verdict == .recorded ? .integer(event.position) : .null), ("type", .string(event.type)),
            ("stream", .string(event.stream)), ("stream_version", .integer(event.streamVersion)),
            ("recorded_at", verdict == .recorded ? .string(event.recordedAt.description) : .null),
            ("effective_at", event.effectiveAt.map { .string($0.description) } ?? .null),
        ])
    }

    private func write(_ view: OfView, to out: inout JSONWriter) {
        out.beginObject()
        out.key("view"); out.string(view.view.name)
        out.key("projection"); out.string(view.version.name)
        out.key("version"); out.string(view.version.label)
        for (name, node) in view.summary {
            out.key(name)
            node.write(to: &out, decimals: .numbers)
        }
        out.key("changes")
        out.beginArray()
        for (change, row) in view.changes {
            var member = JSONWriter(reservingCapacity: 512)
            change.write(to: &member, decimals: .numbers)
            // The row goes beside the change: `{"change":…,"fields":…,"key":…,"row":…}`.
            out.raw(member.bytes.dropLast() + Array(",\"row\":".utf8) + (row ?? Array("null".utf8)) + [UInt8(ascii: "}")])
        }
        out.endArray()
        out.endObject()
    }
}
