import LedgerEvents
import LedgerRules
import LedgerValues

extension ExecutionRow {
    /// The flags of the trade book (docs/contract/trades.md, "Flags"), bytewise sorted, each at most once.
    package func flags(premium: EntryPremium, missingUpstream: Bool, rules: TradesRules) -> [String] {
        var flags: [String] = []
        if premium.mismatch { flags.append("premium_mismatch") }
        if let symbol = self.optionSymbol {
            let root = OptionSymbol(symbol)?.root
            switch OptionRoot(root: root, underlying: self.underlyingSymbol, aliases: rules.rootAliases) {
            case .matches: break
            case .adjusted: flags.append("adjusted_root")
            case .mismatch: flags.append("root_mismatch")
            }
        }
        if let unit = self.quantityUnit, !rules.contractUnits.contains(unit) { flags.append("non_contract_unit") }
        if self.tradeStatus == .pending {
            flags.append("pending")
        } else if !rules.executionStatuses.contains(self.tradeStatus.rawValue) {
            flags.append("excluded_status")
        }
        if self.isSynthetic == true { flags.append("synthetic") }
        if missingUpstream { flags.append("missing_upstream") }

        if self.sourcePortfolio == nil { flags.append("missing_source_portfolio") }
        if self.underlyingSymbol == nil { flags.append("missing_underlying_symbol") }
        if self.optionSymbol == nil && self.instrument == nil { flags.append("missing_contract_key") }
        if self.direction == nil { flags.append("missing_direction") }
        if self.quantity == nil { flags.append("missing_quantity") }
        if self.price == nil { flags.append("missing_price") }
        if self.contractMultiplier == nil { flags.append("missing_contract_multiplier") }
        if self.priceCurrency == nil { flags.append("missing_price_currency") }
        if self.feesUSD == nil { flags.append("missing_fees_usd") }
        if self.strike == nil { flags.append("missing_strike") }
        if self.expiry == nil { flags.append("missing_expiry") }
        if self.optionType == nil { flags.append("missing_option_type") }
        return flags.sorted { $0.isBytewiseLess(than: $1) }
    }
}
