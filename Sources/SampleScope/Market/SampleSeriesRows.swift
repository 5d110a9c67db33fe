import LedgerJSON
import LedgerValues

/// The observations of ``SampleMarketSeries`` as rows of the vendor's paths, so that a capture of the sample makes what an import
/// of it makes.
enum SampleSeriesRows {
    typealias Query = (_ parameter: String) -> String?
    typealias Field = (String, JSONNode)

    /// The rows of a path below `/analytics/`; nil for a path that the sample lacks.
    static func rows(_ path: String, _ query: Query) -> [JSONNode]? {
        let blocks = query("blockTradeId") == "true"
        switch path {
        case "trades-flow/gamma-exposures-snapshots": return within(query, "gex_strike", exposure)
        case "volatility/delta-surfaces/constant": return surfaces(query)
        case "volatility/term-structures/forward-volatility/constant":
            return within(query, "term_structure") { line in
                [
                    ("daysToExpiration", node(line["dte"])), ("atm", node(line["iv"])), ("fwdAtm", node(line["forward_iv"])),
                    ("timestamp", milliseconds(line)),
                ]
            }
        case "futures-perpetuals/open-interest-total":
            return within(query, "open_interest") { line in
                [
                    ("exchange", node(line["exchange"])), ("coin", node(line["oi_value"])),
                    ("usd", scaled(line["oi_notional"], over: 1_000_000)), ("timestamp", milliseconds(line)),
                ]
            }
        case "futures-perpetuals/realized-funding-rates-cumulated":
            let isOfCoins = query("marginType") == "coins"
            return within(query, "funding_rate") { line in
                // The vendor has the rate of eight hours, in percent.
                let hours = line["interval_hours"]?.integer ?? 8
                return (line["instrument"]?.string == "BTC-PERPETUAL") == isOfCoins
                    ? [
                        ("symbol", joined(line, " ")), ("realizedFunding", scaled(line["rate"], by: 800 / Int128(hours))),
                        ("timestamp", milliseconds(line)),
                    ] : nil
            }
        case "futures-perpetuals/apr-basis/constant-maturities":
            return within(query, "futures_basis") { line in
                query("interval") == "\(line["tenor_days"]?.integer ?? 0)d"
                    ? [
                        ("symbol", joined(line, "_")), ("basisUSD", node(line["basis_usd"])), ("apr", scaled(line["apr"], by: 100)),
                        ("timestamp", milliseconds(line)),
                    ] : nil
            }
        case "futures-perpetuals/liquidations-total": return liquidations(query)
        case "trades-flow/put-call-distribution": return [.object(flow(query, blocks: blocks))]
        case "trades-flow/volume-aggregates": return volumes(query)
        case "trades-flow/decorated-trades": return within(query, "option_print", print)
        case "realized-volatility/cones": return cones(query)
        case "volatility/level-1-quotes":
            guard query("currency") == "BTC" else { return [] }
            return SampleCoinChain.rows(from: moment(query("startDate")) ?? .minimum, to: moment(query("endDate")) ?? .minimum)
        default: return nil
        }
    }

    // MARK: - Lines

    private static let documents: [JSONDocument] = SampleMarketSeries.lines().split(separator: UInt8(ascii: "\n"))
        .compactMap { try? JSONDocument(parsing: Array($0)) }

    private static func time(_ line: JSONValue) -> Instant { line["timestamp"]?.string.flatMap { Instant($0) } ?? .minimum }

    private static func moment(_ text: String?) -> Instant? {
        text.flatMap { Int64($0) }.flatMap { Instant(microseconds: $0 * 1_000) }
    }

    /// The lines of a kind that a query asks for, newest first as the vendor has most of its answers.
    private static func lines(_ query: Query, _ kind: String) -> [JSONValue] {
        let market = query("currency") ?? query("asset") ?? ""
        let single = moment(query("timestamp"))
        let from = single ?? moment(query("startDate")) ?? .minimum
        let to = single.flatMap { $0.advanced(byMicroseconds: 3_600_000_000) } ?? moment(query("endDate")) ?? .minimum
        return documents.map(\.root).filter { line in
            let subject = line["currency"]?.string ?? line["underlying"]?.string
            return line["kind"]?.string == kind && subject == market && from <= time(line) && time(line) < to
        }.reversed()
    }

    private static func within(_ query: Query, _ kind: String, _ row: (JSONValue) -> [Field]?) -> [JSONNode] {
        lines(query, kind).compactMap { line in row(line).map { .object($0) } }
    }

    // MARK: - Values

    private static func node(_ value: JSONValue?) -> JSONNode {
        guard let value else { return .null }
        if let decimal = value.decimal { return .decimal(decimal) }
        return value.string.map { .string($0) } ?? .null
    }

    /// A figure × `factor` ÷ `divisor`, which is exact for the sample's figures.
    private static func scaled(_ value: JSONValue?, by factor: Int128 = 1, over divisor: Int128 = 1) -> JSONNode {
        value?.decimal.map { .decimal(FixedDecimal(units: $0.units * factor / divisor)) } ?? .null
    }

    private static func milliseconds(_ line: JSONValue) -> JSONNode { .integer(time(line).microseconds / 1_000) }

    private static func joined(_ line: JSONValue, _ separator: String) -> JSONNode {
        .string("\(line["venue"]?.string ?? "")\(separator)\(line["instrument"]?.string ?? "")")
    }

    private static func side(_ value: JSONValue?) -> JSONNode {
        value?.string.map { .integer($0 == "buy" ? 1 : -1) } ?? .null
    }

    private static func putCall(_ line: JSONValue) -> JSONNode { .string(line["option_type"]?.string == "call" ? "C" : "P") }

    /// Options expire at 08:00 UTC.
    private static func expiry(_ line: JSONValue) -> JSONNode { .string("\(line["expiry"]?.string ?? "")T08:00:00Z") }

    // MARK: - Rows

    private static func exposure(_ line: JSONValue) -> [Field] {
        [
            ("currency", node(line["currency"])), ("exchange", .string("deribit")), ("snapshotTimestamp", milliseconds(line)),
            ("expirationTimestamp", expiry(line)), ("strike", node(line["strike"])), ("putCall", putCall(line)),
            ("dealerNetInventory", node(line["dealer_net_inventory"])), ("gammaLevel", node(line["gamma_level"])),
            ("indexPrice", node(line["spot"])),
        ]
    }

    private static func print(_ line: JSONValue) -> [Field] {
        [
            ("currency", node(line["underlying"])), ("exchange", node(line["source"])), ("tradeId", node(line["print_id"])),
            ("exchangeTimestamp", milliseconds(line)), ("expirationTimestamp", expiry(line)), ("strike", node(line["strike"])),
            ("putCall", putCall(line)), ("price", node(line["price"])), ("priceUsd", node(line["price_usd"])),
            ("tradeAmount", node(line["size"])), ("tradeIv", node(line["iv"])), ("indexPrice", node(line["index_price"])),
            ("amberdataDirection", side(line["aggressor"])), ("exchangeDirection", side(line["exchange_aggressor"])),
            ("blockTradeId", node(line["block_id"])),
        ]
    }

    /// A row for each time and tenor, with a column for each delta.
    private static func surfaces(_ query: Query) -> [JSONNode] {
        var rows: [(time: Instant, tenor: FixedDecimal?, fields: [Field])] = []
        for line in lines(query, "iv_surface") {
            let (time, tenor) = (time(line), line["dte"]?.decimal)
            let delta = line["delta"]?.integer ?? 0
            let digits = delta.magnitude < 10 ? "0\(delta.magnitude)" : "\(delta.magnitude)"
            let point: Field = (delta == 50 ? "delta50" : "\(delta < 0 ? "deltaPut" : "deltaCall")\(digits)", node(line["iv"]))
            if let last = rows.last, last.time == time, last.tenor == tenor {
                rows[rows.count - 1].fields.append(point)
                continue
            }
            rows.append(
                (
                    time, tenor,
                    [
                        ("currency", node(line["currency"])), ("timestamp", milliseconds(line)), ("daysToExpiration", node(line["dte"])),
                        ("underlyingPrice", node(line["source_underlying_price"])), ("indexPrice", node(line["source_index_price"])), point,
                    ]
                ))
        }
        return rows.map { .object($0.fields) }
    }

    private static func liquidations(_ query: Query) -> [JSONNode] {
        let all = lines(query, "liquidation")
        return all.filter { $0["side"]?.string == "buy" }.map { bought in
            let sold = all.first {
                $0["side"]?.string == "sell" && time($0) == time(bought) && $0["venue"]?.string == bought["venue"]?.string
            }
            return .object([
                ("exchange", node(bought["venue"])), ("timestamp", milliseconds(bought)), ("averagePrice", node(bought["price"])),
                ("buyLiquidationsUSD", node(bought["amount_usd"])), ("sellLiquidationsUSD", node(sold?["amount_usd"])),
            ])
        }
    }

    /// One row, of nulls if the hour has no flow.
    private static func flow(_ query: Query, blocks: Bool) -> [Field] {
        let line = lines(query, "put_call").first { ($0["venue_kind"]?.string == "block") == blocks }
        let fields: [(wire: String, name: String)] = [
            ("callsContractsBought", "calls_bought_contracts"), ("callsContractsSold", "calls_sold_contracts"),
            ("putContractsBought", "puts_bought_contracts"), ("putContractsSold", "puts_sold_contracts"),
            ("callsPremiumBought", "calls_bought_premium_usd"), ("callsPremiumSold", "calls_sold_premium_usd"),
            ("putPremiumBought", "puts_bought_premium_usd"), ("putPremiumSold", "puts_sold_premium_usd"),
        ]
        return fields.map { ($0.wire, node(line?[$0.name])) }
    }

    private static func volumes(_ query: Query) -> [JSONNode] {
        let all = lines(query, "volume")
        return all.filter { $0["venue_kind"]?.string == "on_screen" }.map { onScreen in
            let blocks = all.first { $0["venue_kind"]?.string == "block" && time($0) == time(onScreen) }
            var fields: [Field] = [("currency", node(onScreen["currency"])), ("timestamp", milliseconds(onScreen))]
            for (wire, name) in [("contractVolume", "contracts"), ("premiumVolume", "premium_usd"), ("notionalVolume", "notional_usd")] {
                fields.append(("\(wire)OnScreen", node(onScreen[name])))
                fields.append(("\(wire)Blocked", node(blocks?[name])))
            }
            return .object(fields)
        }
    }

    /// The cones of the day at which a query's year ends.
    private static func cones(_ query: Query) -> [JSONNode] {
        guard let day = moment(query("endDate")), query("pair") == "btc_usd" else { return [] }
        let all = documents.map(\.root).filter { $0["kind"]?.string == "vol_cone" && time($0) == day }
        return [
            .object(
                [("exchange", .string("gdax")), ("pair", .string("btc_usd"))]
                    + all.flatMap { line in
                        let days = line["days"]?.integer ?? 0
                        return ["current", "min", "p25", "p50", "p75", "max"].map {
                            ("\($0)_\(days)day\(days == 1 ? "" : "s")", node(line[$0]))
                        }
                    })
        ]
    }
}
