import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerStore
import Operations

func show(_ summary: RebuildSummary) {
    Output.table(
        ["projection", "version", "position", "events", "rows", "history", "resumed from", "digest"],
        summary.versions.map {
            [
                $0.name, "\($0.reference)", "\($0.position)", "\($0.events)", "\($0.rows)", "\($0.historyRows)",
                $0.resumedFrom == 0 ? "" : "\($0.resumedFrom)", "\($0.digest.prefix(16))…",
            ]
        }, rightAligned: [2, 3, 4, 5, 6])
}

func show(_ promotion: Promotion, json: Bool) {
    if json {
        Output.bytes(promotion.node.httpBytes() + [UInt8(ascii: "\n")])
    } else {
        for one in [promotion] + promotion.dependents {
            Output.line(
                "\(one.promoted.name) serves \(one.promoted.reference) instead of \(one.replaced.reference), since event \(one.event)")
        }
    }
    for dependent in promotion.left { Output.warning("\(dependent)") }
}

func show(_ diff: ProjectionDiff, _ explained: [ExplainedChange]) {
    func entries(_ name: String) -> [[String: String]] {
        guard case .array(let nodes)? = diff.summary.first(where: { $0.0 == name })?.1 else { return [] }
        return nodes.map { node in
            guard case .object(let members) = node else { return [:] }
            return Dictionary(uniqueKeysWithValues: members.map { ($0.0, plain($0.1)) })
        }
    }
    func table(_ name: String, _ columns: [String], rightAligned: Set<Int>) {
        let rows = entries(name)
        if rows.isEmpty { return }
        Output.line("")
        Output.table(
            columns,
            rows.map { row in
                columns.map { name == "sums" && ["from", "to", "delta"].contains($0) ? Money.amount(row[$0] ?? "") : row[$0] ?? "" }
            },
            rightAligned: rightAligned)
    }
    Output.line("\(diff.from.name) \(diff.from.reference) → \(diff.to.reference) as of position \(diff.position)")
    if case .object(let counts)? = diff.summary.first(where: { $0.0 == "rows" })?.1 {
        Output.line("rows: " + counts.map { "\(plain($0.1)) \($0.0)" }.joined(separator: ", "))
    }
    table("fields", ["field", "changed"], rightAligned: [1])
    table("moved", ["field", "from", "to", "count"], rightAligned: [3])
    // The two sums cover the rows that have the figure, which may be different rows.
    table("sums", ["field", "from", "from_count", "to", "to_count", "delta"], rightAligned: [1, 2, 3, 4, 5])
    if !diff.sample.isEmpty {
        Output.line("")
        Output.table(
            ["key", "change", "field", "from", "to"],
            diff.sample.flatMap { change -> [[String]] in
                let key = change.key.map { $0.value.string ?? $0.value.sourceText }.joined(separator: "|")
                if change.fields.isEmpty { return [[key, change.kind.rawValue, "", "", ""]] }
                return change.fields.map {
                    [key, change.kind.rawValue, $0.column.name] + [$0.from, $0.to].map(shown($0.column.role))
                }
            })
    }
    for change in explained {
        for (version, figure) in [(diff.from, change.from), (diff.to, change.to)] {
            guard let figure else { continue }
            Output.line("")
            Output.line("under \(version.reference):")
            Output.bytes(Array(figure.text(escaping: Output.escaped).utf8))
        }
    }
    Output.line("")
    if let event = diff.firstDifference {
        Output.line("first differed after event \(event.position): \(event.type) of \(event.stream), recorded \(event.recordedAt)")
    } else {
        Output.line("the two never differed")
    }
    Output.line("digest \(diff.digest)")
}

private func plain(_ node: JSONNode) -> String {
    if case .string(let text) = node { return text }
    return String(decoding: node.httpBytes(), as: UTF8.self)
}

private func shown(_ role: ColumnSet.Role?) -> (JSONValue?) -> String {
    { value in
        guard let value else { return "" }
        return value.kind == .number ? Money.cell(plain(value), role) : plain(value)
    }
}

private func plain(_ value: JSONValue) -> String { value.isNull ? "null" : value.string ?? value.sourceText }
