import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct AlertsProjectionTests {
    private func projection(history: Int = 20) throws -> AlertsProjection {
        AlertsProjection(
            rules: try AlertsViewRules(version: 1) { path in
                projectRuleFile(path).map {
                    Array(String(decoding: $0, as: UTF8.self).replacing("history: 20", with: "history: \(history)").utf8)
                }
            })
    }

    private func rows(_ payloads: [any EventPayload], history: Int = 20) throws -> [JSONValue] {
        var log = TradeEventLog()
        for payload in payloads { log.entries.append(.init(payload: payload, effectiveAt: nil, stream: "alert")) }
        return try log.rows(try projection(history: history), restarts: true).map { try $0.root() }
    }

    @Test func `a row says how an alert stands, with the raise and the clear that it follows from`() throws {
        let raised = sampleRaise("a", "BTC", minute: 0, severity: "critical")
        let row = try #require(try rows([raised]).first)
        #expect(row["state"]?.string == "raised" && row["severity"]?.string == "critical" && row["raises"]?.integer == 1)
        #expect(row["raised_position"]?.integer == 1 && row["cleared_at"]?.isNull == true && row["value"]?.string == "91.5")
        let columns = try ColumnSet(parsing: try #require(projectRuleFile("alerts/columns.json")))
        #expect(row.members.map(\.key) == columns.columns.map(\.name))
        let cleared = try #require(try rows([raised, sampleClear("a", "BTC", minute: 3)]).first)
        #expect(cleared["state"]?.string == "cleared" && cleared["cleared_position"]?.integer == 2)
        #expect(cleared["raised_position"]?.integer == 1 && cleared["value"]?.string == "84.5" && cleared["threshold"]?.string == "85")
        let again = try #require(try rows([raised, sampleClear("a", "BTC", minute: 3), sampleRaise("a", "BTC", minute: 5)]).first)
        #expect(again["state"]?.string == "raised" && again["raises"]?.integer == 2 && again["cleared_at"]?.isNull == true)
    }

    @Test func `markets have rows of their own, and a silence alone is a quiet alert`() throws {
        let silence = AlertSilencedPayload(
            alertID: "a", currency: "ETH", reason: "known", silencedBy: "operations", until: try #require(Instant("2026-05-01T00:00:00Z")))
        let rows = try rows([sampleRaise("a", "BTC", minute: 0), silence])
        #expect(rows.map { $0["currency"]?.string } == ["BTC", "ETH"])
        #expect(rows.map { $0["state"]?.string } == ["raised", "quiet"])
        #expect(rows[1]["silenced_until"]?.string == "2026-05-01T00:00:00Z" && rows[1]["silenced_by"]?.string == "operations")
        #expect(rows[1]["severity"]?.isNull == true)
    }

    @Test func `a channel shows its latest message, and how many reached it`() throws {
        func delivery(_ attempts: Int, _ failure: (String, Instant)? = nil) -> AlertDeliveryPayload {
            AlertDeliveryPayload(
                alertID: "a", attempts: attempts, channel: "slack", currency: "BTC",
                failure: failure.map { (error: $0.0, retryAt: $0.1) }, position: 1)
        }
        let row = try #require(
            try rows([sampleRaise("a", "BTC", minute: 0), delivery(1, ("the receiver answered 503", .minimum)), delivery(2)]).first)
        let channel = try #require(row["deliveries"]?.elements.first { _ in true })
        #expect(channel["attempts"]?.integer == 2 && channel["error"]?.isNull == true && channel["delivered"]?.integer == 1)
        #expect(row["deliveries"]?.count == 1)
    }

    @Test func `the history is bounded by the rules, and the facts by a hundred changes`() throws {
        var payloads: [any EventPayload] = []
        for minute in 0..<80 {
            payloads.append(sampleRaise("a", "BTC", minute: 2 * minute))
            payloads.append(sampleClear("a", "BTC", minute: 2 * minute + 1))
        }
        let row = try #require(try rows(payloads, history: 3).first)
        #expect(row["history"]?.elements.map { $0["change"]?.string } == ["cleared", "raised", "cleared"])
        #expect(row["raises"]?.integer == 80)
        #expect(try rows(payloads, history: 100).first?["history"]?.count == 100)
        #expect(throws: (any Error).self) { try projection(history: 101) }
    }
}
