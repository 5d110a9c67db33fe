import Values

/// Rows that are a function of their index: row `i` is of portfolio `IMST` where `i` is even, else of `ICOI`,
/// and was updated `i` milliseconds after the first.
///
/// A page is one copy of a template a row, with the digits that differ written over it.
struct GeneratedRows: FeedRows, Sendable {
    /// How many rows both portfolios have together.
    let count: Int

    private static let firstUpdate = Instant("2026-01-05T00:00:00Z") ?? .minimum
    private static let templates = [
        RowTemplate(portfolio: "IMST", underlying: "MSTR"), RowTemplate(portfolio: "ICOI", underlying: "COIN"),
    ]

    private func updatedAt(_ index: Int) -> Instant {
        Self.firstUpdate.advanced(byMicroseconds: Int64(index) * 1000) ?? .maximum
    }

    /// Whether the scope has the row's portfolio.
    private func holds(_ index: Int, _ scope: FeedScopeFilter) -> Bool {
        scope.portfolios.contains(index.isMultiple(of: 2) ? "IMST" : "ICOI")
    }

    func watermark(of scope: FeedScopeFilter) -> Instant? {
        for index in stride(from: count - 1, through: max(0, count - 2), by: -1) where holds(index, scope) {
            return updatedAt(index)
        }
        return nil
    }

    func slice(of scope: FeedScopeFilter, updatedSince: Instant?, from offset: Int, limit: Int) -> FeedSlice {
        var slice = FeedSlice(rows: [], nextOffset: nil)
        let even = scope.portfolios.contains("IMST")
        let odd = scope.portfolios.contains("ICOI")
        guard even || odd else { return slice }
        var index = max(offset, firstIndex(updatedSince: updatedSince))
        if !(index.isMultiple(of: 2) ? even : odd) { index += 1 }
        let step = even && odd ? 1 : 2
        let wanted = min(limit, max(0, (count - index + step - 1) / step))
        slice.rows.reserveCapacity(wanted * (RowTemplate.largestSize + 1))
        for taken in 0..<wanted {
            if taken > 0 { slice.rows.append(UInt8(ascii: ",")) }
            Self.templates[index & 1].appendRow(index, updatedAt: updatedAt(index), to: &slice.rows)
            index += step
        }
        if index < count { slice.nextOffset = index }
        return slice
    }

    /// The first row updated at the moment or after it.
    private func firstIndex(updatedSince moment: Instant?) -> Int {
        guard let moment, moment > Self.firstUpdate else { return 0 }
        return Int((moment.microseconds - Self.firstUpdate.microseconds + 999) / 1000)
    }
}

/// The bytes that all generated rows of a portfolio share, and where the others go.
private struct RowTemplate: Sendable {
    /// No template is longer.
    static let largestSize = 1024

    let bytes: [UInt8]
    let idEnd: Int
    let updateStart: Int
    let quantityEnd: Int
    let centsEnd: Int
    let premiumEnd: Int

    /// Splits the text at its placeholders: `#` stands for one digit.
    init(portfolio: String, underlying: String) {
        let parts = [
            "{\"tradeId\":\"GEN-##########",
            "\",\"updatedAt\":\"",
            "####-##-##T##:##:##.######Z",
            "\",\"tradeDate\":\"2026-01-02T15:30:00Z\",\"createdAt\":\"2026-01-02T15:30:04Z\",\"tradeStatus\":\"FILLED\","
                + "\"portfolioName\":\"\(portfolio)\",\"underlyingSymbol\":\"\(underlying)\",\"underlyingType\":\"EQUITY\","
                + "\"optionSymbol\":\"\(underlying)260220C00250000\",\"side\":\"SELL\",\"optionType\":\"CALL\",\"strike\":250.00,"
                + "\"expiry\":\"2026-02-20\",\"filledQuantity\":###",
            ",\"price\":10.##",
            ",\"priceCurrency\":\"USD\",\"contractMultiplier\":100,\"quantityUnit\":\"CONTRACTS\",\"premiumUsd\":########",
            ",\"feesUsd\":0.65,\"tradedIv\":0.7150,\"spotAtTrade\":244.10,\"reconStatus\":\"MATCHED\",\"broker\":\"HARBOR\","
                + "\"executionType\":\"ELECTRONIC\",\"isSynthetic\":false}",
        ].map { Array($0.utf8) }
        var ends: [Int] = []
        for part in parts { ends.append((ends.last ?? 0) + part.count) }
        bytes = parts.flatMap { $0 }
        idEnd = ends[0]
        updateStart = ends[1]
        quantityEnd = ends[3]
        centsEnd = ends[4]
        premiumEnd = ends[5]
    }

    /// Appends row `index`; its quantity is 100…999, its price 10.00…10.99 and its premium their product.
    func appendRow(_ index: Int, updatedAt: Instant, to out: inout [UInt8]) {
        let start = out.count
        out.append(contentsOf: bytes)
        let quantity = 100 + index % 900
        let cents = index % 100
        let premium = quantity * (1000 + cents)
        out.withUnsafeMutableBufferPointer { buffer in
            func write(_ number: Int, digits: Int, endingAt end: Int) {
                var rest = number
                for position in stride(from: start + end - 1, through: start + end - digits, by: -1) {
                    buffer[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                    rest /= 10
                }
            }
            write(index, digits: 10, endingAt: idEnd)
            write(quantity, digits: 3, endingAt: quantityEnd)
            write(cents, digits: 2, endingAt: centsEnd)
            writePadded(premium, digits: 8, endingAt: start + premiumEnd, in: buffer)
            let date = updatedAt.date.components
            let microseconds = Int(updatedAt.microseconds % 86_400_000_000)
            let seconds = microseconds / 1_000_000
            write(date.year, digits: 4, endingAt: updateStart + 4)
            write(date.month, digits: 2, endingAt: updateStart + 7)
            write(date.day, digits: 2, endingAt: updateStart + 10)
            write(seconds / 3600, digits: 2, endingAt: updateStart + 13)
            write(seconds / 60 % 60, digits: 2, endingAt: updateStart + 16)
            write(seconds % 60, digits: 2, endingAt: updateStart + 19)
            write(microseconds % 1_000_000, digits: 6, endingAt: updateStart + 26)
        }
    }

    /// Writes a number left-padded with spaces, since JSON allows no leading zeros.
    private func writePadded(
        _ number: Int, digits: Int, endingAt end: Int, in buffer: UnsafeMutableBufferPointer<UInt8>
    ) {
        var rest = number
        for position in stride(from: end - 1, through: end - digits, by: -1) {
            buffer[position] = rest > 0 ? UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10) : UInt8(ascii: " ")
            rest /= 10
        }
    }
}
