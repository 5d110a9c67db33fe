import LedgerEvents
package import LedgerValues

/// An observation of a market in a series, with its time and its position in the log.
package protocol MarketPoint: Sendable {
    var position: Int64 { get }
    var timestamp: Instant { get }
}

/// A `gex_hourly` observation: dealer gamma and spot. Omitted figures are nil.
package struct GexPoint: MarketPoint, Equatable {
    package var position: Int64
    package var timestamp: Instant
    package var netGex: FixedDecimal?
    package var absGex: FixedDecimal?
    package var gexImbalance: FixedDecimal?
    package var spot: FixedDecimal?

    package init(
        position: Int64, timestamp: Instant, netGex: FixedDecimal? = nil, absGex: FixedDecimal? = nil,
        gexImbalance: FixedDecimal? = nil, spot: FixedDecimal? = nil
    ) {
        self.position = position
        self.timestamp = timestamp
        self.netGex = netGex
        self.absGex = absGex
        self.gexImbalance = gexImbalance
        self.spot = spot
    }

    /// ``imbalance(own:net:abs:)`` of the observation.
    package var imbalance: ExactNumber? { Self.imbalance(own: gexImbalance, net: netGex, abs: absGex) }

    /// The series' own imbalance, else `net_gex ÷ abs_gex`, exact. Nil if a part is missing, if `abs_gex` is 0, or if
    /// the quotient reaches 10^18, which no stored decimal does.
    static func imbalance(own: FixedDecimal?, net: FixedDecimal?, abs: FixedDecimal?) -> ExactNumber? {
        if let own { return ExactNumber(own) }
        guard let net, let abs, let quotient = ExactNumber(net).divided(by: ExactNumber(abs)),
            let rounded = quotient.rounded(), rounded.magnitude < storedLimit
        else { return nil }
        return quotient
    }

    private static let storedLimit = FixedDecimal(1_000_000_000_000_000_000)
}

/// A `vol_metrics` observation. Volatilities are in vol points (58.3 is 58.3%).
package struct VolPoint: MarketPoint, Equatable {
    package var position: Int64
    package var timestamp: Instant
    package var dvol: FixedDecimal?
    package var vrp: FixedDecimal?
    package var ivAtm7d: FixedDecimal?
    package var ivAtm30d: FixedDecimal?
    package var rv30d: FixedDecimal?
    package var spot: FixedDecimal?

    package init(
        position: Int64, timestamp: Instant, dvol: FixedDecimal? = nil, vrp: FixedDecimal? = nil,
        ivAtm7d: FixedDecimal? = nil, ivAtm30d: FixedDecimal? = nil, rv30d: FixedDecimal? = nil,
        spot: FixedDecimal? = nil
    ) {
        self.position = position
        self.timestamp = timestamp
        self.dvol = dvol
        self.vrp = vrp
        self.ivAtm7d = ivAtm7d
        self.ivAtm30d = ivAtm30d
        self.rv30d = rv30d
        self.spot = spot
    }
}

extension VolPoint {
    /// ``premium(own:dvol:rv30d:)`` of the observation.
    var premium: (value: FixedDecimal, source: String)? { Self.premium(own: vrp, dvol: dvol, rv30d: rv30d) }

    /// The observed `vrp`, else `dvol − rv_30d`, in vol points, and which it is; nil where a part is missing.
    static func premium(own: FixedDecimal?, dvol: FixedDecimal?, rv30d: FixedDecimal?) -> (value: FixedDecimal, source: String)? {
        if let own { return (own, "observed") }
        guard let dvol, let rv30d else { return nil }
        return (dvol - rv30d, "derived")
    }
}

/// A `spot` observation.
package struct SpotPoint: MarketPoint, Equatable {
    package var position: Int64
    package var timestamp: Instant
    package var price: FixedDecimal?

    package init(position: Int64, timestamp: Instant, price: FixedDecimal? = nil) {
        self.position = position
        self.timestamp = timestamp
        self.price = price
    }
}

/// The log's observations of one market by kind. Each kind is in ascending order of time, with one observation for each
/// timestamp.
package struct MarketSeries: Sendable, Equatable {
    package var gex: [GexPoint] = []
    package var vol: [VolPoint] = []
    package var spot: [SpotPoint] = []

    package init() {}

    /// The series of every market that the observations name. Among observations with the same identity (kind, market,
    /// timestamp) the highest position wins. Kinds without a series are ignored. O(n log n).
    package static func build(
        from observations: some Sequence<(position: Int64, payload: MarketObservedPayload)>
    ) -> [ByteKey: MarketSeries] {
        var builder = MarketSeriesBuilder()
        for (position, payload) in observations { builder.add(payload, at: position) }
        return builder.finish()
    }
}

/// Collects observations in any order without keeping their payloads.
package struct MarketSeriesBuilder: Sendable {
    private var series: [ByteKey: MarketSeries] = [:]

    package init() {}

    /// Adds one observation. Kinds without a series are ignored.
    package mutating func add(_ payload: MarketObservedPayload, at position: Int64) {
        let market = ByteKey(payload.subject)
        let timestamp = payload.timestamp
        switch payload.kind {
        case .gexHourly:
            series[market, default: MarketSeries()].gex.append(
                GexPoint(
                    position: position, timestamp: timestamp, netGex: payload.decimal("net_gex"),
                    absGex: payload.decimal("abs_gex"), gexImbalance: payload.decimal("gex_imbalance"),
                    spot: payload.decimal("spot")))
        case .volMetrics:
            series[market, default: MarketSeries()].vol.append(
                VolPoint(
                    position: position, timestamp: timestamp, dvol: payload.decimal("dvol"),
                    vrp: payload.decimal("vrp"), ivAtm7d: payload.decimal("iv_atm_7d"),
                    ivAtm30d: payload.decimal("iv_atm_30d"), rv30d: payload.decimal("rv_30d"),
                    spot: payload.decimal("spot")))
        case .spot:
            series[market, default: MarketSeries()].spot.append(
                SpotPoint(position: position, timestamp: timestamp, price: payload.decimal("price")))
        default: break
        }
    }

    /// The series of every market in order of time, without superseded observations.
    package consuming func finish() -> [ByteKey: MarketSeries] {
        series.mapValues { collected in
            var ordered = collected
            ordered.gex.settle()
            ordered.vol.settle()
            ordered.spot.settle()
            return ordered
        }
    }
}

extension Array where Element: MarketPoint {
    /// Sorts by time and keeps the last recorded observation of each timestamp.
    fileprivate mutating func settle() {
        sort { ($0.timestamp, $0.position) < ($1.timestamp, $1.position) }
        var kept = 0
        for index in indices {
            if kept > 0, self[kept - 1].timestamp == self[index].timestamp { kept -= 1 }
            self[kept] = self[index]
            kept += 1
        }
        removeLast(count - kept)
    }

    /// The index of the first point at or after an instant, else the count. O(log n).
    func index(atOrAfter instant: Instant) -> Int { partition { $0 >= instant } }

    /// The index of the first point after an instant, else the count. O(log n).
    func index(after instant: Instant) -> Int { partition { $0 > instant } }

    private func partition(_ holds: (Instant) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if holds(self[middle].timestamp) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
