import LedgerEvents
package import LedgerJSON
package import LedgerProjections
package import LedgerRules
import LedgerValues

/// The chain that counts of each underlying, market date and expiry (docs/contract/research.md, "option_chains").
package struct OptionChainsTable: ChainTable {
    package static let name = "option_chains"
    package let identity: ProjectionIdentity
    package let dates: MarketDateRules

    package init(version: Int, read: RuleFileReader) throws {
        let document = try RuleDocument(path: "\(Self.name)/rules.v\(version).yaml", kind: Self.name, read: read)
        try document.root.allowOnly(["rules", "version", "uses"])
        dates = try MarketDateRules(path: try document.root.used("shared/market_dates."), read: read)
        identity = ProjectionIdentity(
            name: Self.name, codeVersion: 1, ownRules: document.file,
            rules: ([document.file] + dates.files).sorted { $0.path < $1.path })
    }

    package func hasRow(_ counted: CountedChain) -> Bool { true }

    package func write(_ counted: CountedChain, to out: inout JSONWriter, decimals: JSONWriter.DecimalForm) {
        let chain = counted.chain
        out.beginObject()
        out.key("dte"); out.integer(counted.dte)
        out.key("expiry"); out.date(counted.expiry)
        out.key("forward"); out.decimal(chain?.forward, as: decimals)
        out.key("market_date"); out.date(counted.marketDate)
        out.key("multiplier"); out.decimal(chain?.multiplier, as: decimals)
        out.key("n_rows"); out.integer(chain?.rows.count)
        out.key("open_interest_date"); out.date(chain?.openInterestDate)
        out.partPositions(chain)
        out.key("rows_digest"); out.digest(chain.map { Digest32(sha256Of: $0.rowsJSON()) })
        out.key("source"); out.string(chain?.source)
        out.key("spot"); out.decimal(chain?.spot, as: decimals)
        out.key("timestamp"); out.instant(chain?.timestamp)
        out.key("underlying"); out.string(counted.underlying)
        out.warnings(counted.incompleteWarning)
        out.endObject()
    }
}

extension OptionChain {
    /// The canonical JSON array of the joined rows, in event encoding.
    package func rowsJSON() -> [UInt8] { MarketRows(rows.map(\.values), of: .optionChain).json }
}
