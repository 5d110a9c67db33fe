import LedgerEvents
import LedgerStore
import OptionTrades

extension StoredPayload {
    /// The payload as the domain's type. Throws for a payload that its type does not allow.
    func decoded() throws -> any EventPayload {
        try TradeEvents.registry.payload(type: EventType(type), schemaVersion: schemaVersion, bytes: bytes)
    }
}
