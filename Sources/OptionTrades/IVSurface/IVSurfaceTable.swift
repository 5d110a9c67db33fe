package import LedgerJSON
package import LedgerProjections
package import LedgerRules
import LedgerValues

/// The surface of implied volatility: a row for each expiry that is still to come.
package struct IVSurfaceTable: ChainTable {
    package static let name = IVSurfaceRules.name
    package let rules: IVSurfaceRules
    package var identity: ProjectionIdentity { rules.identity }
    package var dates: MarketDateRules { rules.dates }

    package init(version: Int, read: RuleFileReader) throws { rules = try IVSurfaceRules(version: version, read: read) }

    package func hasRow(_ counted: CountedChain) -> Bool { counted.dte >= rules.minimumDte }

    package func write(_ counted: CountedChain, to out: inout JSONWriter, decimals: JSONWriter.DecimalForm) {
        let chain = counted.chain
        let figures = chain.map { IVSurfaceFigures(of: $0, rules) }
        out.beginObject()
        out.key("atm_iv"); out.decimal(figures?.atmIV?.rounded(), as: decimals)
        out.key("atm_strike"); out.decimal(figures?.atmStrike, as: decimals)
        out.key("call_mark_source"); out.string(figures?.callMark?.rawValue)
        out.key("contracts_used"); out.integer(figures?.contractsUsed)
        out.key("delta_buckets")
        if let buckets = figures?.buckets { Self.write(buckets, to: &out, decimals: decimals) } else { out.null() }
        out.key("dte"); out.integer(counted.dte)
        out.key("expected_move_pct"); out.decimal(figures?.expectedMove?.rounded(), as: decimals)
        out.key("expiry"); out.date(counted.expiry)
        out.key("market_date"); out.date(counted.marketDate)
        out.key("parity_gap_pp"); out.decimal(figures?.parityGap, as: decimals)
        out.partPositions(chain)
        out.key("put_mark_source"); out.string(figures?.putMark?.rawValue)
        out.key("skew_10d_pp"); out.decimal(figures?.skew10, as: decimals)
        out.key("skew_25d_pp"); out.decimal(figures?.skew25, as: decimals)
        out.key("source"); out.string(chain?.source)
        out.key("spot"); out.decimal(chain?.spot, as: decimals)
        out.key("straddle_mark"); out.decimal(figures?.straddle?.rounded(), as: decimals)
        out.key("timestamp"); out.instant(chain?.timestamp)
        out.key("underlying"); out.string(counted.underlying)
        out.warnings((figures?.warnings ?? []).union(counted.incompleteWarning))
        out.endObject()
    }

    private static func write(
        _ buckets: [IVSurfaceFigures.Bucket], to out: inout JSONWriter, decimals: JSONWriter.DecimalForm
    ) {
        out.beginArray()
        for bucket in buckets {
            out.beginObject()
            out.key("avg_iv"); out.decimal(bucket.average?.rounded(), as: decimals)
            out.key("delta_bucket"); out.string(bucket.name)
            out.key("median_iv"); out.decimal(bucket.median?.rounded(), as: decimals)
            out.key("n_contracts"); out.integer(bucket.count)
            out.key("option_type"); out.string(bucket.optionType.rawValue)
            out.endObject()
        }
        out.endArray()
    }
}
