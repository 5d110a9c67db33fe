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
            abstract: "Recompute the whole log and the projections.",
            discussion: """
                Recomputes every leaf hash, tree node, gap, stream version and the order of recorded_at, trusting no stored \
                hash, folds each served projection again, and proves the log consistent with every checkpoint that was ever \
                signed here. Exits 1 and names the first position that fails, or both heads of a fork.

                Examples:
                  alpha-ledger audit verify
                  alpha-ledger audit verify --json
                """)

        @OptionGroup var options: SettingsOptions
        @Option(name: .customLong("checkpoint"), help: "A file with a signed checkpoint that the log must be consistent with.")
        var checkpointFiles: [String] = []
        @Option(help: "What may be passed over: signed-heads, if the key file or the signed heads are kept elsewhere.", transform: AuditWaiver.named)
        var waive: [AuditWaiver] = []
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let others = try checkpointFiles.map { path in
                guard let bytes = readFile(path) else { throw Failure(code: 2, "\(path) can't be read") }
                return bytes
            }
            try await options.withLedger(writes: false) { ledger in
                let progress = ProgressLine()
                let log = try await ledger.pool.run { session in
                    try LogVerifier().verify(session) { done, total in progress.show("\(done) of \(total) events") }
                }
                // A projection of an altered log proves nothing.
                let projections = log.fault == nil ? try await ledger.verifyProjections { progress.show($0) } : []
                var signed = 0
                var fork: AuditError?
                if log.fault == nil {
                    do {
                        signed = try await ledger.verifyCheckpoints(others: others, waiving: Set(waive)).count
                    } catch let error as AuditError {
                        fork = error
                    }
                }
                progress.end()
                let isVerified = log.fault == nil && fork == nil && projections.allSatisfy(\.matches)
                if json {
                    let body = JSONNode.object([
                        ("verified", .bool(isVerified)), ("events", .integer(log.size)),
                        ("root_hash", log.root.map { .string($0.description) } ?? .null),
                        (
                            "fault",
                            log.fault.map {
                                .object([("position", .integer($0.position)), ("problem", .string($0.problem))])
                            } ?? .null
                        ),
                        ("signed_checkpoints", .integer(Int64(signed))),
                        ("projections", .array(projections.map(\.node))),
                    ])
                    Output.bytes(body.httpBytes() + [UInt8(ascii: "\n")])
                } else {
                    Output.line("events  \(log.size)")
                    if let root = log.root { Output.line("root    \(root)") }
                    for projection in projections {
                        Output.line("\(projection.name) \(projection.version): \(projection.rows) rows at position \(projection.position), digest \(projection.storedDigest)\(projection.matches ? "" : " DOES NOT MATCH")")
                    }
                    Output.line("consistent with \(signed) signed checkpoints")
                    if isVerified { Output.line("verified") }
                }
                if let fault = log.fault { throw Failure(code: 1, "position \(fault.position): \(fault.problem)") }
                if let fork { throw Failure(code: 1, "\(fork)") }
                if let wrong = projections.first(where: { !$0.matches }), let problem = wrong.problem {
                    throw Failure(code: 1, "projection \(wrong.name) \(wrong.label) \(problem)")
                }
            }
        }
    }
}

extension AuditWaiver {
    fileprivate static func named(_ text: String) throws -> AuditWaiver {
        guard let waiver = AuditWaiver(rawValue: text) else {
            throw ValidationError("nothing called \(text) can be waived; expected \(allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return waiver
    }
}
