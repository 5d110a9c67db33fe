import LedgerValues

extension Explanation {
    /// Of one figure: the last step of its sheet is held against what was published.
    public init(view: String, key: [String], field: String, published: Shown, _ sheet: Worksheet) {
        self.init(
            view: view, key: key, field: field, value: published, inputs: sheet.inputs, rules: sheet.rules, steps: sheet.steps,
            notes: sheet.notes, mismatches: Self.mismatch(field, published, sheet).map { [$0] } ?? [])
    }

    /// Of figures that were published together: each with its last step, over all inputs and rules.
    ///
    /// - Parameters:
    ///   - view: what was published.
    ///   - key: the key of the row, or the parameters of the question.
    ///   - value: the published value.
    ///   - empty: a sheet that nothing is on yet.
    ///   - figures: the figures in their order: the field, what was published, and the sheet that works it out.
    public init(
        view: String, key: [String], value: Shown, _ empty: Worksheet, _ figures: [(field: String, published: Shown, sheet: Worksheet)]
    ) {
        var all = empty
        var mismatches: [Mismatch] = []
        for (field, published, sheet) in figures {
            all.take(sheet, column: field)
            if let mismatch = Self.mismatch(field, published, sheet) { mismatches.append(mismatch) }
        }
        self.init(
            view: view, key: key, field: nil, value: value, inputs: all.inputs, rules: all.rules, steps: all.steps, notes: all.notes,
            mismatches: mismatches)
    }

    private static func mismatch(_ field: String, _ published: Shown, _ sheet: Worksheet) -> Mismatch? {
        let computed = sheet.steps.last?.result ?? .null
        return published == computed ? nil : Mismatch(field: field, published: published, computed: computed)
    }
}
