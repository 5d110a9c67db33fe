import LedgerJSON
import Operations
import OptionTrades

/// The sums of a view by portfolio, over all selected rows. Each sum is beside the count of the rows that it covers.
enum ViewSums {
    /// The members of an aggregate's entry, in the order of the columns. The first one names the group.
    private static let figures: [(view: View, members: [String])] = [
        (.outcomes, ["key", "count", "sum_pnl_before_fees_usd", "priced", "sum_pnl_after_fees_usd", "priced_after_fees"]),
        (
            .executionQuality,
            ["key", "count", "sum_fill_vs_mid_usd", "with_fill_vs_mid_usd", "mean_fill_vs_mid_bps", "with_fill_vs_mid_bps"]
        ),
    ]

    /// Prints nothing for a view without sums of money.
    static func show(_ view: View, _ aggregates: JSONNode?) throws {
        guard let aggregates, let members = figures.first(where: { $0.view.name == view.name })?.members else { return }
        let root = try JSONDocument(parsing: aggregates.httpBytes()).root
        // Each horizon of the outcomes has its own sums.
        let groups: [(horizon: String?, entries: JSONValue?)] =
            view.hasHorizons
            ? root.members.map { ($0.key, $0.value["by_portfolio"]) } : [(nil, root["by_portfolio"])]
        let rows = groups.flatMap { horizon, entries in
            entries?.elements.map { entry in
                (horizon.map { [$0] } ?? []) + members.map { text(entry[$0], isKey: $0 == "key") }
            } ?? []
        }
        if rows.isEmpty { return }
        let titles = (view.hasHorizons ? ["horizon_key"] : []) + ["source_portfolio"] + members.dropFirst()
        Output.line("")
        Output.line("sums over all rows that are selected")
        Output.table(titles, rows, rightAligned: Set(titles.indices.suffix(members.count - 1)))
    }

    private static func text(_ value: JSONValue?, isKey: Bool) -> String {
        guard let value, !value.isNull else { return isKey ? "(none)" : "" }
        return value.string ?? value.sourceText
    }
}
