import Foundation
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerStore
import LedgerValues
import LoopbackServer
import TestSupport
import Testing

@Suite("Backfills on the command line") struct BackfillCommandTests {
    /// A migrated database with so many executions of contracts of their own.
    private func withExecutions(
        _ count: Int, _ environment: [String: String] = [:], _ body: (Program, LedgerDatabase) async throws -> Void
    ) async throws {
        try await withDatabase { uri in
            let directory = try temporaryDirectory()
            defer { try? FileManager.default.removeItem(atPath: directory) }
            let program = Program(
                directory: directory, environment: environment.merging(["DATABASE_URL": uri]) { own, _ in own })
            #expect(try await program.run("db", "migrate").code == 0)
            let ledger = try LedgerDatabase(uri: uri)
            var rows: [NewEvent] = []
            for number in 0..<count {
                var row = try sampleRow("T-\(number)")
                row.strike = FixedDecimal(100 + number)
                rows.append(recorded(row))
            }
            let result: Result<Void, any Error>
            do {
                try await ledger.log.append(rows, runID: UniqueID(high: 1, low: 1))
                result = .success(try await body(program, ledger))
            } catch {
                result = .failure(error)
            }
            await ledger.close()
            try result.get()
        }
    }

    /// Answers each request after some milliseconds, with no quote or with a status.
    private func vendor(milliseconds: Int = 0, status: Int = 200) throws -> LoopbackServer {
        try LoopbackServer { _ in
            if milliseconds > 0 { usleep(UInt32(milliseconds) * 1000) }
            if status != 200 { return .status(status) }
            return .json(#"{"status":200,"title":"OK","description":"","payload":{"data":[],"metadata":{}}}"#)
        }
    }

    private func summary(_ ended: Program.Ended) throws -> JSONDocument {
        try JSONDocument(parsing: Array(ended.output.utf8))
    }

    private func benchmarks(_ ledger: LedgerDatabase) async throws -> (events: Int64, streams: Int64) {
        try await ledger.pool.run { session in
            let row = try session.execute(
                """
                SELECT count(*), count(DISTINCT stream) FROM ledger.events WHERE type = 'ExecutionBenchmarkRecorded'
                """)[0]
            return (try row.int8(0), try row.int8(1))
        }
    }

    @Test func `each example of the help runs as it stands`() async throws {
        try await withExecutions(2) { program, _ in
            for name in ["context", "benchmarks", "marks"] {
                let help = try await program.run("backfill", name, "--help")
                #expect(help.code == 0)
                let examples = help.output.split(separator: "\n").filter { $0.contains("  alpha-ledger backfill") }
                #expect(examples.count == 3)
                for example in examples {
                    let arguments = example.split(separator: " ").dropFirst().map(String.init)
                    let ended = try await program.run(arguments)
                    #expect(ended.code == 0, "\(example): \(ended.errors)")
                }
            }
        }
    }

    @Test func `exit codes say what went wrong, and no output shows the key`() async throws {
        let refusing = try vendor(status: 403)
        let environment = ["AMBERDATA_API_KEY": "vendor-key-1", "AMBERDATA_BASE_URL": refusing.url]
        try await withExecutions(2, environment) { program, ledger in
            let dry = try await program.run("backfill", "benchmarks", "--quotes", "log", "--json")
            #expect(dry.code == 0, "\(dry.errors)")
            let root = try summary(dry).root
            #expect(root["dry_run"]?.bool == true && root["asked"]?.integer == 2 && root["unavailable"]?.integer == 2)
            #expect(try await benchmarks(ledger).events == 0)

            for bad in [
                ["backfill", "marks", "--horizons", "0"], ["backfill", "marks", "--horizons", "1,2,3,4,5,6,7,8,9"],
                ["backfill", "marks", "--quotes", "elsewhere"], ["backfill", "benchmarks", "--limit", "0"],
                ["backfill", "benchmarks", "--quotes", "log", "--trade-id", "nobody"],
                ["backfill", "context", "--rules", "1"], ["backfill", "marks", "--preview", "--apply"],
                ["backfill", "context", "--rules", "v99"],
            ] {
                let ended = try await program.run(bad)
                #expect(ended.code == 2, "\(bad): \(ended.code) \(ended.errors)")
            }

            // The vendor would refuse, and is not asked.
            let preview = try await program.run("backfill", "benchmarks", "--preview", "--json")
            #expect(preview.code == 0, "\(preview.errors)")
            let wanted = try summary(preview).root
            #expect(wanted["preview"]?.bool == true && wanted["asked"]?.integer == 2 && wanted["calls_at_least"]?.integer ?? 0 > 0)
            #expect(wanted["quote_source"]?.string == "amberdata" && refusing.requests.isEmpty)
            let text = try await program.run("backfill", "benchmarks", "--preview")
            #expect(text.output.contains("2 trades need it: would ask for 2") && text.output.contains("nothing was looked up"))

            // A refusal is recorded, and the run says that it failed.
            let refused = try await program.run("backfill", "benchmarks", "--apply", "--json")
            #expect(refused.code == 1)
            #expect(try summary(refused).root["not_entitled"]?.integer == 2)
            #expect(!refused.output.contains("vendor-key-1") && !refused.errors.contains("vendor-key-1"))
            #expect(try await program.run("backfill", "benchmarks", "--apply").code == 0)

            var nowhere = program
            nowhere.environment["AMBERDATA_BASE_URL"] = "http://127.0.0.1:\(try LoopbackServer.unusedPort())"
            let unreachable = try await nowhere.run("backfill", "benchmarks", "--apply", "--retry")
            #expect(unreachable.code == 4 && !unreachable.errors.contains("vendor-key-1"), "\(unreachable.errors)")
            nowhere.environment["AMBERDATA_BASE_URL"] = "http://example.com"
            #expect(try await nowhere.run("backfill", "benchmarks", "--apply", "--retry").code == 2)
            nowhere.environment["AMBERDATA_API_KEY"] = nil
            #expect(try await nowhere.run("backfill", "marks", "--quotes", "amberdata").code == 2)
            #expect(try await benchmarks(ledger).events == 2)
        }
    }

    @Test func `a run that is killed is run again, and asks only for what is missing; a second one beside it is a conflict`() async throws {
        let vendor = try vendor(milliseconds: 20)
        let environment = ["AMBERDATA_API_KEY": "k", "AMBERDATA_BASE_URL": vendor.url]
        try await withExecutions(60, environment) { program, ledger in
            let (process, _, _) = try program.start(["backfill", "benchmarks", "--apply"])
            while try await benchmarks(ledger).events == 0, process.isRunning {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(process.isRunning)
            #expect(try await program.run("backfill", "benchmarks", "--apply", "--quotes", "log").code == 3)
            kill(process.processIdentifier, SIGKILL)
            await Program.waitForExit(process)

            // The lock goes with the killed program's session, which the server ends on its own time.
            let before = vendor.requests.count
            var last = try await program.run("backfill", "benchmarks", "--apply", "--json")
            for _ in 0..<20 where last.code == 3 {
                try await Task.sleep(for: .milliseconds(250))
                last = try await program.run("backfill", "benchmarks", "--apply", "--json")
            }
            #expect(last.code == 0, "\(last.errors)")
            let root = try summary(last).root
            let asked = try #require(root["asked"]?.integer)
            #expect(asked > 0 && asked < 60)
            #expect(root["calls"]?.integer == Int64(vendor.requests.count - before))
            let found = try await benchmarks(ledger)
            #expect(found.events == 60 && found.streams == 60)
            let again = try await program.run("backfill", "benchmarks", "--apply", "--json")
            #expect(try summary(again).root["asked"]?.integer == 0)
        }
    }
}
