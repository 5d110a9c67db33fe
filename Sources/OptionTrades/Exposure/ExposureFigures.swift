package import LedgerValues

/// Gamma exposure of a chain, or of several, by strike (docs/contract/research.md, "exposure").
package struct ExposureFigures: Sendable {
    package struct Strike: Sendable {
        package let strike: FixedDecimal
        package var callOI: ExactNumber?
        package var putOI: ExactNumber?
        package var callGex: ExactNumber?
        /// Below zero, by the convention.
        package var putGex: ExactNumber?
        package var netGex: ExactNumber? { sum(callGex, putGex) }
    }

    /// Ascending.
    package private(set) var strikes: [Strike] = []
    package private(set) var contracts = 0
    package private(set) var withOpenInterest = 0
    package private(set) var withGamma = 0
    package private(set) var warnings: Set<String> = []

    package init() {}

    package init(of chain: OptionChain, _ rules: ExposureRules) { add(chain, rules) }

    /// Adds a chain. Its gex is of its own spot and multiplier.
    package mutating func add(_ chain: OptionChain, _ rules: ExposureRules) {
        let (spot, multiplier) = (chain.soundSpot, chain.multiplier)
        if spot == nil { warnings.insert("missing_spot") }
        if multiplier == nil { warnings.insert("missing_multiplier") }
        // Of one unit of gamma x open interest.
        let unit = spot.flatMap { spot in multiplier.map { spot.exact * spot.exact * $0.exact * rules.move.exact } }
        var own: [Strike] = []
        for row in chain.rows {
            if own.last?.strike != row.strike { own.append(Strike(strike: row.strike)) }
            contracts += 1
            if row.openInterest == nil { warnings.insert("missing_open_interest") } else { withOpenInterest += 1 }
            if row.gamma == nil { warnings.insert("missing_gamma") } else { withGamma += 1 }
            var gex: ExactNumber?
            if let unit, let gamma = row.gamma, let interest = row.openInterest { gex = unit * gamma.exact * interest.exact }
            switch row.optionType {
            case .call:
                own[own.count - 1].callOI = row.openInterest?.exact
                own[own.count - 1].callGex = gex
            case .put:
                own[own.count - 1].putOI = row.openInterest?.exact
                own[own.count - 1].putGex = gex.map { -$0 }
            }
        }
        merge(own)
    }

    private mutating func merge(_ own: [Strike]) {
        if strikes.isEmpty {
            strikes = own
            return
        }
        var merged: [Strike] = []
        var next = 0
        for strike in strikes {
            while next < own.count, own[next].strike < strike.strike {
                merged.append(own[next])
                next += 1
            }
            guard next < own.count, own[next].strike == strike.strike else {
                merged.append(strike)
                continue
            }
            merged.append(
                Strike(
                    strike: strike.strike, callOI: sum(strike.callOI, own[next].callOI), putOI: sum(strike.putOI, own[next].putOI),
                    callGex: sum(strike.callGex, own[next].callGex), putGex: sum(strike.putGex, own[next].putGex)))
            next += 1
        }
        strikes = merged + own[next...]
    }

    package var totalCall: ExactNumber? { strikes.reduce(nil) { sum($0, $1.callGex) } }
    package var totalPut: ExactNumber? { strikes.reduce(nil) { sum($0, $1.putGex) } }
    package var totalNet: ExactNumber? { sum(totalCall, totalPut) }

    package var openInterestCoverage: FixedDecimal? { share(withOpenInterest) }
    package var gammaCoverage: FixedDecimal? { share(withGamma) }

    private func share(_ count: Int) -> FixedDecimal? {
        ExactNumber(count).divided(by: ExactNumber(contracts))?.rounded(fractionDigits: 4)
    }

    /// The first strike at which the running sum of net gex, once it is not zero, is zero or has the other sign than the last
    /// sum that was not. Nil without one.
    package func flipStrike(_ rules: ExposureRules) -> FixedDecimal? {
        var running = ExactNumber.zero
        var isNegative: Bool?
        for strike in strikes {
            guard let net = strike.netGex else { continue }
            running += net
            if running.magnitude < rules.flipZero {
                if isNegative != nil { return strike.strike }
                continue
            }
            if let isNegative, isNegative != running.isNegative { return strike.strike }
            isNegative = running.isNegative
        }
        return nil
    }

    /// The strikes with the largest |net gex|, ties by strike.
    package func top(_ count: Int) -> [Strike] {
        let known = strikes.compactMap { strike in strike.netGex.map { (strike, $0.magnitude) } }
        return known.sorted { $0.1 == $1.1 ? $0.0.strike < $1.0.strike : $1.1 < $0.1 }.prefix(count).map(\.0)
    }
}

/// The sum of what is known of two figures. Nil if neither is.
func sum(_ one: ExactNumber?, _ other: ExactNumber?) -> ExactNumber? {
    guard let one else { return other }
    return other.map { one + $0 } ?? one
}
