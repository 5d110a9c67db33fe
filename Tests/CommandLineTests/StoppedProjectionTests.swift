import LedgerEvents
import LedgerJSON
import LedgerStore
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// What `view` says of a projection that did not come to the log's head.
@Suite struct StoppedProjectionTests {
    private let run = UniqueID(high: 8, low: 9)

    private func withTrades(_ body: (Program, LedgerDatabase) async throws -> Void) async throws {
        try await withDirectory { directory in
            try await withDatabase { uri in
                let program = Program(directory: directory, environment: ["DATABASE_URL": uri])
                #expect(try await program.run("db", "migrate").code == 0)
                #expect(try await program.run("view", "trades").code == 0)
                let ledger = try LedgerDatabase(uri: uri)
                try await ledger.log.append([recorded(try sampleRow("row-one"))], runID: run)
                try await body(program, ledger)
                await ledger.close()
            }
        }
    }

    @Test func `a view of a stopped projection names the event and what is wrong, on standard error alone`() async throws {
        try await withTrades { program, ledger in
            let whole = try await program.run("view", "trades", "--json")
            #expect(whole.code == 0 && whole.errors.isEmpty, "\(whole.errors)")
            // A trade that was never recorded goes missing: an event that `trades` can't fold.
            let orphan = PresencePayload(source: "alpha_sync", sourceTradeID: "never", scopeKey: "s", isMissing: true)
            try await ledger.log.append([orphan.event(previousVersion: 0)], runID: run)
            try await ledger.log.append([recorded(try sampleRow("row-two"))], runID: run)
            let head = try await ledger.pool.run { try LogReader().head($0).position }
            let poisonAt = head - 1
            let said = "warning: projection trades v1/c1 stopped before event \(poisonAt), which it can't fold: "
            for arguments in [["--json"], ["--ndjson"], ["--ndjson", "--all"], []] {
                let ended = try await program.run(["view", "trades"] + arguments)
                #expect(ended.code == 0, "\(ended.errors)")
                let lines = ended.errors.split(separator: "\n")
                #expect(lines.count == 1 && ended.errors.hasPrefix(said) && ended.errors.contains("never"), "\(ended.errors)")
                #expect(ended.output.contains("row-one") && !ended.output.contains("row-two"))
            }
            // What is known as of an earlier event is whole, and other projections go on.
            for arguments in [["trades", "--as-of-position", "\(poisonAt - 1)"], ["sync-state"]] {
                let ended = try await program.run(["view"] + arguments)
                #expect(ended.code == 0 && ended.errors.isEmpty, "\(ended.errors)")
            }
            let beyond = try await program.run("view", "trades", "--as-of-position", "\(head)")
            #expect(beyond.code == 1 && beyond.errors.hasPrefix(said) && beyond.errors.contains("\nerror: "), "\(beyond.errors)")
        }
    }

    @Test func `a view of a projection that another process has not folded to the head says how far it is`() async throws {
        try await withTrades { program, ledger in
            _ = try await ledger.pool.run { try ProjectionLease.acquire("trades", "v1", codeVersion: 1, owner: "slow", $0) }
            try await ledger.asSuperuser { session in
                try session.executeScript(
                    "UPDATE ledger.projection_versions SET lease_expires_at = clock_timestamp() + interval '1 hour' WHERE name = 'trades'")
            }
            let behind = try await program.run("view", "trades")
            #expect(behind.code == 0, "\(behind.errors)")
            #expect(
                behind.errors
                    == "warning: projection trades v1/c1 has folded up to position \(activations), not yet to \(activations + 1)\n",
                "\(behind.errors)")
            // The error says it already.
            let beyond = try await program.run("view", "trades", "--as-of-position", "\(activations + 1)")
            #expect(
                beyond.code == 1
                    && beyond.errors
                        == "error: projection trades has folded up to position \(activations), not yet to \(activations + 1)\n",
                "\(beyond.errors)")
        }
    }
}
