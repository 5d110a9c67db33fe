import Foundation
import LedgerPostgres
import Logging
import Operations
import Simulation
import TestSupport
import Testing

@Suite(.serialized) struct SimulationTests {
    private func run(
        seed: UInt64, events: Int64, uri: String, interfere: @escaping @Sendable (Int) async throws -> Void = { _ in }
    ) async throws -> Simulator.Report {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try await Simulator(Resources(root: projectRoot), uri: uri, logger: logger, interfere: interfere)
            .run(seed: seed, events: events)
    }

    @Test(.timeLimit(.minutes(5)), arguments: [1, 20_261_130] as [UInt64])
    func `a whole history keeps everything that was acknowledged`(seed: UInt64) async throws {
        try await withDatabase { uri in
            let report = try await run(seed: seed, events: 250, uri: uri)
            #expect(report.failure == nil, "\(report.failure.map(\.description) ?? "")")
            #expect(report.events >= 250 && report.steps > 5 && report.checks == report.steps + 4)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `the same seed gives the same history`() async throws {
        var reports: [[Int]] = []
        for _ in 0..<2 {
            try await withDatabase { uri in
                let report = try await run(seed: 7, events: 90, uri: uri)
                #expect(report.failure == nil, "\(report.failure.map(\.description) ?? "")")
                reports.append([report.steps, Int(report.events), report.checks])
            }
        }
        #expect(reports[0] == reports[1])
    }

    @Test(.timeLimit(.minutes(5)))
    func `lost events are noticed with the next step, and a ledger that is there is left alone`() async throws {
        try await withDatabase { uri in
            let report = try await run(seed: 3, events: 400, uri: uri) { step in
                guard step == 4 else { return }
                let connection = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
                try await connection.run { session in
                    try session.executeScript(
                        """
                        ALTER TABLE ledger.events DISABLE TRIGGER ALL; ALTER TABLE ledger.merkle_nodes DISABLE TRIGGER ALL;
                        DELETE FROM ledger.events WHERE position > 21;
                        DELETE FROM ledger.merkle_nodes WHERE (index + 1) << level > 21;
                        UPDATE ledger.head SET position = 21, recorded_at = (SELECT max(recorded_at) FROM ledger.events);
                        ALTER TABLE ledger.events ENABLE ALWAYS TRIGGER append_only;
                        """)
                }
                await connection.close()
            }
            let problem = report.failure.map(\.description) ?? "nothing was noticed"
            #expect(report.failure?.number == 5 && report.failure?.seed == 3, "\(problem)")
            await #expect(throws: SimulatorError.self) { _ = try await run(seed: 3, events: 10, uri: uri) }
        }
    }
}
