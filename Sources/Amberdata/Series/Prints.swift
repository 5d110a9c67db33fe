import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

extension SeriesRows {
    /// `/analytics/trades-flow/decorated-trades`: an `option_print` for each row, under its `tradeId`.
    ///
    /// `price` is what the wire has: coin for BTC and ETH, dollars for SOL. `aggressor` is the vendor's own direction,
    /// `exchange_aggressor` the venue's; they often differ. `legs` counts the rows of the answer with the same block, 1 without.
    mutating func addPrints(_ rows: [JSONValue], _ market: VendorMarket) {
        var legs: [ByteKey: Int64] = [:]
        for row in rows { if let block = row["blockTradeId"]?.string { legs[ByteKey(block), default: 0] += 1 } }
        for row in rows where row.isOf(market) {
            guard let venue = row["exchange"]?.string, let id = row["tradeId"].flatMap(Self.identifier) else {
                skip()
                continue
            }
            let block = row["blockTradeId"]?.string
            var draft = ObservationDraft(.optionPrint, market)
            draft.set("source", .text(venue))
            draft.set("print_id", .text(id))
            draft.set("price", wire: row["price"])
            setCommon(&draft, row)
            draft.set("aggressor", Self.side(row["amberdataDirection"]))
            draft.set("exchange_aggressor", Self.side(row["exchangeDirection"]))
            draft.set("block_id", block.map { .text($0) })
            draft.set("legs", .integer(block.flatMap { legs[ByteKey($0)] } ?? 1))
            draft.set("open_interest_change", wire: row["openInterestChange"])
            add(draft)
        }
    }

    /// `/analytics/trades-flow/decorated-trades/tradfi`: an `option_print` for each row. Prices are dollars, and nobody says who
    /// took liquidity.
    ///
    /// The vendor's ids are not unique, so `print_id` is the SHA-256 of what says which print it is, a hyphen and the print's
    /// number among equal ones of the answer, from 1: a correction of what followed it supersedes, a second print stays.
    mutating func addTradFiPrints(_ rows: [JSONValue], _ market: VendorMarket) {
        var equals: [Digest32: Int] = [:]
        for row in rows where row.isOf(market) {
            guard let venue = row["exchange"]?.string, let timestamp = row.instant("exchangeTimestamp"),
                let digest = Self.digest(row, venue, timestamp, market)
            else {
                skip()
                continue
            }
            equals[digest, default: 0] += 1
            var draft = ObservationDraft(.optionPrint, market)
            draft.set("source", .text(venue))
            draft.set("print_id", .text("\(digest)-\(equals[digest] ?? 1)"))
            draft.set("price", wire: row["priceUsd"])
            setCommon(&draft, row)
            draft.set("legs", .integer(1))
            add(draft)
        }
    }

    private func setCommon(_ draft: inout ObservationDraft, _ row: JSONValue) {
        draft.set("timestamp", row.instant("exchangeTimestamp").map { .instant($0) })
        draft.set("expiry", row.instant("expirationTimestamp").map { .date($0.date) })
        draft.set("option_type", row.optionType("putCall").map { .optionType($0) })
        let figures: [(name: String, wire: String)] = [
            ("strike", "strike"), ("price_usd", "priceUsd"), ("size", "tradeAmount"), ("index_price", "indexPrice"),
            ("underlying_price", "underlyingPrice"), ("pre_bid", "preTradeBidPrice"), ("pre_ask", "preTradeAskPrice"), ("delta", "delta"),
        ]
        for (name, wire) in figures { draft.set(name, wire: row[wire]) }
        draft.setVolatility("iv", wire: row["tradeIv"])
    }

    /// 1 is a buy, −1 a sell; nil for anything else.
    private static func side(_ value: JSONValue?) -> MarketValue? {
        switch value?.integer {
        case 1: .text("buy")
        case -1: .text("sell")
        default: nil
        }
    }

    /// The text of an id, as it is written.
    private static func identifier(_ value: JSONValue) -> String? { value.kind == .number ? value.sourceText : value.string }

    /// Of the canonical JSON object, in event encoding, of what identifies a print; nil for a row without a contract or an id.
    private static func digest(_ row: JSONValue, _ venue: String, _ timestamp: Instant, _ market: VendorMarket) -> Digest32? {
        guard let id = row["tradeId"].flatMap(identifier), let strike = WireValue.decimal(row["strike"])?.value,
            let expiry = row.instant("expirationTimestamp")?.date, let type = row.optionType("putCall")
        else { return nil }
        var out = JSONWriter(reservingCapacity: 256)
        out.beginObject()
        out.key("expiry"); out.date(expiry)
        out.key("option_type"); out.string(type.rawValue)
        out.key("price"); out.decimalString(WireValue.decimal(row["priceUsd"])?.value)
        out.key("size"); out.decimalString(WireValue.decimal(row["tradeAmount"])?.value)
        out.key("source"); out.string(venue)
        out.key("strike"); out.decimalString(strike)
        out.key("timestamp"); out.instant(timestamp)
        out.key("trade_id"); out.string(id)
        out.key("underlying"); out.string(market.stored)
        out.endObject()
        return Digest32(sha256Of: out.bytes)
    }
}
