import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

extension ParsedObservations {
    /// Open interest of a currency's futures by exchange: an `open_interest` for each row.
    ///
    /// `oi_value` is `coin`, in coins; `oi_notional` is `usd` as it stands, which is millions of dollars in what was
    /// recorded. The rows don't name the currency.
    package static func openInterest(
        _ pages: [[UInt8]], currency: String
    ) throws(AmberdataError) -> ParsedObservations {
        var parsed = ParsedObservations()
        for row in try rows(pages) {
            var draft = ObservationDraft(.openInterest)
            draft.set("currency", .text(currency))
            draft.set("timestamp", row.instant("timestamp"))
            draft.set("exchange", row.text("exchange"))
            draft.set("oi_value", wire: row["coin"])
            draft.set("oi_notional", wire: row["usd"])
            parsed.append(draft)
        }
        parsed.sort()
        return parsed
    }
}
