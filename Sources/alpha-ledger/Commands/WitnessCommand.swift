import API
import ArgumentParser
import Foundation
import LedgerNotes
import LedgerWitness
import Logging
import Operations

struct WitnessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness", abstract: "Witness other logs: cosign what continues what was cosigned.", subcommands: [Serve.self])

    struct Serve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Serve a witness over HTTP.",
            discussion: """
                A witness needs no database. It cosigns a checkpoint of a log of the policy if the checkpoint continues the one that it \
                cosigned last, which it keeps in DIR. DIR has the witness's key too: whoever restores an old copy of it can make the \
                witness cosign two histories, and nobody can see that. After a restore, make a new witness with a new key.

                Examples:
                  alpha-ledger witness serve --state witness --policy logs.policy --init
                  alpha-ledger witness serve --state witness --policy logs.policy --host 127.0.0.1 --port 8300
                """)

        @Option(help: "The directory of the witness's key and state.") var state: String
        @Option(help: "A C2SP policy file; its logs are witnessed.") var policy: String
        @Flag(name: .customLong("init"), help: "Make a new witness in DIR first, with a key of its own.") var makesKey = false
        @Option(help: "The name of a new key, best an address without its scheme.") var name: String?
        @Option(help: "Address to listen on.") var host = "127.0.0.1"
        @Option(help: "Port, 0 for any free one.") var port = 8300

        func validate() throws {
            if !(0...65535 ~= port) { throw ValidationError("--port: expected 0 to 65535") }
            if name != nil && !makesKey { throw ValidationError("--name: expected only with --init") }
        }

        func run() async throws {
            let policy = try WitnessPolicy(file: policy)
            if makesKey { _ = try WitnessDirectory.initialize(state, name: name) }
            let witness = try WitnessDirectory(state, policy)
            Output.line(witness.verifier.vkey)
            Output.flush()
            let server = WitnessServer(witness, logger: Logger(label: "alpha-ledger"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                let (host, port) = (host, port)
                group.addTask {
                    try await server.run(host: host, port: port) { bound in
                        Output.errorText("serving on http://\(host.contains(":") ? "[\(host)]" : host):\(bound)")
                    }
                }
                group.addTask { await Interruption.wait() }
                try await group.next()
                group.cancelAll()
            }
        }
    }
}
