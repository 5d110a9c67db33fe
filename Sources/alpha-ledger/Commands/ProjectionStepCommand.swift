import ArgumentParser
import LedgerJSON
import LedgerProjections
import LedgerValues
import Operations
import OptionTrades

extension ProjectionCommand {
    struct Step: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Walk a row event by event, and show what each changed.",
            discussion: """
                Every event that touched the row's trade, position or scope is a step: the event, and each field before it and \
                after it. An event that changes nothing is shown as such. The rows are folded from these events alone, and are \
                those that the view has as of each event's position.

                With --against the same events are walked under a second version, side by side, and the first step after which \
                the two differ is named: --from begins there.

                VIEW is one that `view` lists, with - or _. KEY is the parts of a row's key, the source alpha_sync left out or \
                not, or those of a trade alone, whose rows are then shown together.

                Examples:
                  alpha-ledger projection step alignment 1001
                  alpha-ledger projection step outcomes 1001 7d --from 500
                  alpha-ledger projection step alignment 1001 --rules v1 --against v2 --json
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "The view.") var view: String
        @Argument(help: "The parts of the key.") var key: [String]
        @Option(help: "The version, v2 or v2/c1; the served one where left out.") var rules: String?
        @Option(help: "A second version to walk beside it.") var against: String?
        @Option(
            parsing: .unconditional, help: "Begin with the first event at this position or later.", transform: Arguments.position)
        var from: Int64?
        @Option(help: "How many steps to show, 1 to 100.") var limit = 20
        @Option(parsing: .unconditional, help: "What the ledger knew after this event.", transform: Arguments.position)
        var asOfPosition: Int64?
        @Option(help: "What it knew at this instant, as in 2026-01-31T00:00:00Z.", transform: Arguments.instant)
        var asOf: Instant?
        @Option(help: "Only what had happened in the world by this instant.", transform: Arguments.instant)
        var effectiveAt: Instant?
        @Flag(help: "Print what HTTP answers.") var json = false

        private static let maximumEvents = 1_000_000

        func run() async throws {
            let request = try request()
            try await options.withLedger { ledger in
                try await ledger.bringUpToDate([request.view.projection])
                let answer = try await StepReader(ledger, isBounded: false).steps(request)
                if json {
                    Output.bytes(answer.document.bytes + [UInt8(ascii: "\n")])
                } else {
                    StepText(answer.document.root, ledger.registry.firstDefinition(request.view.projection)?.columns).show()
                }
            }
        }

        private func request() throws -> StepsRequest {
            var request = try StepsRequest(view: view, key: key)
            let projection = request.view.projection
            if let rules { request.rules = try RulesChoice(parsing: rules, projection: projection) }
            request.against = try against.map {
                try RulesChoice(parsing: $0, projection: projection, parameter: "against")
            }
            request.from = from
            request.limit = limit
            request.asOfPosition = asOfPosition
            request.asOf = asOf
            request.effectiveAt = effectiveAt
            request.maximumEvents = Self.maximumEvents
            return request
        }
    }
}

/// The steps of a walk for a reader: a block for each, from the document of `--json`.
private struct StepText {
    private let root: JSONValue
    /// `v1/c1` of each version.
    private let versions: [String]
    /// The columns of a row's key, in order.
    private let keyNames: [String]
    /// The view's columns; nil if this program lacks its projection.
    private let columns: ColumnSet?

    init(_ root: JSONValue, _ columns: ColumnSet?) {
        self.root = root
        self.columns = columns
        keyNames = View.named(Self.text(root["view"]))?.key ?? []
        versions = Self.elements(root["versions"]).map { "\(Self.text($0["version"]))/c\(Self.text($0["code_version"]))" }
    }

    func show() {
        let key = root["key"]?.elements.compactMap(\.string).joined(separator: "|") ?? ""
        let count = root["count"]?.integer ?? 0
        Output.line(
            "\(Self.text(root["view"])) \(Output.escaped(key)): \(count == 1 ? "1 event" : "\(count) events") under \(versions.joined(separator: " and ")), as of position \(Self.text(root["ledger"]?["position"]))"
        )
        let first = root["first_difference"]
        if versions.count == 2 {
            let position = Self.text(first?["position"])
            Output.line(
                position.isEmpty
                    ? "the two never differ" : "the two first differ after step \(Self.text(first?["step"])): --from \(position)")
        }
        for step in Self.elements(root["steps"]) {
            Output.line("")
            show(step, of: count, isFirst: first?["step"]?.integer == step["step"]?.integer)
        }
        if let next = root["next_from"]?.integer {
            Output.line("")
            Output.line("more: --from \(next)")
        }
    }

    private func show(_ step: JSONValue, of count: Int64, isFirst: Bool) {
        let event = step["event"]
        let effective = Self.text(event?["effective_at"])
        Output.line(
            "step \(Self.text(step["step"])) of \(count): event \(Self.text(event?["position"])), \(Self.text(event?["type"])) of \(Output.escaped(Self.text(event?["stream"])))"
        )
        Output.line("recorded \(Self.text(event?["recorded_at"]))\(effective.isEmpty ? "" : ", effective \(effective)")")
        let sides = Self.elements(step["sides"]).map { Self.elements($0["changes"]) }
        if sides.allSatisfy(\.isEmpty) { Output.line("changes nothing") }
        var keys: [String] = []
        for row in sides.joined() where !keys.contains(where: { $0.isBytewiseEqual(to: key(row)) }) { keys.append(key(row)) }
        for key in keys { show(key, sides.map { rows in rows.first { self.key($0).isBytewiseEqual(to: key) } }) }
        let differences = Self.elements(step["differences"])
        if differences.isEmpty { return }
        Output.line(isFirst ? "after it the two differ for the first time" : "after it the two differ")
        Output.table(["row", "field"] + versions, differences.flatMap { cells($0, [key($0)]) })
    }

    /// A row that the event changed, once if it changed alike under both versions.
    ///
    /// - Parameter sides: what changed under each version; nil under one that left the row alone
    private func show(_ key: String, _ sides: [JSONValue?]) {
        let isAlike = sides.allSatisfy { side in side.map { $0.sourceText.isBytewiseEqual(to: Self.text(sides[0])) } ?? false }
        for (version, side) in zip(versions, isAlike ? [sides[0]] : sides) {
            let under = isAlike ? "" : ", under \(version)"
            guard let side else {
                Output.line("row \(Output.escaped(key)) unchanged\(under)")
                continue
            }
            Output.line("row \(Output.escaped(key)) \(Self.text(side["change"]))\(under)")
            Output.table(["field", "before", "after"], cells(side, []))
            let unchanged = side["unchanged"]?.count ?? 0
            Output.line(unchanged == 1 ? "1 unchanged field" : "\(unchanged) unchanged fields")
        }
    }

    /// A line for each field of a change, or one for a row that only one side has.
    private func cells(_ change: JSONValue, _ start: [String]) -> [[String]] {
        let fields = Self.elements(change["fields"])
        if fields.isEmpty {
            let isNew = change["change"]?.string == "added"
            return [start + ["the whole row", isNew ? "no such row" : "there", isNew ? "there" : "no such row"]]
        }
        return fields.map { field in
            let name = Self.text(field["field"])
            return start + [name]
                + [field["from"], field["to"]].map { value in
                    value?.kind == .number ? Money.cell(Self.text(value), columns?.column(named: name)?.role) : Self.text(value)
                }
        }
    }

    private func key(_ change: JSONValue) -> String { keyNames.map { Self.text(change["key"]?[$0]) }.joined(separator: " ") }

    private static func elements(_ list: JSONValue?) -> [JSONValue] { list?.elements.map { $0 } ?? [] }

    /// A value as a cell: empty for null, JSON for a list or an object.
    private static func text(_ value: JSONValue?) -> String {
        guard let value, !value.isNull else { return "" }
        return value.string ?? value.sourceText
    }
}
