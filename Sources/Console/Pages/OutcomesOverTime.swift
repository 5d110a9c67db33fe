import LedgerJSON
import LedgerValues
import OptionTrades

/// The running sums of P&L by the dates of the horizons, marked and terminal figures apart.
struct OutcomesOverTime {
    /// What the totals are grouped by. With more days than an answer may have groups, months take their place.
    static let groupings = ["day", "month"].map { "horizon_key,outcome_state,target_timestamp:\($0)" }

    private static let field = "pnl_before_fees_usd"
    private static let states = [
        (name: OutcomeState.unrealizedMark.rawValue, title: "marked", shade: Series.identity(0)),
        (name: OutcomeState.terminalMark.rawValue, title: "terminal", shade: Series.identity(1)),
    ]

    let totals: Loaded
    let context: PageContext

    func write(to html: inout HTMLWriter) {
        switch totals {
        case .failure(let problem): ProblemBox.write(problem, to: &html)
        case .success(let document):
            let groups = Totals(document).groups
            let horizons = groups.reduce(into: [String]()) { if $0.last != $1.name(0) { $0.append($1.name(0)) } }
            if horizons.isEmpty { return html.element("p", [.class("quiet")], text: "No horizon of an execution is known.") }
            html.element("div", [.class("grid")]) { html in
                for horizon in Horizons.inOrder(horizons) { write(horizon, groups.filter { $0.name(0) == horizon }, to: &html) }
            }
        }
    }

    private func write(_ horizon: String, _ groups: [Totals.Group], to html: inout HTMLWriter) {
        let lines = Self.states.map { state in
            LinePlot.Line(name: state.title, shade: state.shade, points: Self.running(groups.filter { $0.name(1) == state.name }))
        }
        html.element("div") { html in
            LinePlot(title: "P&L before fees USD at \(horizon), added up", lines: lines).write(to: &html)
            let (rows, priced) = groups.reduce(into: (Int64(0), Int64(0))) {
                $0.0 += $1.count
                $0.1 += $1.covered(Self.field)
            }
            html.element("p", [.class("quiet")]) { html in
                html.text("\(Figures.count(priced)) of \(Figures.count(rows)) rows are priced. ")
                let asked = horizon == "expiry" ? horizon : String(horizon.dropLast())
                let rows = Address(["performance", View.outcomes.name], [("horizons", asked)] + context.time.parameters)
                html.element("a", [.href(rows)], text: "Rows at \(horizon)")
            }
            table(horizon, groups, &html)
        }
    }

    /// The sum up to each date, exact. A date without an amount has no point.
    private static func running(_ groups: [Totals.Group]) -> [(date: CalendarDate, value: FixedDecimal)] {
        var sum = ExactNumber.zero
        return groups.compactMap { group in
            guard let amount = group.sum(field), let date = date(of: group) else { return nil }
            sum += ExactNumber(amount)
            return sum.rounded().map { (date, $0) }
        }
    }

    /// The day of a group, or the first of its month.
    private static func date(of group: Totals.Group) -> CalendarDate? {
        CalendarDate(group.name(2)) ?? CalendarDate(group.name(2) + "-01")
    }

    private func table(_ horizon: String, _ groups: [Totals.Group], _ html: inout HTMLWriter) {
        html.element("details", [.class("figures")]) { html in
            html.element("summary", text: "Figures over time, \(horizon)")
            html.element("div", [.class("scroll"), .role("region"), .label("Figures over time, \(horizon)"), .tabIndex(0)]) { html in
                html.element("table") { html in
                    html.element("thead") { html in
                        html.element("tr") { html in
                            html.element("th", [.scope("col")], text: "Date")
                            html.element("th", [.scope("col")], text: "Outcome")
                            html.element("th", [.scope("col"), .class("number")], text: "P&L before fees USD")
                            html.element("th", [.scope("col"), .class("number")], text: "Priced")
                        }
                    }
                    html.element("tbody") { html in
                        for group in groups.sorted(by: { $0.name(2) < $1.name(2) }) { row(group, &html) }
                    }
                }
            }
        }
    }

    private func row(_ group: Totals.Group, _ html: inout HTMLWriter) {
        html.element("tr") { html in
            html.element("th", [.scope("row")], text: group.name(2))
            html.element("td") { Badge.write(group.name(1), to: &$0) }
            html.element("td", [.class("number")]) { html in
                guard let exact = group.sumText(Self.field) else { return Unavailable.write("nothing priced", to: &html) }
                let shown = Figures.decimal(exact, .money).text
                html.element("span", [.class(Polarity.of(Self.field).classes(shown)), .title(exact)], text: shown)
            }
            html.element(
                "td", [.class("number")], text: "\(Figures.count(group.covered(Self.field))) of \(Figures.count(group.count))")
        }
    }
}

/// Positions that are open, by expiry: what expires next, and what expired without a closing execution.
struct OpenPositions {
    static let grouping = "lifecycle_state,expiry"

    private static let field = "open_premium_usd"
    private static let open = ["open_long", "open_short"]

    let totals: Loaded
    let context: PageContext

    func write(to html: inout HTMLWriter) {
        switch totals {
        case .failure(let problem): ProblemBox.write(problem, to: &html)
        case .success(let document):
            let groups = Totals(document).groups.filter { Self.open.contains($0.name(0)) }.sorted { left, right in
                (left.name(1), left.name(0)) < (right.name(1), right.name(0))
            }
            if groups.isEmpty { return html.element("p", [.class("quiet")], text: "No position is open.") }
            let today = document.root["ledger"]?["as_of"]?.string.flatMap { Instant($0) }?.date
            html.element("div", [.class("scroll"), .role("region"), .label("Open positions by expiry"), .tabIndex(0)]) { html in
                html.element("table") { html in
                    html.element("thead") { html in
                        html.element("tr") { html in
                            html.element("th", [.scope("col")], text: "Expiry")
                            html.element("th", [.scope("col")], text: "When")
                            html.element("th", [.scope("col")], text: "Side")
                            html.element("th", [.scope("col"), .class("number")], text: "Positions")
                            html.element("th", [.scope("col"), .class("number")], text: "Open premium USD")
                        }
                    }
                    html.element("tbody") { html in
                        for group in groups { row(group, today, &html) }
                    }
                }
            }
        }
    }

    private func row(_ group: Totals.Group, _ today: CalendarDate?, _ html: inout HTMLWriter) {
        let expiry = group.key.count > 1 ? group.key[1].flatMap { CalendarDate($0) } : nil
        html.element("tr") { html in
            html.element("th", [.scope("row")], text: group.name(1))
            html.element("td") { html in
                guard let expiry, let today else { return Unavailable.write("no expiry named", to: &html) }
                let days = Int(expiry.daysSinceEpoch) - Int(today.daysSinceEpoch)
                if days < 0 { return html.element("span", [.class("badge q-poor")], text: "expired, unresolved") }
                html.text(days == 0 ? "today" : days == 1 ? "tomorrow" : "in \(Figures.count(Int64(days))) days")
            }
            html.element("td") { html in
                html.element(
                    "a", [.href(Address(["performance", View.lifecycles.name], [("state", group.name(0))] + context.time.parameters))],
                    text: group.name(0).replacing("_", with: " "))
            }
            html.element("td", [.class("number")], text: Figures.count(group.count))
            html.element("td", [.class("number")]) { html in
                guard let exact = group.sumText(Self.field) else { return Unavailable.write("nothing priced", to: &html) }
                html.element("span", [.class("figure"), .title(exact)], text: Figures.decimal(exact, .money).text)
                if group.covered(Self.field) == group.count { return }
                html.text(" ")
                html.element(
                    "small", [.class("over")], text: "\(Figures.count(group.covered(Self.field))) of \(Figures.count(group.count)) rows")
            }
        }
    }
}

/// The order in which people go through horizons.
enum Horizons {
    /// Days first, expiry last.
    static func inOrder(_ names: [String]) -> [String] {
        names.sorted { left, right in (Int(left.dropLast()) ?? .max, left) < (Int(right.dropLast()) ?? .max, right) }
    }
}
