import LedgerValues

extension IntradayFlowRules {
    /// The symbol of a contract that is known by its terms: OCC with the underlying as root, of a UTC market
    /// `BTC-2025-03-28-90000-C`. Throws for terms that no OCC symbol has.
    package func symbol(of contract: OptionContract) throws(FlowProblem) -> String {
        let letter = contract.optionType == .call ? "C" : "P"
        if dates.isUTC(contract.underlying) { return "\(contract.underlying)-\(contract.expiry)-\(contract.strike)-\(letter)" }
        let (thousandths, rest) = contract.strike.units.quotientAndRemainder(dividingBy: FixedDecimal.unitsPerOne / 1000)
        let digits = String(thousandths)
        let date = "\(contract.expiry)".dropFirst(2).filter { $0 != "-" }
        let text = "\(contract.underlying)\(date)\(letter)\(String(repeating: "0", count: max(0, 8 - digits.utf8.count)))\(digits)"
        guard rest == 0, let symbol = OptionSymbol(text), symbol.expiry == contract.expiry, symbol.strike == contract.strike,
            symbol.root.isBytewiseEqual(to: contract.underlying)
        else { throw FlowProblem("\(contract): no OCC symbol has this root, expiry and strike") }
        return "\(symbol)"
    }
}
