package import LedgerEvents
import LedgerJSON

/// The payload of `AlphaExecutionMissing` and `AlphaExecutionReappeared`: the trade, and the scope of the full-scope
/// run that noticed the change.
package struct PresencePayload: EventPayload {
    package let source: String
    package let sourceTradeID: String
    package let scopeKey: String
    /// True if the run no longer found the trade, false if it found the trade again.
    package let isMissing: Bool

    package init(source: String, sourceTradeID: String, scopeKey: String, isMissing: Bool) {
        self.isMissing = isMissing
        self.source = source
        self.sourceTradeID = sourceTradeID
        self.scopeKey = scopeKey
    }

    /// The canonical JSON of the payload.
    package func encode() -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 192)
        out.beginObject()
        out.key("scope_key")
        out.string(scopeKey)
        out.key("source")
        out.string(source)
        out.key("source_trade_id")
        out.string(sourceTradeID)
        out.endObject()
        return out.bytes
    }

    package var subjectKey: RowKey? { RowKey([source, sourceTradeID]) }

    package init(decoding payload: [UInt8], isMissing: Bool) throws(PayloadError) {
        let reader = try PayloadReader(
            try PayloadReader.document(payload), keys: ["scope_key", "source", "source_trade_id"])
        self.init(
            source: try reader.string("source"), sourceTradeID: try reader.string("source_trade_id"),
            scopeKey: try reader.string("scope_key"), isMissing: isMissing)
    }
}
