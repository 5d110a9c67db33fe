import LedgerJSON
package import LedgerValues

/// The side that began a trade, as far as its price against the quote says.
package enum FlowSide: Sendable, Equatable {
    case buy, sell, unknown
}

/// A quote as a tape has it; it need not be sound.
package struct FlowQuote: Sendable, Equatable {
    package let bid: FixedDecimal?
    package let ask: FixedDecimal?

    package init(bid: FixedDecimal?, ask: FixedDecimal?) { (self.bid, self.ask) = (bid, ask) }

    /// Whether the bid is above zero and the ask not below it.
    package var isValid: Bool {
        guard let bid, let ask else { return false }
        return bid > .zero && ask >= bid
    }

    /// The side of a trade at a price. A locked quote, bid and ask alike, says nothing.
    package func side(of price: FixedDecimal) -> FlowSide {
        guard isValid, let bid, let ask, ask > bid else { return .unknown }
        return price >= ask ? .buy : price <= bid ? .sell : .unknown
    }
}

/// A trade with what its quote says of it.
package struct FlowTrade: Sendable {
    package let time: TapeInstant
    package let size: FixedDecimal
    /// In the money of the notional.
    package let price: FixedDecimal
    package let side: FlowSide
    package let hasValidQuote: Bool

    /// - Parameters:
    ///   - time: of the trade.
    ///   - price: in the money of the quote.
    ///   - size: in contracts.
    ///   - notionalPrice: if the notional is in other money than the quote.
    ///   - quote: the one in force. Nil for none.
    package init(
        time: TapeInstant, price: FixedDecimal, size: FixedDecimal, notionalPrice: FixedDecimal? = nil, quote: FlowQuote?
    ) {
        (self.time, self.size) = (time, size)
        self.price = notionalPrice ?? price
        side = quote?.side(of: price) ?? .unknown
        hasValidQuote = quote?.isValid ?? false
    }
}

/// Trades of a contract on a market date, and what was left out of them.
package struct FlowTrades: Sendable {
    package var trades: [FlowTrade] = []
    package var droppedTrades = 0
    package var droppedQuotes = 0
    package var duplicateTrades = 0

    package init() {}

    /// What was left out, as tokens.
    var warnings: [String] {
        [("dropped_quotes", droppedQuotes), ("dropped_trades", droppedTrades), ("duplicate_trades", duplicateTrades)]
            .filter { $0.1 > 0 }.map { "\($0.0):\($0.1)" }
    }
}

/// The lines of a contract's tape.
package enum Tape {
    private struct TimedQuote {
        let time: TapeInstant
        let quote: FlowQuote
    }

    /// Reads a tape's lines, JSON objects, blank lines between them or not, and joins each trade with the quote in force.
    ///
    /// - Parameters:
    ///   - quotes: `{timestamp, bid, ask, …}` a line.
    ///   - trades: `{timestamp, price, size, exchange, sequence, …}` a line.
    ///   - isOfDate: whether a moment is of the market date; others are dropped.
    package static func trades(quotes: [UInt8], trades: [UInt8], isOfDate: (Instant) -> Bool) -> FlowTrades {
        var read = FlowTrades()
        let inForce = self.quotes(quotes, isOfDate, dropped: &read.droppedQuotes)
        var seen = Set<[ByteKey]>()
        for line in lines(of: trades) {
            guard let row = object(line), let time = time(row), isOfDate(time.instant), let price = positive(row["price"]),
                let size = positive(row["size"])
            else {
                read.droppedTrades += 1
                continue
            }
            if let exchange = name(row["exchange"]), let sequence = name(row["sequence"]),
                !seen.insert([ByteKey(exchange), ByteKey(sequence)]).inserted
            {
                read.duplicateTrades += 1
                continue
            }
            read.trades.append(FlowTrade(time: time, price: price, size: size, quote: quote(at: time, inForce)))
        }
        return read
    }

    /// The lines that are not blank.
    package static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        bytes.split(separator: UInt8(ascii: "\n")).filter { line in
            !line.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
        }
    }

    /// One quote for each moment, by time: of several the last valid one, else the last.
    private static func quotes(_ bytes: [UInt8], _ isOfDate: (Instant) -> Bool, dropped: inout Int) -> [TimedQuote] {
        var all: [(index: Int, quote: TimedQuote)] = []
        for line in lines(of: bytes) {
            guard let row = object(line), let time = time(row), isOfDate(time.instant) else {
                dropped += 1
                continue
            }
            let quote = FlowQuote(bid: row["bid"]?.decimal, ask: row["ask"]?.decimal)
            all.append((all.count, TimedQuote(time: time, quote: quote)))
        }
        all.sort { ($0.quote.time, $0.index) < ($1.quote.time, $1.index) }
        var inForce: [TimedQuote] = []
        for (_, quote) in all {
            guard let last = inForce.last, last.time == quote.time else {
                inForce.append(quote)
                continue
            }
            if quote.quote.isValid || !last.quote.isValid { inForce[inForce.count - 1] = quote }
        }
        return inForce
    }

    /// The latest quote that is not after a moment.
    private static func quote(at time: TapeInstant, _ inForce: [TimedQuote]) -> FlowQuote? {
        var (low, high) = (0, inForce.count)
        while low < high {
            let middle = (low + high) / 2
            if inForce[middle].time <= time { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : inForce[low - 1].quote
    }

    private static func object(_ line: ArraySlice<UInt8>) -> JSONValue? {
        guard let root = (try? JSONDocument(parsing: Array(line)))?.root, root.kind == .object else { return nil }
        return root
    }

    private static func time(_ row: JSONValue) -> TapeInstant? { row["timestamp"]?.string.flatMap { TapeInstant($0) } }

    private static func positive(_ value: JSONValue?) -> FixedDecimal? {
        guard let decimal = value?.decimal, decimal > .zero else { return nil }
        return decimal
    }

    /// The name of an exchange, or the number of a trade, whether it is a text or a number.
    private static func name(_ value: JSONValue?) -> String? {
        guard let value else { return nil }
        switch value.kind {
        case .string: return value.string.flatMap { $0.isEmpty ? nil : $0 }
        case .number: return value.sourceText
        default: return nil
        }
    }
}
