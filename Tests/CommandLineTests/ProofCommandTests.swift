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

    @Test func `the log is written as files, again as what is new, and never over another log`() async throws {
        try await withDirectory { directory in
            try await withDatabase { uri in
                let program = Program(
                    directory: directory, environment: ["DATABASE_URL": uri, "ALPHA_LEDGER_SIGNING_KEY_FILE": directory + "/key"])
                #expect(try await program.run("db", "migrate").code == 0)
                let first = try await program.run("audit", "tiles", "--out", "log", "--content", "all", "--json")
                let report = try JSONDocument(parsing: Array(first.output.utf8)).root
                // The promotions are the log's events: a tile, its entries, and nothing above.
                let promotions = Int64(try projectRegistry().names.count)
                #expect(first.code == 0 && report["size"]?.integer == promotions, "\(first.errors)")
                #expect(report["files_written"]?.integer == 2, "\(first.errors)")
                let again = try await program.run("audit", "tiles", "--out", "log", "--content", "all")
                #expect(again.code == 0 && again.output.contains("files   0 written"), "\(again.output)\(again.errors)")
                let note = try String(contentsOfFile: directory + "/log/checkpoint", encoding: .utf8)
                #expect(try await program.run("audit", "checkpoint").output == note)
                try note.replacing("alpha-ledger/", with: "other/").write(
                    toFile: directory + "/log/checkpoint", atomically: true, encoding: .utf8)
                let other = try await program.run("audit", "tiles", "--out", "log", "--content", "all")
                #expect(other.code == 1 && other.errors.contains("nothing was written"), "\(other.errors)")
                let early = try await program.run("audit", "tiles", "--out", "early", "--content", "all", "--until", "\(promotions - 1)")
                #expect(early.code == 1 && early.errors.contains("no_checkpoint"), "\(early.errors)")
                for arguments in [["--out", "x"], ["--content", "all"], ["--out", "x", "--content", "some"]] {
                    #expect(try await program.run(["audit", "tiles"] + arguments).code == 2, "\(arguments)")
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
