import EmbeddedPostgres
import EventLedger
import Foundation

// Bank accounts on the event ledger: one event type, one projection under two rules versions, time travel, and a proof.

// MARK: The event

struct MoneyMoved: EventPayload {
    let account: String
    let amount: FixedDecimal
    let reference: String

    /// A second event with the same reference is the same payment.
    func event() -> NewEvent {
        NewEvent(
            identity: Identity.join(["payment", reference]), stream: "account-\(account)", type: "MoneyMoved",
            payload: JSONWriter.bytes(reservingCapacity: 128) { out in
                out.beginObject()
                out.key("account"); out.string(account)
                out.key("amount"); out.decimalString(amount)
                out.key("reference"); out.string(reference)
                out.endObject()
            })
    }
}
