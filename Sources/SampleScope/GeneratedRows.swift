import LedgerValues

/// Rows computed from their index. Row `i` takes form `i` modulo the number of
/// ``GeneratedPatterns``. It is of portfolio `IMST` if `i` is even, else of `ICOI`, and was updated `i` milliseconds
/// after the first row.
struct GeneratedRows: FeedRows, Sendable {
    /// The number of rows of both portfolios together.
    let count: Int

    /// Whether the scope has the row's portfolio.
    private func holds(_ index: Int, _ scope: FeedScopeFilter) -> Bool {
        scope.portfolios.contains(index.isMultiple(of: 2) ? "IMST" : "ICOI")
    }

    func watermark(of scope: FeedScopeFilter) -> Instant? {
        for index in stride(from: count - 1, through: max(0, count - 2), by: -1) where holds(index, scope) {
            return GeneratedRow(index: index).updatedAt
        }
        return nil
    }

    func slice(of scope: FeedScopeFilter, updatedSince: Instant?, from offset: Int, limit: Int) -> FeedSlice {
        var slice = FeedSlice(rows: [], nextOffset: nil)
        let even = scope.portfolios.contains("IMST")
        let odd = scope.portfolios.contains("ICOI")
        guard even || odd else { return slice }
        var index = max(offset, GeneratedRow.firstIndex(updatedSince: updatedSince))
        if !(index.isMultiple(of: 2) ? even : odd) { index += 1 }
        let step = even && odd ? 1 : 2
        let wanted = min(limit, max(0, (count - index + step - 1) / step))
        let templates = GeneratedPatterns.templates
        slice.rows.reserveCapacity(wanted * (1 + (templates.map(\.bytes.count).max() ?? 0)))
        for taken in 0..<wanted {
            if taken > 0 { slice.rows.append(UInt8(ascii: ",")) }
            templates[index % templates.count].append(GeneratedRow(index: index), to: &slice.rows)
            index += step
        }
        if index < count { slice.nextOffset = index }
        return slice
    }
}

/// The values that differ between generated rows of one form.
struct GeneratedRow {
    private static let firstUpdate = Instant("2026-01-05T00:00:00Z") ?? .minimum
    private static let firstTrade = Instant("2026-01-02T15:30:00Z") ?? .minimum
    /// Strikes from 230 to 345 USD in steps of 5.
    private static let strikeCount = 24
    /// The number of consecutive rows that share an expiry. In them each form meets each strike once.
    private static let rowsPerExpiry = strikeCount * GeneratedPatterns.templates.count

    let index: Int

    /// One millisecond apart.
    var updatedAt: Instant { Self.firstUpdate.advanced(byMicroseconds: Int64(index) * 1000) ?? .maximum }
    /// One millisecond apart.
    var tradedAt: Instant { Self.firstTrade.advanced(byMicroseconds: Int64(index) * 1000) ?? .maximum }
    /// In USD.
    var strike: Int { 230 + 5 * (index / GeneratedPatterns.templates.count % Self.strikeCount) }
    /// A Friday of February 2026: 6, 13, 20 or 27.
    var expiryDay: Int { 6 + 7 * (index / Self.rowsPerExpiry % 4) }
    /// 100…999 contracts.
    var quantity: Int { 100 + index % 900 }
    /// The price is 10 USD plus this many cents.
    var cents: Int { index / 7 % 100 }
    /// Price × quantity × 100, in USD.
    var premium: Int { quantity * (1000 + cents) }

    /// The first row updated at or after the moment.
    static func firstIndex(updatedSince moment: Instant?) -> Int {
        guard let moment, moment > firstUpdate else { return 0 }
        return Int((moment.microseconds - firstUpdate.microseconds + 999) / 1000)
    }
}
