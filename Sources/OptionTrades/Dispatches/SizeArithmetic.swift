package import LedgerJSON
import LedgerValues

/// How the size of an order came about: each bound with its formula and its figures.
package enum SizeArithmetic {
    /// The steps of a decision, in the order in which a reader checks them. A figure that is missing is null.
    package static func steps(_ decision: Decision, _ facts: DecisionFacts, _ rules: DispatchRules) -> [JSONNode] {
        let size = decision.size
        let isOption = facts.intent.instrument != .stock
        let account = facts.account
        let power = isOption ? account?.optionsBuyingPower ?? account?.buyingPower : account?.buyingPower
        var steps: [JSONNode] = []
        func step(_ name: String, _ formula: String, _ inputs: [(String, JSONNode)], _ value: JSONNode) {
            steps.append(
                .object([("name", .string(name)), ("formula", .string(formula)), ("inputs", .object(inputs)), ("value", value)]))
        }
        if facts.intent.action == .buy {
            let price: (String, JSONNode) = isOption ? ("mid", .decimal(decision.mid)) : ("ask", .decimal(decision.ask))
            let multiplier: (String, JSONNode) = ("multiplier", .decimal(decision.multiplier))
            step("unit_cost", "\(price.0) × multiplier", [price, multiplier], .decimal(size.unitCost))
            step(
                "unit_limit_cost", "limit × multiplier", [("limit", .decimal(decision.limitPrice)), multiplier],
                .decimal(size.unitLimitCost))
            step(
                "by_cap", "floor(equity × cap ÷ unit_cost)",
                [("equity", .decimal(account?.equity)), ("cap", .decimal(size.cap)), ("unit_cost", .decimal(size.unitCost))],
                .integer(size.byCap))
            step(
                "by_buying_power", "floor((buying power − reserved) ÷ unit_limit_cost)",
                [
                    ("buying_power", .decimal(power)), ("reserved", .decimal(facts.day.reserved)),
                    ("unit_limit_cost", .decimal(size.unitLimitCost)),
                ], .integer(size.byBuyingPower))
            step(
                "by_max_premium", "floor((equity × max_premium_pct − premium of the day) ÷ unit_limit_cost)",
                [
                    ("equity", .decimal(account?.equity)), ("max_premium_pct", .decimal(rules.maxPremiumPct)),
                    ("premium", .decimal(facts.day.premium)), ("unit_limit_cost", .decimal(size.unitLimitCost)),
                ], .integer(size.byMaxPremium))
            step(
                "by_max_orders", "max_orders − orders of the day",
                [("max_orders", .integer(Int64(rules.maxOrders))), ("orders", .integer(facts.day.orders))], .integer(size.byMaxOrders))
        }
        if let bound = size.byMaxContracts { step("by_max_contracts", "max_contracts", [], .integer(bound)) }
        if let bound = size.byIntent { step("by_intent", "the quantity of the intent", [], .integer(bound)) }
        if let bound = size.byPosition { step("by_position", "open − being closed", [], .integer(bound)) }
        step("quantity", "the smallest bound; 0 if the day has no order left", [], .integer(size.quantity))
        return steps
    }
}
