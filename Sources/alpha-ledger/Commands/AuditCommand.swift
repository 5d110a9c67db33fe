import ArgumentParser
import LedgerBundle
import LedgerEvents
import LedgerJSON
import LedgerStore
import LedgerValues
import LedgerWitness
import Operations

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Prove that nothing was altered.",
        subcommands: [
            Verify.self, Explain.self, SignCheckpoint.self, Key.self, Prove.self, Tiles.self, Export.self, VerifyBundle.self,
            ImpactOf.self, Fork.self,
        ])

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify everything that an answer can depend on.",
            discussion: """
                Recomputes every leaf hash, tree node, gap, stream version and the order of recorded_at, trusting no stored \
                hash; folds each stored projection version again and compares every row and all facts behind the rows, at every \
                position, with the columns beside them; compares the catalog with the promotions in the log and with the \
                installed rules; and proves the log consistent with every checkpoint that was ever signed here.

                Exits 1 and names what is wrong. What could not be checked is wrong as well, unless --waive names it.

                With --record it leaves what it found in a file if nothing is wrong. With --since and that file, events, hashes and \
                tables are read in full as ever, but only later events are folded: what the tables hold of earlier ones must be what \
                the file says. The report says what it relied on. The file is as secret as a key: whoever has it could alter \
                tables so that an audit with --since does not notice.

                Examples:
                  alpha-ledger audit verify
                  alpha-ledger audit verify --json
                  alpha-ledger audit verify --record audit.json
                  alpha-ledger audit verify --since audit.json --record audit.json
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
        @Option(
            help: ArgumentHelp(
                "A file that --record wrote: what it says of the events up to then is relied on instead of folding them again.",
                valueName: "file"))
        var since: String?
        @Option(
            help: ArgumentHelp(
                "If nothing is wrong, write what was found to this file, mode 0600, for a later --since.", valueName: "file"))
        var record: String?
        @Option(
            help: ArgumentHelp(
                "A C2SP policy file: one of its logs has to have signed the newest published head, and its quorum of witnesses cosigned.",
                valueName: "file"))
        var policy: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await auditing { try await verify() }
        }

        private func verify() async throws {
            var request = AuditRequest()
            request.waivers = waive
            let policy = try policy.map { try WitnessPolicy(file: $0) }
            request.since = try since.map { try AuditRecordFile($0).read() }
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
                let witnesses = try await ledger.judgeWitnesses(policy)
                if let record, let found = report.record { try AuditRecordFile(record).write(found) }
                if json {
                    Output.bytes(report.node(since: since, witnesses).httpBytes() + [UInt8(ascii: "\n")])
                } else {
                    report.print(since: since, witnesses)
                }
                if let problem = witnesses.problem, report.problems.isEmpty { throw Failure(code: 1, problem) }
                if let problem = report.problems.first {
                    let others = report.problems.count - 1
                    throw Failure(code: 1, others == 0 ? problem : "\(problem) (and \(others) more)")
                }
            }
        }
    }
}

extension WitnessPolicy.Verdict {
    /// Who counts, who does not, and how old the newest cosignature is.
    func shown(now: UInt64) -> String {
        let age = newest.map { ", newest \(now >= $0 ? "\(now - $0) s old" : "\($0 - now) s ahead")" } ?? ""
        let named = counted.isEmpty ? "none" : counted.joined(separator: ", ")
        let others = missing.isEmpty ? "" : "; not counted: \(missing.joined(separator: ", "))"
        return named + others + age
    }
}

extension AuditReport {
    /// - Parameter file: the file with the record that the audit relied on
    fileprivate func node(since file: String?, _ witnesses: JudgedWitnesses) -> JSONNode {
        let audited: [(String, JSONNode)] = [
            ("verified", .bool(isVerified && witnesses.problem == nil)), ("events", .integer(log.size)),
            ("root_hash", log.root.map { .string($0.description) } ?? .null),
            (
                "fault",
                log.fault.map { .object([("position", .integer($0.position)), ("problem", .string($0.problem))]) } ?? .null
            ),
            ("signed_checkpoints", .integer(Int64(signedCheckpoints))),
            ("projections", .array(projections.map(\.node))),
            ("findings", .array(findings.map(\.node))), ("waived", .array(waived.map(\.node))),
            ("relied_on", reliedOn.map { $0.node(file ?? "") } ?? .null),
        ]
        let cosigned: [(String, JSONNode)] = [
            ("cosigned_size", witnesses.size.map { .integer($0) } ?? .null), ("witnesses", witnesses.verdict?.node ?? .null),
            ("unverified_cosigners", .array(witnesses.unverified.map(JSONNode.string))),
        ]
        return .object(audited + cosigned)
    }

    fileprivate func print(since file: String?, _ witnesses: JudgedWitnesses) {
        Output.line("events  \(log.size)")
        if let root = log.root { Output.line("root    \(root)") }
        for projection in projections {
            Output.line(
                "\(projection.name) \(projection.label): \(projection.rows) rows and \(projection.versions) versions at position \(projection.position), digest \(projection.storedDigest)\(projection.matches ? "" : " DOES NOT MATCH")"
            )
        }
        Output.line("consistent with \(signedCheckpoints) signed checkpoints")
        if let size = witnesses.size, let verdict = witnesses.verdict {
            Output.line("witnesses of size \(size): \(verdict.shown(now: WitnessDirectory.systemClock()))")
        }
        for name in witnesses.unverified { Output.line("cosigned by \(name) (unverified: no --policy)") }
        if let reliedOn { Output.line("relied on: \(reliedOn.sentence(file ?? ""))") }
        for finding in waived { Output.line("waived  \(finding)") }
        for problem in problems { Output.line("WRONG   \(problem)") }
        if let problem = witnesses.problem { Output.line("WRONG   \(problem)") }
        if isVerified && witnesses.problem == nil { Output.line("verified") }
    }
}

extension AuditRecord {
    fileprivate func node(_ file: String) -> JSONNode {
        .object([
            ("file", .string(file)), ("position", .integer(position)), ("root_hash", .string(root.description)),
            ("recorded_at", recordedAt.map { .string($0.description) } ?? .null),
            (
                "projections",
                .array(
                    projections.map {
                        .object([
                            ("name", .string($0.name)), ("version", .string($0.version)),
                            ("code_version", .integer(Int64($0.codeVersion))), ("position", .integer($0.position)),
                        ])
                    })
            ),
        ])
    }

    fileprivate func sentence(_ file: String) -> String {
        let versions = projections.map {
            "\($0.name) \($0.label)\($0.position == position ? "" : " up to event \($0.position)")"
        }
        return
            "the fold of events 1…\(position), as \(file) of \(recordedAt.map { "\($0)" } ?? "an empty log") recorded it (for \(versions.joined(separator: ", ")))"
    }
}

extension AuditFinding {
    fileprivate var node: JSONNode {
        .object([("kind", .string(kind.rawValue)), ("subject", .string(subject)), ("problem", .string(problem))])
    }
}
