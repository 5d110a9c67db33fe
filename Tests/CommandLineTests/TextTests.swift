import Foundation
import OptionTrades
import SampleScope
import TestSupport
import Testing

/// What people read on the command line: misspelt words, arguments that are almost right, tables, empty lists.
@Suite struct TextTests {
    @Test(arguments: [
        (["viw", "trades"], "there is no command `alpha-ledger viw`; did you mean `alpha-ledger view`?"),
        (["view", "trads"], "there is no command `alpha-ledger view trads`; did you mean `alpha-ledger view trades`?"),
        (["audit", "prove", "rwo"], "did you mean `alpha-ledger audit prove row`?"),
        (["nonsense"], "expected one of demo, serve"),
        (["audit", "explain", "trade", "1001"], "did you mean `trades`?"),
        (["audit", "prove", "row", "execution-qualty", "1001"], "did you mean `execution-quality`?"),
        (["view", "trades", "--as-of-position=-5"], "'-5' is invalid for '--as-of-position"),
        (["view", "trades", "--as-of-position", "-5"], "'-5' is invalid for '--as-of-position"),
        (["audit", "explain", "trades", "1001", "--as-of-position=-5"], "expected a position, 0 or more"),
        (["audit", "impact", "--position=-5"], "expected a position, 0 or more"),
        (["audit", "export", "--out", "x", "--as-of-position=-5"], "expected a position, 0 or more"),
        (["view", "trades", "--as-of", "2026-01-31"], "2026-01-31T00:00:00Z is its start, 2026-02-01T00:00:00Z its end"),
        (["view", "trades", "--as-of", "yesterday"], "'yesterday' is invalid for '--as-of"),
        (["audit", "explain", "trades", "1", "--effective-at", "2026-01-31"], "'2026-01-31' is invalid for '--effective-at"),
        (["view", "lifecycles", "--state", "open"], "--state: expected closed, open_long, open_short or indeterminate, found `open`"),
        (["view", "alignment", "--label", "alligned"], "did you mean `aligned`?"),
        (["view", "trades", "--portfolio", " "], "--portfolio: expected a text that is not empty"),
        (["view", "trades", "--rules", "context@v1"], "--rules: expected rules of this view's projection trades"),
        (["view", "trades", "--limit", "0"], "--limit: expected 1 to 1000"),
        (["view", "trades", "--sort", "-trade_dat"], "found `-trade_dat`; did you mean `-trade_date`?"),
        (["view", "trades", "--sort", "flags"], "--sort: expected one of contract_multiplier, currency, "),
        (["view", "trades", "--csv", "--ndjson"], "--csv and --ndjson exclude each other"),
        (["view", "trades", "--csv", "--receipt"], "--csv prints rows alone: --receipt needs --json or a table"),
        (["view", "trade", "1001", "--rules", "v1"], "--rules: expected as_served, or versions as in alignment@v1, comma-separated"),
        (["projection", "diff", "alignment", "v1", "trades@v2"], "expected one of alignment"),
        (["backfill", "context", "--rules", "trades@v1"], "expected one of context"),
        (["export", "parquet", "trads", "--as-of-position", "1", "--out", "x"], "did you mean `trades`?"),
        (["export", "parquet", "trades", "--as-of-position", "1", "--out", "x", "--row-group", "17m"], "expected 1 to 16m rows"),
        (["db", "partition", "--size", "1000"], "--size: expected a multiple of 65536, found 1000"),
        (["archive", "crate"], "did you mean `alpha-ledger archive create`?"),
        (["export", "verify", "nowhere"], "nowhere: expected a file of an export, or a directory with them"),
    ])
    func `what is almost right is refused with what was meant`(_ arguments: [String], _ part: String) async throws {
        try await withDirectory { directory in
            let ended = try await Program(directory: directory).run(arguments)
            #expect(ended.code == 2, "\(arguments): \(ended.errors)")
            #expect(ended.errors.contains(part), "\(arguments): \(ended.errors)")
            #expect(ended.output.isEmpty)
        }
    }

    @Test func `a short key and a broken settings file are one line that names them`() async throws {
        try await withDirectory { directory in
            for name in ["ALPHA_LEDGER_READ_KEY", "ALPHA_LEDGER_ADMIN_KEY"] {
                for command in [["serve"], ["demo"], ["db", "status"]] {
                    let ended = try await Program(directory: directory, environment: [name: "fifteen-bytes-k"]).run(command)
                    #expect(
                        ended.code == 2 && ended.errors.hasPrefix("error: \(name): expected a key of 16 bytes or more"), "\(ended.errors)")
                    #expect(!ended.errors.contains("fifteen"))
                }
            }
            try "port: [1\nhost: x\n".write(toFile: directory + "/alpha-ledger.yaml", atomically: true, encoding: .utf8)
            let ended = try await Program(directory: directory).run("view", "trades")
            #expect(ended.code == 2 && ended.errors.hasPrefix("error: alpha-ledger.yaml is not YAML: line 2, column "), "\(ended.errors)")
            #expect(!ended.errors.contains("\\u{") && ended.errors.split(separator: "\n").count == 1)
        }
    }

    @Test func `a program that was moved away from its files says how to find them`() async throws {
        try await withDirectory { directory in
            let moved = directory + "/alpha-ledger"
            // Copied by another process: a program that this one started meanwhile would hold the file open for writing.
            #expect(try await Program(directory: directory, executable: "/bin/cp").run(Program.path, moved).code == 0)
            let program = Program(directory: directory, executable: moved)
            let lost = try await program.run("view", "trades")
            #expect(lost.code == 2, "\(lost.errors)")
            #expect(lost.errors.contains("set ALPHA_LEDGER_HOME to the folder that holds them") && lost.errors.contains(moved))
            #expect(try await program.run("--version").code == 0)
            var told = program
            told.environment = ["ALPHA_LEDGER_HOME": projectRoot, "DATABASE_URL": "postgresql://127.0.0.1:1/none"]
            #expect(try await told.run("view", "trades").code == 4, "it found its files, and then no database")
        }
    }

    @Test func `a taken port is found before the demo runs and before the database is asked`() async throws {
        try await withDirectory { directory in
            let taken = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(taken) }
            let port = try listen(taken)
            for command in ["demo", "serve"] {
                let ended = try await Program(directory: directory, environment: ["DATABASE_URL": "postgresql://127.0.0.1:1/none"])
                    .run(command, "--port", "\(port)")
                #expect(ended.code == 1, "\(ended.errors)")
                #expect(
                    ended.errors
                        == "error: the service can't listen on 127.0.0.1:\(port): the address is in use (--port or ALPHA_LEDGER_PORT)\n",
                    "\(command): \(ended.errors)")
            }
        }
    }

    @Test func `a broken rule file that nobody serves breaks only what asks for it`() async throws {
        try await withDatabase { uri in
            try await withDirectory { directory in
                let home = try projectWithSecondAlignment()
                defer { try? FileManager.default.removeItem(atPath: home) }
                let file = home + "/projections/alignment/rules.v2.yaml"
                let program = Program(directory: directory, environment: ["DATABASE_URL": uri, "ALPHA_LEDGER_HOME": home])
                #expect(try await program.run("db", "migrate").code == 0)
                let rules = try String(contentsOfFile: file, encoding: .utf8)
                try (rules + "labels: [\n").write(toFile: file, atomically: true, encoding: .utf8)
                for arguments in [["view", "alignment"], ["projection", "verify"], ["projection", "rebuild", "trades"]] {
                    let ended = try await program.run(arguments)
                    #expect(ended.code == 0, "\(arguments): \(ended.errors)")
                }
                let list = try await program.run("projection", "list")
                #expect(
                    list.code == 0 && list.errors.contains("warning: alignment v2, which nobody serves, can't be used"), "\(list.errors)")
                for arguments in [
                    ["projection", "rebuild", "alignment", "--rules", "v2"], ["view", "alignment", "--rules", "alignment@v2"],
                ] {
                    let ended = try await program.run(arguments)
                    #expect(
                        ended.code != 0 && ended.errors.contains("projections/alignment/rules.v2.yaml:"), "\(arguments): \(ended.errors)")
                    #expect(ended.errors.contains("not YAML: ") && !ended.errors.contains("\\u{"), "\(ended.errors)")
                }
                // What is served, and what a new ledger would serve first, stops the program.
                let served = home + "/projections/alignment/rules.v1.yaml"
                try (try String(contentsOfFile: served, encoding: .utf8) + "labels: [\n").write(
                    toFile: served, atomically: true, encoding: .utf8)
                try rules.write(toFile: file, atomically: true, encoding: .utf8)
                let stopped = try await program.run("view", "trades")
                #expect(stopped.code == 2 && stopped.errors.contains("projections/alignment/rules.v1.yaml:"), "\(stopped.errors)")
            }
        }
    }

    @Test func `a changed rule file that nobody serves breaks only what asks for it, and an audit names it`() async throws {
        try await withDatabase { uri in
            try await withDirectory { directory in
                let home = try projectWithSecondAlignment()
                defer { try? FileManager.default.removeItem(atPath: home) }
                func append(_ text: String, to file: String) throws {
                    let path = home + "/projections/" + file
                    try (try String(contentsOfFile: path, encoding: .utf8) + text).write(toFile: path, atomically: true, encoding: .utf8)
                }
                let program = Program(directory: directory, environment: ["DATABASE_URL": uri, "ALPHA_LEDGER_HOME": home])
                #expect(try await program.run("db", "migrate").code == 0)
                // The digest is recorded, and rows are folded by the file as it is.
                #expect(try await program.run("projection", "rebuild", "alignment", "--rules", "v2").code == 0)
                #expect(try await program.run("audit", "verify").code == 0)
                try append("# another one\n", to: "alignment/rules.v2.yaml")
                for arguments in [
                    ["view", "alignment"], ["projection", "verify"], ["projection", "rebuild", "trades"], ["sync", "--help"],
                ] {
                    let ended = try await program.run(arguments)
                    #expect(ended.code == 0, "\(arguments): \(ended.errors)")
                }
                let list = try await program.run("projection", "list")
                #expect(
                    list.code == 0 && list.errors.contains("warning: alignment v2, which nobody serves, can't be used"), "\(list.errors)")
                for arguments in [
                    ["projection", "rebuild", "alignment", "--rules", "v2"], ["view", "alignment", "--rules", "alignment@v2"],
                    ["projection", "diff", "alignment", "v1", "v2"],
                ] {
                    let ended = try await program.run(arguments)
                    #expect(
                        ended.code != 0 && ended.errors.contains("projections/alignment/rules.v2.yaml: "), "\(arguments): \(ended.errors)")
                    #expect(ended.errors.contains("differs from the one recorded in this ledger"), "\(ended.errors)")
                }
                let audited = try await program.run("audit", "verify")
                #expect(audited.code == 1, "\(audited.output)")
                #expect(
                    (audited.output + audited.errors).contains("rule file alignment/rules.v2.yaml v2"), "\(audited.output)\(audited.errors)"
                )
                // A file that is read by what is served stops the program.
                try append("# another one\n", to: "shared/new_york.v1.yaml")
                let stopped = try await program.run("view", "trades")
                #expect(stopped.code == 2 && stopped.errors.contains("projections/shared/new_york.v1.yaml"), "\(stopped.errors)")
            }
        }
    }

    @Test func `help of a row's proof names a row that is there, and filters their values`() async throws {
        let program = Program(directory: projectRoot)
        #expect(try await program.run("audit", "prove", "row", "--help").output.contains("audit prove row trades 1001"))
        let help = try await program.run("view", "outcomes", "--help").output.split { $0.isWhitespace }.joined(separator: " ")
        #expect(help.contains("Outcome: unrealized_mark, terminal_mark, pending or unavailable."))
    }

    @Test func `lists fit the terminal, money has two digits, and an empty list says why it is empty`() async throws {
        try await withDatabase { uri in
            try await withDirectory { directory in
                let program = Program(directory: directory, environment: ["DATABASE_URL": uri])
                #expect(try await program.run("db", "migrate").code == 0)
                #expect(try await program.run("view", "trades").output.hasPrefix("Nothing was synced yet.\n0 rows"))
                let row =
                    #"{"tradeId":"T-1","updatedAt":"2026-01-10T15:00:00Z","tradeDate":"2026-01-10T14:30:00Z","tradeStatus":"FILLED","portfolioName":"IMST","underlyingSymbol":"MSTR","optionSymbol":"MSTR260130C00350000","side":"BUY","optionType":"CALL","strike":350,"expiry":"2026-01-30","filledQuantity":10,"price":12.1,"priceCurrency":"USD","contractMultiplier":100,"quantityUnit":"CONTRACTS","premiumUsd":12100.005,"feesUsd":6.5}"#
                try await withFeed([row]) { url in
                    var syncing = program
                    syncing.environment.merge([
                        "ALPHA_TRADE_FEED_URL": url, "ALPHA_TRADE_FEED_API_KEY": "feed", "ALPHA_TRADE_FEED_PORTFOLIOS": "IMST",
                    ]) { $1 }
                    let synced = try await syncing.run("sync", "--apply")
                    #expect(synced.code == 0 && synced.output.contains("inserted ids: T-1\n"), "\(synced.output)\(synced.errors)")
                }
                let wide = try await program.run("view", "trades", "--portfolio", " imst ", "--state", "filled").output
                #expect(wide.contains("T-1") && wide.contains("  12.10  ") && wide.contains("12100.00  "), "\(wide)")
                #expect(wide.split(separator: "\n")[0].count > 100, "nobody looks, so nothing is cut")
                let exact = try await program.run("view", "trades", "--json").output
                #expect(exact.contains("12100.005") && exact.contains("\"price\":12.1,"))
                let csv = try await program.run("view", "trades", "--csv", "--sort", "-price").output.components(separatedBy: "\r\n")
                #expect(csv.count == 3 && csv[0].hasPrefix("contract_multiplier,currency,") && csv[1].hasPrefix("100,"), "\(csv)")
                #expect(csv[1].contains(",12100.005,") && csv[2].isEmpty, "\(csv)")
                let trade = try await program.run("view", "trade", "T-1")
                #expect(trade.code == 0, "\(trade.errors)")
                for part in ["Trades  trades@v1/c", "12100.00", "context has no row of this trade at position ", "AlphaExecutionRecorded"] {
                    #expect(trade.output.contains(part), "\(part): \(trade.output)")
                }
                let whole = try await program.run("view", "trade", "T-1", "--json").output
                #expect(whole.contains(#""source_trade_id":"T-1","trades":{"rows":[{"#) && whole.contains("12100.005"), "\(whole)")
                let unknown = try await program.run("view", "trade", "T-2")
                #expect(
                    unknown.code == 1 && unknown.errors.contains("no trade of alpha_sync has the id `T-2` at position "),
                    "\(unknown.errors)")
                for width in [40, 80, 120, 200] {
                    var terminal = program
                    terminal.environment["COLUMNS"] = "\(width)"
                    for view in ["trades", "lifecycles", "execution_quality", "outcomes", "sync_state"] {
                        let lines = try await terminal.run("view", view).output.split(separator: "\n")
                        let widest = lines.dropLast().map(\.count).max() ?? 0
                        // A block has a column a line, whatever stands in it.
                        let isBlock = !lines.contains { $0.hasPrefix("---") }
                        #expect(widest <= width || isBlock && width < 120, "\(view) at \(width): \(widest)")
                        #expect(lines.joined().contains { $0.isNumber })
                    }
                }
                for (arguments, why) in [
                    (["trades", "--portfolio", "other"], "No row matches the filters; without them there are rows."),
                    (["trades", "--as-of-position", "0"], "Nothing was known at this moment; there are rows by now."),
                    (["context"], "No execution is stamped with its market yet"),
                    (["outcomes", "--effective-at", "2025-01-01T00:00:00Z"], "Nothing was known at this moment"),
                ] {
                    let ended = try await program.run(["view"] + arguments)
                    #expect(ended.code == 0 && ended.output.hasPrefix(why), "\(arguments): \(ended.output)\(ended.errors)")
                }
                // Every way to write a version and a view means the same.
                for rules in ["v1", "trades@v1", "v1/c1", "trades@v1/c1"] {
                    #expect(try await program.run("view", "trades", "--rules", rules).output.contains("T-1"), "\(rules)")
                    #expect(try await program.run("projection", "diff", "trades", rules, rules).code == 0, "\(rules)")
                }
                for name in ["execution-quality", "execution_quality"] {
                    #expect(try await program.run("projection", "verify", name).code == 0)
                    #expect(try await program.run("audit", "explain", name, "T-1").output.contains("T-1"))
                    #expect(try await program.run("audit", "prove", "row", name, "T-1").code == 0)
                    #expect(try await program.run("view", name, "--rules", "\(name)@v1").output.contains("T-1"))
                }
            }
        }
    }

    /// A feed of these rows, for as long as the body runs.
    private func withFeed(_ rows: [String], _ body: (String) async throws -> Void) async throws {
        let feed = try await SampleFeedServer.start(feed: .rows(rows), apiKey: "feed")
        let result: Result<Void, any Error>
        do { result = .success(try await body(feed.url)) } catch { result = .failure(error) }
        await feed.stop()
        try result.get()
    }
}
