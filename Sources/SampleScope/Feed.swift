public import Values

/// What a ``SampleFeedServer`` serves.
///
/// A feed has an order of its own that later source updates never change, so that a cursor stays good while
/// rows change under a run.
public struct Feed: Sendable {
    enum Source: Sendable {
        case sample
        case rows([FeedRow])
        case generated(GeneratedRows)
    }

    let source: Source

    /// The sample scope: ``SampleScope/rows(phase:includePending:)`` in the server's current phase.
    public static let sample = Feed(source: .sample)

    /// The given row texts, put into pages as they are, well-formed or not.
    ///
    /// `updatedAt`, `portfolioName` and `tradeStatus` are read out of each text. A row whose `updatedAt` can't be
    /// read is served whatever `updatedSince` says, and one whose portfolio can't be read belongs to every scope.
    /// - Parameters:
    ///   - texts: one JSON text a row.
    ///   - filtered: with false, rows of other portfolios and `PENDING` rows are served too, as a source that
    ///     breaks the contract would; `updatedSince` still holds.
    ///   - watermark: what to answer where no row of a scope has an `updatedAt` that can be read.
    public static func rows(
        _ texts: [String], filtered: Bool = true,
        watermark: Instant = Instant("2026-01-30T21:14:09.12Z") ?? .minimum
    ) -> Feed {
        Feed(source: .rows(texts.map { FeedRow(reading: $0, filtered: filtered, fallbackWatermark: watermark) }))
    }

    /// Rows `0 ..< count` computed from their index in ten forms, half of them of portfolio `IMST` and half of
    /// `ICOI`, all valid, none pending, none held in memory. Any page costs O(limit).
    public static func generated(count: Int) -> Feed {
        Feed(source: .generated(GeneratedRows(count: max(0, count))))
    }
}

/// Which rows a request asks for.
struct FeedScopeFilter {
    var portfolios: Set<ByteKey>
    var includePending: Bool
}

/// One row as the server holds it: the text, and what is needed to choose it.
struct FeedRow: Sendable {
    let text: [UInt8]
    let updatedAt: Instant?
    let portfolio: ByteKey?
    let isPending: Bool
    /// Whether portfolio and status decide; else every scope gets the row.
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

/// What a page holds besides its rows.
struct FeedSlice {
    /// The row texts joined by commas.
    var rows: [UInt8]
    /// Where the next page starts, nil where no row is left.
    var nextOffset: Int?
}

/// Rows in a fixed order, from which pages are cut.
protocol FeedRows {
    /// The largest `updatedAt` of the scope, nil where the scope is empty. O(rows), or better.
    func watermark(of scope: FeedScopeFilter) -> Instant?
    /// At most `limit` rows of the scope from `offset` on.
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
