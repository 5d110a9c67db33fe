/// What more of a figure means for its reader: a colour says good or bad, never which sign a figure has.
///
/// Declared here, once for each figure: tables, sums, plots, explanations and comparisons ask by a column's name. The sign
/// stands beside the colour, and the column's head says which way is which.
enum Polarity {
    /// More is better.
    case gain
    /// More is worse.
    case cost
    /// Neither: no colour.
    case neutral

    private static let declared: [String: Polarity] = [
        // What was earned, or would be at a mark.
        "pnl_before_fees_usd": .gain, "pnl_after_fees_usd": .gain, "realized_pnl_before_fees_usd": .gain,
        "sum_pnl_before_fees_usd": .gain, "mean_pnl_before_fees_usd": .gain,
        "sum_pnl_after_fees_usd": .gain, "mean_pnl_after_fees_usd": .gain,
        // What a fill cost against its benchmark, for buys and sells alike.
        "fill_vs_mid": .cost, "fill_vs_mid_usd": .cost, "fill_vs_mid_bps": .cost, "fill_vs_surface_mark": .cost,
        "sum_fill_vs_mid_usd": .cost, "mean_fill_vs_mid_bps": .cost,
        // Money that changed hands: a premium paid is no loss, and fees have no other side to be better than.
        "premium_usd": .neutral, "entry_premium_usd": .neutral, "mark_premium_usd": .neutral, "open_premium_usd": .neutral,
        "total_gross_premium_usd": .neutral, "known_gross_premium_usd": .neutral,
        "net_premium_cashflow_usd": .neutral, "known_net_premium_cashflow_usd": .neutral,
        "fees_usd": .neutral, "total_fees_usd": .neutral, "known_fees_usd": .neutral,
        "source_premium_usd": .neutral, "local_premium_usd": .neutral, "premium_delta_usd": .neutral,
        // What the market did, and the side of a position.
        "spot_move_pct": .neutral, "vrp": .neutral, "gex_imbalance": .neutral, "net_quantity": .neutral,
        // Its middle, not zero, is the mid.
        "spread_capture": .neutral,
    ]

    /// Of the figure in a column of a view, or of its sums; neutral where nothing is declared.
    static func of(_ field: String) -> Polarity { declared[field] ?? .neutral }

    /// Whether the figure's polarity is declared.
    static func isDeclared(_ field: String) -> Bool { declared[field] != nil }

    /// For the head of a column.
    var remark: String? {
        switch self {
        case .gain: "+ is better"
        case .cost: "+ is worse"
        case .neutral: nil
        }
    }

    /// Whether a figure as it is shown is good news; nil for zero, and where more is neither.
    func isGood(_ shown: String) -> Bool? {
        guard self != .neutral, shown.utf8.contains(where: { UInt8(ascii: "1")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        let isNegative = shown.hasPrefix("\u{2212}") || shown.hasPrefix("-")
        return isNegative == (self == .cost)
    }

    /// The classes of the element that shows a figure.
    func classes(_ shown: String) -> String { isGood(shown).map { $0 ? "figure good" : "figure poor" } ?? "figure" }
}
