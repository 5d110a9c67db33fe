import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

/// The numbers of a view's rows by state, label and quality, and by missing field.
struct ViewCounts {
    let view: View
    private let rows: Int
    /// Column → value → rows.
    private let counts: [(column: String, values: [ByteKey: Int])]

    /// The views of trades with the columns to count.
    static let counted: [(View, [String])] = [
        (.trades, ["trade_status", "flags"]),
        (.lifecycles, ["lifecycle_state", "lifecycle_quality", "lifecycle_flags"]),
        (.context, ["context_quality", "gamma_regime", "term_structure_state", "stationarity_status", "missing_fields"]),
        (.executionQuality, ["benchmark_quality", "execution_liquidity_quality", "missing_fields"]),
        (.alignment, ["alignment_label", "confidence_label", "missing_signals"]),
        (.outcomes, ["horizon_key", "outcome_state", "mark_quality", "missing_fields"]),
    ]

    /// Reads all rows of a view at the projection's checkpoint.
    init(_ ledger: Ledger, _ view: View, _ columns: [String]) async throws {
        var counts = columns.map { (column: $0, values: [ByteKey: Int]()) }
        var rows = 0
        var request = ViewRequest()
        request.limit = ViewReader.maximumLimit
        repeat {
            let page = try await ViewReader(ledger, isBounded: false).page(view, request)
            rows += page.rows.count
            for row in page.rows {
                let root = try JSONDocument(parsing: row).root
                for index in counts.indices {
                    for value in Self.values(root[counts[index].column]) { counts[index].values[value, default: 0] += 1 }
                }
            }
            request.cursor = page.nextCursor
        } while request.cursor != nil
        self.view = view
        self.rows = rows
        self.counts = counts
    }

    /// The values that a cell counts under: each element of a list, and a null as itself.
    private static func values(_ cell: JSONValue?) -> [ByteKey] {
        guard let cell, !cell.isNull else { return ["null"] }
        if cell.kind == .array { return cell.elements.compactMap(\.string).map { ByteKey($0) } }
        return [ByteKey(cell.string ?? cell.sourceText)]
    }

    var node: JSONNode {
        .object(
            [("rows", .integer(Int64(rows)))]
                + counts.map { column, values in
                    (
                        "by_\(column)",
                        .object(values.sorted { $0.key < $1.key }.map { ($0.key.text, .integer(Int64($0.value))) })
                    )
                })
    }

    /// Prints a short table for each column.
    func show() {
        Output.line("\(view.name): \(rows) rows")
        for (column, values) in counts where !values.isEmpty {
            Output.table(
                [column, "rows"], values.sorted { $0.key < $1.key }.map { [$0.key.text, "\($0.value)"] }, rightAligned: [1])
        }
        Output.line("")
    }
}
