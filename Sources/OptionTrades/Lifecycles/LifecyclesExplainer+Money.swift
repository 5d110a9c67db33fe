import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues

/// Figures in money: of matches, of open lots, and sums over the executions.
extension LifecyclesExplainer {
    func isInCurrency(_ row: ExecutionRow) -> Bool {
        row.priceCurrency.map { $0.isBytewiseEqual(to: rules.priceCurrency) } ?? false
    }

    /// The exact profit of a match. Adds a step, or a note with the reason for a null.
    func profit(_ match: ExplainedMatching.Match, _ sheet: inout Worksheet) -> ExactNumber? {
        let (open, close) = (match.open.row, match.close.row)
        for execution in [match.open, match.close] {
            sheet.inputs(
                execution, "price", "contract_multiplier", "price_currency", prefix: execution.row.sourceTradeID)
        }
        sheet.rule(rules.file, "price_currency")
        let name = "\(open.sourceTradeID) → \(close.sourceTradeID)"
        guard let from = open.price, let to = close.price, let multiplier = open.contractMultiplier,
            let other = close.contractMultiplier, multiplier == other, isInCurrency(open), isInCurrency(close)
        else {
            sheet.null(
                name,
                because: open.contractMultiplier != nil && close.contractMultiplier != nil
                    && open.contractMultiplier != close.contractMultiplier
                    ? "\(name): the multipliers differ"
                    : "\(name): a price, a multiplier or a price in \(rules.priceCurrency) is missing")
            return nil
        }
        let isLong = open.direction == .buy
        let result = (isLong ? to.exact - from.exact : from.exact - to.exact) * match.quantity.exact * multiplier.exact
        sheet.step(
            "\(name), a \(isLong ? "long" : "short") lot",
            isLong
                ? "(\(to) − \(from)) × \(match.quantity) × \(multiplier)"
                : "(\(from) − \(to)) × \(match.quantity) × \(multiplier)", Shown(exact: result))
        return result
    }

    func realized(_ matching: ExplainedMatching, _ sheet: inout Worksheet) {
        sheet.turns(of: matching)
        var sum = ExactNumber.zero
        var isKnown = true
        for match in matching.matches {
            if let profit = profit(match, &sheet) { sum += profit } else { isKnown = false }
        }
        let formula = "Σ (close − open) × matched × multiplier, + for long lots, − for short ones"
        guard isKnown else { return sheet.null(formula, because: "a match has no profit, so that the sum has none") }
        if matching.matches.isEmpty { sheet.note("nothing matched: nothing is realized") }
        sheet.step("the sum, exact", formula, Shown(exact: sum))
        sheet.round("realized_pnl_before_fees_usd", sum)
    }

    func openFigure(_ field: String, _ matching: ExplainedMatching, _ sheet: inout Worksheet) {
        sheet.turns(of: matching)
        let isAverage = field == "average_open_price"
        let formula =
            isAverage
            ? "Σ(remaining × multiplier × price) ÷ Σ(remaining × multiplier)" : "Σ(remaining × multiplier × price)"
        if !isAverage { sheet.rule(rules.file, "price_currency") }
        var (value, weight) = (ExactNumber.zero, ExactNumber.zero)
        for lot in matching.lots {
            let row = lot.execution.row
            sheet.inputs(lot.execution, "price", "contract_multiplier", "price_currency", prefix: row.sourceTradeID)
            guard let price = row.price, let multiplier = row.contractMultiplier else {
                return sheet.null(formula, because: "the open lot \(row.sourceTradeID) lacks a price or a multiplier")
            }
            let own = lot.remaining.exact * multiplier.exact
            value += own * price.exact
            weight += own
            sheet.step(
                "the lot \(row.sourceTradeID)", "\(lot.remaining) × \(multiplier) × \(price)", Shown(exact: own * price.exact))
        }
        if isAverage {
            let currencies = Set(matching.lots.map { $0.execution.row.priceCurrency.map { ByteKey($0) } })
            guard currencies.count < 2 else {
                return sheet.null(formula, because: "the open lots have different price currencies")
            }
            guard let average = value.divided(by: weight) else {
                return sheet.null(formula, because: "no lots are open")
            }
            sheet.step(formula, "\(value) ÷ \(weight)", Shown(exact: average))
            return sheet.round(field, average)
        }
        guard matching.lots.allSatisfy({ isInCurrency($0.execution.row) }) else {
            return sheet.null(formula, because: "an open lot's price is not in \(rules.priceCurrency)")
        }
        sheet.step("the sum, exact", formula, Shown(exact: value))
        sheet.round(field, value)
    }

    func coveredSum(_ field: String, _ matching: ExplainedMatching, _ sheet: inout Worksheet) {
        var sum = ExactNumber.zero
        var (known, lacking) = (0, [String]())
        var words: [String] = []
        for member in matching.members {
            let id = member.row.sourceTradeID
            var value: FixedDecimal?
            if field.hasSuffix("fees_usd") || field == "fees_quality" {
                sheet.inputs(member, "fees_usd", prefix: id)
                value = member.row.feesUSD
            } else {
                let exact = sheet.premium(of: member, rules.trades, prefix: id).exact
                if let exact { sheet.round("\(id).entry_premium_usd", exact) }
                value = exact?.rounded()
                if field.hasSuffix("net_premium_cashflow_usd") {
                    sheet.inputs(member, "direction", prefix: id)
                    value = member.row.direction.flatMap { side in value.map { side == .buy ? -$0 : $0 } }
                }
            }
            guard let value else {
                lacking.append(id)
                continue
            }
            known += 1
            sum += value.exact
            words.append("\(value)")
        }
        let formula = words.isEmpty ? "Σ" : words.joined(separator: " + ")
        if !lacking.isEmpty { sheet.note("not known for \(lacking.joined(separator: ", "))") }
        switch field {
        case "fees_quality", "premium_quality":
            let coverage: CoveredSum.Coverage = lacking.isEmpty ? .complete : known == 0 ? .missing : .partial
            sheet.step("known for \(known) of \(matching.members.count) executions", field, Shown(coverage.rawValue))
        case _ where field.hasPrefix("known_"):
            guard known > 0 else { return sheet.null(formula, because: "it is known for none of the executions") }
            sheet.step("the sum of what is known", formula, Shown(sum.rounded()))
        default:
            guard lacking.isEmpty else { return sheet.null(formula, because: "all or null: a part is not known") }
            sheet.step("the sum, buys negative where it is a cash flow", formula, Shown(sum.rounded()))
        }
    }
}
