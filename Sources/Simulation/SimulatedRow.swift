import LedgerJSON
import LedgerValues
import RandomSupport

/// An execution as the simulated feed has it. Amounts are whole numbers of the unit in their name.
struct SimulatedRow: Sendable, Equatable {
    static let portfolios = ["ICOI", "IMST"]
    private static let start = Instant("2026-01-05T15:00:00Z") ?? .minimum
    /// Fridays.
    private static let expiries = ["2026-01-30", "2026-02-20", "2026-03-20"]

    let id: String
    /// Seconds after the start: the order of all changes of the feed.
    var updatedAt: Int
    /// Minutes after the start.
    var tradedAt: Int
    var portfolio: String
    var underlying: String
    var expiry: Int
    var isCall: Bool
    /// USD.
    var strike: Int
    var isBuy: Bool
    var quantity: Int
    var priceCents: Int
    var status = "FILLED"
    /// Nil if the feed omits it.
    var feesCents: Int?
    var notes: String?

    init(_ id: String, at updatedAt: Int, _ random: inout SeededGenerator) {
        self.id = id
        self.updatedAt = updatedAt
        tradedAt = random.number(0...40 * 24 * 60)
        portfolio = random.pick(Self.portfolios)
        underlying = random.pick(["MSTR", "MSTR", "MSTR", "COIN", "IBIT", "TSLA"])
        expiry = random.number(0...Self.expiries.count - 1)
        isCall = random.chance(1, in: 2)
        // Few strikes, so that executions meet in a contract.
        strike = random.pick([340, 350])
        isBuy = random.chance(1, in: 2)
        quantity = random.number(1...40)
        priceCents = random.number(1...9_000)
        feesCents = random.chance(1, in: 6) ? nil : random.number(0...900)
    }

    /// A later revision: a bust, a return from one, or a correction.
    mutating func revise(at time: Int, _ random: inout SeededGenerator) {
        updatedAt = time
        switch random.number(0...7) {
        case 0: status = status == "BUSTED" ? "FILLED" : "BUSTED"
        case 1: priceCents = random.number(1...9_000)
        case 2: quantity = random.number(1...40)
        case 3: strike = strike == 340 ? 350 : 340
        case 4: portfolio = random.pick(Self.portfolios)
        case 5: isBuy.toggle()
        case 6: tradedAt = random.number(0...40 * 24 * 60)
        default: notes = "note \(time)"
        }
    }

    static func instant(_ seconds: Int) -> Instant { start.advanced(byMicroseconds: Int64(seconds) * 1_000_000) ?? start }

    /// The moment that a history plays at: all horizons of its trades have matured.
    static let end = instant(150 * 24 * 3600)

    var expiryDate: String { Self.expiries[expiry] }
    var tradeDate: Instant { Self.instant(tradedAt * 60) }
    var price: FixedDecimal { Self.cents(priceCents) }

    static func cents(_ amount: Int) -> FixedDecimal { FixedDecimal(units: Int128(amount) * (FixedDecimal.unitsPerOne / 100)) }

    private var symbol: String {
        let digits = expiryDate.dropFirst(2).filter { $0 != "-" }
        return "\(underlying)\(digits)\(isCall ? "C" : "P")00\(strike)000"
    }

    /// The row in the feed's form.
    var node: JSONNode {
        .object([
            ("tradeId", .string(id)), ("updatedAt", .string(Self.instant(updatedAt).description)),
            ("tradeDate", .string(tradeDate.description)), ("createdAt", .string(tradeDate.description)),
            ("tradeStatus", .string(status)), ("portfolioName", .string(portfolio)),
            ("underlyingSymbol", .string(underlying)), ("underlyingType", .string("EQUITY")), ("optionSymbol", .string(symbol)),
            ("side", .string(isBuy ? "BUY" : "SELL")), ("optionType", .string(isCall ? "CALL" : "PUT")),
            ("strike", .integer(Int64(strike))), ("expiry", .string(expiryDate)), ("filledQuantity", .integer(Int64(quantity))),
            ("price", .decimal(price)), ("priceCurrency", .string("USD")), ("contractMultiplier", .integer(100)),
            ("quantityUnit", .string("CONTRACTS")), ("feesUsd", feesCents.map { .decimal(Self.cents($0)) } ?? .null),
            ("notes", notes.map(JSONNode.string) ?? .null),
        ])
    }
}
