import ArgumentParser
import LedgerJSON
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations
import OptionTrades

struct ProjectionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "projection", abstract: "The read models: their versions, side by side.",
        subcommands: [
            List.self, Rebuild.self, Diff.self, Step.self, Promote.self, Rollback.self, Drop.self, Verify.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the versions, their positions, leases and errors.",
            discussion: """
                Nothing is folded: a lag is what the next reader or service will fold.

                Example:
                  alpha-ledger projection list --json
                """)

        @OptionGroup var options: SettingsOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await options.withLedger(writes: false) { ledger in
                for broken in ledger.registry.unusable {
                    Output.warning("\(broken.name) \(broken.version), which nobody serves, can't be used: \(broken.problem)")
                }
                let list = try await ProjectionStatus.all(ledger)
                if json {
                    Output.bytes(list.json + [UInt8(ascii: "\n")])
                    return
                }
                Output.table(
                    ["projection", "version", "code", "served", "position", "lag", "state"],
                    list.versions.map { status in
                        let state =
                            status.poison.map { "stopped at event \($0.position): \($0.problem)" }
                            ?? (status.isFrozen ? "frozen" : status.leaseOwner == nil ? "idle" : "followed")
                        return [
                            status.name, status.version, "\(status.codeVersion)", status.isServed ? "yes" : "no",
                            "\(status.position)", "\(status.lag)", state,
                        ]
                    }, rightAligned: [2, 4, 5])
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fold again from zero and compare the digests.",
            discussion: """
                Writes nothing. Exits 1 where a stored projection is not what its events say.

                Examples:
                  alpha-ledger projection verify
                  alpha-ledger projection verify trades --json
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "One projection; all served ones where left out.") var name: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let name = name.map { View.projection(named: $0) }
            try await options.withLedger(writes: false) { ledger in
                if let name, !ledger.registry.names.contains(name) {
                    throw Failure(
                        code: 2,
                        "no projection is called \(name); expected \(ledger.registry.names.joined(separator: ", "))\(Suggestion.question(name, among: ledger.registry.names))"
                    )
                }
                let progress = ProgressLine()
                let results = try await ledger.verifyProjections(name) { progress.show($0) }
                progress.end()
                if json {
                    Output.bytes(JSONNode.array(results.map(\.node)).httpBytes() + [UInt8(ascii: "\n")])
                } else {
                    Output.table(
                        ["projection", "version", "position", "rows", "digest", "verified"],
                        results.map {
                            [$0.name, $0.version, "\($0.position)", "\($0.rows)", $0.storedDigest, $0.matches ? "yes" : "NO"]
                        }, rightAligned: [2, 3])
                }
                if let wrong = results.first(where: { !$0.matches }), let problem = wrong.problem {
                    throw Failure(code: 1, "projection \(wrong.name) \(wrong.label) \(problem)")
                }
            }
        }
    }
}

extension ProgressLine {
    func show(_ step: ProjectionVerifier.Progress) {
        switch step.phase {
        case .reading: show("read the tables of \(step.done) of \(step.of) versions")
        case .folding: show("folded \(step.done) of \(step.of) events")
        case .comparing: show("compared \(step.done) of \(step.of) versions")
        }
    }
}

extension ProjectionVerifier.Verification {
    var node: JSONNode {
        .object([
            ("name", .string(name)), ("version", .string(version)), ("code_version", .integer(Int64(codeVersion))),
            ("position", .integer(position)), ("rows", .integer(Int64(rows))), ("versions", .integer(versions)),
            ("digest", .string(storedDigest)), ("folded_digest", .string(foldedDigest)), ("verified", .bool(matches)),
            ("problem", problem.map(JSONNode.string) ?? .null), ("fault_count", .integer(Int64(faultCount))),
            ("faults", .array(faults.map { .string($0.description) })),
        ])
    }
}
