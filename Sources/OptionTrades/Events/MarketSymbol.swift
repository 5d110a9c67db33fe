import LedgerValues

/// The names of markets that vendors write in another way than the ledger.
package enum MarketSymbol {
    /// The name under which a market is stored: options on SOL that are settled in USDC are options on `SOL`.
    package static func stored(_ symbol: String) -> String { symbol.isBytewiseEqual(to: "SOL_USDC") ? "SOL" : symbol }
}
