import Console
import LedgerJSON
import OptionTrades

/// The rows of a view in sequence, read a page at a time up to a bound.
struct RowReader {
    private static let pageSize = 1000
    private static let pageLimit = 20

    private let asked: ConsoleRequest
    private let view: View
    private let parameters: [(String, String)]
    private var rows: IndexingIterator<[JSONValue]>?
    private var cursor: String?
    private var pages = 0
    /// Whether the list continues beyond the bound.
    private(set) var isCutOff = false
    /// What the rows stand on. Nil before the first page.
    private(set) var shown: TimeFrame.Shown?

    /// - Parameter moment: a position or an instant
    init(asked: ConsoleRequest, view: View, at moment: String) {
        self.asked = asked
        self.view = view
        parameters = [(Parameters.wholeNumber(moment) == nil ? "as_of" : "as_of_position", moment)]
    }

    mutating func next() async throws(PageProblem) -> JSONValue? {
        while true {
            if let row = rows?.next() { return row }
            if rows != nil && cursor == nil { return nil }
            if pages == Self.pageLimit {
                isCutOff = true
                return nil
            }
            pages += 1
            let document = try await asked.api.document(
                view.segments, parameters + [("limit", "\(Self.pageSize)")] + (cursor.map { [("cursor", $0)] } ?? []),
                isForPerson: true
            ).get()
            shown = shown ?? Basis(document)?.shown
            rows = (document.root["rows"]?.elements.map { $0 } ?? []).makeIterator()
            cursor = document.root["next_cursor"]?.string
        }
    }
}
