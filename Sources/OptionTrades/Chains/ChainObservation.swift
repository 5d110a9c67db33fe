package import LedgerValues

/// A chain as it is captured: what a vendor had of the options of one underlying and expiry at a moment.
package struct ChainObservation: Sendable {
    package let underlying: String
    package let expiry: CalendarDate
    /// Its rows strictly ascend.
    package let chain: OptionChain
    package let rounded: Bool
    /// The unit of the volatilities before their conversion to vol points, if they were converted.
    package let unitSource: String?
    package let provenance: MarketObservedPayload.Provenance

    package init(
        underlying: String, expiry: CalendarDate, chain: OptionChain, rounded: Bool, unitSource: String?,
        provenance: MarketObservedPayload.Provenance
    ) {
        self.underlying = underlying
        self.expiry = expiry
        self.chain = chain
        self.rounded = rounded
        self.unitSource = unitSource
        self.provenance = provenance
    }

    /// The observations of the chain, one a part. Nil if it has no rows, or if a value of it is invalid.
    package func parts() -> [MarketObservedPayload]? {
        guard !chain.rows.isEmpty else { return nil }
        let parts = MarketRows.parts(chain.rows, of: .optionChain, \.values)
        var observations: [MarketObservedPayload] = []
        for (index, rows) in parts.enumerated() {
            let fields: [(name: String, value: MarketValue?)] = [
                ("underlying", .text(underlying)), ("timestamp", .instant(chain.timestamp)), ("expiry", .date(expiry)),
                ("part", .integer(Int64(index + 1))), ("parts", .integer(Int64(parts.count))),
                ("source", chain.source.map(MarketValue.text)), ("spot", chain.spot.map(MarketValue.decimal)),
                ("forward", chain.forward.map(MarketValue.decimal)), ("multiplier", chain.multiplier.map(MarketValue.decimal)),
                ("open_interest_date", chain.openInterestDate.map(MarketValue.date)),
                ("rows", .rows(MarketRows(rows.map(\.values), of: .optionChain))),
            ]
            guard
                let observation = MarketObservedPayload(
                    kind: .optionChain, fields: fields.map { ($0.name, $0.value ?? .null) }, rounded: rounded, unitSource: unitSource,
                    provenance: provenance)
            else { return nil }
            observations.append(observation)
        }
        return observations
    }
}

/// The rows of a chain while they are collected: of equal options the first counts.
package struct ChainRows: Sendable {
    private var rows: [ChainRow] = []

    package init() {}

    /// Takes a row. Counts that are below zero are missing.
    package mutating func add(_ row: ChainRow) {
        var row = row
        row.openInterest = row.openInterest.flatMap { $0.isNegative ? nil : $0 }
        row.volume = row.volume.flatMap { $0.isNegative ? nil : $0 }
        rows.append(row)
    }

    /// By strike, calls before puts, each option once.
    package var sorted: [ChainRow] {
        var sorted: [ChainRow] = []
        for (_, row) in rows.enumerated().sorted(by: {
            $0.element.precedes($1.element) || !$1.element.precedes($0.element) && $0.offset < $1.offset
        }) where sorted.last.map({ $0.precedes(row) }) ?? true {
            sorted.append(row)
        }
        return sorted
    }
}

// MARK: - Chains of contracts

/// What a broker's market becomes as chains: one of each expiry, all of one moment.
///
/// The moment is the latest time of anything that is in them, so that nothing in a chain is later than the chain.
package struct CapturedChains: Sendable {
    package private(set) var observations: [MarketObservedPayload] = []
    package private(set) var leftOut: [String: Int] = [:]

    /// - Parameters:
    ///   - symbol: the underlying that was asked for.
    ///   - root: the root that was asked for; nil for the symbol's own. It names the chains.
    ///   - lastTimes: when the last trade of a contract was, by its symbol.
    package init(
        of market: BrokerMarket, symbol: String, root: String?, lastTimes: [ByteKey: Instant], source: String
    ) {
        let own = root ?? symbol.filter { $0 != "." }
        var rows: [ContractRow] = []
        for row in market.rows {
            if row.root.isBytewiseEqual(to: own) { rows.append(row) } else { leave("other_root") }
        }
        let multiplier = Self.mostFrequent(rows.compactMap(\.multiplier))
        // A contract of an unknown multiplier is not known to have another one.
        rows.removeAll { row in
            let isOther = row.multiplier != nil && row.multiplier != multiplier
            if isOther { leave("other_multiplier") }
            return isOther
        }
        let quote = market.underlying
        let spot = Dispatcher.spot(quote)
        let times = rows.compactMap(\.quoteTimestamp) + [quote.isValid ? quote.quoteTimestamp : quote.lastTimestamp].compactMap { $0 }
        guard rows.contains(where: { $0.quoteTimestamp != nil }), let timestamp = times.max(), let date = NewYorkDay.date(at: timestamp)
        else {
            if !rows.isEmpty { leave("no_quote", rows.count) }
            return
        }
        var byExpiry: [CalendarDate: [ContractRow]] = [:]
        for row in rows {
            if row.expiry < date { leave("expired") } else { byExpiry[row.expiry, default: []].append(row) }
        }
        for (expiry, rows) in byExpiry.sorted(by: { $0.key < $1.key }) {
            let interestDate = rows.compactMap { $0.openInterest == nil ? nil : $0.openInterestDate }.max()
            var chain = ChainRows()
            for row in rows {
                var interest = row.openInterest
                if interest != nil, row.openInterestDate != interestDate {
                    interest = nil
                    leave("open_interest_of_another_date")
                }
                // A last price or a volume of another day is not the chain's.
                let lastDate = lastTimes[ByteKey(row.optionSymbol)].flatMap { NewYorkDay.date(at: $0) }
                chain.add(
                    ChainRow(
                        strike: row.strike, row.optionType, bid: row.bid, ask: row.ask, last: lastDate == date ? row.last : nil,
                        iv: row.iv, delta: row.delta, gamma: row.gamma, theta: row.theta, vega: row.vega, openInterest: interest,
                        volume: row.volumeDate == date ? row.volume : nil))
            }
            let observation = ChainObservation(
                underlying: root ?? symbol, expiry: expiry,
                chain: OptionChain(
                    timestamp: timestamp, source: source, spot: spot, multiplier: multiplier, openInterestDate: interestDate,
                    rows: chain.sorted),
                rounded: rows.contains(where: \.rounded), unitSource: rows.contains { $0.iv != nil } ? "fraction" : nil,
                provenance: MarketObservedPayload.Provenance(observedSource: source))
            if let parts = observation.parts() { observations += parts } else { leave("invalid", rows.count) }
        }
    }

    private mutating func leave(_ reason: String, _ count: Int = 1) { leftOut[reason, default: 0] += count }

    /// The value that most have, of two the smaller.
    private static func mostFrequent(_ values: [FixedDecimal]) -> FixedDecimal? {
        var counts: [FixedDecimal: Int] = [:]
        for value in values { counts[value, default: 0] += 1 }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.first?.key
    }
}

// MARK: - Bars

/// Bars of a symbol while they are collected, by period: of equal times the first counts.
package struct CapturedBars: Sendable {
    private let symbol: String
    private let isDaily: Bool
    private let adjustment: String
    private let source: String
    private var bars: [String: [Bar]] = [:]
    private var roundedPeriods: Set<String> = []

    package init(symbol: String, isDaily: Bool, adjustment: String, source: String) {
        self.symbol = symbol
        self.isDaily = isDaily
        self.adjustment = adjustment
        self.source = source
    }

    package mutating func add(_ bar: Bar, rounded: Bool) {
        let period = Bar.period(of: bar.timestamp, isDaily: isDaily)
        bars[period, default: []].append(bar)
        if rounded { roundedPeriods.insert(period) }
    }

    /// The observations, one a period in order of time. Nil if the bars of a period are none: too many, or a figure below zero.
    package func observations() -> [MarketObservedPayload]? {
        var observations: [MarketObservedPayload] = []
        for (period, bars) in bars.sorted(by: { $0.key.isBytewiseLess(than: $1.key) }) {
            var sorted: [Bar] = []
            for (_, bar) in bars.enumerated().sorted(by: { ($0.element.timestamp, $0.offset) < ($1.element.timestamp, $1.offset) })
            where sorted.last?.timestamp != bar.timestamp { sorted.append(bar) }
            let fields: [(name: String, value: MarketValue)] = [
                ("symbol", .text(symbol)), ("interval", .text(isDaily ? "1d" : "1m")), ("period", .text(period)),
                ("source", .text(source)), ("adjustment", .text(adjustment)),
                ("bars", .rows(MarketRows(sorted.map(\.values), of: .bars))),
            ]
            guard
                let observation = MarketObservedPayload(
                    kind: .bars, fields: fields, rounded: roundedPeriods.contains(period),
                    provenance: MarketObservedPayload.Provenance(observedSource: source))
            else { return nil }
            observations.append(observation)
        }
        return observations
    }
}
