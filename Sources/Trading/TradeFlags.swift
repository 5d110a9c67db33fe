public import Events
public import Rules
import Values

extension ExecutionRow {
    /// The flags of the trade book (spec 3, section 3), bytewise sorted, each at most once.
    public func flags(premium: EntryPremium, missingUpstream: Bool, rules: TradesRules) -> [String] {
        var flags: [String] = []
        if premium.mismatch { flags.append("premium_mismatch") }
        if let symbol = optionSymbol {
            let root = OptionSymbol(symbol)?.root
            switch OptionRoot(root: root, underlying: underlyingSymbol, aliases: rules.rootAliases) {
            case .matches: break
            case .adjusted: flags.append("adjusted_root")
            case .mismatch: flags.append("root_mismatch")
            }
        }
        if let unit = quantityUnit, !rules.contractUnits.contains(unit) { flags.append("non_contract_unit") }
        if tradeStatus == .pending {
            flags.append("pending")
        } else if !rules.executionStatuses.contains(tradeStatus.rawValue) {
            flags.append("excluded_status")
        }
        if isSynthetic == true { flags.append("synthetic") }
        if missingUpstream { flags.append("missing_upstream") }

        if sourcePortfolio == nil { flags.append("missing_source_portfolio") }
        if underlyingSymbol == nil { flags.append("missing_underlying_symbol") }
        if optionSymbol == nil && instrument == nil { flags.append("missing_contract_key") }
        if direction == nil { flags.append("missing_direction") }
        if quantity == nil { flags.append("missing_quantity") }
        if price == nil { flags.append("missing_price") }
        if contractMultiplier == nil { flags.append("missing_contract_multiplier") }
        if priceCurrency == nil { flags.append("missing_price_currency") }
        if feesUSD == nil { flags.append("missing_fees_usd") }
        if strike == nil { flags.append("missing_strike") }
        if expiry == nil { flags.append("missing_expiry") }
        if optionType == nil { flags.append("missing_option_type") }
        return flags.sorted { $0.isBytewiseLess(than: $1) }
    }
}
