import LedgerJSON
import LedgerValues
import OptionTrades

/// Open contracts under moves of spot, of IV and of time: a map of gains for each number of days.
struct ScenariosSection {
    let data: JSONValue
    let pin: [(name: String, value: String)]?

    func write(to html: inout HTMLWriter) {
        let positions = data["positions"]?.list ?? []
        if positions.isEmpty { html.element("p", [.class("quiet")], text: "No open contract at this moment.") }
        for position in positions { write(position, &html) }
        if let model = data["model"]?.string { html.element("p", [.class("quiet")], text: "\(model).") }
    }

    private func write(_ position: JSONValue, _ html: inout HTMLWriter) {
        let name = ["underlying", "expiry", "strike", "option_type"].compactMap { position.text($0) }.joined(separator: " ")
        html.element("h3", text: "\(position.text("side") ?? "") \(position.text("contracts") ?? "") × \(name)")
        ResearchSection.facts(
            position,
            [
                "mark", "mark_source", "iv", "spot", "dte", "basis", "multiplier", "intrinsic", "extrinsic", "theta_burn_dollars_day",
                "theta_burn_pct_premium_day", "model_gap", "pnl_reference", "quote_market_date",
            ], to: &html,
            at: { field in
                guard field == "basis", let pin, let id = position.text("position_id") else { return nil }
                return ResearchSection.explanation(of: .lifecycles, [id], "average_open_price", pin)
            })
        let cells = position["grid"]?.list ?? []
        html.element("div", [.class("grid")]) { html in
            for days in Self.ordered(cells, "days_forward") {
                let then = cells.filter { $0.text("days_forward") == days }
                map(then, days).write(to: &html)
            }
        }
        if cells.isEmpty { html.element("p", [.class("quiet")], text: "No grid: the warnings say why.") }
        ResearchSection.warnings(position, to: &html)
    }

    private func map(_ cells: [JSONValue], _ days: String) -> HeatMap {
        let (spots, ivs) = (Self.ordered(cells, "spot_change_pct"), Self.ordered(cells, "iv_change_pp"))
        return HeatMap(
            title: days == "0" ? "Gain now" : "Gain in \(days) days", unit: "USD, + is better", horizontal: "spot, %",
            vertical: "IV, vol points", columns: spots.map { CurvePlot.number((Double($0) ?? 0) * 100) },
            rows: ivs.map { iv in
                let own = cells.filter { $0.text("iv_change_pp") == iv }
                return (
                    CurvePlot.number(Double(iv) ?? 0),
                    spots.map { spot in own.first { $0.text("spot_change_pct") == spot }?.number("pnl_position") }
                )
            }, scale: .polarity)
    }

    /// The values of a member, each once, in the order of the cells.
    private static func ordered(_ cells: [JSONValue], _ field: String) -> [String] {
        var found: [String] = []
        for cell in cells {
            if let value = cell.text(field), !found.contains(value) { found.append(value) }
        }
        return found
    }
}
