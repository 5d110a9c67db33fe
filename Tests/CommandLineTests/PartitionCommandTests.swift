import Foundation
import LedgerJSON
import LedgerPostgres
import TestSupport
import Testing

/// A log that is partitioned and archived by commands.
@Suite struct PartitionCommandTests {
    private func partitions(_ ended: Program.Ended) throws -> [[Int64?]]? {
        try JSONDocument(parsing: Array(ended.output.utf8)).root["partitions"]?.elements.map {
            [$0["first_position"]?.integer, $0["last_position"]?.integer]
        }
    }

    @Test func `a ledger is partitioned, goes on, verifies, and does not start on a partition without its guard`() async throws {
        try await withDatabase { uri in
            try await withDirectory { directory in
                let program = Program(directory: directory, environment: ["DATABASE_URL": uri])
                let early = try await program.run("db", "partition")
                #expect(early.code == 2 && early.errors.contains("run `alpha-ledger db migrate`"), "\(early.errors)")
                #expect(try await program.run("db", "migrate").code == 0)
                #expect(try await program.run("projection", "list").code == 0)
                #expect(try partitions(await program.run("db", "status", "--json")) == [])

                let divided = try await program.run("db", "partition", "--size", "65536", "--json")
                #expect(divided.code == 0, "\(divided.errors)")
                #expect(try partitions(divided) == [[1, 65_536], [65_537, 131_072]])
                #expect(try partitions(await program.run("db", "status", "--json")) == [[1, 65_536], [65_537, 131_072]])
                let again = try await program.run("db", "partition")
                #expect(again.code == 0 && again.output.hasPrefix("ledger.events_1: positions 1 to 65536\n"), "\(again.output)")

                let statement = [
                    "assertions", "state", "--portfolio", "IMST", "--contract", "MSTR260130C00350000", "--kind", "quantity", "--as-of",
                    "2026-01-30T21:00:00Z", "--value", "-12", "--by", "operations", "--reason", "statement of January", "--id", "s-1",
                    "--apply",
                ]
                #expect(try await program.run(statement).code == 0)
                let same = try await program.run(statement)
                #expect(same.code == 0 && same.output.contains("recorded before, at position "), "\(same.output)")
                #expect(try await program.run("audit", "checkpoint").code == 0)
                let audit = try await program.run("audit", "verify")
                #expect(audit.code == 0, "\(audit.errors)")
                let open = try await program.run("archive", "create", "--until", "65536", "--out", "archive")
                #expect(open.code == 1 && open.errors.contains("nothing_closed"), "\(open.errors)")
                let detach = ["archive", "detach", "--copy", "one", "--copy", "two", "--range"]
                let unsure = try await program.run(detach + ["1-65536"])
                #expect(unsure.code == 2 && unsure.errors.contains("--yes"), "\(unsure.errors)")
                let unknown = try await program.run(detach + ["1-65535", "--yes"])
                #expect(unknown.code == 1 && unknown.errors.contains("no_such_partition"), "\(unknown.errors)")
                let uncopied = try await program.run(detach + ["1-65536", "--yes"])
                #expect(uncopied.code == 4 && uncopied.errors.contains("archive_unreachable: one"), "\(uncopied.errors)")
                let attached = try await program.run("archive", "attach", "--range", "1-65536")
                #expect(attached.code == 1 && attached.errors.contains("not_detached"), "\(attached.errors)")

                let connection = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
                try await connection.run { try $0.executeScript("ALTER TABLE ledger.events_65537 DISABLE TRIGGER append_only") }
                await connection.close()
                let refused = try await program.run(statement)
                #expect(refused.code == 2 && refused.errors.contains("unsafe_partitions: ledger.events_65537"), "\(refused.errors)")
                let fault = try await program.run("audit", "verify")
                #expect(fault.code == 1 && (fault.errors + fault.output).contains("ledger.events_65537"), "\(fault.errors)\(fault.output)")
            }
        }
    }

    @Test func `an archive that can't be read is exit 4, and one without a range is exit 1`() async throws {
        try await withDirectory { directory in
            let program = Program(directory: directory)
            let keys = ["--log-key", "x", "--archive-key", "x"]
            let malformed = try await program.run(["archive", "verify", "nowhere"] + keys)
            #expect(malformed.code == 2 && malformed.errors.contains("--archive-key"), "\(malformed.errors)")
            // The key of RFC 8032's first test, as a log's.
            let key = "alpha-ledger+5586631a+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
            let gone = try await program.run(["archive", "verify", "nowhere", "--log-key", key, "--archive-key", key])
            #expect(gone.code == 4 && gone.errors.contains("archive_unreachable"), "\(gone.errors)")
            try FileManager.default.createDirectory(atPath: directory + "/empty", withIntermediateDirectories: false)
            let empty = try await program.run(["archive", "verify", "empty", "--log-key", key, "--archive-key", key])
            #expect(empty.code == 1 && empty.errors.contains("no archived range"), "\(empty.errors)")
        }
    }
}
