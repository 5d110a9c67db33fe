import Foundation
import LedgerEvents
import LedgerJSON
import LedgerStore
import LedgerValues
import TestSupport
import Testing

@Suite struct ImpactCommandTests {
    private let run = UniqueID(high: 8, low: 8)

    /// A row as the feed gives it, of the contract of ``sampleRow(_:updatedAt:quantity:price:status:notes:)``.
    private func feedRow(
        _ id: String, tradeDate: String = "2026-01-10T14:30:00Z", side: String = "BUY", quantity: String = "10",
        updatedAt: String = "2026-02-01T00:00:00Z"
    ) -> String {
        """
        {"tradeId":"\(id)","updatedAt":"\(updatedAt)","tradeDate":"\(tradeDate)","tradeStatus":"FILLED","portfolioName":"IMST",
         "underlyingSymbol":"MSTR","optionSymbol":"MSTR260130C00350000","side":"\(side)","optionType":"CALL","strike":"350",
         "expiry":"2026-01-30","filledQuantity":"\(quantity)","price":"20","priceCurrency":"USD","contractMultiplier":"100",
         "quantityUnit":"CONTRACTS","feesUsd":"1"}
        """
    }

    private func fields(_ impact: JSONValue, _ view: String) -> [String: String] {
        var found: [String: String] = [:]
        for change in impact["views"]?.elements.first(where: { $0["view"]?.string == view })?["changes"]?.elements.map({ $0 }) ?? [] {
            for field in change["fields"]?.elements.map({ $0 }) ?? [] {
                found[field["field"]?.string ?? ""] = "\(field["from"]?.sourceText ?? "") → \(field["to"]?.sourceText ?? "")"
            }
        }
        return found
    }

    @Test func `a late execution, a backdated one, a correction and an event of the log, as text and as JSON`() async throws {
        try await withDirectory { directory in
            try await withDatabase { uri in
                let program = Program(directory: directory, environment: ["DATABASE_URL": uri])
                #expect(try await program.run("db", "migrate").code == 0)
                #expect(try await program.run("view", "trades").code == 0)
                let ledger = try LedgerDatabase(uri: uri)
                try await ledger.log.append([recorded(try sampleRow("T1"))], runID: run)
                let head = try await ledger.pool.run { try LogReader().head($0).position }
                func impact(of row: String) async throws -> (text: String, json: JSONValue) {
                    try row.write(toFile: directory + "/row.json", atomically: true, encoding: .utf8)
                    let text = try await program.run("audit", "impact", "--file", "row.json")
                    let json = try await program.run("audit", "impact", "--file", "row.json", "--json")
                    #expect(text.code == 0 && json.code == 0, "\(text.errors)\(json.errors)")
                    return (text.output, try JSONDocument(parsing: Array(json.output.utf8)).root)
                }
                // Sold before the buy that is known: the lifecycle opens short, and the known one closes a part.
                let late = try await impact(of: feedRow("late", tradeDate: "2026-01-09T10:00:00Z", side: "SELL", quantity: "4"))
                #expect(late.json["verdict"]?.string == "inserted")
                #expect(late.json["position_before"]?.integer == head)
                #expect(fields(late.json, "lifecycles")["net_quantity"] == "10 → 6")
                #expect(fields(late.json, "lifecycles")["realized_pnl_before_fees_usd"] == "0 → 3000")
                for part in ["AlphaExecutionRecorded", "(inserted)", "realized_pnl_before_fees_usd", "3000", "sums over the rows"] {
                    #expect(late.text.contains(part), "\(part): \(late.text)")
                }
                // A row's key as the projection has it, not by its columns' names.
                for part in [" alpha_sync late 1d ", " alpha_sync late expiry ", " alpha_sync pos_"] {
                    #expect(late.text.contains(part), "\(part): \(late.text)")
                }
                // The same trade, on an earlier day.
                let backdated = try await impact(of: feedRow("T1", tradeDate: "2026-01-02T14:30:00Z"))
                #expect(backdated.json["verdict"]?.string == "updated")
                #expect(fields(backdated.json, "trades")["trade_date"] == "\"2026-01-10T14:30:00Z\" → \"2026-01-02T14:30:00Z\"")
                #expect(fields(backdated.json, "lifecycles")["opened_at"] == "\"2026-01-10T14:30:00Z\" → \"2026-01-02T14:30:00Z\"")
                #expect(backdated.text.contains("trade_date"))
                let correction = try await impact(of: feedRow("T1", quantity: "12"))
                #expect(fields(correction.json, "trades")["quantity"] == "10 → 12")
                #expect(fields(correction.json, "lifecycles")["net_quantity"] == "10 → 12")
                // An older row changes nothing.
                let stale = try await impact(of: feedRow("T1", updatedAt: "2025-01-01T00:00:00Z"))
                #expect(stale.json["verdict"]?.string == "stale" && stale.text.contains("nothing would be appended: stale"))
                // Nothing was written by any of them.
                #expect(try await ledger.pool.run { try LogReader().head($0).position } == head)

                let recorded = try await program.run("audit", "impact", "--position", "\(head)", "--json")
                let root = try JSONDocument(parsing: Array(recorded.output.utf8)).root
                #expect(root["verdict"]?.string == "recorded" && root["event"]?["position"]?.integer == head)
                let trades = root["views"]?.elements.first { $0["view"]?.string == "trades" }
                #expect(trades?["changes"]?.elements.map { $0["change"]?.string } == ["added"])
                let text = try await program.run("audit", "impact", "--position", "\(head)")
                #expect(text.code == 0 && text.output.contains("(recorded)") && text.output.contains("added"), "\(text.output)")
                await ledger.close()
            }
        }
    }

    @Test func `what is no candidate and no event exits with 2 and names what was expected`() async throws {
        try await withDirectory { directory in
            try await withDatabase { uri in
                let program = Program(directory: directory, environment: ["DATABASE_URL": uri])
                #expect(try await program.run("db", "migrate").code == 0)
                for (name, content) in [
                    ("none.json", ""), ("list.json", "[]"), ("type.json", #"{"type":"Nothing","payload":{}}"#),
                    ("payload.json", #"{"type":"AlphaExecutionMissing","payload":{}}"#),
                    ("row.json", feedRow("T1", quantity: "many")),
                    ("beside.json", #"{"type":"AlphaExecutionMissing","payload":{},"more":1}"#),
                ] { try content.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8) }
                for (arguments, part) in [
                    ([], "--position or --file"), (["--position", "1", "--file", "row.json"], "--position or --file"),
                    (["--position", "first"], "--position"), (["--position", "0"], "position"), (["--position", "99"], "99"),
                    (["--file", "absent.json"], "absent.json"), (["--file", "none.json"], "none.json: the file is not JSON"),
                    (["--file", "list.json"], "list.json: expected a JSON object"),
                    (["--file", "type.json"], "type: expected one of"), (["--file", "payload.json"], "payload: "),
                    (["--file", "row.json"], "filledQuantity"), (["--file", "beside.json"], "more: unknown"),
                ] as [([String], String)] {
                    let ended = try await program.run(["audit", "impact"] + arguments)
                    #expect(ended.code == 2 && ended.errors.contains(part), "\(arguments): \(ended.code) \(ended.errors)")
                    #expect(ended.output.isEmpty)
                }
            }
        }
    }
}
