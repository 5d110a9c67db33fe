package import LedgerJSON
package import LedgerProjections
package import LedgerRules
import LedgerValues

/// Gamma exposure: a row for each expiry whose options were not expired at the chain's time.
package struct ExposureTable: ChainTable {
    package static let name = ExposureRules.name
    package let rules: ExposureRules
    package var identity: ProjectionIdentity { rules.identity }
    package var dates: MarketDateRules { rules.dates }

    package init(version: Int, read: RuleFileReader) throws { rules = try ExposureRules(version: version, read: read) }

    package func hasRow(_ counted: CountedChain) -> Bool {
        guard let expiry = dates.expiry(on: counted.expiry, of: counted.underlying) else { return false }
        return expiry > counted.chain?.timestamp ?? counted.latest
    }

    package func write(_ counted: CountedChain, to out: inout JSONWriter, decimals: JSONWriter.DecimalForm) {
        let chain = counted.chain
        let figures = chain.map { ExposureFigures(of: $0, rules) }
        out.beginObject()
        out.key("dte"); out.integer(counted.dte)
        out.key("expiry"); out.date(counted.expiry)
        out.key("gamma_coverage"); out.decimal(figures?.gammaCoverage, as: decimals)
        out.key("market_date"); out.date(counted.marketDate)
        out.key("oi_coverage"); out.decimal(figures?.openInterestCoverage, as: decimals)
        out.key("open_interest_date"); out.date(chain?.openInterestDate)
        out.partPositions(chain)
        out.key("source"); out.string(chain?.source)
        out.key("spot"); out.decimal(chain?.spot, as: decimals)
        out.key("strikes")
        if let figures { out.strikes(figures.strikes, decimals) } else { out.null() }
        out.key("timestamp"); out.instant(chain?.timestamp)
        out.key("total_call_gex"); out.decimal(figures?.totalCall?.rounded(), as: decimals)
        out.key("total_net_gex"); out.decimal(figures?.totalNet?.rounded(), as: decimals)
        out.key("total_put_gex"); out.decimal(figures?.totalPut?.rounded(), as: decimals)
        out.key("underlying"); out.string(counted.underlying)
        out.warnings((figures?.warnings ?? []).union(counted.incompleteWarning))
        out.endObject()
    }
}

extension JSONWriter {
    /// A list of strikes with their exposure.
    package mutating func strikes(_ strikes: [ExposureFigures.Strike], _ decimals: DecimalForm) {
        beginArray()
        for strike in strikes {
            beginObject()
            key("call_gex"); decimal(strike.callGex?.rounded(), as: decimals)
            key("call_oi"); decimal(strike.callOI?.rounded(), as: decimals)
            key("net_gex"); decimal(strike.netGex?.rounded(), as: decimals)
            key("put_gex"); decimal(strike.putGex?.rounded(), as: decimals)
            key("put_oi"); decimal(strike.putOI?.rounded(), as: decimals)
            key("strike"); decimal(strike.strike, as: decimals)
            endObject()
        }
        endArray()
    }
}
