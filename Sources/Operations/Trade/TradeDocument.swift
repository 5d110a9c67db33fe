package import LedgerEvents
import LedgerJSON
package import LedgerValues
package import OptionTrades

/// All that the views know about one trade, at one position and moment.
package struct TradeDocument: Sendable {
    package let source: String
    package let id: String
    /// One of each of ``TradeRequest/parts``, in this order.
    package let parts: [TradePart]
    /// The trade's executions, stamps, benchmarks and marks up to the position, in position order; the first
    /// ``TradeReader/maximumEvents`` of them.
    package let events: [EventHeader]
    package let hasMoreEvents: Bool
    package let position: Int64
    package let asOf: Instant
    package let headPosition: Int64
    /// Whether the request names the position or the moment.
    let isFixed: Bool
    /// Whether the request names the position and the moment.
    let isMoment: Bool

    /// Whether the parts say all that there ever will be at this position. A part that is behind, for example, comes later.
    package var isComplete: Bool { parts.allSatisfy { $0.absence?.isFinal ?? true } }

    /// Whether the same request always gives these bytes.
    package var isPinned: Bool { isMoment && isComplete && parts.allSatisfy(\.isPinned) }

    /// Strong if the request names the position or the moment. Else weak: it covers all but the minute.
    package var tag: EntityTag {
        isFixed ? .strong(EntityTag.digest([json()])) : .weak(EntityTag.digest([json(asOf: nil)]))
    }

    /// `{"source":…,"source_trade_id":…,"trades":{"rows":[…],"absent":null,"version":"trades@v1/c1"},…,"events":[…],
    /// "more_events":false,"ledger":{"position":…,"as_of":…,"head_position":…}}`
    package func json() -> [UInt8] { json(asOf: asOf) }

    private func json(asOf: Instant?) -> [UInt8] {
        var out = JSONWriter(keyOrder: .given)
        out.beginObject()
        out.key("source"); out.string(source)
        out.key("source_trade_id"); out.string(id)
        for part in parts {
            out.key(part.view.projection)
            part.write(to: &out)
        }
        out.key("events")
        out.beginArray()
        for event in events { event.write(to: &out) }
        out.endArray()
        out.key("more_events"); out.bool(hasMoreEvents)
        out.key("ledger")
        out.beginObject()
        out.key("position"); out.integer(position)
        out.key("as_of"); out.instant(asOf)
        out.key("head_position"); out.integer(headPosition)
        out.endObject()
        out.endObject()
        return out.bytes
    }
}

/// What one view knows about a trade.
package struct TradePart: Sendable {
    package let view: View
    /// The view's rows of the trade in the form of its list, in key order. Empty if there is none.
    package let rows: [[UInt8]]
    /// Why there is no row. Nil if there are rows.
    package let absence: Absence?
    /// The version of the rules and the code, as `rules=` takes it. Nil if it was not found out.
    package let version: String?
    /// Whether this program lacks the version's code, so that the rows are those of its last checkpoint.
    let isFrozen: Bool
    /// Whether the request names the version of the rules and the code.
    let isPinned: Bool

    /// The rows of a page, of which there may be none.
    init(_ view: View, _ page: ViewPage) {
        self.view = view
        rows = page.rows
        absence =
            rows.isEmpty
            ? Absence(code: .noRow, detail: "\(view.projection) has no row of this trade at position \(page.position)") : nil
        version = "\(view.projection)@\(page.version.label)"
        isFrozen = page.isFrozen
        isPinned = page.isPinned
    }

    init(_ view: View, _ absence: Absence) {
        self.view = view
        rows = []
        self.absence = absence
        version = nil
        isFrozen = false
        isPinned = false
    }

    /// Why a part has no rows.
    package struct Absence: Sendable {
        package enum Code: String, Sendable {
            case noRow = "no_row"
            case notActivated = "not_activated"
            case projectionBehind = "projection_behind"
            case rulesUnavailable = "rules_unavailable"
        }

        package let code: Code
        package let detail: String

        /// Whether there will be no row at this position later either.
        var isFinal: Bool { code == .noRow }
    }

    fileprivate func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("rows")
        if rows.isEmpty {
            out.null()
        } else {
            out.beginArray()
            for row in rows { out.raw(row) }
            out.endArray()
        }
        out.key("absent")
        if let absence {
            out.beginObject()
            out.key("code"); out.string(absence.code.rawValue)
            out.key("detail"); out.string(absence.detail)
            out.endObject()
        } else {
            out.null()
        }
        out.key("version"); out.string(version)
        if isFrozen { out.key("frozen"); out.bool(true) }
        out.endObject()
    }
}

extension EventHeader {
    fileprivate func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("position"); out.integer(position)
        out.key("type"); out.string(type)
        out.key("stream"); out.string(stream)
        out.key("recorded_at"); out.instant(recordedAt)
        out.key("effective_at"); out.instant(effectiveAt)
        out.endObject()
    }
}
