package import LedgerRules
package import LedgerValues

/// The rules of decisions on intents (`dispatches/rules.v<N>.yaml`), with the shared files that they use.
package final class DispatchRules: Sendable {
    /// What a strategy chooses.
    package struct Strategy: Sendable {
        /// Days to expiry in New York, ends included.
        package let daysToExpiry: ClosedRange<Int>
        /// The target's distance from spot as a part of it; negative in the money.
        package let outOfTheMoney: FixedDecimal
        /// The part of equity that an order may cost.
        package let cap: FixedDecimal
    }

    /// A tick below a price, and one from there on.
    package struct Tick: Sendable {
        package let threshold: FixedDecimal
        package let below: FixedDecimal
        package let from: FixedDecimal

        package func size(at price: FixedDecimal) -> FixedDecimal { price < threshold ? below : from }
    }

    /// How an order is priced.
    package enum OrderType: String, Sendable {
        case limit, market
    }

    package let file: RuleFile
    package let newYork: NewYorkRules
    package let sessions: SessionRules
    private let strategies: [TradeStrategy: Strategy]
    package let strikeRange: FixedDecimal
    package let minutesBeforeExpiry: Int
    package let spreadBelow: FixedDecimal
    package let underlyingSpreadBelow: FixedDecimal
    package let openInterestFrom: FixedDecimal
    package let volumeFrom: FixedDecimal
    /// Seconds, ends included.
    package let quoteAge: ClosedRange<Int>
    package let moneynessHigh: FixedDecimal
    package let moneynessLow: FixedDecimal
    package let maxContracts: Int
    package let atLeastOneIfAffordable: Bool
    package let maxOrders: Int
    package let maxPremiumPct: FixedDecimal
    package let optionsLevelFrom: Int
    package let orderType: OrderType
    package let pennyTick: Tick
    package let otherTick: Tick
    package let stockTick: Tick
    package let timings: DispatchTimings

    /// All files read, in path order.
    package var files: [RuleFile] { [file, newYork.file, sessions.file].sorted { $0.path < $1.path } }

    package init(version: Int, read: RuleFileReader) throws {
        let document = try RuleDocument(path: "dispatches/rules.v\(version).yaml", kind: "dispatches", read: read)
        let root = document.root
        try root.allowOnly([
            "rules", "version", "uses", "strategies", "strike_range", "minutes_before_expiry", "gates", "size", "day",
            "options_level_from", "order_type", "ticks", "dispatcher",
        ])
        file = document.file
        newYork = try NewYorkRules(path: try root.used("shared/new_york."), read: read)
        sessions = try SessionRules(path: try root.used("shared/sessions."), newYork: newYork, read: read)
        let strategies = try root.member("strategies")
        try strategies.allowOnly(Set(TradeStrategy.allCases.map(\.rawValue)))
        var chosen: [TradeStrategy: Strategy] = [:]
        for strategy in TradeStrategy.allCases { chosen[strategy] = try Strategy(try strategies.member(strategy.rawValue)) }
        self.strategies = chosen
        strikeRange = try root.fraction("strike_range")
        minutesBeforeExpiry = try root.whole("minutes_before_expiry", from: 0)
        let gates = try root.member("gates")
        try gates.allowOnly([
            "spread_below", "underlying_spread_below", "open_interest_from", "volume_from", "quote_age_from", "quote_age_through",
            "moneyness_high", "moneyness_low",
        ])
        spreadBelow = try gates.decimal("spread_below")
        underlyingSpreadBelow = try gates.decimal("underlying_spread_below")
        openInterestFrom = try gates.decimal("open_interest_from")
        volumeFrom = try gates.decimal("volume_from")
        let (youngest, oldest) = (try gates.integer("quote_age_from"), try gates.integer("quote_age_through"))
        guard youngest <= oldest, -86_400...86_400 ~= youngest, -86_400...86_400 ~= oldest else {
            throw try gates.member("quote_age_through").fail("expected seconds from quote_age_from to 86400")
        }
        quoteAge = youngest...oldest
        moneynessHigh = try gates.fraction("moneyness_high")
        moneynessLow = try gates.fraction("moneyness_low")
        guard moneynessLow < moneynessHigh else { throw try gates.member("moneyness_low").fail("is not below moneyness_high") }
        let size = try root.member("size")
        try size.allowOnly(["max_contracts", "at_least_one_if_affordable"])
        maxContracts = try size.whole("max_contracts", from: 0)
        atLeastOneIfAffordable = try size.truth("at_least_one_if_affordable")
        let day = try root.member("day")
        try day.allowOnly(["max_orders", "max_premium_pct"])
        maxOrders = try day.whole("max_orders", from: 0)
        maxPremiumPct = try day.fraction("max_premium_pct")
        optionsLevelFrom = try root.whole("options_level_from", from: 0)
        let type = try root.member("order_type")
        guard let known = OrderType(rawValue: try type.scalar()) else { throw type.fail("expected limit or market") }
        orderType = known
        let ticks = try root.member("ticks")
        try ticks.allowOnly(["threshold", "penny", "other", "stock"])
        let threshold = try ticks.positive("threshold")
        pennyTick = try Tick(try ticks.member("penny"), threshold: threshold)
        otherTick = try Tick(try ticks.member("other"), threshold: threshold)
        let stock = try ticks.member("stock")
        try stock.allowOnly(["threshold", "below", "from"])
        stockTick = Tick(
            threshold: try stock.positive("threshold"), below: try stock.positive("below"), from: try stock.positive("from"))
        timings = try DispatchTimings(try root.member("dispatcher"))
    }

    package subscript(strategy: TradeStrategy) -> Strategy {
        guard let rules = strategies[strategy] else { preconditionFailure("the rules have every strategy") }
        return rules
    }

    /// The target strike of a strategy around a spot, exact.
    package func targetStrike(_ strategy: TradeStrategy, _ type: OptionType, spot: FixedDecimal) -> FixedDecimal? {
        let distance = self[strategy].outOfTheMoney
        let factor = ExactNumber(FixedDecimal(1) + (type == .call ? distance : -distance))
        return (ExactNumber(spot) * factor).rounded()
    }

    /// The strikes within reach of a spot, ends included.
    package func strikes(around spot: FixedDecimal) -> ClosedRange<FixedDecimal>? {
        guard let low = (ExactNumber(spot) * ExactNumber(FixedDecimal(1) - strikeRange)).rounded(),
            let high = (ExactNumber(spot) * ExactNumber(FixedDecimal(1) + strikeRange)).rounded(), low <= high
        else { return nil }
        return low...high
    }

    /// The tick of an option's price. An unknown interval is taken as the coarser one.
    package func optionTick(penny: Bool?) -> Tick { penny == true ? pennyTick : otherTick }
}

extension DispatchRules.Strategy {
    fileprivate init(_ node: RuleNode) throws {
        try node.allowOnly(["dte_from", "dte_through", "out_of_the_money", "cap"])
        let from = try node.whole("dte_from", from: 0)
        daysToExpiry = from...max(from, try node.whole("dte_through", from: from))
        outOfTheMoney = try node.decimal("out_of_the_money")
        guard outOfTheMoney.magnitude < FixedDecimal(1) else { throw try node.member("out_of_the_money").fail("expected a part of 1") }
        cap = try node.fraction("cap")
    }
}

extension DispatchRules.Tick {
    fileprivate init(_ node: RuleNode, threshold: FixedDecimal) throws {
        try node.allowOnly(["below", "from"])
        self.init(threshold: threshold, below: try node.positive("below"), from: try node.positive("from"))
    }
}

extension RuleNode {
    fileprivate func fraction(_ name: String) throws -> FixedDecimal {
        let value = try decimal(name)
        guard value >= .zero, value <= FixedDecimal(1) else { throw try member(name).fail("expected a decimal from 0 to 1") }
        return value
    }

    fileprivate func positive(_ name: String) throws -> FixedDecimal {
        let value = try decimal(name)
        guard value > .zero else { throw try member(name).fail("expected a decimal above 0") }
        return value
    }

    fileprivate func truth(_ name: String) throws -> Bool {
        switch try text(name) {
        case "true": true
        case "false": false
        default: throw try member(name).fail("expected true or false")
        }
    }
}
