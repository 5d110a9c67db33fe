package import LedgerJSON
package import LedgerValues

/// Gamma exposure over several expiries of a date (docs/contract/research.md, "Slices").
package struct ExposureSlice: Sendable {
    /// Which expiries are taken.
    package enum Choice: String, Sendable, CaseIterable {
        case near, monthly, all
    }

    package let underlying: String
    /// Nil if no date was asked for and none has a chain.
    package let marketDate: CalendarDate?
    package let choice: Choice
    /// The chains that count, by expiry, whose options were not expired.
    private let chains: [CountedChain]
    private let dateWarnings: [String]
    private let rules: ExposureRules

    /// - Parameters:
    ///   - counted: all chains of the date, by expiry; only those with a row of exposure are taken.
    ///   - dateWarnings: tokens that stand on all slices of the date.
    package init(
        of underlying: String, on marketDate: CalendarDate?, _ choice: Choice, _ counted: [CountedChain], dateWarnings: [String],
        _ rules: ExposureRules
    ) {
        self.underlying = underlying
        self.marketDate = marketDate
        self.choice = choice
        self.rules = rules
        self.dateWarnings = dateWarnings
        let known = counted.filter { $0.chain != nil }
        chains =
            switch choice {
            case .near: Array(known.prefix(rules.nearExpiries))
            case .monthly: known.filter { rules.isMonthly($0.expiry, of: underlying) }
            case .all: known
            }
    }

    /// The chain with the latest timestamp, ties to the earlier expiry.
    private var latest: CountedChain? {
        var latest: CountedChain?
        for counted in chains {
            guard let time = counted.chain?.timestamp else { continue }
            if (latest?.chain?.timestamp).map({ time > $0 }) ?? true { latest = counted }
        }
        return latest
    }

    /// Writes the members of the document in canonical order, decimals as numbers.
    package func write(to out: inout JSONWriter) {
        var figures = ExposureFigures()
        var model = ZeroGamma(rules)
        for counted in chains {
            guard let chain = counted.chain else { continue }
            figures.add(chain, rules)
            model.add(chain, dte: counted.dte)
        }
        let latest = latest
        let spot = latest?.chain?.soundSpot
        let flip = figures.flipStrike(rules)
        let zero = spot.flatMap { model.level(at: $0) }.flatMap { FixedDecimal(model: $0) }
        var warnings = figures.warnings.union(dateWarnings)
        if chains.isEmpty {
            warnings.insert("no_chain")
        } else {
            if flip == nil { warnings.insert("no_flip") }
            if zero == nil { warnings.insert("no_zero_gamma") }
        }
        out.beginObject()
        out.key("convention"); out.string(rules.convention)
        out.key("disclaimer"); out.string(Research.disclaimer)
        out.key("dte"); out.integer(latest?.dte)
        out.key("expiries")
        out.beginArray()
        for counted in chains { out.date(counted.expiry) }
        out.endArray()
        out.key("flip_strike"); out.decimalNumber(flip)
        out.key("gamma_coverage"); out.decimalNumber(figures.gammaCoverage)
        out.key("iv_coverage"); out.decimalNumber(model.coverage)
        out.key("market_date"); out.date(marketDate)
        out.key("oi_coverage"); out.decimalNumber(figures.openInterestCoverage)
        out.key("open_interest_date"); out.date(latest?.chain?.openInterestDate)
        out.key("slice"); out.string(choice.rawValue)
        out.key("source"); out.string(latest?.chain?.source)
        out.key("spot"); out.decimalNumber(latest?.chain?.spot)
        out.key("strikes"); out.strikes(figures.strikes, .numbers)
        out.key("timestamp"); out.instant(latest?.chain?.timestamp)
        out.key("top_levels"); out.strikes(figures.top(rules.topLevels), .numbers)
        out.key("total_call_gex"); out.decimalNumber(figures.totalCall?.rounded())
        out.key("total_net_gex"); out.decimalNumber(figures.totalNet?.rounded())
        out.key("total_put_gex"); out.decimalNumber(figures.totalPut?.rounded())
        out.key("underlying"); out.string(underlying)
        out.warnings(warnings)
        out.key("zero_gamma_level"); out.decimalNumber(zero)
        out.endObject()
    }
}

extension ExposureRules {
    /// Whether an expiry is the month's: the third Friday, or the Thursday before if that is a holiday; of markets that live by
    /// UTC the last Friday.
    package func isMonthly(_ expiry: CalendarDate, of market: String) -> Bool {
        let (year, month, _) = expiry.components
        guard let first = CalendarDate(year: year, month: month, day: 1) else { return false }
        let toFriday = (5 - first.weekday + 7) % 7
        if dates.isUTC(market) {
            // The last Friday has no other of its month a week later.
            guard expiry.weekday == 5, let next = expiry.advanced(byDays: 7) else { return false }
            return next.components.month != month
        }
        guard let friday = first.advanced(byDays: toFriday + 14) else { return false }
        return expiry == (holidays.contains(friday) ? friday.advanced(byDays: -1) : friday)
    }
}
