package import LedgerEvents
import LedgerValues
package import OptionTrades

/// Alerts of two markets and of the ledger: raised, cleared, delivered, not delivered and silenced.
package func sampleAlerts() throws -> [NewEvent] {
    var events: [NewEvent] = []
    for (number, (id, currency)) in [("dvol_high", "BTC"), ("dvol_high", "ETH"), ("projection_stopped", "-"), ("vrp_negative", "BTC")]
        .enumerated()
    {
        let raised = sampleRaise(id, currency, minute: number)
        var ofAlert: [(Int64) -> NewEvent] = [{ AlertChange.raised(raised).event(previousVersion: $0) }]
        if number != 2 { ofAlert.append { AlertChange.cleared(sampleClear(id, currency, minute: number + 7)).event(previousVersion: $0) } }
        ofAlert.append {
            AlertDeliveryPayload(
                alertID: id, attempts: 1, channel: "slack", currency: currency,
                failure: number == 1 ? ("the receiver answered 503", raised.now) : nil, position: 1
            ).event(previousVersion: $0)
        }
        if number == 3 {
            ofAlert.append {
                AlertSilencedPayload(alertID: id, currency: currency, reason: "known", silencedBy: "operations", until: raised.now)
                    .event(previousVersion: $0)
            }
        }
        events += ofAlert.enumerated().map { $1(Int64($0)) }
    }
    return events
}

private let sampleStart: Int64 = 1_775_001_600_000_000

package func sampleRaise(_ id: String, _ currency: String, minute: Int, severity: String = "warning") -> AlertRaisedPayload {
    let now = Instant(microseconds: sampleStart + Int64(minute) * 60_000_000) ?? .minimum
    return AlertRaisedPayload(
        alertID: id, analysis: "overview", currency: currency, now: now, path: "data.x", position: 7,
        rulesDigest: String(repeating: "ab", count: 32), rulesVersion: 1, severity: severity, since: now, text: "it happened",
        threshold: "90", value: "91.5")
}

package func sampleClear(_ id: String, _ currency: String, minute: Int) -> AlertClearedPayload {
    let now = Instant(microseconds: sampleStart + Int64(minute) * 60_000_000) ?? .minimum
    return AlertClearedPayload(alertID: id, currency: currency, now: now, position: 8, threshold: "85", value: "84.5")
}
