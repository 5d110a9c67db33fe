import Foundation
import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades

/// The outcomes' rules a second time, straight from the contract, with Foundation's decimals and zone data: columns as
/// texts, nil for null.
struct OutcomesOracle {
    private typealias Exact = Foundation.Decimal

    let row: ExecutionRow
    let stamps: [ContextStampedPayload]
    let label: (ContextStampedPayload?) -> String

    private static let direct = ["BTC", "ETH", "SOL"]
    private static let earlyCloses = [
        "2024-07-03", "2024-11-29", "2024-12-24", "2025-07-03", "2025-11-28", "2025-12-24",
        "2026-11-27", "2026-12-24",
        "2027-11-26",
    ]

    private static func exact(_ value: FixedDecimal?) -> Exact? {
        value.flatMap { Exact(string: $0.description, locale: Locale(identifier: "en_US_POSIX")) }
    }

    private static func text(_ value: Exact?, digits: Int = 10) -> String? {
        guard var value else { return nil }
        var rounded = Exact()
        NSDecimalRound(&rounded, &value, digits, .bankers)
        return rounded.description
    }

    private var isDirect: Bool { row.underlyingSymbol.map(Self.direct.contains) ?? false }

    private var expiryInstant: Int64? {
        guard let expiry = row.expiry else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: isDirect ? "UTC" : "America/New_York")!
        let hour = isDirect ? 8 : Self.earlyCloses.contains(expiry.description) ? 13 : 16
        let parts = DateComponents(year: expiry.year, month: expiry.month, day: expiry.day, hour: hour)
        return Int64(calendar.date(from: parts)!.timeIntervalSince1970) * 1_000_000
    }

    /// The stamp that counts: of this row's basis, the last of its context, the latest of all.
    var stamp: ContextStampedPayload? {
        var latest: [String: (Int, ContextStampedPayload)] = [:]
        for (order, stamp) in stamps.enumerated() { latest[stamp.contextKey] = (order, stamp) }
        let current = latest.values.filter {
            $0.1.basis.strike == row.strike && $0.1.basis.tradeDate == row.tradeDate
        }
        return current.max { $0.0 < $1.0 }?.1
    }

    private var premium: Exact? {
        if let provided = row.premiumUSD { return Self.exact(provided) }
        guard row.priceCurrency == "USD", row.quantityUnit == nil || row.quantityUnit == "CONTRACTS",
            let price = Self.exact(row.price), let quantity = Self.exact(row.quantity),
            let multiplier = Self.exact(row.contractMultiplier)
        else { return nil }
        return price * quantity * multiplier
    }

    private var entrySpot: Exact? {
        if let own = row.spotAtTrade { return Self.exact(own) }
        guard isDirect, let stamp, stamp.mappingMethod == "direct_market_symbol",
            stamp.marketProxy == row.underlyingSymbol
        else { return nil }
        return Self.exact(stamp.spotAtTrade)
    }

    /// - Parameter mark: the horizon's latest, whatever its basis.
    func columns(_ horizon: Horizon, mark: ForwardMarkPayload?, now: Instant) -> [String: String?] {
        let expiry = expiryInstant
        let target =
            horizon.days.map { row.tradeDate.microseconds + Int64($0) * 86_400_000_000 } ?? expiry
        let isBeyond = horizon.days != nil && expiry.map { target! > $0 } ?? false
        let isPending = !isBeyond && target.map { $0 > now.microseconds } ?? false
        let isMature = !isBeyond && !isPending && target != nil
        let bucket = ["very_low", "low", "mid", "high", "very_high"]
        let percentile = stamp?.dvolPercentile
        let premium = premium
        var columns: [String: String?] = [
            "horizon_key": horizon.days.map { "\($0)d" } ?? "expiry",
            "horizon_days": horizon.days.map(String.init),
            "entry_premium_usd": Self.text(premium), "spot_at_entry": Self.text(entrySpot),
            "moneyness_at_entry": Self.text(ratio(entrySpot, Self.exact(row.strike))),
            "alignment_label": label(stamp), "gamma_regime": stamp?.gammaRegime,
            "dvol_bucket": percentile.map {
                bucket[min(4, Int($0.units / (20 * FixedDecimal.unitsPerOne)))]
            } ?? "unknown",
            "target_timestamp": target.flatMap { Instant(microseconds: $0)?.description },
        ]
        for name in [
            "mark_iv", "mark_lookup_error", "mark_premium_usd", "mark_price", "mark_source",
            "mark_time_delta_minutes",
            "mark_timestamp", "moneyness_at_horizon", "pnl_after_fees_usd", "pnl_before_fees_usd",
            "realized_vol_after_trade", "spot_at_horizon", "spot_move_pct",
        ] {
            columns[name] = .some(nil)
        }
        columns["mark_quality"] = "unavailable"
        columns["needs_mark"] = "false"
        columns["outcome_state"] = isPending ? "pending" : "unavailable"
        if isBeyond || isPending {
            columns["missing_fields"] = isBeyond ? #"["horizon_after_expiry"]"# : "[]"
            return columns
        }

        var missing: [String] = []
        if row.contractMultiplier == nil { missing.append("contract_multiplier") }
        if row.direction == nil { missing.append("direction") }
        if premium == nil { missing.append("entry_premium_usd") }
        if row.expiry == nil { missing.append("expiry") }
        if row.feesUSD == nil { missing.append("fees_usd") }
        if row.quantity == nil { missing.append("quantity") }
        let used = isMature && mark?.basis.target?.microseconds == target ? mark : nil
        var price: Exact?
        var isFresh = false
        if let used, let target {
            columns["mark_lookup_error"] = used.error
            if let quote = used.quote {
                let time = quote.exchangeTimestamp ?? quote.timestamp
                let apart = time.microseconds - target
                isFresh = abs(apart) <= 1_800_000_000 && (horizon.days != nil || apart <= 0)
                columns["mark_timestamp"] = time.description
                columns["mark_source"] = used.quoteSource
                columns["mark_time_delta_minutes"] = Self.text(Exact(abs(apart)) / 60_000_000, digits: 4)
                if let mark = quote.mark {
                    price = Self.exact(mark)
                } else if let bid = Self.exact(quote.bid), let ask = Self.exact(quote.ask), bid > 0,
                    ask >= bid
                {
                    price = (bid + ask) / 2
                }
                if !isFresh { price = nil }
                columns["mark_quality"] = !isFresh ? "stale" : price == nil ? "unavailable" : "quoted"
                columns["mark_iv"] = price == nil ? .some(nil) : Self.text(Self.exact(quote.markIV))
            }
        }
        if isMature, price == nil {
            missing.append("forward_mark")
            let hasKey =
                row.underlyingSymbol != nil && row.expiry != nil && row.strike != nil
                && row.optionType != nil
            columns["needs_mark"] = hasKey ? "true" : "false"
        }
        columns["missing_fields"] =
            "[" + missing.sorted().map { "\"\($0)\"" }.joined(separator: ",") + "]"

        columns["mark_price"] = Self.text(price)
        if let price, let quantity = Self.exact(row.quantity),
            let multiplier = Self.exact(row.contractMultiplier)
        {
            let value = price * quantity * multiplier
            columns["mark_premium_usd"] = Self.text(value)
            if let premium, let direction = row.direction {
                let before = direction == .buy ? value - premium : premium - value
                columns["pnl_before_fees_usd"] = Self.text(before)
                columns["pnl_after_fees_usd"] = Self.text(Self.exact(row.feesUSD).map { before - $0 })
                columns["outcome_state"] = horizon.days == nil ? "terminal_mark" : "unrealized_mark"
            }
        }
        let spot =
            (isFresh ? Self.exact(used?.quote?.underlyingPrice) : nil)
            ?? (isDirect ? Self.exact(used?.spot?.price) : nil)
        columns["spot_at_horizon"] = Self.text(spot)
        columns["moneyness_at_horizon"] = Self.text(ratio(spot, Self.exact(row.strike)))
        columns["spot_move_pct"] = Self.text(ratio(spot, entrySpot).map { ($0 - 1) * 100 })
        columns["realized_vol_after_trade"] =
            isDirect ? Self.text(Self.exact(used?.realizedVol)) : .some(nil)
        return columns
    }

    private func ratio(_ above: Exact?, _ below: Exact?) -> Exact? {
        guard let above, let below else { return nil }
        return above / below
    }
}
