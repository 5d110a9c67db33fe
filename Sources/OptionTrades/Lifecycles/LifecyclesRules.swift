package import LedgerRules
import LedgerValues

/// What a lifecycle's reader must know about it (docs/contract/lifecycles.md, "Flags"); the raw value is the published name.
package enum LifecycleFlag: String, Sendable, Hashable, CaseIterable {
    /// An execution closed lots and opened the other side.
    case flipped
    /// An execution opened from zero after an earlier close.
    case reopened
    /// Two executions of opposite direction share their trade date, to the microsecond.
    case sameTimestampTie = "same_timestamp_tie"
    /// A match of two executions with different multipliers.
    case mixedMultiplier = "mixed_multiplier"
    case includesSynthetic = "includes_synthetic"
    /// A provided premium differs from price × quantity × multiplier.
    case premiumMismatch = "premium_mismatch"
    case nonContractUnit = "non_contract_unit"
    /// The first execution is a sell.
    case unmatchedOpeningSell = "unmatched_opening_sell"
    case missingSourcePortfolio = "missing_source_portfolio"
    case missingUnderlyingSymbol = "missing_underlying_symbol"
    case missingContractKey = "missing_contract_key"
    case missingOptionType = "missing_option_type"
    case missingStrike = "missing_strike"
    case missingExpiry = "missing_expiry"
    case missingDirection = "missing_direction"
    case missingQuantity = "missing_quantity"
    /// An execution lacks price, multiplier or the price currency of the rules.
    case incompletePrice = "incomplete_price"
    /// An execution has no entry premium.
    case incompletePremium = "incomplete_premium"
    /// An execution's fees are not known.
    case incompleteFees = "incomplete_fees"
    /// The lifecycle is open after its expiry. This depends on the reader's current time and is never stored.
    case expiredUnresolved = "expired_unresolved"
}

/// The rules of lifecycles (`lifecycles/rules.v<N>.yaml`), with the rule files that they use.
package final class LifecyclesRules: Sendable {
    /// A quality and the flags that cause it. Any one of them suffices.
    package struct FlaggedQuality: Sendable {
        package let quality: String
        package let flags: Set<LifecycleFlag>
    }

    package let file: RuleFile
    package let trades: TradesRules
    package let newYork: NewYorkRules
    /// The only price currency for open premium and realized P&L.
    package let priceCurrency: String
    /// The first match wins.
    package let qualitiesByFlag: [FlaggedQuality]
    /// The quality of a lifecycle that no flagged quality applies to: with open contracts, and without.
    package let openQuality: String
    package let closedQuality: String
    /// The authority that answers for realized figures.
    package let realizedPnLAuthority: String

    /// All files read, each once, in path order.
    package var files: [RuleFile] { ([file, newYork.file] + trades.files).sorted { $0.path < $1.path } }

    package init(version: Int, read: RuleFileReader) throws {
        let path = "lifecycles/rules.v\(version).yaml"
        let document = try RuleDocument(path: path, kind: "lifecycles", read: read)
        let root = document.root
        try root.allowOnly(["rules", "version", "uses", "price_currency", "quality", "realized_pnl_authority"])
        file = document.file
        trades = try TradesRules(path: try root.used("trades/rules."), read: read)
        newYork = try NewYorkRules(path: try root.used("shared/new_york."), read: read)
        priceCurrency = try root.text("price_currency")
        realizedPnLAuthority = try root.text("realized_pnl_authority")

        let quality = try root.member("quality")
        try quality.allowOnly(["by_flag", "open", "closed"])
        openQuality = try quality.text("open")
        closedQuality = try quality.text("closed")
        qualitiesByFlag = try quality.member("by_flag").elements().map { node in
            try node.allowOnly(["quality", "flags"])
            let flags = try node.member("flags").elements().map { node in
                // A flag that depends on the reader's current time cannot decide a stored quality.
                guard let flag = LifecycleFlag(rawValue: try node.scalar()), flag != .expiredUnresolved else {
                    throw node.fail("expected a flag of a stored lifecycle")
                }
                return flag
            }
            return FlaggedQuality(quality: try node.text("quality"), flags: Set(flags))
        }
    }

    /// The quality for a lifecycle's flags and whether it has open contracts.
    package func quality(flags: Set<LifecycleFlag>, isOpen: Bool) -> String {
        for candidate in qualitiesByFlag where !candidate.flags.isDisjoint(with: flags) { return candidate.quality }
        return isOpen ? openQuality : closedQuality
    }
}
