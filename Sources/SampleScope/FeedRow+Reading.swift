import LedgerJSON
import LedgerValues

extension FeedRow {
    /// Reads the values that select a row from its text. A value that is absent or unreadable is nil.
    init(reading text: String, filtered: Bool, fallbackWatermark: Instant?) {
        let bytes = Array(text.utf8)
        let root = (try? JSONDocument(parsing: bytes))?.root
        func member(_ key: String) -> String? {
            guard let root, root.kind == .object else { return nil }
            return root[key]?.string
        }
        self.init(
            text: bytes, updatedAt: member("updatedAt").flatMap { Instant($0) },
            portfolio: member("portfolioName").flatMap { $0.isEmpty ? nil : ByteKey($0) },
            isPending: member("tradeStatus") == "PENDING", filtered: filtered, fallbackWatermark: fallbackWatermark)
    }

    /// A row of the sample scope.
    init(_ row: SampleRow) {
        self.init(
            text: Array(row.text.utf8), updatedAt: row.updatedAt, portfolio: row.portfolio.map { ByteKey($0) },
            isPending: row.isPending, filtered: true, fallbackWatermark: nil)
    }
}
