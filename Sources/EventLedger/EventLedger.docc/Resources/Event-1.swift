import EmbeddedPostgres
import EventLedger
import Foundation

// Bank accounts on the event ledger: one event type, one projection under two rules versions, time travel, and a proof.

// MARK: The event

struct MoneyMoved: EventPayload {
    let account: String
    let amount: FixedDecimal
    let reference: String
}
