import ArgumentParser
import Events
import JSON
import Operations
import Postgres
import PostgresStore
import Values

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Prove that nothing was altered.",
        subcommands: [Verify.self, Explain.self, SignCheckpoint.self, Key.self, Prove.self, Export.self, VerifyBundle.self, ImpactOf.self, Fork.self])

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify everything that an answer can depend on.",
            discussion: """
                Recomputes every leaf hash, tree node, gap, stream version and the order of recorded_at, trusting no stored \
                hash; folds each stored projection version again and compares every row and all facts behind the rows, at every \
                position, with the columns beside them; compares the catalog with the promotions in the log and with the \
                installed rules; and proves the log consistent with every checkpoint that was ever signed here.

                Exits 1 and names what is wrong. What could not be checked is wrong as well, unless --waive names it.

                Examples:
                  alpha-ledger audit verify
                  alpha-ledger audit verify --json
                  alpha-ledger audit verify --waive signed-heads
                """)

        @OptionGroup var options: SettingsOptions
        @Option(name: .customLong("checkpoint"), help: "A file with a signed checkpoint that the log must be consistent with.")
        var checkpointFiles: [String] = []
        @Option(
            help: ArgumentHelp(
                "What can't be checked here and is passed over, as the findings name it: signed-heads, or 'projection outcomes v2/c1'.",
                valueName: "subject"))
        var waive: [String] = []
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            var request = AuditRequest()
            request.waivers = waive
            request.others = try checkpointFiles.map { path in
                guard let bytes = readFile(path) else { throw Failure(code: 2, "\(path) can't be read") }
                return bytes
            }
            try await options.withLedger(writes: false) { [request] ledger in
                let progress = ProgressLine()
                let report = try await ledger.audit(request) { step in
                    switch step {
                    case .log(let done, let total): progress.show("\(done) of \(total) events")
                    case .projections(let step): progress.show(step)
                    }
                }
                progress.end()
                if json {
                    Output.bytes(report.node.httpBytes() + [UInt8(ascii: "\n")])
                } else {
                    report.print()
                }
                if let problem = report.problems.first {
                    let others = report.problems.count - 1
                    throw Failure(code: 1, others == 0 ? problem : "\(problem) (and \(others) more)")
                }
            }
        }
    }
}

extension AuditReport {
    fileprivate var node: JSONNode {
        .object([
            ("verified", .bool(isVerified)), ("events", .integer(log.size)),
            ("root_hash", log.root.map { .string($0.description) } ?? .null),
            (
                "fault",
                log.fault.map { .object([("position", .integer($0.position)), ("problem", .string($0.problem))]) } ?? .null
            ),
            ("signed_checkpoints", .integer(Int64(signedCheckpoints))),
            ("projections", .array(projections.map(\.node))),
            ("findings", .array(findings.map(\.node))), ("waived", .array(waived.map(\.node))),
        ])
    }

    fileprivate func print() {
        Output.line("events  \(log.size)")
        if let root = log.root { Output.line("root    \(root)") }
        for projection in projections {
            Output.line("\(projection.name) \(projection.label): \(projection.rows) rows and \(projection.versions) versions at position \(projection.position), digest \(projection.storedDigest)\(projection.matches ? "" : " DOES NOT MATCH")")
        }
        Output.line("consistent with \(signedCheckpoints) signed checkpoints")
        for finding in waived { Output.line("waived  \(finding)") }
        for problem in problems { Output.line("WRONG   \(problem)") }
        if isVerified { Output.line("verified") }
    }
}

extension AuditFinding {
    fileprivate var node: JSONNode {
        .object([("kind", .string(kind.rawValue)), ("subject", .string(subject)), ("problem", .string(problem))])
    }
}
