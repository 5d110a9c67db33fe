import LedgerAnalyses
import LedgerEvents
import LedgerExplanations
import LedgerProjections
import LedgerValues

extension StationarityAnalysis {
    /// The figure that a path below `data` is about.
    private func tested(_ figure: FieldPath) -> TestedFigure? {
        guard figure.parts.first == "data", figure.parts.count == 3 else { return nil }
        return TestedFigure(rawValue: figure.parts[1])
    }

    func evidence(of figure: FieldPath, _ reading: AnalysisReading<Question>) -> [Int64] { explainer(of: reading).evidence(figure) }

    func explain(
        _ figure: FieldPath, _ reading: AnalysisReading<Question>, _ sheet: inout Worksheet
    ) throws(ExplanationError) {
        try explainer(of: reading).explain(figure, &sheet)
    }

    func explainer(of reading: AnalysisReading<Question>) -> ReadingExplainer {
        let observed = Observed(reading, needs)
        return ReadingExplainer(
            evidence: { evidence(of: $0, observed) },
            explain: { (figure, sheet) throws(ExplanationError) in try explain(figure, observed, &sheet) })
    }

    private func evidence(of figure: FieldPath, _ observed: Observed) -> [Int64] {
        guard let tested = tested(figure) else { return observed.newest.values.sorted() }
        let windows = observed.windows(tested, test)
        return observed.newest.values + (windows.recent + windows.older).map(\.row.position)
    }

    private func explain(_ figure: FieldPath, _ observed: Observed, _ sheet: inout Worksheet) throws(ExplanationError) {
        let document = observed.document
        guard let tested = tested(figure), let name = figure.parts.last else {
            return sheet.explain(figure, of: document, newest: observed.newest, needs, in: file)
        }
        let series = tested.table.kind.rawValue
        guard document.isAvailable(series) else {
            sheet.rule(file, "needs", series)
            return sheet.null(name, because: "unavailable:\(series)")
        }
        let windows = observed.windows(tested, test)
        sheet.windows(in: file, at: ["test"])
        let recent = try values(tested, windows.recent, "recent", &sheet)
        let older = try values(tested, windows.older, "older", &sheet)
        switch name {
        case "n_recent": sheet.step("the days of the recent window with a value", name, Shown(Int64(recent.count)))
        case "n_older": sheet.step("the days of the older window with a value", name, Shown(Int64(older.count)))
        case "mean_recent": round("Σ recent ÷ n_recent", sheet.mean(recent), "no value", &sheet)
        case "mean_older": round("Σ older ÷ n_older", sheet.mean(older), "no value", &sheet)
        case "variance_recent":
            round("Σ (recent − mean)² ÷ (n_recent − 1)", sheet.variance(recent), "fewer than two values", &sheet)
        case "variance_older": round("Σ (older − mean)² ÷ (n_older − 1)", sheet.variance(older), "fewer than two values", &sheet)
        default:
            let status = sheet.stationarity(recent, older, test, in: file, at: ["test"])
            sheet.step("the status", "status", Shown(status.rawValue))
            if name != "blend_weight" { return }
            sheet.rule(file, "test", "blend_weight")
            sheet.step("what \(status.rawValue) weighs", name, Shown(test.blendWeight(status)))
        }
    }

    private func round(_ formula: String, _ number: ExactNumber?, _ missing: String, _ sheet: inout Worksheet) {
        guard let number else { return sheet.null(formula, because: "the window has \(missing)") }
        sheet.round(formula, number)
    }

    /// The values of a window as the events hold them.
    private func values(
        _ figure: TestedFigure, _ days: [TestedFigure.Daily], _ window: String, _ sheet: inout Worksheet
    ) throws(ExplanationError) -> [ExactNumber] {
        var values: [ExactNumber] = []
        for day in days {
            let event = sheet.row.event(at: day.row.position)
            guard let event, let observed = event.payload(as: MarketObservedPayload.self),
                let value = figure.value({ observed.decimal(named: $0) })
            else {
                throw .missingEvent(view: Self.name, position: day.row.position, expected: "observation of \(figure.rawValue)")
            }
            sheet.input("\(figure.rawValue) \(day.row.timestamp)", Shown(exact: value), event)
            values.append(value)
        }
        let ends = [days.first, days.last].compactMap { $0 }.map { "\($0.row.timestamp)" }.joined(separator: " … ")
        sheet.step(
            "the last \(figure.rawValue) of each UTC day in the \(window) window", ends.isEmpty ? "none" : ends, Shown(Int64(days.count)))
        return values
    }
}

extension MarketObservedPayload {
    /// A decimal field by its name; nil where it is null or the kind has none of that name.
    fileprivate func decimal(named name: String) -> FixedDecimal? {
        guard let index = kind.fields.firstIndex(where: { $0.name.isBytewiseEqual(to: name) }) else { return nil }
        return if case .decimal(let decimal) = values[index] { decimal } else { nil }
    }
}
