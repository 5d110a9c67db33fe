package import LedgerValues

/// The content of a ``SampleFeedServer``.
///
/// A feed has an order of its own that source updates never change. A cursor therefore stays valid while rows change
/// during a run.
package struct Feed: Sendable {
    enum Source: Sendable {
        case sample
        case rows([FeedRow])
        case generated(GeneratedRows)
    }

    let source: Source

    /// The sample scope: ``SampleScope/rows(phase:includePending:)`` in the server's current phase.
    package static let sample = Feed(source: .sample)

    /// The given row texts, served unchanged, well-formed or not.
    ///
    /// `updatedAt`, `portfolioName` and `tradeStatus` are read from each text. A row without a readable `updatedAt` is
    /// served for every `updatedSince`. A row without a readable portfolio belongs to every scope.
    /// - Parameters:
    ///   - texts: one JSON text for each row
    ///   - filtered: if false, rows of other portfolios and `PENDING` rows are served too, as by a source that breaks
    ///     the contract; `updatedSince` still applies
    ///   - watermark: the answer's watermark if no row of a scope has a readable `updatedAt`
    package static func rows(
        _ texts: [String], filtered: Bool = true,
        watermark: Instant = Instant("2026-01-30T21:14:09.12Z") ?? .minimum
    ) -> Feed {
        Feed(source: .rows(texts.map { FeedRow(reading: $0, filtered: filtered, fallbackWatermark: watermark) }))
    }

    /// Rows `0 ..< count`, computed from their index in ten forms, half of them of portfolio `IMST` and half of `ICOI`.
    /// All are valid, none is pending, and none is held in memory. Any page costs O(limit).
    package static func generated(count: Int) -> Feed {
        Feed(source: .generated(GeneratedRows(count: max(0, count))))
    }
}

/// The scope of a request.
struct FeedScopeFilter {
    var portfolios: Set<ByteKey>
    var includePending: Bool
}

/// One row as the server holds it: the text, and the values that select it.
struct FeedRow: Sendable {
    let text: [UInt8]
    let updatedAt: Instant?
    let portfolio: ByteKey?
    let isPending: Bool
    /// Whether portfolio and status select the row. If false, every scope gets it.
    let filtered: Bool
    /// The watermark of a scope without any readable `updatedAt`.
    let fallbackWatermark: Instant?

    func belongs(to scope: FeedScopeFilter) -> Bool {
        guard filtered else { return true }
        if isPending && !scope.includePending { return false }
        guard let portfolio else { return true }
        return scope.portfolios.contains(portfolio)
    }

    func isUpdated(since moment: Instant?) -> Bool {
        guard let moment, let updatedAt else { return true }
        return updatedAt >= moment
    }
}

/// The part of the feed that one page holds.
struct FeedSlice {
    /// The row texts joined by commas.
    var rows: [UInt8]
    /// The start of the next page. Nil if no row is left.
    var nextOffset: Int?
}

/// Rows in a fixed order, divided into pages.
protocol FeedRows {
    /// The largest `updatedAt` of the scope. Nil if the scope is empty. O(rows) or better.
    func watermark(of scope: FeedScopeFilter) -> Instant?
    /// At most `limit` rows of the scope, starting at `offset`.
    func slice(of scope: FeedScopeFilter, updatedSince: Instant?, from offset: Int, limit: Int) -> FeedSlice
}

extension [FeedRow]: FeedRows {
    func watermark(of scope: FeedScopeFilter) -> Instant? {
        var largest: Instant?
        var fallback: Instant?
        for row in self where row.belongs(to: scope) {
            if let updatedAt = row.updatedAt { largest = Swift.max(largest ?? updatedAt, updatedAt) }
            fallback = row.fallbackWatermark
        }
        return largest ?? fallback
    }

    func slice(of scope: FeedScopeFilter, updatedSince: Instant?, from offset: Int, limit: Int) -> FeedSlice {
        var slice = FeedSlice(rows: [], nextOffset: nil)
        var taken = 0
        for index in Swift.min(offset, count)..<count
        where self[index].belongs(to: scope) && self[index].isUpdated(since: updatedSince) {
            if taken == limit {
                slice.nextOffset = index
                break
            }
            if taken > 0 { slice.rows.append(UInt8(ascii: ",")) }
            slice.rows.append(contentsOf: self[index].text)
            taken += 1
        }
        return slice
    }
}
