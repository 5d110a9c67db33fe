package import LedgerEvents
import LedgerValues

/// The execution that an order's fills are, with those of the orders that took its place.
package enum BrokerExecution {
    /// The row of an order with a fill, or of one whose fills were taken back; nil for any other.
    package static func row(of state: IntentState, portfolio: String?, isRecorded: Bool) -> ExecutionRow? {
        guard let submission = state.submission, let acknowledgement = state.acknowledgement, let update = state.update,
            isRecorded || state.filledQuantity > .zero,
            let tradeDate = state.firstFillAt ?? update.updatedAt
        else { return nil }
        let symbol = OptionSymbol(submission.body.symbol)
        let status: TradeStatus =
            if state.filledQuantity.isZero {
                .busted
            } else if update.status.isBytewiseEqual(to: "filled") || state.filledQuantity == FixedDecimal(Int(submission.body.quantity)) {
                .filled
            } else {
                .partiallyFilled
            }
        var row = ExecutionRow(
            source: state.intent.source, sourceTradeID: acknowledgement.brokerOrderID, sourceUpdatedAt: update.updatedAt ?? tradeDate,
            tradeDate: tradeDate, tradeStatus: status)
        row.sourceTradeTicketID = state.intent.intentID
        row.sourcePortfolio = portfolio
        row.underlyingSymbol = state.intent.ticker
        row.direction = state.intent.action == .buy ? .buy : .sell
        row.quantity = state.filledQuantity
        row.price = state.filledAveragePrice
        row.priceCurrency = "USD"
        row.feesUSD = state.commission
        row.contractMultiplier = symbol == nil ? FixedDecimal(1) : submission.decision.multiplier
        row.quantityUnit = symbol == nil ? "SHARES" : nil
        row.optionSymbol = symbol?.description
        row.instrument = submission.body.symbol
        row.optionType = symbol?.optionType
        row.strike = symbol?.strike
        row.expiry = symbol?.expiry
        return row
    }

    /// The event that brings the ledger's execution up to date; nil if it is.
    package static func event(_ row: ExecutionRow, after recorded: (row: ExecutionRow, version: Int64)?) -> NewEvent? {
        let scope = "broker-\(row.source)"
        guard let recorded else { return ExecutionPayload(row: row, scopeKey: scope, unknownFields: []).recordedEvent() }
        if recorded.row == row { return nil }
        return ExecutionPayload(row: row, scopeKey: scope, unknownFields: [], changedFields: row.changedFields(from: recorded.row))
            .updatedEvent(previousVersion: recorded.version)
    }
}
