package import LedgerValues

/// A broker, as the dispatcher needs it. Nothing here is retried by the implementation.
package protocol BrokerAPI: Sendable {
    /// Whether the market is open, by the broker's clock.
    func clock() async throws(BrokerFailure) -> BrokerClock

    func account() async throws(BrokerFailure) -> BrokerAccount

    /// The market around an intent: the underlying, and of the chain what the filters let through.
    func market(_ question: ChainQuestion) async throws(BrokerFailure) -> BrokerMarket

    /// Sends an order once. What the answer does not settle is unknown.
    func submit(_ body: OrderBody, timeoutSeconds: Double) async -> SubmitOutcome

    /// The order with a client order id; nil if the broker says that there is none.
    func order(clientOrderID: String) async throws(BrokerFailure) -> BrokerOrder?

    /// The order with the broker's id; nil if the broker says that there is none.
    func order(id: String) async throws(BrokerFailure) -> BrokerOrder?

    /// All orders submitted after an instant, whatever their status, paged to the end.
    func orders(submittedAfter instant: Instant?) async throws(BrokerFailure) -> [BrokerOrder]

    /// All orders that are open.
    func openOrders() async throws(BrokerFailure) -> [BrokerOrder]

    /// Asks for an order's cancellation. False if the broker says that it can't be cancelled any more.
    func cancel(id: String) async throws(BrokerFailure) -> Bool

    func positions() async throws(BrokerFailure) -> [BrokerPosition]

    /// The activities that change positions without an order, oldest first.
    func activities(after date: CalendarDate?) async throws(BrokerFailure) -> [BrokerActivityRecordedPayload]
}

/// The broker's clock.
package struct BrokerClock: Sendable, Equatable {
    package var isOpen: Bool
    /// The `Date` of the answer; nil without one.
    package var date: Instant?

    package init(isOpen: Bool, date: Instant?) { (self.isOpen, self.date) = (isOpen, date) }
}

/// An account with its id, which only a digest of is recorded.
package struct BrokerAccount: Sendable, Equatable {
    package var id: String
    package var facts: AccountFacts

    package init(id: String, facts: AccountFacts) { (self.id, self.facts) = (id, facts) }
}

/// What of the market an intent asks for.
package struct ChainQuestion: Sendable, Equatable {
    package var ticker: String
    /// Nil for shares.
    package var filters: ChainFilters?

    package init(ticker: String, filters: ChainFilters?) { (self.ticker, self.filters) = (ticker, filters) }
}

/// What the broker knows of a market.
package struct BrokerMarket: Sendable, Equatable {
    package var underlying = UnderlyingQuote()
    package var rows: [ContractRow] = []
    package var pages: Int64 = 0

    package init() {}
}

/// An order as the broker gives it.
package struct BrokerOrder: Sendable, Equatable {
    package var id = ""
    package var clientOrderID = ""
    package var symbol = ""
    package var side = ""
    package var type = ""
    package var quantity: FixedDecimal?
    package var limitPrice: FixedDecimal?
    package var status = ""
    package var filledQuantity = FixedDecimal.zero
    package var filledAveragePrice: FixedDecimal?
    package var commission: FixedDecimal?
    package var replaces: String?
    package var replacedBy: String?
    package var submittedAt: Instant?
    package var updatedAt: Instant?
    package var filledAt: Instant?
    package var canceledAt: Instant?
    package var expiredAt: Instant?
    package var failedAt: Instant?

    package init() {}

    /// Whether it is the order of a body: nobody else's under its id.
    package func isOf(_ body: OrderBody) -> Bool {
        clientOrderID.isBytewiseEqual(to: body.clientOrderID) && symbol.isBytewiseEqual(to: body.symbol)
            && side.isBytewiseEqual(to: body.side) && quantity == FixedDecimal(Int(body.quantity))
            && type.isBytewiseEqual(to: body.type) && limitPrice == body.limitPrice
    }

    /// The order as an update of an intent.
    package func update(source: String, intentID: String) -> OrderUpdatedPayload {
        var update = OrderUpdatedPayload()
        (update.source, update.intentID, update.brokerOrderID, update.status) = (source, intentID, id, status)
        (update.filledQuantity, update.filledAveragePrice, update.commission) = (filledQuantity, filledAveragePrice, commission)
        (update.replacedBy, update.updatedAt, update.filledAt) = (replacedBy, updatedAt, filledAt)
        (update.canceledAt, update.expiredAt, update.failedAt) = (canceledAt, expiredAt, failedAt)
        return update
    }
}

/// How a POST ended.
package enum SubmitOutcome: Sendable, Equatable {
    /// An answer with our client order id.
    case accepted(BrokerOrder)
    /// 403 or 422 with a code: a definite no, unless another POST came before.
    case refused(status: Int, code: Int64, message: String)
    /// 422: an order of that client order id exists.
    case duplicate
    /// 429: it was no POST. The seconds until another may be tried.
    case rateLimited(seconds: Double)
    /// 401: the credentials are wrong.
    case unauthorized
    /// Anything else.
    case unknown(status: Int?, seen: String)
}

/// Why a question to the broker has no answer.
package struct BrokerFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        case unauthorized
        case rateLimited = "rate_limited"
        case unreachable
        /// An answer that can't be read, or of another status.
        case malformed
    }

    package let kind: Kind
    /// One sentence, without secrets.
    package let message: String
    /// The wait that the broker asked for; nil without one.
    package let retryAfterSeconds: Double?

    package init(_ kind: Kind, _ message: String, retryAfterSeconds: Double? = nil) {
        (self.kind, self.message, self.retryAfterSeconds) = (kind, message, retryAfterSeconds)
    }

    package var description: String { message }
}
