import Foundation
import LedgerJSON
import LedgerValues
import TestSupport
import Testing

@Suite struct ProofCommandTests {
    @Test func `a proof that can't be made names what is too large`() async throws {
        try await withDirectory { directory in
            try await withDatabase { uri in
                let program = Program(directory: directory, environment: ["DATABASE_URL": uri])
                #expect(try await program.run("db", "migrate").code == 0)
                // The promotions are the log's events.
                let (head, beyond) = (activations, activations + 1)
                #expect(try await program.run("view", "trades").code == 0)
                for (arguments, part) in [
                    (["inclusion", "--position", "6", "--size", "5"], "position 6 lies beyond the asked size, 5"),
                    (["inclusion", "--position", "8", "--size", "5"], "position 8 lies beyond the asked size, 5"),
                    (
                        ["inclusion", "--position", "\(beyond)", "--size", "\(head)"],
                        "position \(beyond) is not in the log; its head is \(head)"
                    ),
                    (["inclusion", "--position", "\(beyond)"], "position \(beyond) is not in the log; its head is \(head)"),
                    (["inclusion", "--position", "1", "--size", "\(beyond)"], "position \(beyond) is not in the log; its head is \(head)"),
                    (["inclusion", "--position", "0", "--size", "5"], "position 0 is not in the log; its head is \(head)"),
                    (["consistency", "--from", "6", "--to", "5"], "position 6 lies beyond the asked size, 5"),
                    (["consistency", "--from", "5", "--to", "\(beyond)"], "position \(beyond) is not in the log; its head is \(head)"),
                ] {
                    let ended = try await program.run(["audit", "prove"] + arguments)
                    #expect(ended.code == 2 && ended.errors == "error: \(part)\n", "\(arguments): \(ended.errors)")
                }
            }
        }
    }

    @Test func `a view has both its names where a row is proven, as where it is explained`() async throws {
        try await withDirectory { directory in
            try await withDatabase { uri in
                let program = Program(
                    directory: directory,
                    environment: ["DATABASE_URL": uri, "ALPHA_LEDGER_SIGNING_KEY_FILE": directory + "/key"])
                #expect(try await program.run("db", "migrate").code == 0)
                for name in ["execution-quality", "execution_quality", "sync-state", "sync_state"] {
                    let ended = try await program.run("audit", "prove", "row", name, "none", "none", "none")
                    #expect(ended.code == 2 && ended.errors.contains("key"), "\(name): \(ended.errors)")
                    #expect(!ended.errors.contains("no view"), "\(name): \(ended.errors)")
                }
                let unknown = try await program.run("audit", "prove", "row", "nothing", "none")
                #expect(unknown.code == 2 && unknown.errors.contains("execution-quality"), "\(unknown.errors)")
            }
        }
    }
}
