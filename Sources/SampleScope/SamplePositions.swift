import LedgerValues
import RandomSupport

/// A way in which the sample's funds trade a contract.
///
/// Each leg trades a share of the position's size, a number of trading days after the first leg.
struct SamplePattern {
    struct Leg {
        var side: SampleExecution.Side
        var percent: Int
        var day: Int
        /// Executed at the same instant as the previous leg.
        var sameMoment = false
        /// Filled at the price of the previous leg, on the same ticket.
        var samePrice = false

        static func sell(_ percent: Int, day: Int, sameMoment: Bool = false) -> Leg {
            Leg(side: .sell, percent: percent, day: day, sameMoment: sameMoment)
        }

        static func buy(_ percent: Int, day: Int, sameMoment: Bool = false) -> Leg {
            Leg(side: .buy, percent: percent, day: day, sameMoment: sameMoment)
        }
    }

    var isCall = true
    /// The strike in thousandths of the share's price when the position opens.
    var strikeMilli: Int
    var legs: [Leg]

    /// Sold, then bought back in two parts.
    static let overwrite = SamplePattern(
        strikeMilli: 1030, legs: [.sell(100, day: 0), .buy(40, day: 4), .buy(60, day: 8)])
    /// One order filled in two parts at one price, bought back in three.
    static let splitFill = SamplePattern(
        strikeMilli: 1050,
        legs: [
            .sell(50, day: 0), Leg(side: .sell, percent: 50, day: 0, samePrice: true), .buy(30, day: 3),
            .buy(30, day: 6),
            .buy(40, day: 7),
        ])
    /// Sold on two days and left to expire.
    static let heldToExpiry = SamplePattern(strikeMilli: 1060, legs: [.sell(60, day: 0), .sell(40, day: 1)])
    /// A bought put, sold in two parts.
    static let hedge = SamplePattern(
        isCall: false, strikeMilli: 970, legs: [.buy(100, day: 0), .sell(50, day: 3), .sell(50, day: 7)])
    /// A sold put, of which a part stays open.
    static let cashSecuredPut = SamplePattern(
        isCall: false, strikeMilli: 985, legs: [.sell(80, day: 0), .buy(25, day: 5), .buy(35, day: 6)])
    /// Bought back for more than was sold: from short to long, then closed.
    static let flip = SamplePattern(strikeMilli: 1010, legs: [.sell(80, day: 0), .buy(120, day: 4), .sell(40, day: 8)])
    /// Closed and opened again.
    static let reopened = SamplePattern(
        strikeMilli: 1040, legs: [.sell(100, day: 0), .buy(100, day: 3), .sell(80, day: 5), .buy(80, day: 9)])
    /// A purchase and a sale at the same instant.
    static let tie = SamplePattern(
        strikeMilli: 1020,
        legs: [.sell(100, day: 0), .buy(50, day: 5), .sell(20, day: 5, sameMoment: true), .buy(70, day: 7)])
    /// The bought half of a synthetic share, deep in the money.
    static let syntheticLong = SamplePattern(
        strikeMilli: 930, legs: [.buy(70, day: 0), .sell(30, day: 6), .sell(40, day: 9)])

    /// The patterns of successive positions.
    static let rotation = [
        overwrite, splitFill, hedge, overwrite, heldToExpiry, reopened, cashSecuredPut, overwrite, flip, splitFill,
        syntheticLong, tie, overwrite, heldToExpiry, cashSecuredPut,
    ]
}

/// Makes the executions of the sample's positions.
struct SamplePositions {
    /// The number of positions opened over the sample's days.
    static let positionCount = 236
    private static let brokers = ["HARBOR", "NORTHGATE", "LATTICE", "CINDER"]

    private var random: SeededGenerator

    /// The positions of a seed. Only the sample's own seed comes close to the documented totals.
    init(seed: UInt64 = 20_251_146) {
        random = SeededGenerator(seed: seed)
    }

    /// All executions up to the second-to-last trading day, in order of time, without ids.
    mutating func executions() -> [SampleExecution] {
        var executions: [SampleExecution] = []
        let lastDay = SampleMarket.tradingDays.count - 1
        for position in 0..<Self.positionCount {
            let openingDay = position * lastDay / Self.positionCount
            let underlying = position % 9 < 5 ? SampleMarket.strategy : SampleMarket.coinbase
            let pattern = SamplePattern.rotation[position % SamplePattern.rotation.count]
            executions += legs(
                of: pattern, on: underlying, openingDay: openingDay, lastDay: lastDay, position: position)
        }
        return executions.enumerated()
            .sorted { ($0.element.tradedAt, $0.offset) < ($1.element.tradedAt, $1.offset) }
            .map(\.element)
    }

    private mutating func legs(
        of pattern: SamplePattern, on underlying: SampleMarket.Underlying, openingDay: Int, lastDay: Int, position: Int
    ) -> [SampleExecution] {
        let opened = SampleMarket.tradingDays[openingDay]
        let expiry = SampleMarket.friday(after: opened, days: 23 + 7 * random.below(5))
        let spot = SampleMarket.spotCents(of: underlying, on: opened)
        let strike = SampleMarket.strikeCents(of: underlying, near: spot * pattern.strikeMilli / 1000)
        let size = 20 * (14 + random.below(34))
        var executions: [SampleExecution] = []
        for leg in pattern.legs where openingDay + leg.day < lastDay {
            let day = SampleMarket.tradingDays[openingDay + leg.day]
            var execution = fill(
                on: underlying, day: day, expiry: expiry, strikeCents: strike, isCall: pattern.isCall,
                side: leg.side, quantity: size * leg.percent / 100)
            execution.ticketID = "TK-\(digits(position + 1, 4))-\(executions.count + 1)"
            if let previous = executions.last, leg.sameMoment || leg.samePrice {
                execution.tradedAt =
                    leg.sameMoment ? previous.tradedAt : Self.moment(previous.tradedAt, plusSeconds: 95)
                execution.spotCents = previous.spotCents
                execution.priceTenThousandths = previous.priceTenThousandths
            }
            if let previous = executions.last, leg.samePrice {
                execution.ticketID = previous.ticketID
                execution.broker = previous.broker
                execution.isSplitFill = true
                executions[executions.count - 1].isSplitFill = true
            }
            executions.append(execution)
        }
        return executions
    }

    /// One fill at the day's market, during the UTC hours in which New York trades all year round.
    mutating func fill(
        on underlying: SampleMarket.Underlying, day: CalendarDate, expiry: CalendarDate, strikeCents: Int, isCall: Bool,
        side: SampleExecution.Side, quantity: Int
    ) -> SampleExecution {
        let daySpot = SampleMarket.spotCents(of: underlying, on: day)
        let spot = daySpot + daySpot * (random.below(31) - 15) / 1000
        let volatility = underlying.volatilityMilli + random.below(61) - 30
        let price = SampleMarket.price(
            spotCents: spot, strikeCents: strikeCents, isCall: isCall, volatilityMilli: volatility,
            daysToExpiry: Int(expiry.daysSinceEpoch - day.daysSinceEpoch))
        let midnight = Instant(startOf: day) ?? .minimum
        let traded = Self.moment(midnight, plusSeconds: (14 * 60 + 35) * 60 + random.below(19_000))
        let broker = Self.brokers[random.below(Self.brokers.count)]
        return SampleExecution(
            portfolio: underlying.portfolio, underlying: underlying.symbol, expiry: expiry, isCall: isCall,
            strikeCents: strikeCents, side: side, quantity: quantity, priceTenThousandths: price,
            feesCents: quantity * 65, volatilityMilli: volatility, spotCents: spot, tradedAt: traded, createdAt: traded,
            updatedAt: traded, broker: broker, executionType: quantity >= 500 ? "BLOCK" : "ELECTRONIC")
    }

    /// A later moment.
    static func moment(_ moment: Instant, plusSeconds seconds: Int) -> Instant {
        moment.advanced(byMicroseconds: Int64(seconds) * 1_000_000) ?? .maximum
    }
}
