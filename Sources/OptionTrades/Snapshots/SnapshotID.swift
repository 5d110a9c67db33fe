import LedgerEvents
import LedgerJSON
import LedgerValues

/// The snapshot of a market, a UTC date and a type: the canonical JSON array of the three, and the first 16 hexadecimal digits
/// of its SHA-256 (docs/contract/market-data.md, "Tables").
struct SnapshotID {
    let key: String
    let id: String

    init(currency: String, date: CalendarDate, type: String) {
        let bytes = JSONNode.array([.string(currency), .string(date.description), .string(type)]).canonicalBytes()
        key = String(decoding: bytes, as: UTF8.self)
        id = String(Digest32(sha256Of: bytes).description.prefix(16))
    }
}
