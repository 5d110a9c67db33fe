import LedgerEvents
import LedgerJSON
import LedgerValues
package import OptionTrades

extension SeriesRows {
    /// The chains of a market's level-1 quotes at the newest time of an answer, one of each expiry.
    ///
    /// Prices are in coins on the wire: each is multiplied by its row's `underlyingPrice`, and null without one. `spot` and `forward`
    /// are medians of the expiry's rows, which are observed up to a minute apart.
    ///
    /// - Parameter days: the expiries up to so many days after the date are kept; nil for all.
    mutating func addChains(_ rows: [JSONValue], _ market: VendorMarket, withinDays days: Int?) {
        var byTime: [Instant: [JSONValue]] = [:]
        for row in rows {
            guard row.isOf(market), let time = row.instant("timestamp"), window.contains(time) else {
                skip()
                continue
            }
            byTime[time, default: []].append(row)
        }
        guard let (time, newest) = byTime.max(by: { $0.key < $1.key }) else { return }
        var byExpiry: [CalendarDate: [JSONValue]] = [:]
        for row in newest {
            guard let expiry = row.instant("expirationTimestamp")?.date, expiry >= time.date else {
                skip()
                continue
            }
            if let days, expiry.days(since: time.date) > days { continue }
            byExpiry[expiry, default: []].append(row)
        }
        for (expiry, rows) in byExpiry.sorted(by: { $0.key < $1.key }) { addChain(rows, at: time, expiry, market) }
    }

    private mutating func addChain(_ rows: [JSONValue], at time: Instant, _ expiry: CalendarDate, _ market: VendorMarket) {
        var chain = ChainRows()
        var figures = ChainFigures()
        for row in rows {
            guard let strike = WireValue.decimal(row["strike"])?.value, strike > .zero, let type = row.optionType("putCall") else {
                skip()
                continue
            }
            let price = WireValue.exact(row["underlyingPrice"])
            chain.add(
                ChainRow(
                    strike: strike, type, bid: figures.read(row["bid"], times: price), ask: figures.read(row["ask"], times: price),
                    mark: figures.read(row["markPrice"], times: price), iv: figures.volatility(row["markIv"]),
                    delta: figures.read(row["delta"]), gamma: figures.read(row["gamma"]), theta: figures.read(row["theta"]),
                    vega: figures.read(row["vega"]), openInterest: figures.read(row["openInterest"]), volume: figures.read(row["volume"])))
        }
        let observation = ChainObservation(
            underlying: market.stored, expiry: expiry,
            chain: OptionChain(
                timestamp: time, source: "amberdata", spot: figures.median(rows.map { $0["indexPrice"] }),
                forward: figures.median(rows.map { $0["underlyingPrice"] }), multiplier: FixedDecimal(1), rows: chain.sorted),
            rounded: figures.isRounded, unitSource: nil,
            provenance: MarketObservedPayload.Provenance(
                observedSource: "amberdata", sourceCurrency: market.isRenamed ? market.asked : nil))
        guard let parts = observation.parts() else { return skip() }
        for part in parts { add(part) }
    }
}

/// Figures of a chain's rows, and whether one was rounded.
private struct ChainFigures {
    private(set) var isRounded = false

    /// A figure in coins times a price if the factor is given; nil without either.
    mutating func read(_ value: JSONValue?, times price: ExactNumber?) -> FixedDecimal? {
        guard let value = WireValue.exact(value), let price else { return nil }
        return rounded(value * price)
    }

    mutating func read(_ value: JSONValue?) -> FixedDecimal? { WireValue.exact(value).flatMap { rounded($0) } }

    /// A volatility that is a bound of the vendor's own is none.
    mutating func volatility(_ value: JSONValue?) -> FixedDecimal? {
        guard let exact = WireValue.exact(value), ObservationDraft.isVolatility(exact) else { return nil }
        return rounded(exact)
    }

    mutating func median(_ values: [JSONValue?]) -> FixedDecimal? {
        let sorted = values.compactMap { WireValue.exact($0) }.sorted { $0 < $1 }
        guard !sorted.isEmpty,
            let middle = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]).divided(by: ExactNumber(2))
        else { return nil }
        return rounded(middle)
    }

    private mutating func rounded(_ exact: ExactNumber) -> FixedDecimal? {
        guard let decimal = exact.rounded() else { return nil }
        if ExactNumber(decimal) != exact { isRounded = true }
        return decimal
    }
}

extension SymbolVendor {
    /// Amberdata's chains of coins.
    package static let amberdata = SymbolVendor(
        name: "amberdata", covers: { series, symbol in series == .chain && (symbol == "BTC" || symbol == "ETH") },
        open: { (values, question, intervals, _, isOwnServer) throws(SettingProblem) in
            guard let key = values["AMBERDATA_API_KEY"] else {
                throw SettingProblem("AMBERDATA_API_KEY is not set: expected Amberdata's key")
            }
            guard question.root == nil else { throw SettingProblem("root: options on coins have no other root") }
            return AmberdataSeries(
                AmberdataConfiguration(values, key: key, isOwnServer: isOwnServer), intervals,
                expiriesWithinDays: question.expiriesWithinDays)
        })
}
