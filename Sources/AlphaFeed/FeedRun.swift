import LedgerValues
import OptionTrades

/// Checks the pages of a run against each other and against what is stored.
struct FeedRun {
    /// The watermark of the last successful run; nil where there is none or where a lower one is allowed.
    let lowestWatermark: Instant?
    private(set) var pages = 0
    private(set) var lastCursor: String?
    private var watermark: Instant?
    private var cursors: Set<ByteKey> = []

    /// The pages of 500 rows that half a billion trades fill. A feed that never ends is stopped here.
    static let maximumPages = 1_000_000

    init(lowestWatermark: Instant?) {
        self.lowestWatermark = lowestWatermark
    }

    /// Takes the next page; whether another one follows.
    mutating func take(_ page: FeedPage) throws(FeedContractError) -> Bool {
        pages += 1
        if pages == 1 {
            watermark = page.watermark
        } else if page.watermark != watermark {
            throw error(
                .watermarkChanged, "watermark is \(text(page.watermark)), on the first page it was \(text(watermark))")
        }
        if let watermark, let lowestWatermark, watermark < lowestWatermark {
            throw error(
                .watermarkBelowStored, "watermark is \(watermark), the last successful run had \(lowestWatermark)")
        }
        guard let cursor = page.nextCursor else { return false }
        guard cursors.insert(ByteKey(cursor)).inserted else {
            throw error(.repeatedCursor, "nextCursor was given before in this run")
        }
        guard pages < Self.maximumPages else {
            throw error(.tooManyPages, "there are more than \(Self.maximumPages) pages")
        }
        lastCursor = cursor
        return true
    }

    /// What there is to say once the last page is taken.
    var end: SourceRunEnd { SourceRunEnd(pages: pages, lastCursor: lastCursor, watermark: watermark) }

    private func text(_ watermark: Instant?) -> String {
        watermark.map(\.description) ?? "null"
    }

    private func error(_ code: FeedContractError.Code, _ detail: String) -> FeedContractError {
        FeedContractError(code, page: pages, detail)
    }
}
