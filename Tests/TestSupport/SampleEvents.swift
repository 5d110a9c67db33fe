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

/// Seven statements about the holding of ``sampleRow(_:updatedAt:quantity:price:status:notes:)``, as of the first half of January 2026,
/// and the withdrawal of one.
package func sampleAssertions() throws -> [NewEvent] {
    let holding = HoldingKey(source: "alpha_sync", sourcePortfolio: "IMST", contractKey: "MSTR260130C00350000")
    let stated = try (0..<7).map { number in
        AssertionStatedPayload(
            assertionID: "sample-\(number)", holding: holding, kind: AssertionKind.allCases[number % 3],
            asOf: try instant("2026-01-03T14:30:00Z", plusSeconds: number * 2 * 86_400), value: FixedDecimal(number * 10),
            tolerance: number == 3 ? FixedDecimal(1_000_000) : nil, statedBy: "operations", reason: "a statement"
        ).event()
    }
    let withdrawn = AssertionWithdrawnPayload(assertionID: "sample-0", holding: holding, withdrawnBy: "operations", reason: "wrong")
    return stated + [withdrawn.event()]
}

package struct BadSample: Error {
    package init() {}
}

package func instant(_ text: String, plusSeconds: Int = 0) throws -> Instant {
    guard let value = Instant(text)?.advanced(byMicroseconds: Int64(plusSeconds) * 1_000_000) else { throw BadSample() }
    return value
}
