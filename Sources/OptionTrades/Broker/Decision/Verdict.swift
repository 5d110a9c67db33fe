/// What follows from the facts.
package enum Verdict: String, Sendable, CaseIterable {
    /// An order is submitted.
    case submit
    /// No order is submitted, and the intent ends.
    case simulate
    /// Nothing happens yet.
    case wait
    /// The intent ends: it closes nothing, or can't say what.
    case cancel
    /// The recorded candidates were cut before what these rules need.
    case insufficientFacts = "insufficient_facts"
}

extension Gate {
    package init(_ name: String, value: String?, threshold: String, failure: String?) {
        self.init()
        (self.name, self.value, self.threshold, pass, reason) = (name, value, threshold, failure == nil, failure)
    }
}

extension OrderSize {
    /// The smallest bound; zero without any.
    mutating func settle() {
        let bounds = [byCap, byBuyingPower, byMaxContracts, byMaxPremium, byIntent, byPosition].compactMap { $0 }
        quantity = byMaxOrders == 0 ? 0 : max(0, bounds.min() ?? 0)
    }
}
