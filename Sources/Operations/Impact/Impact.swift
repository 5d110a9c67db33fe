package import LedgerEvents
package import LedgerJSON
package import LedgerProjections
import LedgerStore
package import LedgerValues
package import OptionTrades

/// The changes that one event makes in every view. The event is in the log, or is a candidate for appending.
package struct Impact: Sendable {
    /// The outcome for the candidate.
    package enum Verdict: String, Sendable {
        /// The event is in the log.
        case recorded
        /// The trade is new, or its values change, as in a sync.
        case inserted, updated
        /// A sync would append nothing, because the trade has these values or newer ones already.
        case unchanged, stale
        /// The values differ at the same update time, so a sync would reject the row.
        case conflicting
        /// An event of another kind, taken as given.
        case appended
    }

    /// One view, before and after the event.
    package struct OfView: Sendable {
        package let view: View
        package let version: ViewVersion
        /// The added, removed and changed rows, in key order. If only one side has the row, the row itself is included.
        package let changes: [(change: RowChange, row: [UInt8]?)]
        /// `rows`, `fields`, `moved`, `sums` and `changes_digest` over the rows that the event touches.
        package let summary: [(String, JSONNode)]
    }

    package let verdict: Verdict
    /// Nil if nothing would be appended.
    package let event: RecordedEvent?
    /// The position before the event.
    package let positionBefore: Int64
    /// The reader's current time, the same for both sides: the event's `recorded_at`, or this moment for a candidate.
    package let asOf: Instant
    /// All views, including those without changes.
    package let views: [OfView]

    /// `{"verdict":…,"event":…,"position_before":…,"as_of":…,"views":[{"view":…,"projection":…,"version":…,"rows":…,
    /// "fields":…,"moved":…,"sums":…,"changes_digest":…,"changes":[…]}]}`
    package func json() -> [UInt8] {
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
            // The row is a member beside the change: `{"change":…,"fields":…,"key":…,"row":…}`.
            out.raw(member.bytes.dropLast() + Array(",\"row\":".utf8) + (row ?? Array("null".utf8)) + [UInt8(ascii: "}")])
        }
        out.endArray()
        out.endObject()
    }
}
