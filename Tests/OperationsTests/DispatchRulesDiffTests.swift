import LedgerJSON
import LedgerProjections
import LedgerValues
import Operations
import OptionTrades
import SampleScope
import TestSupport
import Testing

/// What stricter rules would have made of intents that were decided already.
@Suite struct DispatchRulesDiffTests {
    @Test(.timeLimit(.minutes(5))) func `a stricter spread says which intents would have gone the other way`() async throws {
        try await withDatabase { uri in
            // The second version of the rules wants a spread below 5 percent.
            let ledger = try await Ledger.open(
                try Settings(environment: ledgerEnvironment(uri)), Resources(root: TwoVersions.root), migration: .always)
            let result: Result<Void, any Error>
            do { result = .success(try await compare(ledger)) } catch { result = .failure(error) }
            await ledger.close()
            try result.get()
        }
    }

    private func compare(_ ledger: Ledger) async throws {
        let now = ledger.now()
        let open = try #require(now.advanced(byMicroseconds: -3_600_000_000))
        let close = try #require(now.advanced(byMicroseconds: 4 * 3_600_000_000))
        let desk = BrokerDesk(ledger, source: .sampleBroker)
        // Spreads of about 3, 10 and 47 percent: a contract in the money is dear, and so the spread a smaller part of it.
        for (id, ticker, strategy) in [("narrow", "SPY", "day_trade"), ("wide", "IWM", "conservative"), ("widest", "IWM", "day_trade")] {
            let text =
                #"{"intent_id":"\#(id)","ticker":"\#(ticker)","instrument_type":"CALL","action":"BUY","strategy":"\#(strategy)","#
                + #""expires_at":"\#(close)"}"#
            _ = try await desk.intend(try JSONDocument(parsing: Array(text.utf8)).root, requestedBy: "a test")
        }
        let broker = SampleBroker { Ledger.systemClock() }
        let timings = Array(#"{"session":{"open":"\#(open)","close":"\#(close)"},"looks":[0.05]}"#.utf8)
        let runner = try await DispatchRunner(ledger, BrokerConnection(sample: broker), timings: timings)
        var (submitted, simulated) = (0, 0)
        for _ in 0..<20 where submitted + simulated < 3 {
            let round = try await runner.once()
            submitted += round.submitted
            simulated += round.simulated
        }
        await runner.end()
        #expect(submitted == 2 && simulated == 1)
        try await ledger.bringUpToDate(["dispatches"])
        _ = try await ledger.rebuild([(name: "dispatches", version: VersionReference(version: "v2"))])
        let diff = try await ledger.diff("dispatches", from: VersionReference(version: "v1"), to: VersionReference(version: "v2"))
        let root = try JSONDocument(parsing: diff.json()).root
        var changed: [String: [String?]] = [:]
        for row in root["sample"]?.elements.map({ $0 }) ?? [] {
            let fields = row["fields"]?.elements.map { $0 } ?? []
            // What was done stays what it is.
            #expect(!fields.contains { ["execution_mode", "recorded_verdict", "order_status"].contains($0["field"]?.string) })
            if let verdict = fields.first(where: { $0["field"]?.string == "verdict" }) {
                changed[row["key"]?["intent_id"]?.string ?? ""] = [verdict["from"]?.string, verdict["to"]?.string]
            }
        }
        #expect(changed == ["wide": ["submit", "simulate"]])
        #expect(diff.totalRows == 3)
    }
}
