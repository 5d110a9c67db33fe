import API
import Foundation
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerStore
import LedgerValues
import Logging
import Operations
import OptionTrades
import TestSupport
import Testing

/// Ledgers that earlier programs made: `scripts/ledger-fixture` keeps one, with a hundred pinned questions and their answers.
@Suite struct UpgradeTests {
    static let fixtures = projectRoot + "/Tests/UpgradeTests/Fixtures"
    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: fixtures)) ?? []).sorted()

    @Test func `there is a ledger to open`() { #expect(!Self.names.isEmpty) }

    @Test(arguments: names)
    func `a ledger of an earlier program opens, upgrades, verifies and answers a hundred pinned questions byte for byte, in partitions too`(
        name: String
    )
        async throws
    {
        try await withDatabase { uri in
            try await restore(name, to: uri)
            let ledger = try await Ledger.open(
                try Settings(environment: ledgerEnvironment(uri)), Resources(root: projectRoot), migration: .always, logger: quiet)
            let result: Result<Void, any Error>
            do {
                try await check(ledger, name)
                let migrator = Migrator(try ledger.resources.files.migrations(), TradeLedger.names)
                let partitions = try await Ledger.partition(uri, migrator, size: 64) { _, _ in }
                #expect(partitions.count == 2)
                result = .success(try await check(ledger, name))
            } catch {
                result = .failure(error)
            }
            await ledger.close()
            try result.get()
        }
    }

    private func check(_ ledger: Ledger, _ name: String) async throws {
        try await ledger.bringUpToDate(ledger.registry.names)
        let report = try await ledger.audit(AuditRequest())
        #expect(report.log.fault == nil)
        #expect(report.projections.compactMap(\.problem) == [])
        #expect(report.findings.filter { $0.kind == .fault }.isEmpty, "\(report.findings.map(\.description))")

        let kept = try JSONDocument(parsing: [UInt8](Data(contentsOf: URL(filePath: "\(Self.fixtures)/\(name)/answers.json"))))
        let answers = try #require(kept.root["answers"]?.elements)
        var asked = 0
        let api = API(ledger)
        for answer in answers {
            let question = try #require(answer["question"]?.string)
            let digest = try #require(answer["sha256"]?.string)
            let parts = question.split(separator: "?", maxSplits: 1).map(String.init)
            let response = await api.respond(
                to: APIRequest(
                    method: "GET", path: parts[0], query: parts.count > 1 ? parts[1] : nil, headers: ["host": ["127.0.0.1:8080"]],
                    isFromLoopback: true))
            #expect(response.status == 200, "\(question)")
            #expect("\(Digest32(sha256Of: response.body))" == digest, "\(question)")
            asked += 1
        }
        #expect(asked == 100)
    }

    /// Restores a dump. Its tables belong to the ledger's roles, which the whole server shares.
    private func restore(_ name: String, to uri: String) async throws {
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
        try await connection.run { session in
            for role in ["alpha_ledger_owner", "alpha_ledger_service", "alpha_ledger_reader", "alpha_ledger_auditor"] {
                try session.executeScript(
                    """
                    DO $$ BEGIN CREATE ROLE \(role) NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$
                    """)
            }
            // A dump has no memberships: the service makes the reader's views.
            try session.executeScript("GRANT alpha_ledger_reader TO alpha_ledger_service")
        }
        await connection.close()
        let program = Process()
        program.executableURL = URL(filePath: "/usr/bin/env")
        program.arguments = ["pg_restore", "--exit-on-error", "--dbname", uri, "\(Self.fixtures)/\(name)/ledger.dump"]
        let errors = Pipe()
        program.standardError = errors
        try program.run()
        let text = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        program.waitUntilExit()
        #expect(program.terminationStatus == 0, "\(text)")
    }
}

private let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()
