import Foundation
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerStore
import LedgerValues
import LoopbackServer
import TestSupport
import Testing

@Suite("Captures on the command line") struct CaptureCommandTests {
    private func withProgram(
        _ vendor: LoopbackServer, _ body: (Program, LedgerDatabase) async throws -> Void
    ) async throws {
        try await withDatabase { uri in
            try await withDirectory { directory in
                let program = Program(
                    directory: directory,
                    environment: ["DATABASE_URL": uri, "AMBERDATA_API_KEY": "vendor-key-1", "AMBERDATA_BASE_URL": vendor.url])
                #expect(try await program.run("db", "migrate").code == 0)
                let ledger = try LedgerDatabase(uri: uri)
                let result: Result<Void, any Error>
                do { result = .success(try await body(program, ledger)) } catch { result = .failure(error) }
                await ledger.close()
                try result.get()
            }
        }
    }

    /// Term structures of every hour that it is asked for, a refusal of gamma exposures, and nothing else.
    private func vendor(milliseconds: Int = 0) throws -> LoopbackServer {
        try LoopbackServer { request in
            if request.target.contains("gamma-exposures") { return .status(403) }
            if milliseconds > 0 { usleep(UInt32(milliseconds) * 1000) }
            let time = request.target.split(separator: "&").first { $0.hasPrefix("timestamp=") }?.dropFirst("timestamp=".count) ?? "null"
            let row = #"{"currency":"BTC","daysToExpiration":7,"atm":60.5,"fwdAtm":null,"timestamp":\#(time)}"#
            return .json(#"{"status":200,"title":"OK","description":"","payload":{"data":[\#(row)],"metadata":{}}}"#)
        }
    }

    private func count(_ type: String, _ ledger: LedgerDatabase) async throws -> Int64 {
        try await ledger.pool.run { session in
            try session.execute("SELECT count(*) FROM ledger.events WHERE type = $1", [.text(type)])[0].int8(0)
        }
    }

    private let range = ["--currency", "BTC", "--from", "2026-01-05T00:00:00Z", "--to", "2026-01-05T04:00:00Z"]

    @Test func `a capture is a dry run unless applied, and what is missing says why`() async throws {
        let vendor = try vendor()
        try await withProgram(vendor) { program, ledger in
            let dry = try await program.run(["capture", "term_structure", "--json"] + range)
            #expect(dry.code == 0, "\(dry.errors)")
            let summary = try JSONDocument(parsing: Array(dry.output.utf8)).root
            #expect(summary["dry_run"]?.bool == true && summary["calls"]?.integer == 4)
            #expect(try await count("SnapshotCaptured", ledger) == 0)
            let real = try await program.run(["capture", "gex", "term_structure", "--apply"] + range)
            #expect(real.code == 1 && real.errors.contains("gex BTC: not_entitled"), "\(real.errors)")
            #expect(!real.errors.contains("vendor-key-1") && !real.output.contains("vendor-key-1"))
            #expect(try await count("SnapshotCaptured", ledger) == 4)
            #expect(try await count("CaptureFailed", ledger) == 1)
            let coverage = try await program.run(["capture", "coverage", "--series", "gex,term_structure", "--json"] + range)
            #expect(coverage.code == 0, "\(coverage.errors)")
            let list = try JSONDocument(parsing: Array(coverage.output.utf8)).root.elements.map { $0 }
            #expect(list.map { $0["covered"]?.integer } == [0, 4])
            #expect(list.first?["missing"]?.elements.allSatisfy { $0["reason"]?.string == "not_entitled" } ?? false)
            let asked = vendor.requests.count
            #expect(try await program.run(["capture", "term_structure", "--apply"] + range).code == 0)
            #expect(vendor.requests.count == asked)
            let view = try await program.run("view", "snapshots", "--currency", "BTC", "--snapshot-type", "term_structure", "--json")
            #expect(view.code == 0 && view.output.contains(#""hours_covered":4"#), "\(view.output) \(view.errors)")
        }
    }

    @Test func `chains and bars of symbols are captured, covered and viewed`() async throws {
        let vendor = try LoopbackServer { request in
            guard request.header("APCA-API-KEY-ID") == "paper-key-1" else { return .status(401) }
            let path = request.target.split(separator: "?")[0]
            switch path {
            case "/v2/stocks/snapshots":
                return .json(#"{"MSTR":{"latestQuote":{"t":"2026-01-06T20:00:00Z","bp":150,"ap":152}}}"#)
            case "/v2/options/contracts":
                return .json(
                    #"{"option_contracts":[{"symbol":"MSTR991231C00150000","multiplier":"100","open_interest":"7","open_interest_date":"2026-01-05"}],"next_page_token":null}"#
                )
            case "/v1beta1/options/snapshots/MSTR":
                return .json(
                    #"{"snapshots":{"MSTR991231C00150000":{"latestQuote":{"t":"2026-01-06T19:59:00Z","bp":4,"ap":5}}},"next_page_token":null}"#
                )
            case "/v2/stocks/bars":
                return .json(
                    #"{"bars":{"MSTR":[{"t":"2026-01-06T15:00:00Z","o":1,"h":2,"l":1,"c":2,"v":3,"vw":1.5}]},"next_page_token":null}"#)
            default: return .status(404)
            }
        }
        try await withProgram(vendor) { base, ledger in
            var program = base
            #expect(try await program.run("capture", "chain", "MSTR").code == 2)
            program.environment["ALPACA_PAPER_API_KEY_ID"] = "paper-key-1"
            program.environment["ALPACA_PAPER_SECRET_KEY"] = "paper-secret-1"
            program.environment["ALPACA_PAPER_URL"] = vendor.url
            program.environment["ALPACA_DATA_URL"] = vendor.url
            let dry = try await program.run("capture", "chain", "MSTR", "--json")
            #expect(dry.code == 0 && !dry.output.contains("paper-secret-1"), "\(dry.errors)")
            #expect(try await count("MarketObserved", ledger) == 0)
            for _ in 0..<2 {
                let real = try await program.run("capture", "chain", "MSTR", "--apply")
                #expect(real.code == 0, "\(real.errors)")
                #expect(try await count("MarketObserved", ledger) == 1)
                #expect(try await count("SnapshotCaptured", ledger) == 1)
            }
            let bars = try await program.run(
                "capture", "bars", "MSTR", "--interval", "1m", "--from", "2026-01-06T12:00:00Z", "--to", "2026-01-06T20:00:00Z", "--apply")
            #expect(bars.code == 0, "\(bars.errors)")
            #expect(try await count("MarketObserved", ledger) == 2)
            let coverage = try await program.run(
                "capture", "coverage", "--series", "chain:MSTR,bars:MSTR", "--from", "2026-01-06T12:00:00Z", "--to", "2026-01-07T00:00:00Z",
                "--json")
            #expect(coverage.code == 0, "\(coverage.errors)")
            let list = try JSONDocument(parsing: Array(coverage.output.utf8)).root.elements.map { $0 }
            #expect(list.map { $0["series"]?.string } == ["chain", "bars_1m", "bars_1d"])
            #expect(list.map { $0["covered"]?.integer } == [1, 1, 0] && list.map { $0["hours"]?.integer } == [12, 3, 1])
            let view = try await program.run("view", "option-chains", "--underlying", "MSTR", "--rows", "--json")
            #expect(view.code == 0 && view.output.contains(#""rows":[{"ask":5,"bid":4,"#), "\(view.output) \(view.errors)")
            let table = try await program.run("view", "option-chains", "--rows")
            #expect(table.code == 0 && table.output.contains("MSTR 2026-01-06 2099-12-31"), "\(table.output) \(table.errors)")
            for bad in [
                ["capture", "chain"], ["capture", "chain", "mstr"], ["capture", "chain", "SOL"],
                ["capture", "bars", "BTC", "--interval", "1d"],
                ["capture", "chain", "MSTR", "--expiries-within", "-1"], ["capture", "chain", "--root", "MSTR1", "MSTR", "COIN"],
                ["capture", "bars", "MSTR", "--interval", "5m", "--from", "2026-01-06", "--to", "2026-01-07"],
                ["capture", "chain", "MSTR", "--max-calls", "0"], ["view", "option-chains", "--rows", "--csv"],
            ] {
                #expect(try await program.run(bad).code == 2, "\(bad)")
            }
            program.environment["ALPACA_PAPER_API_KEY_ID"] = "another"
            let refused = try await program.run("capture", "chain", "MSTR", "--apply")
            #expect(refused.code == 1 && refused.errors.contains("chain MSTR: not_entitled"), "\(refused.errors)")
        }
    }

    @Test func `a run of bars that is killed is run again, and asks only for what is missing`() async throws {
        let vendor = try LoopbackServer { _ in
            usleep(30_000)
            return .json(#"{"bars":{},"next_page_token":null}"#)
        }
        try await withProgram(vendor) { base, ledger in
            var program = base
            for (name, value) in [("API_KEY_ID", "key"), ("SECRET_KEY", "secret"), ("URL", vendor.url)] {
                program.environment["ALPACA_PAPER_\(name)"] = value
            }
            program.environment["ALPACA_DATA_URL"] = vendor.url
            let range = [
                "capture", "bars", "MSTR", "--interval", "1m", "--from", "2025-01-01", "--to", "2025-03-12", "--apply",
            ]
            let (process, _, _) = try program.start(range)
            while try await count("SnapshotCaptured", ledger) < 50, process.isRunning { try await Task.sleep(for: .milliseconds(10)) }
            #expect(process.isRunning)
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let kept = try await count("SnapshotCaptured", ledger)
            let again = try await program.run(range + ["--json"])
            #expect(again.code == 0, "\(again.errors)")
            let outcome = try JSONDocument(parsing: Array(again.output.utf8)).root["series"]?.elements.first { _ in true }
            // Seventy days of six blocks.
            #expect(outcome?["known"]?.integer == kept && outcome?["captured"]?.integer == 420 - kept)
            #expect(try await count("SnapshotCaptured", ledger) == 420)
        }
    }

    @Test func `exit codes say what went wrong`() async throws {
        try await withProgram(try vendor()) { program, _ in
            for bad in [
                ["capture", "gamma", "--currency", "BTC"], ["capture", "gex", "--currency", "DOGE"], ["capture", "gex"],
                ["capture", "gex", "--currency", "BTC", "--from", "yesterday"],
                ["capture", "gex", "--currency", "BTC", "--from", "2026-01-05T00:30:00Z"],
                ["capture", "gex", "--currency", "BTC", "--max-calls", "0"],
                ["capture", "coverage", "--series", "gex", "--currency", "BTC", "--from", "2026-01-05", "--to", "2026-01-05"],
            ] {
                let ended = try await program.run(bad)
                #expect(ended.code == 2, "\(bad): \(ended.code) \(ended.errors)")
            }
            var other = program
            other.environment["AMBERDATA_BASE_URL"] = "http://127.0.0.1:\(try LoopbackServer.unusedPort())"
            #expect(try await other.run(["capture", "gex"] + range).code == 4)
            other.environment["AMBERDATA_BASE_URL"] = "http://example.com"
            #expect(try await other.run(["capture", "gex"] + range).code == 2)
            other.environment["AMBERDATA_API_KEY"] = nil
            #expect(try await other.run(["capture", "gex"] + range).code == 2)
        }
    }

    @Test func `a run that is killed is run again, and asks only for what is missing`() async throws {
        let vendor = try vendor(milliseconds: 20)
        try await withProgram(vendor) { program, ledger in
            let day = ["capture", "term_structure", "--currency", "BTC", "--from", "2026-01-05", "--to", "2026-01-08", "--apply"]
            let (process, _, _) = try program.start(day)
            while try await count("SnapshotCaptured", ledger) < 3, process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
            #expect(process.isRunning)
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let kept = try await count("SnapshotCaptured", ledger)
            let asked = vendor.requests.count
            let again = try await program.run(day + ["--json"])
            #expect(again.code == 0, "\(again.errors)")
            let outcome = try JSONDocument(parsing: Array(again.output.utf8)).root["series"]?.elements.first { _ in true }
            #expect(outcome?["captured"]?.integer == 72 - kept && outcome?["known"]?.integer == kept)
            #expect(Int64(vendor.requests.count - asked) == 72 - kept)
            #expect(try await count("SnapshotCaptured", ledger) == 72)
            #expect(try await count("MarketObserved", ledger) == 72)
        }
    }
}
