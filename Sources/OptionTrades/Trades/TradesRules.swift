package import LedgerRules
package import LedgerValues

/// The rules of the trade book (`trades/rules.v<N>.yaml`), with the shared files that they use.
package final class TradesRules: Sendable {
    package let file: RuleFile
    package let marketProxy: MarketProxyRules
    package let rootAliases: RootAliases
    /// The statuses whose rows are executions.
    package let executionStatuses: NameList
    /// The only currency for derived premiums.
    package let premiumCurrency: String
    /// The quantity units that mean contracts, besides null.
    package let contractUnits: NameList
    /// A provided premium is doubted if it differs by more than max(absolute USD, relative × provided).
    package let mismatchAbsoluteUSD: FixedDecimal
    package let mismatchRelative: FixedDecimal

    /// All files read, in path order.
    package var files: [RuleFile] { [file, marketProxy.file, rootAliases.file].sorted { $0.path < $1.path } }

    package convenience init(version: Int, read: RuleFileReader) throws {
        try self.init(path: "trades/rules.v\(version).yaml", read: read)
    }

    /// - Parameter path: the path in another rule file's `uses`
    package init(path: String, read: RuleFileReader) throws {
        let document = try RuleDocument(path: path, kind: "trades", read: read)
        let root = document.root
        try root.allowOnly(["rules", "version", "uses", "execution_statuses", "premium"])
        file = document.file
        marketProxy = try MarketProxyRules(path: try root.used("shared/market_proxy."), read: read)
        rootAliases = try RootAliases(path: try root.used("shared/root_aliases."), read: read)
        executionStatuses = NameList(try root.texts("execution_statuses"))
        let premium = try root.member("premium")
        try premium.allowOnly(["currency", "quantity_units", "mismatch_absolute_usd", "mismatch_relative"])
        premiumCurrency = try premium.text("currency")
        contractUnits = NameList(try premium.texts("quantity_units"))
        mismatchAbsoluteUSD = try premium.decimal("mismatch_absolute_usd")
        mismatchRelative = try premium.decimal("mismatch_relative")
    }
}

/// The rules of the sync state (`sync_state/rules.v<N>.yaml`): a version, without anything to tune.
package struct SyncStateRules: Sendable {
    package let file: RuleFile

    package init(version: Int, read: RuleFileReader) throws {
        let document = try RuleDocument(path: "sync_state/rules.v\(version).yaml", kind: "sync_state", read: read)
        try document.root.allowOnly(["rules", "version", "uses"])
        file = document.file
    }
}
