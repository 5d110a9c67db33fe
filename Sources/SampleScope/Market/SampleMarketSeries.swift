import LedgerJSON
import LedgerValues

/// Made-up observations for the tables that the context of trades does not read: the last hours of 2026-02-05, as lines of the
/// import format. They come from whole numbers alone.
package enum SampleMarketSeries {
    private static let hour: Int64 = 3_600_000_000
    private static let day = 24 * hour
    /// 2026-02-06T00:00:00Z, before which everything was observed.
    private static let end = Int64(SampleMarket.date(2026, 2, 6).daysSinceEpoch) * day

    /// The lines, kind after kind. Each ends with a newline.
    package static func lines() -> [UInt8] {
        var out: [UInt8] = []
        strikes(&out)
        surface(&out)
        spot(&out)
        openInterest(&out)
        terms(&out)
        prints(&out)
        funding(&out)
        basis(&out)
        liquidations(&out)
        flows(&out)
        volumes(&out)
        cones(&out)
        return out
    }

    // MARK: - Values

    private typealias Field = (String, JSONNode)

    /// The starts of the last hours, oldest first.
    private static func lastHours(_ count: Int) -> [Int64] { (1...count).map { end - Int64(count + 1 - $0) * hour } }

    private static func text(_ time: Int64) -> JSONNode { .string((Instant(microseconds: time) ?? .minimum).description) }

    private static func whole(_ number: Int) -> JSONNode { .integer(Int64(number)) }

    /// `units` ÷ 10^digits.
    private static func decimal(_ units: Int, _ digits: Int) -> JSONNode {
        var scaled = Int128(units)
        for _ in digits..<FixedDecimal.fractionDigits { scaled *= 10 }
        return .decimal(FixedDecimal(units: scaled))
    }

    /// A number of 0..<bound that goes up and down with the hour.
    private static func step(_ time: Int64, _ factor: Int, _ bound: Int) -> Int { Int(time / hour) * factor % bound }

    /// Of the sample's surfaces, in USD.
    static func bitcoin(_ time: Int64) -> Int { 90_000 + step(time, 37, 1_000) }

    private static func ether(_ time: Int64) -> Int { 3_000 + step(time, 13, 50) }

    private static func write(_ kind: String, _ identity: [Field], _ fields: [Field], to out: inout [UInt8]) {
        let all: [Field] = [("kind", .string(kind))] + identity + fields + [("observed_source", .string("sample"))]
        out += JSONNode.object(all).httpBytes()
        out.append(UInt8(ascii: "\n"))
    }

    private static func market(_ time: Int64, _ currency: String = "BTC") -> [Field] {
        [("currency", .string(currency)), ("timestamp", text(time))]
    }

    private static func instrument(_ venue: String, _ name: String, _ time: Int64) -> [Field] {
        [("currency", .string("BTC")), ("venue", .string(venue)), ("instrument", .string(name)), ("timestamp", text(time))]
    }

    // MARK: - Kinds

    private static func strikes(_ out: inout [UInt8]) {
        for time in lastHours(3) {
            for (month, expiry) in ["2026-02-27", "2026-03-27"].enumerated() {
                for (place, strike) in [80_000, 90_000, 95_000, 100_000, 120_000].enumerated() {
                    for (right, type) in ["call", "put"].enumerated() {
                        let inventory = (step(time, 3, 41) + place * 7 + month * 5 + right * 11) % 41 - 20
                        let fields: [Field] = [
                            ("expiry", .string(expiry)), ("strike", whole(strike)), ("option_type", .string(type)),
                            ("dealer_gamma", decimal(inventory * 31, 7)), ("dealer_net_inventory", decimal(inventory * 5, 1)),
                            ("gamma_level", decimal(inventory * 31, 7)), ("spot", whole(bitcoin(time))),
                        ]
                        write("gex_strike", market(time + 190_500_000), fields, to: &out)
                    }
                }
            }
        }
    }

    private static func surface(_ out: inout [UInt8]) {
        for time in lastHours(3) {
            for dte in [7, 30, 180] {
                for delta in [-45, -25, -5, 5, 25, 45, 50] {
                    // A smile, with puts above calls.
                    let wing = (50 - abs(delta)) * 2 - delta / 5
                    let forward = whole(bitcoin(time) + dte * 20)
                    let fields: [Field] = [
                        ("dte", whole(dte)), ("delta", whole(delta)), ("iv", decimal(480 + wing + 60 / dte + step(time, 7, 30), 1)),
                        ("forward", forward), ("source_underlying_price", forward),
                    ]
                    write("iv_surface", market(time), fields, to: &out)
                }
            }
        }
    }

    private static func spot(_ out: inout [UInt8]) {
        for (currency, price) in [("BTC", bitcoin), ("ETH", ether)] {
            for time in lastHours(24) {
                write("spot", market(time, currency), [("price", whole(price(time))), ("source", .string("sample"))], to: &out)
            }
        }
    }

    private static func openInterest(_ out: inout [UInt8]) {
        for before in (1...7).reversed() {
            let time = end - Int64(before) * day
            for (place, exchange) in ["binance", "bybit", "okex"].enumerated() {
                let coins = 100_000 - place * 30_000 + step(time, 5, 997)
                let fields: [Field] = [
                    ("exchange", .string(exchange)), ("oi_value", whole(coins)),
                    ("oi_notional", place == 2 ? .null : whole(coins * bitcoin(time))),
                ]
                write("open_interest", market(time), fields, to: &out)
            }
        }
    }

    private static func terms(_ out: inout [UInt8]) {
        for time in lastHours(3) {
            for dte in [7, 30, 60, 90, 180] {
                let iv = 500 + dte / 6 + step(time, 7, 30)
                let fields: [Field] = [
                    ("dte", whole(dte)), ("iv", decimal(iv, 1)), ("forward_iv", dte == 7 ? .null : decimal(iv + 8, 1)),
                ]
                write("term_structure", market(time), fields, to: &out)
            }
        }
    }

    private static func prints(_ out: inout [UInt8]) {
        for number in 0..<12 {
            let time = end - hour + Int64(number) * 290_000_000
            let price = 245 + number * 5
            let side = JSONNode.string(number % 2 == 0 ? "buy" : "sell")
            let isBlock = number >= 10
            let identity: [Field] = [
                ("underlying", .string("BTC")), ("source", .string("deribit")), ("print_id", .string("\(301_998 + number)")),
                ("timestamp", text(time)),
            ]
            let contract: [Field] = [
                ("expiry", .string("2026-02-27")), ("strike", whole(85_000 + number % 4 * 5_000)),
                ("option_type", .string(number % 3 > 0 ? "call" : "put")),
            ]
            let figures: [Field] = [
                ("price", decimal(price, 4)), ("price_usd", decimal(price * bitcoin(time), 4)), ("size", decimal(5 + number, 1)),
                ("iv", decimal(5_210 + number * 3, 2)), ("index_price", whole(bitcoin(time))),
            ]
            let flow: [Field] = [
                ("aggressor", number % 5 == 4 ? .null : side), ("exchange_aggressor", side),
                ("block_id", isBlock ? .string("BLOCK-1") : .null), ("legs", whole(isBlock ? 2 : 1)),
            ]
            write("option_print", identity, contract + figures + flow, to: &out)
        }
    }

    private static func funding(_ out: inout [UInt8]) {
        for time in lastHours(24) {
            let fields: [Field] = [("rate", decimal(step(time, 11, 60) - 20, 7)), ("interval_hours", whole(1))]
            write("funding_rate", instrument("deribit", "BTC-PERPETUAL", time), fields, to: &out)
        }
        for before in [24, 16, 8] as [Int64] {
            let time = end - before * hour
            let fields: [Field] = [("rate", decimal(step(time, 11, 100) + 40, 6)), ("interval_hours", whole(8))]
            write("funding_rate", instrument("binance", "BTCUSDT", time), fields, to: &out)
        }
    }

    private static func basis(_ out: inout [UInt8]) {
        for time in lastHours(6) {
            for tenor in [7, 30, 90, 180] {
                let fields: [Field] = [
                    ("tenor_days", whole(tenor)), ("basis_usd", decimal(tenor * 250 + step(time, 17, 90), 1)),
                    ("apr", decimal(800 + tenor + step(time, 5, 40), 4)),
                ]
                write("futures_basis", instrument("bybit", "BTC-USDC", time), fields, to: &out)
            }
        }
    }

    private static func liquidations(_ out: inout [UInt8]) {
        for (place, venue) in ["binance", "bybit"].enumerated() {
            for time in lastHours(6) {
                for (right, side) in ["buy", "sell"].enumerated() {
                    let amount = step(time, 7_919 + right * 101, 400_000) / (place + 1)
                    let fields: [Field] = [("side", .string(side)), ("amount_usd", whole(amount)), ("price", whole(bitcoin(time)))]
                    write("liquidation", instrument(venue, "total", time), fields, to: &out)
                }
            }
        }
    }

    private static func flows(_ out: inout [UInt8]) {
        for time in lastHours(6) {
            for (place, kind) in ["on_screen", "block"].enumerated() {
                var fields: [Field] = [("window_hours", whole(1)), ("venue_kind", .string(kind))]
                for (number, name) in ["calls_bought", "calls_sold", "puts_bought", "puts_sold"].enumerated() {
                    let contracts = step(time, 23 + number * 7, 900) / (place + 1)
                    fields.append(("\(name)_contracts", decimal(contracts, 1)))
                    fields.append(("\(name)_premium_usd", whole(contracts * 180)))
                }
                write("put_call", market(time), fields, to: &out)
            }
        }
    }

    private static func volumes(_ out: inout [UInt8]) {
        for time in lastHours(6) {
            for (place, kind) in ["on_screen", "block"].enumerated() {
                let contracts = step(time, 53, 4_000) / (place + 1)
                let fields: [Field] = [
                    ("interval_hours", whole(1)), ("venue_kind", .string(kind)), ("contracts", decimal(contracts, 1)),
                    ("premium_usd", whole(contracts * 180)), ("notional_usd", whole(contracts * bitcoin(time) / 10)),
                ]
                write("volume", market(time), fields, to: &out)
            }
        }
    }

    private static func cones(_ out: inout [UInt8]) {
        for before in [2, 1] {
            for days in [1, 7, 14, 30, 90, 180] {
                // The shorter the window, the further apart its lowest and its highest value.
                let (middle, width) = (5_600 + before * 50, 300 / (days + 5))
                var fields: [Field] = [("days", whole(days))]
                for (name, share) in [("current", 9), ("min", -40), ("p25", -15), ("p50", 0), ("p75", 15), ("max", 60)] {
                    fields.append((name, decimal(middle + share * width, 2)))
                }
                write("vol_cone", market(end - Int64(before) * day), fields, to: &out)
            }
        }
    }
}
