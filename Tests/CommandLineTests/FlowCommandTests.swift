import Foundation
import LedgerJSON
import LoopbackServer
import TestSupport
import Testing

@Suite struct FlowCommandTests {
    @Test func `a tape is recorded once, read by strike, and a changed file is named with exit code 1`() async throws {
        try await withDatabase { uri in
            try await withDirectory { directory in
                let program = Program(directory: directory, environment: ["DATABASE_URL": uri])
                #expect(try await program.run("db", "migrate").code == 0)
                let path = "stream/2026-01-30/MSTR260220C00100000"
                let folder = "\(directory)/tape/\(path)"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)")) }
                try write("quotes.ndjson", #"{"timestamp":"2026-01-30T14:30:00Z","bid":1,"ask":2}"#)
                try write("trades.ndjson", #"{"timestamp":"2026-01-30T14:30:00.000000001Z","price":2,"size":3}"#)

                func flow(_ arguments: String...) async throws -> (code: Int32, document: JSONValue) {
                    let ended = try await program.run(["research", "flow"] + arguments + ["--json"])
                    #expect(ended.errors.isEmpty, "\(ended.errors)")
                    return (ended.code, try JSONDocument(parsing: Array(ended.output.utf8)).root)
                }
                let dry = try await flow("tape")
                #expect(dry.code == 0 && dry.document["dry_run"]?.bool == true && dry.document["new"]?.integer == 1)
                let first = try await flow("tape", "--apply")
                #expect(first.code == 0 && first.document["new"]?.integer == 1)
                let second = try await flow("tape", "--apply")
                #expect(second.document["unchanged"]?.integer == 1 && second.document["new"]?.integer == 0)
                #expect(try await flow("tape", "--verify").code == 0)
                let read = try await flow("--underlying", "MSTR", "--group", "strike").document["rows"]
                #expect(read?.count == 1 && read?.elements.first { _ in true }?["buy_notional"]?.sourceText == "600")

                try write("trades.ndjson", #"{"timestamp":"2026-01-30T14:30:00.000000001Z","price":2,"size":4}"#)
                let changed = try await flow("tape", "--verify")
                #expect(changed.code == 1 && changed.document["differences"]?.count == 1)
                let problem = changed.document["differences"]?.elements.first { _ in true }?["problem"]?.string
                #expect(problem == "\(path)/trades.ndjson differs from what was summarized")

                let artifact = ["research", "artifact", "flow", "--underlying", "MSTR", "--market-date", "2026-01-30"]
                let once = try await program.run(artifact)
                let again = try await program.run(artifact)
                #expect(once.code == 0 && again.output == once.output)
                #expect(try await program.run("research", "flow", "tape", "--max-contracts", "0").code != 0)
                #expect(try await program.run("research", "flow").code != 0)
            }
        }
    }

    @Test func `trades of a past day become a tape page by page, once, and have unknown sides`() async throws {
        let vendor = try LoopbackServer { request in
            guard request.target.contains("/v1beta1/options/trades?"), request.target.contains("start=2026-01-30T05%3A00%3A00Z") else {
                return .status(404)
            }
            let (price, next) = request.target.contains("page_token=two") ? ("1.25", "null") : ("0.24", #""two""#)
            let trade = #"{"c":"I","p":\#(price),"s":2,"t":"2026-01-30T14:30:00.178322688Z","x":"M"}"#
            return .json(#"{"next_page_token":\#(next),"trades":{"MSTR260220C00100000":[\#(trade)]}}"#)
        }
        try await withDatabase { uri in
            try await withDirectory { directory in
                let program = Program(
                    directory: directory,
                    environment: [
                        "DATABASE_URL": uri, "ALPACA_DATA_URL": vendor.url, "ALPACA_PAPER_API_KEY_ID": "id-1",
                        "ALPACA_PAPER_SECRET_KEY": "key-1",
                    ])
                let capture = [
                    "capture", "tape", "MSTR260220C00100000", "MSTR260220C00110000", "--date", "2026-01-30", "--out", "tape", "--json",
                ]
                func states(_ ended: Program.Ended) throws -> [String] {
                    #expect(ended.code == 0 && !ended.output.contains("key-1"), "\(ended.errors)")
                    return try JSONDocument(parsing: Array(ended.output.utf8)).root.elements.compactMap { $0["state"]?.string }
                }
                #expect(try states(try await program.run(capture)) == ["written", "no_trades"])
                #expect(try states(try await program.run(capture)) == ["kept", "no_trades"])
                let path = "\(directory)/tape/rest/2026-01-30/MSTR260220C00100000/trades.ndjson"
                #expect(
                    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").first
                        == #"{"timestamp":"2026-01-30T14:30:00.178322688Z","price":0.24,"size":2,"exchange":"M","conditions":"I","sequence":null}"#
                )
                #expect(try await program.run("db", "migrate").code == 0)
                let flow = try await program.run("research", "flow", "tape", "--json")
                let summary = try JSONDocument(parsing: Array(flow.output.utf8)).root["rows"]?.elements.first { _ in true }?["summary"]
                #expect(summary?["trade_count"]?.integer == 2 && summary?["unknown_volume"]?.sourceText == "4")
                #expect(summary?["quote_coverage_pct"]?.sourceText == "0" && summary?["unknown_trade_share"]?.sourceText == "1")
                #expect(try await program.run("capture", "tape", "MSTR260220C00100000", "--date", "2150-01-30", "--out", "tape").code == 1)
                #expect(try await program.run("capture", "tape", "MSTR", "--date", "2026-01-30", "--out", "tape").code == 2)
            }
        }
    }

    @Test func `a tape of today has quotes and trades, and ends where it is told to`() async throws {
        let now = Date()
        func time(_ seconds: Double) -> String { now.addingTimeInterval(seconds).formatted(.iso8601) }
        let quote = #"{"quotes":{"MSTR260220C00100000":{"t":"\#(time(-2))","bp":1,"ap":2,"bs":1,"as":1}}}"#
        let trade = #"{"c":"I","p":2,"s":3,"t":"\#(time(-1))","x":"M"}"#
        let vendor = try LoopbackServer { request in
            request.target.contains("/options/quotes/latest?")
                ? .json(quote) : .json(#"{"next_page_token":null,"trades":{"MSTR260220C00100000":[\#(trade)]}}"#)
        }
        try await withDirectory { directory in
            let program = Program(
                directory: directory,
                environment: ["ALPACA_DATA_URL": vendor.url, "ALPACA_PAPER_API_KEY_ID": "id-1", "ALPACA_PAPER_SECRET_KEY": "key-1"])
            let ended = try await program.run(
                "capture", "tape", "MSTR260220C00100000", "--until", time(2), "--out", "tape", "--json")
            #expect(ended.code == 0 && !ended.output.contains("key-1"), "\(ended.errors)")
            let row = try JSONDocument(parsing: Array(ended.output.utf8)).root.elements.first { _ in true }
            #expect(row?["source"]?.string == "stream" && row?["state"]?.string == "written")
            #expect(row?["quotes"]?.integer == 1 && row?["trades"]?.integer == 1)
            let both = ["--until", time(9), "--date", "2026-01-30"]
            #expect(try await program.run(["capture", "tape", "MSTR260220C00100000", "--out", "tape"] + both).code == 2)
        }
    }
}
