import ArgumentParser
import LedgerJSON
import LedgerProjections
import LedgerStore
import Operations
import OptionTrades

extension AuditCommand {
    struct ImpactOf: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "impact", abstract: "Show what an event changed, or what a row would change.",
            discussion: """
                --position names an event of the log: every view's rows of what it touches, before it and after it.

                --file names a file with a row as the feed gives it, read by the contract that a sync reads it by, or with \
                {"type": …, "payload": {…}} of an event. It is folded over what is known now, in memory; nothing is written.

                Rows are listed field by field, and each view's sums of money over them before and after.

                Examples:
                  alpha-ledger audit impact --position 12000
                  alpha-ledger audit impact --file late-fill.json --json
                """)

        @OptionGroup var options: SettingsOptions
        @Option(parsing: .unconditional, help: "The event's position.", transform: Arguments.position) var position: Int64?
        @Option(help: "A file with a row of the feed, or an event's type and payload.") var file: String?
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            if (position == nil) == (file == nil) { throw ValidationError("expected either --position or --file") }
        }

        func run() async throws {
            let text = try file.map { path in
                guard let bytes = readFile(path) else { throw Failure(code: 2, "\(path) can't be read") }
                return bytes
            }
            try await options.withLedger { ledger in
                try await ledger.bringUpToDate(View.all.map(\.projection))
                let impact: Impact
                if let text {
                    do {
                        impact = try await ledger.impact(of: try ImpactCandidate(parsing: text, ledger.settings))
                    } catch let error as ImpactCandidateError {
                        throw Failure(code: 2, "\(file ?? ""): \(error)")
                    }
                } else {
                    impact = try await ledger.impact(ofEventAt: position ?? 0)
                }
                if json {
                    Output.bytes(impact.json() + [UInt8(ascii: "\n")])
                } else {
                    show(impact, try JSONDocument(parsing: impact.json()).root)
                }
            }
        }

        /// - Parameter document: the impact in the form of `--json`. Its objects have their members in the order of names.
        private func show(_ impact: Impact, _ document: JSONValue) {
            let verdict = document["verdict"]?.string ?? ""
            if let event = document["event"], !event.isNull {
                Output.line(
                    "\(text(event["type"])) in stream \(Output.escaped(text(event["stream"]))) (\(verdict)), after position \(text(document["position_before"]))"
                )
            } else {
                Output.line("nothing would be appended: \(verdict)")
            }
            var changes: [[String]] = []
            var sums: [[String]] = []
            for (known, view) in zip(impact.views, document["views"]?.elements.map { $0 } ?? []) {
                let name = text(view["view"])
                for (row, change) in zip(known.changes, view["changes"]?.elements.map { $0 } ?? []) {
                    let key = row.change.key.map { text($0.value) }.joined(separator: " ")
                    let kind = text(change["change"])
                    let fields = zip(row.change.fields.map(\.column), change["fields"]?.elements.map { $0 } ?? [])
                    for (column, field) in fields {
                        changes.append(
                            [name, key, kind, column.name] + [field["from"], field["to"]].map { figure($0, column.role) })
                    }
                    if row.change.fields.isEmpty { changes.append([name, key, kind, "", "", ""]) }
                }
                for sum in view["sums"]?.elements.map({ $0 }) ?? [] where text(sum["from"]) != text(sum["to"]) {
                    sums.append([
                        name, text(sum["field"]), Money.amount(text(sum["from"])), text(sum["from_count"]),
                        Money.amount(text(sum["to"])), text(sum["to_count"]), Money.amount(text(sum["delta"])),
                    ])
                }
            }
            if changes.isEmpty { return Output.line("no row changes") }
            Output.line("")
            Output.table(["view", "row", "change", "field", "before", "after"], changes)
            if sums.isEmpty { return }
            Output.line("")
            Output.line("sums over the rows of what the event touches")
            Output.table(
                ["view", "field", "before", "rows", "after", "rows", "difference"], sums, rightAligned: [2, 3, 4, 5, 6])
        }

        private func figure(_ value: JSONValue?, _ role: ColumnSet.Role?) -> String {
            value?.kind == .number ? Money.cell(text(value), role) : text(value)
        }

        /// A value as a cell: empty for null, JSON for a list or an object.
        private func text(_ value: JSONValue?) -> String {
            guard let value, !value.isNull else { return "" }
            return value.string ?? value.sourceText
        }
    }
}
