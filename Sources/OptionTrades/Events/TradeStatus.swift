/// The state of an order at the source.
package enum TradeStatus: String, Sendable, Hashable, CaseIterable {
    case filled = "FILLED"
    case partiallyFilled = "PARTIALLY_FILLED"
    case pending = "PENDING"
    case cancelled = "CANCELLED"
    case rejected = "REJECTED"
    case busted = "BUSTED"
}

/// The side of an execution.
package enum Direction: String, Sendable, Hashable, CaseIterable {
    case buy
    case sell
}
