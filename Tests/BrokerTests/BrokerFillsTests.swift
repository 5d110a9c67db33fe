import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// The fills of a broker as a source of executions.
@Suite struct BrokerFillsTests {
    private func rows(_ fills: BrokerFills) async throws -> [JSONValue] {
        var rows: [JSONValue] = []
        let end = try await fills.pages(SourceQuery(updatedSince: nil, lowestWatermark: nil)) { page, index in
            #expect(index == 0)
            rows += page
        }
        #expect(end.pages == 1 && end.lastCursor == nil)
        return rows
    }

    private func row(_ fills: BrokerFills, _ value: JSONValue) throws -> ExecutionRow {
        guard case .accepted(let row, let unknown) = fills.normalize(fills.redact(value)) else {
            throw Unaccepted(row: value.sourceText)
        }
        #expect(unknown.isEmpty)
        return row
    }

    private struct Unaccepted: Error { let row: String }

    @Test func `an execution in the log is what the port of sources gives for the order`() async throws {
        let world = try BrokerWorld()
        try await world.intend("I-1")
        try await world.run(try world.dispatcher(), seconds: 60)
        let state = try world.state("I-1")
        let id = try #require(state.acknowledgement).brokerOrderID
        let events = world.log.events.filter { $0.record.stream == "execution-sample_broker:\(id)" }
        #expect(events.map(\.record.type) == ["ExecutionRecorded"])
        let payload = try #require(events.first?.payload(as: ExecutionPayload.self))
        #expect(payload.scopeKey == "broker-sample_broker" && payload.unknownFields.isEmpty && payload.changedFields == nil)
        let fills = try BrokerFills(
            [try #require(BrokerFillRow(state, isRecorded: true))], source: "sample_broker", portfolio: "desk")
        #expect(fills.scope.key == payload.scopeKey)
        let found = try await rows(fills)
        let execution = try row(fills, try #require(found.first))
        #expect(found.count == 1 && execution == payload.row)
        #expect(execution.tradeDate == state.firstFillAt && execution.sourceUpdatedAt == state.update?.updatedAt)
        #expect(execution.sourceTradeTicketID == "I-1" && execution.direction == .buy && execution.priceCurrency == "USD")
        let settled = ExecutionSettlement(
            execution, unknown: [], scopeKey: fills.scope.key, after: (payload.row, 1), order: fills.order)
        guard case .unchanged = settled else {
            Issue.record("the row settles as \(settled)")
            return
        }
    }

    @Test func `a row that breaks the contract is rejected by its field`() throws {
        let fills = try BrokerFills([], source: "sample_broker", portfolio: "desk")
        var row = BrokerFillRow()
        (row.brokerOrderID, row.symbol) = ("order-1", "SPY")
        guard case .object(let members) = FieldCoder.node(row) else { return }
        let broken = JSONNode.object(members.map { $0.0 == "filled_qty" ? ($0.0, .string("many")) : $0 })
        let value = try JSONDocument(parsing: broken.canonicalBytes()).root
        guard case .rejected(let raw, let reasons, let id, _) = fills.normalize(value) else {
            Issue.record("the row was accepted")
            return
        }
        #expect(reasons == ["invalid:filled_qty"] && id == "order-1" && raw == value.sourceText)
    }

    @Test func `a broker's row counts as it is given, and a feed's by its time`() throws {
        let time = try instant("2026-01-28T15:00:00Z")
        func row(_ quantity: Int, plusSeconds seconds: Int) throws -> ExecutionRow {
            var row = ExecutionRow(
                source: "sample_broker", sourceTradeID: "order-1",
                sourceUpdatedAt: try instant("2026-01-28T15:00:00Z", plusSeconds: seconds),
                tradeDate: time, tradeStatus: .filled)
            row.quantity = FixedDecimal(quantity)
            return row
        }
        let known = try row(1, plusSeconds: 0)
        func verdict(_ row: ExecutionRow, _ order: RowPrecedence) -> String {
            switch ExecutionSettlement(row, unknown: [], scopeKey: "s", after: (known, 3), order: order) {
            case .inserted: "inserted"
            case .updated(let event, let changed):
                "updated after \(event.expectedVersion ?? -1): \(changed.map(\.field).joined(separator: ","))"
            case .unchanged: "unchanged"
            case .stale: "stale"
            case .conflicting: "conflicting"
            }
        }
        #expect(verdict(known, .byTime) == "unchanged" && verdict(known, .asGiven) == "unchanged")
        #expect(try verdict(row(2, plusSeconds: 0), .byTime) == "conflicting")
        #expect(try verdict(row(2, plusSeconds: 0), .asGiven) == "updated after 3: quantity")
        #expect(try verdict(row(2, plusSeconds: -5), .byTime) == "stale")
        #expect(try verdict(row(2, plusSeconds: -5), .asGiven).hasPrefix("updated after 3: "))
        #expect(try verdict(row(2, plusSeconds: 5), .byTime) == (try verdict(row(2, plusSeconds: 5), .asGiven)))
    }
}
