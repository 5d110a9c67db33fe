import LedgerJSON
import LedgerValues
import OptionTrades
import SampleScope
import TestSupport
import Testing

@testable import Operations

/// The dispatcher on a real log, against the bundled broker.
@Suite struct DispatchRunnerTests {
    private struct Bench {
        let ledger: Ledger
        let broker: SampleBroker
        let desk: BrokerDesk
        let timings: [UInt8]

        func runner() async throws -> DispatchRunner {
            try await DispatchRunner(ledger, BrokerConnection(sample: broker), timings: timings)
        }

        func intend(_ id: String, _ ticker: String, expiresAt: Instant) async throws {
            let text =
                #"{"intent_id":"\#(id)","ticker":"\#(ticker)","instrument_type":"CALL","action":"BUY","strategy":"day_trade","#
                + #""expires_at":"\#(expiresAt)"}"#
            _ = try await desk.intend(try JSONDocument(parsing: Array(text.utf8)).root, requestedBy: "a test")
        }

        /// The executions that fills became.
        func trades() async throws -> [JSONValue] {
            try await ledger.bringUpToDate(["trades"])
            var request = ViewRequest()
            request.filters = try ViewReader.filters(.trades, [("source", "sample_broker")])
            return try await ViewReader(ledger).page(.trades, request).rows.map { try JSONDocument(parsing: $0).root }
        }

        /// The execution modes by intent.
        func modes() async throws -> [String: String] {
            try await ledger.bringUpToDate(["dispatches"])
            let rows = try await ViewReader(ledger).page(.dispatches, ViewRequest()).rows.map { try JSONDocument(parsing: $0).root }
            return Dictionary(uniqueKeysWithValues: rows.map { ($0["intent_id"]?.string ?? "", $0["execution_mode"]?.string ?? "") })
        }
    }

    private func withBench(_ body: (Bench, Instant) async throws -> Void) async throws {
        try await withQuotes { (quotes: QuotesBench) async throws -> Void in
            let ledger = quotes.ledger
            let now = ledger.now()
            let open = try #require(now.advanced(byMicroseconds: -3_600_000_000))
            let close = try #require(now.advanced(byMicroseconds: 4 * 3_600_000_000))
            let timings = #"{"session":{"open":"\#(open)","close":"\#(close)"},"follow_every":0.05,"looks":[0.05]}"#
            try await body(
                Bench(
                    ledger: ledger, broker: SampleBroker { Ledger.systemClock() }, desk: BrokerDesk(ledger, source: .sampleBroker),
                    timings: Array(timings.utf8)), close)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `each intent ends as one order or none, and fills are executions of their own source`() async throws
    {
        try await withBench { bench, close in
            for (id, ticker) in [("I-1", "SPY"), ("I-2", "QQQ"), ("I-3", "IWM"), ("I-4", "DIA")] {
                try await bench.intend(id, ticker, expiresAt: close)
            }
            let (first, second) = (try await bench.runner(), try await bench.runner())
            var submitted = 0
            for _ in 0..<40 {
                let round = try await first.once()
                #expect(round.problems.isEmpty, "\(round.problems)")
                submitted += round.submitted
                if try await bench.modes().values.allSatisfy({ $0 != "PENDING" && $0 != "UNRESOLVED" }) { break }
                try await Task.sleep(for: .milliseconds(60))
            }
            await #expect(throws: BrokerError.self) { try await second.once() }
            #expect(submitted == 2)
            #expect(
                try await bench.modes() == [
                    "I-1": "SAMPLE_BROKER", "I-2": "SAMPLE_BROKER", "I-3": "SIMULATED_FALLBACK", "I-4": "SIMULATED_FALLBACK",
                ])
            var trades: [JSONValue] = []
            for _ in 0..<100 where trades.count < 2 {
                try await Task.sleep(for: .milliseconds(100))
                _ = try await first.once()
                trades = try await bench.trades()
            }
            await first.end()
            // The lease is free, and nothing is sent again.
            #expect(try await second.once().submitted == 0)
            await second.end()
            #expect(bench.broker.postCount == 2)
            #expect(Set(trades.compactMap { $0["underlying_symbol"]?.string }) == ["SPY", "QQQ"])
            #expect(trades.allSatisfy { ($0["quantity"]?.integer ?? 0) > 0 && $0["price_currency"]?.string == "USD" })
        }
    }

    @Test(.timeLimit(.minutes(5))) func `nothing leaves while the source is halted, and it goes on when it is resumed`() async throws {
        try await withBench { bench, close in
            #expect(try await bench.desk.halt(requestedBy: "a test", why: "to see"))
            try await bench.intend("I-1", "SPY", expiresAt: close)
            let runner = try await bench.runner()
            let halted = try await runner.once()
            #expect(halted.submitted == 0 && bench.broker.postCount == 0)
            #expect(try await bench.modes() == ["I-1": "PENDING"])
            #expect(try await bench.desk.resume(requestedBy: "a test", why: "seen"))
            var submitted = 0
            for _ in 0..<20 where submitted == 0 {
                submitted += try await runner.once().submitted
                try await Task.sleep(for: .milliseconds(60))
            }
            #expect(submitted == 1)
            await runner.end()
        }
    }
}
