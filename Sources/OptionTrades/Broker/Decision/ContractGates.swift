import LedgerValues

/// The gates of one contract or of the shares themselves, under the rules.
struct ContractGates {
    let rules: DispatchRules
    let market: MarketConsultedPayload
    let action: IntentAction

    /// All gates of a contract that is to be bought.
    func ofPurchase(_ row: ContractRow) -> [Gate] {
        [
            bidAskValid(row.bid, row.ask), spread(row), expiration(row), liquidity(row), volume(row),
            quoteAge(row.quoteTimestamp, withUnderlying: true), session(), moneyness(row),
        ]
    }

    /// The gates of a contract whose position is to be closed: a loss can be cut.
    func ofClose(_ row: ContractRow) -> [Gate] {
        [bidAskValid(row.bid, row.ask), expiration(row), quoteAge(row.quoteTimestamp, withUnderlying: false), session()]
    }

    func ofShares() -> [Gate] { [quoteAge(market.underlying.quoteTimestamp, withUnderlying: action == .buy), session()] }

    private func bidAskValid(_ bid: FixedDecimal?, _ ask: FixedDecimal?) -> Gate {
        let value = bid.flatMap { bid in ask.map { "\(bid)/\($0)" } }
        return Gate(
            "bid_ask_valid", value: value, threshold: "bid > 0 and ask >= bid",
            failure: BrokerFigures.mid(bid, ask) != nil ? nil : value == nil ? "bid or ask is missing" : "the quote is empty or crossed")
    }

    private func spread(_ row: ContractRow) -> Gate {
        let spread = BrokerFigures.spreadPct(row.bid, row.ask)
        let failure: String? =
            if let spread {
                spread < ExactNumber(rules.spreadBelow) ? nil : "the spread is too wide"
            } else {
                "there is no valid quote"
            }
        return Gate("spread", value: spread?.rounded()?.description, threshold: "< \(rules.spreadBelow)", failure: failure)
    }

    /// The last moment, not included, at which the contract may be traded.
    private func cutOff(_ row: ContractRow) -> Instant? {
        guard let close = rules.sessions.session(on: row.expiry)?.close else { return nil }
        let minutes = action == .buy ? rules.minutesBeforeExpiry : 0
        return close.advanced(byMicroseconds: -Int64(minutes) * 60_000_000)
    }

    private func expiration(_ row: ContractRow) -> Gate {
        let cutOff = cutOff(row)
        let failure: String? =
            if let cutOff {
                market.now < cutOff ? nil : "the contract expires"
            } else {
                "the session of the expiry is not known"
            }
        return Gate(
            "expiration", value: row.expiry.description, threshold: cutOff.map { "now < \($0)" } ?? "a known session", failure: failure)
    }

    private func atLeast(_ name: String, _ value: FixedDecimal?, _ least: FixedDecimal, _ what: String) -> Gate {
        Gate(
            name, value: value?.description, threshold: ">= \(least)",
            failure: value.map { $0 >= least ? nil : "\(what) is too low" } ?? "\(what) is missing")
    }

    private func liquidity(_ row: ContractRow) -> Gate {
        atLeast("liquidity", row.openInterest, rules.openInterestFrom, "the open interest")
    }

    private func volume(_ row: ContractRow) -> Gate {
        // A bar of an earlier day says nothing of this one.
        let isOfToday = row.volumeDate != nil && row.volumeDate == rules.newYork.date(at: market.now)
        return atLeast("volume", isOfToday ? row.volume : nil, rules.volumeFrom, "the volume of the day")
    }

    /// The age in microseconds.
    private func age(_ timestamp: Instant?) -> Int64? { timestamp.map { market.now.microseconds - $0.microseconds } }

    private func isFresh(_ age: Int64) -> Bool {
        age >= Int64(rules.quoteAge.lowerBound) * 1_000_000 && age <= Int64(rules.quoteAge.upperBound) * 1_000_000
    }

    private func quoteAge(_ timestamp: Instant?, withUnderlying: Bool) -> Gate {
        let own = age(timestamp)
        let underlying = age(market.underlying.quoteTimestamp)
        let spread = BrokerFigures.spreadPct(market.underlying.bid, market.underlying.ask)
        let failure: String? =
            if let own {
                if !isFresh(own) {
                    "the quote is not of now"
                } else if !withUnderlying {
                    nil
                } else if let underlying {
                    if !isFresh(underlying) {
                        "the underlying's quote is not of now"
                    } else if let spread {
                        spread < ExactNumber(rules.underlyingSpreadBelow) ? nil : "the underlying's spread is too wide"
                    } else {
                        "the underlying has no valid quote"
                    }
                } else {
                    "the underlying's quote is missing"
                }
            } else {
                "the quote's time is missing"
            }
        let seconds = own.map { FixedDecimal(units: Int128($0) * (FixedDecimal.unitsPerOne / 1_000_000)).description }
        return Gate(
            "quote_age", value: seconds, threshold: "\(rules.quoteAge.lowerBound)...\(rules.quoteAge.upperBound) s", failure: failure)
    }

    func session() -> Gate {
        let calendar = market.calendar
        let isOpen: Bool? =
            if let open = calendar.sessionOpen, let close = calendar.sessionClose {
                market.now >= open && market.now < close
            } else {
                false
            }
        let failure: String? =
            switch (isOpen, calendar.brokerIsOpen) {
            case (true?, true?): nil
            case (_, nil): "the broker's clock is missing"
            case (true?, false?): "the broker says that the market is closed"
            case (_, true?): "the calendar says that the market is closed"
            default: "the market is closed"
            }
        return Gate("session", value: failure == nil ? "open" : "closed", threshold: "open", failure: failure)
    }

    private func moneyness(_ row: ContractRow) -> Gate {
        let threshold = "\(rules.moneynessLow)/\(rules.moneynessHigh)"
        guard let delta = row.delta, let spot = market.spot else {
            return Gate("moneyness", value: nil, threshold: threshold, failure: nil)
        }
        let size = delta.magnitude
        let (isOut, isIn) =
            row.optionType == .call ? (row.strike > spot, row.strike <= spot) : (row.strike < spot, row.strike >= spot)
        let failure: String? =
            if size >= rules.moneynessHigh, isOut {
                "the delta is that of a contract in the money: the spot is wrong"
            } else if size <= rules.moneynessLow, isIn {
                "the delta is that of a contract out of the money: the spot is wrong"
            } else {
                nil
            }
        return Gate("moneyness", value: delta.description, threshold: threshold, failure: failure)
    }
}
