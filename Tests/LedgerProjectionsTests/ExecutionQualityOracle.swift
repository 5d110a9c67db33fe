import Foundation
import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport

/// Decimals of the platform, for sums that nothing of this project makes.
enum PlatformDecimal {
    static func of(_ value: FixedDecimal) -> Decimal { Decimal(string: "\(value)") ?? .nan }

    /// Half to even.
    static func text(_ value: Decimal, places: Int = 10) -> String {
        var (value, rounded) = (value, Decimal())
        NSDecimalRound(&rounded, &value, places, .bankers)
        return "\(rounded)"
    }
}

/// Execution quality worked out a second time, another way, from the same row and benchmark.
struct ExecutionQualityOracle {
    let row: ExecutionRow
    let benchmark: ExecutionBenchmarkPayload?

    private var counted: ExecutionBenchmarkPayload? {
        guard let benchmark else { return nil }
        let basis = benchmark.basis
        let same =
            basis.tradeDate == row.tradeDate && basis.underlyingSymbol == row.underlyingSymbol
            && basis.contractKey == (row.optionSymbol ?? row.instrument) && basis.optionType == row.optionType
            && basis.strike == row.strike && basis.expiry == row.expiry
        return same ? benchmark : nil
    }

    /// The columns that rules decide, as texts; nil for null.
    func columns() -> [String: String?] {
        var out: [String: String?] = [:]
        let quote = counted?.quote
        let micros = quote.map { ($0.exchangeTimestamp ?? $0.timestamp).microseconds - row.tradeDate.microseconds }
        let isStale = micros.map { $0 < -300_000_000 || $0 > 300_000_000 } ?? false
        let bid = quote?.bid.map(PlatformDecimal.of)
        let ask = quote?.ask.map(PlatformDecimal.of)
        let isGood = quote != nil && !isStale && (bid ?? -1) > 0 && (ask ?? -1) >= (bid ?? 0)
        let quality = isStale ? "stale" : isGood ? "quoted" : counted?.model != nil ? "estimated" : "unavailable"
        let isModel = quality == "estimated"
        out["benchmark_quality"] = quality

        let liquid = [quote?.bidSize, quote?.askSize, quote?.volume24h, quote?.openInterest].compactMap { $0 }.count
        switch quality {
        case "quoted":
            out["execution_liquidity_quality"] = ["unavailable", "partial", "partial", "partial", "available"][liquid]
        case "stale": out["execution_liquidity_quality"] = "stale"
        default:
            out["execution_liquidity_quality"] =
                counted == nil ? "not_sourced" : counted?.notEntitled == true ? "not_entitled" : "unavailable"
        }
        let mid = isGood ? ((bid ?? 0) + (ask ?? 0)) / 2 : nil
        let mark =
            isGood
            ? (quote?.mark.map(PlatformDecimal.of) ?? mid)
            : isModel ? counted?.model.map { PlatformDecimal.of($0.mark) } : nil
        func show(_ value: Decimal?) -> String? { value.map { PlatformDecimal.text($0) } }
        func shown(_ value: FixedDecimal?) -> String? { isGood ? value.map { "\($0)" } : nil }
        out["benchmark_bid"] = shown(quote?.bid)
        out["benchmark_ask"] = shown(quote?.ask)
        out["benchmark_bid_size"] = shown(quote?.bidSize)
        out["benchmark_ask_size"] = shown(quote?.askSize)
        out["contract_volume_24h"] = shown(quote?.volume24h)
        out["contract_open_interest"] = shown(quote?.openInterest)
        out["benchmark_mid"] = show(mid)
        out["benchmark_mark"] = show(mark)
        out["benchmark_iv"] = isModel ? counted?.model?.iv.map { "\($0)" } : shown(quote?.markIV)
        out["benchmark_source"] = isModel ? "surface_model" : quote == nil ? nil : counted?.quoteSource
        out["mark_lookup_error"] = counted?.error
        out["fill_price"] = row.price.map { "\($0)" }

        let sign: Decimal? = row.priceCurrency == "USD" ? row.direction.map { $0 == .buy ? 1 : -1 } : nil
        let fill = row.price.map(PlatformDecimal.of)
        func worse(_ than: Decimal?) -> Decimal? {
            guard let sign, let fill, let than else { return nil }
            return sign * (fill - than)
        }
        let difference = worse(mid)
        out["fill_vs_mid"] = show(difference)
        out["fill_vs_surface_mark"] = show(worse(mark))
        if let difference, let quantity = row.quantity, let multiplier = row.contractMultiplier {
            out["fill_vs_mid_usd"] = show(difference * PlatformDecimal.of(quantity) * PlatformDecimal.of(multiplier))
        } else {
            out["fill_vs_mid_usd"] = .some(nil)
        }
        out["fill_vs_mid_bps"] = difference.flatMap { difference in mid.map { difference * 10_000 / $0 } }.map {
            PlatformDecimal.text($0)
        }
        if isGood, let sign, let fill, let bid, let ask, ask > bid {
            out["spread_capture"] = PlatformDecimal.text((sign > 0 ? ask - fill : fill - bid) / (ask - bid))
        } else {
            out["spread_capture"] = .some(nil)
        }

        var flags: [String] = []
        if let micros, micros > 0 { flags.append("post_trade_quote") }
        if benchmark != nil, counted == nil { flags.append("stale_basis") }
        out["benchmark_flags"] = Self.list(flags)
        var missing: Set<String> = []
        if quote == nil { missing.insert("missing:benchmark_quote") }
        if isStale { missing.insert("stale_quote") }
        if quote != nil, (bid ?? 0) <= 0 { missing.insert("missing:benchmark_bid") }
        if quote != nil, ask == nil { missing.insert("missing:benchmark_ask") }
        if let bid, let ask, bid > ask { missing.insert("crossed_quote") }
        if row.price == nil { missing.insert("missing:fill_price") }
        if row.direction == nil { missing.insert("missing:direction") }
        if row.priceCurrency == nil { missing.insert("missing:price_currency") }
        if let currency = row.priceCurrency, currency != "USD" { missing.insert("non_usd_price") }
        if isGood {
            for (name, isMissing) in [
                ("benchmark_bid_size", quote?.bidSize == nil), ("benchmark_ask_size", quote?.askSize == nil),
                ("contract_volume_24h", quote?.volume24h == nil),
                ("contract_open_interest", quote?.openInterest == nil),
                ("benchmark_iv", quote?.markIV == nil), ("quantity", row.quantity == nil),
                ("contract_multiplier", row.contractMultiplier == nil),
            ] where isMissing { missing.insert("missing:\(name)") }
        }
        out["missing_fields"] = Self.list(missing.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
        return out
    }

    private static func list(_ texts: [String]) -> String {
        "[" + texts.map { "\"\($0)\"" }.joined(separator: ",") + "]"
    }
}
