import LedgerJSON
package import LedgerValues
import Synchronization

/// A broker that speaks Alpaca's wire, for the demo and for tests: orders in memory, a small chain of options, and failures
/// on demand. It never trades anywhere.
///
/// Every call is a pure step of its state, so a test can drive it without a socket and with a clock of its own.
package final class SampleBroker: Sendable {
    /// An order as the broker has it.
    struct Order {
        var id: String
        var clientOrderID: String
        var body: JSONNode
        var symbol: String
        var side: String
        var type: String
        var quantity: Int
        var limit: FixedDecimal?
        var status: String
        var filled = 0
        var price: FixedDecimal?
        var replaces: String?
        var replacedBy: String?
        var submittedAt: Instant
        var updatedAt: Instant
        var filledAt: Instant?
        var canceledAt: Instant?
        var expiredAt: Instant?
        var fate: SampleOrderFate
        /// Until then a look by the client's id does not find it.
        var hiddenUntil: Instant
        var cancelRequested = false

        var isWorking: Bool { ["accepted", "partially_filled", "new"].contains(status) }
    }

    /// An execution of an order.
    struct Fill {
        var id: String
        var orderID: String
        var symbol: String
        var side: String
        var quantity: Int
        var total: Int
        var of: Int
        var price: FixedDecimal?
        var at: Instant
    }

    struct State {
        var orders: [Order] = []
        var fills: [Fill] = []
        var calls = 0
        var posts = 0
        var fates: [String: SampleOrderFate] = ["QQQ": .fillsInPart]
        var failure: (@Sendable (_ method: String, _ path: String, _ call: Int) -> SampleBrokerFailure?)?
        var hiddenMicroseconds: Int64 = 0
        var isOpen = true
        var accountID = "5f7d0c7e-7a1e-4c5d-8d6e-0d3b7a0f1c11"
        var equity = 100_000
        var pageLimit = 200
        /// Between two strikes of a chain, thousandths of a dollar.
        var strikeStep = 1000
        /// The options of underlyings on a date, by symbol.
        var chains: [String: (date: CalendarDate, options: [SampleOption])] = [:]
        /// Whether a second order of one client order id is refused, as the real broker does.
        var refusesDuplicates = true
        var refusal: String?
        /// How many calls a minute are answered; nil for all.
        var callsPerMinute: Int?
        /// The minute of the last call since 1970, and its calls.
        var minute: (number: Int64, calls: Int) = (0, 0)
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Instant

    package init(now: @escaping @Sendable () -> Instant) { self.now = now }

    // MARK: - What tests set and see

    /// Chooses the failure of each call; nil for a proper answer.
    package func setFailures(_ failure: (@Sendable (_ method: String, _ path: String, _ call: Int) -> SampleBrokerFailure?)?) {
        state.withLock { $0.failure = failure }
    }

    /// What happens to orders of a ticker's contracts or shares.
    package func setFate(_ fate: SampleOrderFate, of ticker: String) { state.withLock { $0.fates[ticker] = fate } }

    /// How long a new order can't be seen by the client's id.
    package func hideOrders(seconds: Int) { state.withLock { $0.hiddenMicroseconds = Int64(seconds) * 1_000_000 } }

    /// Lets a second order of one client order id through, to see whether anybody sends one.
    package func acceptDuplicates() { state.withLock { $0.refusesDuplicates = false } }

    /// Refuses every order with a message; nil takes orders again.
    package func refuseOrders(_ message: String?) { state.withLock { $0.refusal = message } }

    package func setOpen(_ isOpen: Bool) { state.withLock { $0.isOpen = isOpen } }
    package func setAccount(id: String) { state.withLock { $0.accountID = id } }
    package func setEquity(_ dollars: Int) { state.withLock { $0.equity = dollars } }

    /// Answers with a 429 beyond so many calls a minute; nil answers all.
    package func limitCalls(perMinute calls: Int?) { state.withLock { $0.callsPerMinute = calls } }

    /// Makes chains longer, and pages too.
    /// - Parameters:
    ///   - thousandths: between two strikes, thousandths of a dollar
    ///   - limit: the most rows of a page
    package func setStrikes(apart thousandths: Int, rowsOfPage limit: Int) {
        state.withLock { state in
            (state.strikeStep, state.pageLimit) = (thousandths, limit)
            state.chains = [:]
        }
    }

    /// Ends the day: what is still open expires, with the fills that it has.
    package func endDay() { state.withLock { $0.expire(now()) } }

    /// An order as the broker has it, for comparison with a ledger.
    package struct OrderSummary: Sendable, Equatable {
        package let id: String
        package let clientOrderID: String
        package let symbol: String
        package let quantity: Int
        package let filled: Int
        package let status: String
        package let replaces: String?
    }

    /// All orders in the order of their arrival, whether they can be seen already or not.
    package var orderSummaries: [OrderSummary] {
        state.withLock { state in
            state.orders.map {
                OrderSummary(
                    id: $0.id, clientOrderID: $0.clientOrderID, symbol: $0.symbol, quantity: $0.quantity, filled: $0.filled,
                    status: $0.status, replaces: $0.replaces)
            }
        }
    }

    /// The client order ids of all orders that exist, in the order of their arrival.
    package var clientOrderIDs: [String] { state.withLock { $0.orders.filter { $0.replaces == nil }.map(\.clientOrderID) } }
    /// How many POSTs of an order took effect or were refused.
    package var postCount: Int { state.withLock { $0.posts } }
    package var callCount: Int { state.withLock { $0.calls } }

    /// Contracts and shares held, signed, by symbol.
    package var holdings: [String: Int] {
        state.withLock { state in
            state.orders.reduce(into: [:]) { $0[$1.symbol, default: 0] += $1.side == "buy" ? $1.filled : -$1.filled }.filter {
                $0.value != 0
            }
        }
    }

    // MARK: - Calls

    /// Answers a call. `target` is path and query.
    package func respond(_ method: String, _ target: String, headers: [(name: String, value: String)], body: [UInt8]) -> SampleBrokerReply {
        let time = now()
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let query = Self.query(parts.count > 1 ? parts[1] : "")
        return state.withLock { state in
            let call = state.calls
            state.calls += 1
            let isOver = state.countCall(time)
            let failure = isOver ? .rateLimited : state.failure?(method, parts[0], call)
            var answer = SampleBrokerCall(status: 500, node: .object([]))
            if failure?.hasEffect ?? true {
                let isAllowed = headers.contains { $0.name.lowercased() == "apca-api-key-id" && !$0.value.isEmpty }
                answer =
                    isAllowed
                    ? state.answer(method, parts[0], query, body, time)
                    : SampleBrokerCall(status: 401, node: .object([("message", .string("unauthorized"))]))
            }
            let limit = state.callsPerMinute ?? Self.usualCallsPerMinute
            // A 429 on demand is over soon; a real one ends with its minute.
            let reset = isOver || failure != .rateLimited ? (state.minute.number + 1) * 60 : time.microseconds / 1_000_000 + 2
            let headers: [(name: String, value: String)] = [
                ("Content-Type", "application/json"), ("Date", Self.httpDate(time)), ("X-RateLimit-Limit", "\(limit)"),
                ("X-RateLimit-Remaining", "\(max(0, limit - state.minute.calls))"), ("X-RateLimit-Reset", "\(reset)"),
            ]
            return Self.reply(answer, failure, headers)
        }
    }

    /// What the real broker allows.
    private static let usualCallsPerMinute = 200

    private static func reply(
        _ answer: SampleBrokerCall, _ failure: SampleBrokerFailure?, _ headers: [(name: String, value: String)]
    ) -> SampleBrokerReply {
        let body = answer.node.map { $0.httpBytes() } ?? []
        switch failure {
        case nil: return .answer(status: answer.status, headers: headers, body: body)
        case .timeOutBefore, .timeOutAfter: return .timeOut
        case .resetBefore, .resetAfter: return .reset
        case .errorBefore, .errorAfter: return .answer(status: 500, headers: headers, body: Array(#"{"message":"internal error"}"#.utf8))
        case .unreadable: return .answer(status: 200, headers: headers, body: Array(body.prefix(body.count / 2)))
        case .rateLimited:
            return .answer(status: 429, headers: headers, body: Array(#"{"message":"too many requests"}"#.utf8))
        }
    }

    /// The names and values of a query, percent-decoded.
    static func query(_ text: String) -> [String: String] {
        var values: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { decoded(String($0)) }
            values[sides[0]] = sides.count > 1 ? sides[1] : ""
        }
        return values
    }

    private static func decoded(_ text: String) -> String {
        var (bytes, out) = (Array(text.utf8)[...], [UInt8]())
        while let byte = bytes.popFirst() {
            guard byte == UInt8(ascii: "%"), bytes.count >= 2,
                let value = UInt8(String(decoding: bytes.prefix(2), as: UTF8.self), radix: 16)
            else {
                out.append(byte)
                continue
            }
            out.append(value)
            bytes = bytes.dropFirst(2)
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// An instant as a `Date` header has it.
    package static func httpDate(_ time: Instant) -> String {
        let (year, month, day) = time.date.components
        let weekday = (Int(time.date.daysSinceEpoch) % 7 + 7) % 7
        let names = (
            ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"],
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        )
        let clock = time.description.dropFirst(11).prefix(8)
        return "\(names.0[weekday]), \(day < 10 ? "0" : "")\(day) \(names.1[month - 1]) \(year) \(clock) GMT"
    }
}

/// An answer before it is written.
struct SampleBrokerCall {
    var status: Int
    /// Nil for an answer without a body.
    var node: JSONNode?
}
