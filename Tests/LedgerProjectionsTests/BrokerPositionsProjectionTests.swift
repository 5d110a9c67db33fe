import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct BrokerPositionsProjectionTests {
    let projection: BrokerPositionsProjection
    private static let symbol = "SPY260130C00609000"

    init() throws { projection = BrokerPositionsProjection(rules: try BrokerPositionsRules(version: 1, read: projectRuleFile)) }

    private func execution(_ id: String, _ direction: Direction, _ quantity: Int, source: String = "alpaca_paper") throws -> ExecutionRow {
        var row = try sampleRow(id)
        row.source = source
        row.direction = direction
        row.quantity = FixedDecimal(quantity)
        row.optionSymbol = Self.symbol
        return row
    }

    private func add(_ payload: some BrokerPayload, to log: inout TradeEventLog) {
        log.entries.append(.init(payload: payload, effectiveAt: nil, stream: "broker"))
    }

    private func observed(_ quantity: Int) -> BrokerPositionsObservedPayload {
        var observed = BrokerPositionsObservedPayload()
        observed.source = "alpaca_paper"
        var position = BrokerPosition()
        (position.symbol, position.quantity) = (Self.symbol, FixedDecimal(quantity))
        observed.positions = [position]
        return observed
    }

    private func row(_ log: TradeEventLog) throws -> JSONValue {
        let rows = try log.rows(projection, restarts: true)
        #expect(rows.count == 1)
        return try #require(rows.first).root()
    }

    @Test func `the ledger's net quantity follows from the executions of the source alone`() throws {
        var log = TradeEventLog()
        log.append(try execution("A", .buy, 3))
        log.append(try execution("B", .sell, 1))
        log.append(try execution("C", .buy, 7, source: "alpha_sync"))
        let row = try row(log)
        #expect(row.text("ledger_quantity") == "2" && row.text("state") == "unobserved" && row.text("difference") == nil)
        let columns = try ColumnSet(parsing: try #require(projectRuleFile("broker_positions/columns.json")))
        #expect(row.members.map(\.key) == columns.columns.map(\.name))
    }

    @Test func `a difference is explained by activities that account for all of it`() throws {
        var log = TradeEventLog()
        log.append(try execution("A", .buy, 3))
        add(observed(3), to: &log)
        #expect(try row(log).text("state") == "agrees")
        add(observed(1), to: &log)
        #expect(try row(log).text("state") == "differs")
        #expect(try row(log).text("difference") == "-2")
        var activity = BrokerActivityRecordedPayload()
        (activity.source, activity.activityID, activity.activityType, activity.symbol) = ("alpaca_paper", "1", "OPEXC", Self.symbol)
        (activity.status, activity.quantity) = ("executed", FixedDecimal(-2))
        add(activity, to: &log)
        add(activity, to: &log)
        #expect(try row(log).text("state") == "explained")
        activity.status = "canceled"
        add(activity, to: &log)
        #expect(try row(log).text("state") == "differs")
    }

    @Test func `an updated execution replaces the earlier one, and a busted one counts nothing`() throws {
        var log = TradeEventLog()
        log.append(try execution("A", .buy, 1))
        log.append(try execution("A", .buy, 3))
        #expect(try row(log).text("ledger_quantity") == "3")
        var busted = try execution("A", .buy, 0)
        busted.tradeStatus = .busted
        log.append(busted)
        #expect(try row(log).text("ledger_quantity") == "0")
    }
}
