import LedgerValues

extension Explanation {
    /// The explanation as text for an auditor: the published value, then one line per input, rule and step, in columns.
    ///
    /// - Parameter escaping: applied to every cell, because texts of the source may hold terminal control sequences.
    public func text(escaping: (String) -> String = { $0 }) -> String {
        var lines = [
            escaping("\(view) \(key.joined(separator: "|"))" + (field.map { " · \($0) = \(value.text)" } ?? ""))
        ]
        for mismatch in mismatches {
            lines.append(
                escaping(
                    "MISMATCH: \(mismatch.field) was published as \(mismatch.published.text), but its events and rules give \(mismatch.computed.text)"
                ))
        }
        if !inputs.isEmpty {
            lines += ["", "inputs"]
            lines += Self.columns(
                inputs.map { input in
                    [
                        input.name, input.value.isNull ? "missing" : input.value.text,
                        input.source.map { "event \($0.position)" } ?? "", input.source?.type ?? "",
                        input.source.map { "recorded \($0.recordedAt)" } ?? "",
                        input.source.flatMap { $0.effectiveAt.map { "effective \($0)" } } ?? "",
                    ]
                }, escaping)
        }
        if !rules.isEmpty {
            lines += ["", "rules"]
            lines += Self.columns(rules.map { ["\($0.file):\($0.line)", $0.key, $0.text] }, escaping)
        }
        if !steps.isEmpty {
            lines += ["", field == nil ? "columns" : "steps"]
            lines += Self.columns(
                steps.enumerated().map { index, step in
                    [field == nil ? step.text : "\(index + 1)", field == nil ? step.formula : step.text]
                        + (field == nil ? [] : [step.formula]) + ["= \(step.result.text)"]
                }, escaping)
        }
        if !notes.isEmpty {
            lines += ["", "notes"]
            lines += notes.map { "  " + escaping($0) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The widest column. Longer cells push the rest of their line to the right instead of widening the column.
    private static let widest = 48

    private static func columns(_ cells: [[String]], _ escaping: (String) -> String) -> [String] {
        let rows = cells.map { $0.map(escaping) }
        guard let count = rows.first?.count else { return [] }
        let widths = (0..<count).map { column in
            rows.map { $0[column].count }.filter { $0 <= widest }.max() ?? 0
        }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += "  " + cell
                let rest = row[(column + 1)...].contains { !$0.isEmpty }
                if rest { line += String(repeating: " ", count: max(0, widths[column] - cell.count)) }
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
