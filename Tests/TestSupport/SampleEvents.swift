package import LedgerEvents
package import LedgerValues
package import OptionTrades

/// An execution in the form that tests append.
package func sampleRow(
    _ id: String, updatedAt: Int = 0, quantity: Int = 10, price: String = "12.5", status: TradeStatus = .filled,
    notes: String? = nil
) throws -> ExecutionRow {
    ExecutionRow(
        source: "alpha_sync", sourceTradeID: id, sourceUpdatedAt: try instant("2026-01-10T15:00:00Z", plusSeconds: updatedAt),
        tradeDate: try instant("2026-01-10T14:30:00Z"), tradeStatus: status, sourcePortfolio: "IMST",
        underlyingSymbol: "MSTR", optionSymbol: "MSTR260130C00350000", direction: .buy, optionType: .call,
        strike: try FixedDecimal("350"), expiry: CalendarDate("2026-01-30"), quantity: FixedDecimal(quantity),
        price: try FixedDecimal(price), priceCurrency: "USD", contractMultiplier: FixedDecimal(100),
        quantityUnit: "CONTRACTS", feesUSD: try FixedDecimal("6.5"), notes: notes)
}

package func recorded(_ row: ExecutionRow) -> NewEvent {
    ExecutionPayload(row: row, scopeKey: "portfolio_names=IMST|include_pending=false", unknownFields: []).recordedEvent()
}

package func updated(_ row: ExecutionRow, from old: ExecutionRow, previous: Int64) -> NewEvent {
    ExecutionPayload(
        row: row, scopeKey: "portfolio_names=IMST|include_pending=false", unknownFields: [],
        changedFields: row.changedFields(from: old)
    ).updatedEvent(previousVersion: previous)
}

package struct BadSample: Error {
    package init() {}
}

package func instant(_ text: String, plusSeconds: Int = 0) throws -> Instant {
    guard let value = Instant(text)?.advanced(byMicroseconds: Int64(plusSeconds) * 1_000_000) else { throw BadSample() }
    return value
}
