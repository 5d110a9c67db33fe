/// The meaning of a larger figure for its reader. A colour says gain or loss; it never stands for a sign.
///
/// Gain and loss are one of the three scales of colour (docs/design.md, "Colour").
///
/// Each figure's polarity is declared once, here. Tables, sums, plots, explanations and comparisons look it up by a
/// column's name. The sign is shown beside the colour, and the column's head says which direction is better.
enum Polarity {
    /// More is better.
    case gain
    /// More is worse.
    case cost
    /// Neither: no colour.
    case neutral

    private static let declared: [String: Polarity] = [
        // Money earned, or hypothetically earned at a mark.
        "pnl_before_fees_usd": .gain, "pnl_after_fees_usd": .gain, "realized_pnl_before_fees_usd": .gain,
        "sum_pnl_before_fees_usd": .gain, "mean_pnl_before_fees_usd": .gain,
        "sum_pnl_after_fees_usd": .gain, "mean_pnl_after_fees_usd": .gain,
        // The cost of a fill against its benchmark, for buys and sells alike.
        "fill_vs_mid": .cost, "fill_vs_mid_usd": .cost, "fill_vs_mid_bps": .cost, "fill_vs_surface_mark": .cost,
        "sum_fill_vs_mid_usd": .cost, "mean_fill_vs_mid_bps": .cost,
        // Money that changed hands. A premium paid is not a loss, and fees have no better or worse direction.
        "premium_usd": .neutral, "entry_premium_usd": .neutral, "mark_premium_usd": .neutral, "open_premium_usd": .neutral,
        "total_gross_premium_usd": .neutral, "known_gross_premium_usd": .neutral,
        "net_premium_cashflow_usd": .neutral, "known_net_premium_cashflow_usd": .neutral,
        "fees_usd": .neutral, "total_fees_usd": .neutral, "known_fees_usd": .neutral,
        "source_premium_usd": .neutral, "local_premium_usd": .neutral, "premium_delta_usd": .neutral,
        // Market moves, and the side of a position.
        "spot_move_pct": .neutral, "vrp": .neutral, "gex_imbalance": .neutral, "net_quantity": .neutral,
        // Its neutral point is the mid, not zero.
        "spread_capture": .neutral, "mean_spread_pct": .neutral,
    ]

    /// The polarity of the figure in a column of a view or of its sums. Undeclared figures are neutral.
    static func of(_ field: String) -> Polarity { declared[field] ?? .neutral }

    /// Whether the figure's polarity is declared.
    static func isDeclared(_ field: String) -> Bool { declared[field] != nil }

    /// The remark for the head of a column.
    var remark: String? {
        switch self {
        case .gain: "+ is better"
        case .cost: "+ is worse"
        case .neutral: nil
        }
    }

    /// Whether a figure in its displayed form is a gain for its reader. Nil for zero and for neutral figures.
    func isGain(_ shown: String) -> Bool? {
        guard self != .neutral, shown.utf8.contains(where: { UInt8(ascii: "1")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        let isNegative = shown.hasPrefix("\u{2212}") || shown.hasPrefix("-")
        return isNegative == (self == .cost)
    }

    /// The classes of the element that shows a figure.
    func classes(_ shown: String) -> String { "figure" + (isGain(shown).map { " \(Self.shade(isGain: $0))" } ?? "") }

    /// The class of a mark that stands for a gain or a loss.
    static func shade(isGain: Bool) -> String { isGain ? "gain" : "loss" }
}
