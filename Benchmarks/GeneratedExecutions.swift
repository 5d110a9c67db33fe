import LedgerEvents
import LedgerValues
import OptionTrades

/// Executions by number, with realistic sizes and unique ids.
enum GeneratedExecutions {
    static func row(_ number: Int) -> ExecutionRow {
        let isCall = number % 3 != 0
        let strike = 200 + number % 60 * 5
        let symbol = "MSTR260130\(isCall ? "C" : "P")00\(strike)000"
        return ExecutionRow(
            source: "alpha_sync", sourceTradeID: "trd-\(10_000_000 + number)",
            sourceUpdatedAt: Instant(microseconds: 1_767_300_000_000_000 + Int64(number) * 1_000_000) ?? .minimum,
            tradeDate: Instant(microseconds: 1_767_290_000_000_000 + Int64(number) * 1_000_000) ?? .minimum,
            tradeStatus: .filled,
            sourceCreatedAt: Instant(microseconds: 1_767_289_000_000_000 + Int64(number) * 1_000_000),
            sourceTradeTicketID: "tkt-\(number / 3)", sourcePortfolioID: "pf-1", sourceSecurityID: "sec-\(strike)",
            sourcePortfolio: number % 2 == 0 ? "IMST" : "ICOI", underlyingSymbol: "MSTR", underlyingType: "EQUITY",
            optionSymbol: symbol, instrument: "MSTR 30JAN26 \(strike) \(isCall ? "C" : "P")",
            direction: number % 4 == 0 ? .buy : .sell, optionType: isCall ? .call : .put,
            strike: FixedDecimal(strike), expiry: CalendarDate(year: 2026, month: 1, day: 30),
            quantity: FixedDecimal(1 + number % 400), pendingQuantity: .zero,
            price: FixedDecimal(units: Int128(1 + number % 4000) * 50_000_000), priceCurrency: "USD",
            contractMultiplier: FixedDecimal(100), quantityUnit: "CONTRACTS",
            feesUSD: FixedDecimal(units: Int128(number % 900) * 100_000_000), reconStatus: "MATCHED",
            sourceBroker: "BRK\(number % 7)", sourceExecutionType: "ELECTRONIC", sourceCreatedBy: "desk-\(number % 5)")
    }

    static let scopeKey = "portfolio_names=ICOI,IMST|include_pending=false"

    static func payload(_ number: Int) -> ExecutionPayload {
        ExecutionPayload(row: row(number), scopeKey: scopeKey, unknownFields: [])
    }
}
