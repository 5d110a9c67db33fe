import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues

/// The numbers of rows by the texts of some columns, of rows whose time has come.
struct CountedRows: RowFold {
    /// The largest number of rows whose time has not come.
    private static let maximumLater = 1000

    /// The column of a row's time, which is stored beside the document.
    private let time: String
    /// The reader's now when the first rows were counted.
    private let first: Instant
    /// Of rows whose time had come by then.
    private var counts: RowCounts
    private var later: [RowKey: (time: Instant, texts: [String?])] = [:]

    /// Counts without a row, for a reader's now.
    init(by columns: [String], time: String, now: Instant) {
        (self.time, first, counts) = (time, now, RowCounts(by: columns))
    }

    /// The columns as text.
    var name: String { "\(time)|\(counts.columns.joined(separator: ","))" }

    mutating func add(_ row: JSONValue, _ key: RowKey, times: Int64) {
        guard let at = row[time]?.instant else { return }
        let texts = counts.columns.map { row[$0]?.string }
        if at <= first { return counts.add(texts, count: times) }
        later[key] = times > 0 ? (at, texts) : nil
    }

    /// The numbers of the rows whose time has come by a moment that is no earlier than the first.
    func counts(by now: Instant) -> RowCounts {
        precondition(now >= first, "the rows of an earlier moment are not known")
        var counts = counts
        for row in later.values where row.time <= now { counts.add(row.texts, count: 1) }
        return counts
    }

    var isUseless: Bool { later.count > Self.maximumLater }
    var isWorn: Bool { false }
    var bytes: Int { 512 + counts.groupCount * 256 + later.count * 384 }

    /// The database counts rows that are stored as they are shown.
    func found(in rows: ViewRows, _ session: PostgresSession) throws -> (fold: any RowFold, rowCount: Int)? {
        if rows.isDerived { return nil }
        var fold = self
        let (model, position, filters) = (rows.model, rows.standing.position, rows.request.filters)
        let next = first.advanced(byMicroseconds: 1)
        if let next {
            let limit = Self.maximumLater + 1
            let filters = filters + [.from(column: time, next)]
            for row in try model.rows(at: position, filters: filters, after: nil, limit: limit, session) {
                fold.add(try rows.presented(row.document).root, row.key, times: 1)
            }
            if fold.isUseless { return (fold, limit) }
        }
        let past = next.map { [RowFilter.before(column: time, $0)] } ?? []
        fold.counts = try model.counts(by: counts.columns, at: position, filters: filters + past, session)
        return (fold, Int(clamping: fold.counts.total) + fold.later.count)
    }
}
