package import LedgerJSON
package import LedgerValues

/// Flow added up over contracts and dates (docs/contract/research.md, "Intraday flow").
package struct FlowGroups: Sendable {
    /// What rows are added up by.
    package enum Group: String, Sendable, CaseIterable {
        case contract, expiry, strike
        case optionType = "option_type"
        case deltaBucket = "delta_bucket"
        case bucket5m = "bucket_5m"
        case bucket15m = "bucket_15m"

        /// The length of the buckets of time. Nil for other groups.
        package var minutes: Int64? {
            switch self {
            case .bucket5m: 5
            case .bucket15m: 15
            default: nil
            }
        }
    }

    private enum Key: Hashable {
        case text(ByteKey)
        case number(FixedDecimal)
        case missing
    }

    private let group: Group
    private let digits: Int
    private var sums: [Key: FlowSums] = [:]
    private var left: [ByteKey: Int64] = [:]
    /// The latest market date that was added.
    package private(set) var marketDate: CalendarDate?

    package init(by group: Group, _ rules: IntradayFlowRules) {
        self.group = group
        digits = rules.shareDigits
    }

    /// Adds a row of `intraday_flow`, in event encoding.
    ///
    /// - Parameter deltaBucket: of the row's contract; only asked for by that group.
    package mutating func add(_ row: JSONValue, deltaBucket: String?) {
        let date = row["market_date"]?.string.flatMap { CalendarDate($0) }
        marketDate = max(marketDate ?? .minimum, date ?? .minimum)
        for token in row["warnings"]?.elements.compactMap(\.string) ?? [] {
            let parts = token.split(separator: ":")
            if parts.count == 2, let count = Int64(parts[1]) { left[ByteKey(String(parts[0])), default: 0] += count }
        }
        if let minutes = group.minutes {
            for bucket in row["buckets"]?.elements.map({ $0 }) ?? [] where bucket["bucket_minutes"]?.integer == minutes {
                add(bucket, to: Self.text(bucket["bucket_start_utc"]?.string))
            }
            return
        }
        let key: Key =
            switch group {
            case .contract: Self.text(row["symbol"]?.string)
            case .expiry: Self.text(row["expiry"]?.string)
            case .strike: row["strike"]?.decimal.map(Key.number) ?? .missing
            case .optionType: Self.text(row["option_type"]?.string)
            case .deltaBucket, .bucket5m, .bucket15m: Self.text(deltaBucket)
            }
        add(row, to: key)
    }

    private mutating func add(_ row: JSONValue, to key: Key) {
        sums[key, default: FlowSums()].add(FlowFigures(row), validQuoteCount: row["valid_quote_count"]?.integer ?? 0)
    }

    private static func text(_ text: String?) -> Key { text.map { .text(ByteKey($0)) } ?? .missing }

    /// Whether no row was added.
    package var isEmpty: Bool { marketDate == nil }

    /// Writes the groups as an array, in the order of their keys.
    package func write(to out: inout JSONWriter) {
        out.beginArray()
        for (key, sums) in sums.sorted(by: { Self.precedes($0.key, $1.key) }) { write(key, sums, to: &out) }
        out.endArray()
    }

    /// Tokens that say what was left out of the rows, added up.
    package var tokens: [String] { left.map { "\($0.key):\($0.value)" } }

    private func write(_ key: Key, _ sums: FlowSums, to out: inout JSONWriter) {
        let isBucket = group.minutes != nil
        out.beginObject()
        out.key("buy_notional"); out.decimal(sums.buyNotional, as: .numbers)
        out.key("buy_volume"); out.decimal(sums.buyVolume, as: .numbers)
        out.key("key")
        switch key {
        case .text(let text): out.string(text.text)
        case .number(let number): out.decimalNumber(number)
        case .missing: out.null()
        }
        out.key("net_notional"); out.decimal(sums.buyNotional - sums.sellNotional, as: .numbers)
        // A bucket of time does not say how many of its trades have a quote.
        out.key("quote_coverage_pct")
        out.decimalNumber(isBucket ? nil : sums.share(of: sums.validQuoteCount, digits: digits))
        out.key("sell_notional"); out.decimal(sums.sellNotional, as: .numbers)
        out.key("sell_volume"); out.decimal(sums.sellVolume, as: .numbers)
        out.key("trade_count"); out.integer(sums.tradeCount)
        out.key("unknown_trade_count"); out.integer(sums.unknownTradeCount)
        out.key("unknown_trade_share"); out.decimalNumber(sums.share(of: sums.unknownTradeCount, digits: digits))
        out.key("unknown_volume"); out.decimal(sums.unknownVolume, as: .numbers)
        out.key("valid_quote_count"); out.integer(isBucket ? nil : sums.validQuoteCount)
        out.endObject()
    }

    /// Texts bytewise, numbers by value, what is missing last.
    private static func precedes(_ left: Key, _ right: Key) -> Bool {
        switch (left, right) {
        case (.text(let left), .text(let right)): left < right
        case (.number(let left), .number(let right)): left < right
        case (.missing, _): false
        case (_, .missing): true
        case (.number, .text): true
        case (.text, .number): false
        }
    }
}

extension FlowFigures {
    /// The figures of a row, or of a bucket, in event encoding.
    fileprivate init(_ row: JSONValue) {
        func decimal(_ name: String) -> FixedDecimal { row[name]?.publishedDecimal ?? .zero }
        (buyVolume, sellVolume, unknownVolume) = (decimal("buy_volume"), decimal("sell_volume"), decimal("unknown_volume"))
        (buyNotional, sellNotional) = (decimal("buy_notional"), decimal("sell_notional"))
        tradeCount = row["trade_count"]?.integer ?? 0
        unknownTradeCount = row["unknown_trade_count"]?.integer ?? 0
    }
}
