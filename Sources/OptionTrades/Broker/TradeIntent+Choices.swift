package import LedgerValues

/// What is traded.
package enum InstrumentType: String, Sendable, CaseIterable {
    case call = "CALL"
    case put = "PUT"
    case stock = "STOCK"

    /// Call or put; nil for shares.
    package var optionType: OptionType? {
        switch self {
        case .call: .call
        case .put: .put
        case .stock: nil
        }
    }
}

/// A purchase, or a sale that closes.
package enum IntentAction: String, Sendable, CaseIterable {
    case buy = "BUY"
    case sell = "SELL"
}

/// The strategy of an intent: it chooses the strike, the window of expiries and the cap.
package enum TradeStrategy: String, Sendable, CaseIterable {
    case dayTrade = "day_trade"
    case swingTrade = "swing_trade"
    case conservative
}

extension TradeIntent {
    /// Whether two intents want the same. A repetition that names no expiry means that of the first.
    package func isSame(as other: TradeIntent, comparingExpiry: Bool) -> Bool {
        var (left, right) = (self, other)
        if !comparingExpiry { left.expiresAt = right.expiresAt }
        right.source = left.source
        return left == right
    }
}

/// The sources of orders: a broker and a kind of account.
package enum BrokerSource: String, Sendable, CaseIterable {
    case alpacaPaper = "alpaca_paper"
    case alpacaLive = "alpaca_live"
    case sampleBroker = "sample_broker"

    /// What `execution_mode` says of an order that this source's broker has.
    package var executionMode: ExecutionMode {
        switch self {
        case .alpacaPaper: .alpacaPaper
        case .alpacaLive: .alpacaLive
        case .sampleBroker: .sampleBroker
        }
    }
}

/// What became of an intent.
package enum ExecutionMode: String, Sendable, CaseIterable {
    /// Nothing was submitted, and nothing decided that ends it.
    case pending = "PENDING"
    /// An order was submitted; whether the broker has it is not known.
    case unresolved = "UNRESOLVED"
    case alpacaPaper = "ALPACA_PAPER"
    case alpacaLive = "ALPACA_LIVE"
    case sampleBroker = "SAMPLE_BROKER"
    /// No order was submitted: the decision was to simulate.
    case simulatedFallback = "SIMULATED_FALLBACK"
    /// The broker refused the only POST, or rejected the order without a fill.
    case refused = "REFUSED"
    case cancelled = "CANCELLED"
    case expired = "EXPIRED"
}
