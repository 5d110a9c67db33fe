import Foundation
import LedgerJSON
import TestSupport
import Testing

@Suite("Assertions on the command line") struct AssertionsCommandTests {
    @Test func `an assertion is stated, fails a check if it is broken, and is withdrawn`() async throws {
        try await withDatabase { uri in
            try await withDirectory { directory in
                let program = Program(directory: directory, environment: ["DATABASE_URL": uri])
                #expect(try await program.run("db", "migrate").code == 0)
                // A dry run activates nothing, and the row follows from the view.
                #expect(try await program.run("view", "assertions").code == 0)
                let statement = [
                    "assertions", "state", "--portfolio", "IMST", "--contract", "MSTR260130C00350000", "--kind", "quantity", "--as-of",
                    "2026-01-30T21:00:00Z", "--value", "-12", "--by", "operations", "--reason", "statement of January", "--id", "s-1",
                ]
                let dry = try await program.run(statement)
                #expect(dry.code == 0, "\(dry.errors)")
                #expect(dry.output.contains("state broken, stated_value -12, ledger_value 0, difference 12"), "\(dry.output)")
                #expect(dry.output.contains("nothing was written"))

                let real = try await program.run(statement + ["--apply", "--json"])
                #expect(real.code == 0, "\(real.errors)")
                #expect(try JSONDocument(parsing: Array(real.output.utf8)).root["appended"]?.integer == 1)
                let again = try await program.run(statement + ["--apply"])
                #expect(again.code == 0 && again.output.contains("recorded before, at position "), "\(again.output)")
                let other = try await program.run(statement + ["--tolerance", "1", "--apply"])
                #expect(other.code == 3 && other.errors.contains("`s-1`"), "\(other.errors)")

                let list = try await program.run("assertions", "list", "--fail-on-broken")
                #expect(list.code == 1 && list.output.contains("s-1") && list.errors.contains("an assertion is broken"), "\(list.errors)")
                let withdrawn = try await program.run(
                    "assertions", "withdraw", "s-1", "--by", "operations", "--reason", "wrong", "--apply")
                #expect(withdrawn.code == 0, "\(withdrawn.errors)")
                let after = try await program.run("assertions", "list", "--fail-on-broken", "--json")
                #expect(after.code == 0, "\(after.errors)")
                let rows = try JSONDocument(parsing: Array(after.output.utf8)).root["rows"]
                #expect(rows?.elements.map { $0["state"]?.string } == ["withdrawn"])

                for (arguments, part) in [
                    (["withdraw", "none", "--by", "a", "--reason", "b"], "no assertion has the id `none`"),
                    (["state"] + statement.dropFirst(2) + ["--tolerance", "-1"], "tolerance"),
                ] {
                    let bad = try await program.run(["assertions"] + arguments)
                    #expect(bad.code == 2 && bad.errors.contains(part), "\(bad.errors)")
                }
            }
        }
    }
}
