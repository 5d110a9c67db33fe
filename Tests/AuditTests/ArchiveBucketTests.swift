import BlockingThreads
import Foundation
import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import Operations

/// Archives in a bucket of a real object store's protocol.
@Suite(.enabled(if: motoPython != nil, "no Python with moto: run scripts/python-tools"), .timeLimit(.minutes(3)))
struct ArchiveBucketTests {
    private static let place = "s3://\(ObjectServer.bucket)/ledger/archive"

    /// A ledger with a bucket, whose first two partitions of 512 positions are filled and published.
    private func withLedger(
        _ body: (_ ledger: Ledger, _ uri: String, _ directory: String, _ server: ObjectServer) async throws -> Void
    ) async throws {
        let server = try ObjectServer()
        try await OpenLogTests.withEmptyLog(server.environment) { ledger, uri, directory in
            _ = try await OpenLogTests.grow(ledger, to: 10)
            let migrator = Migrator(try ledger.resources.files.migrations(), TradeLedger.names)
            _ = try await Ledger.partition(uri, migrator, size: 512) { _, _ in }
            _ = try await OpenLogTests.grow(ledger, to: 1_100)
            try await body(ledger, uri, directory, server)
        }
    }

    private func verify(_ place: String, _ created: CreatedArchive, _ ledger: Ledger) async throws -> ArchiveReport {
        try await ArchiveVerifier(archiveKey: created.archiveKey, logKey: created.logKey).verify(place, ledger.settings)
    }

    @Test func `closed partitions are written to a bucket once, and verify there as they do in a directory`() async throws {
        try await withLedger { ledger, _, directory, _ in
            let first = try await ledger.createArchive(until: 512, in: Self.place, program: "test")
            #expect(first.written.map(\.last) == [512] && first.kept.isEmpty)
            let created = try await ledger.createArchive(until: 5_000, in: Self.place + "/", program: "test")
            #expect(created.written.map(\.first) == [513] && created.kept.map(\.first) == [1])
            let report = try await verify(Self.place, created, ledger)
            #expect(report.isVerified && report.verified.map { [$0.first, $0.last] } == [[1, 512], [513, 1_024]], "\(report.faults)")

            // The objects are the files of a directory, byte for byte.
            _ = try await ledger.createArchive(until: 5_000, in: directory + "/copy", program: "test")
            let bucket = try #require(try ArchiveBucket(Self.place, ledger.settings))
            let files = OpenLogTests.files(directory + "/copy")
            #expect(files.count == 12, "\(files)")
            for file in files {
                let stored = try await onOwnThread { try bucket.read(file) }
                #expect(stored == readFile("\(directory)/copy/\(file)"), "\(file)")
            }
            await #expect(throws: SettingProblem.self) { try await ledger.createArchive(until: 512, in: "s3://A", program: "test") }
            let nowhere = "s3://\(ObjectServer.bucket)-of-nobody"
            await #expect(throws: ArchiveSourceError.self) { try await verify(nowhere, created, ledger) }
            await #expect(throws: ArchiveSourceError.self) { try await ledger.createArchive(until: 512, in: nowhere, program: "test") }
            #expect(try await verify("s3://\(ObjectServer.bucket)/none", created, ledger).faults.count == 1)
        }
    }

    @Test func `a run that was interrupted goes on with the checkpoint that it left, and never over other bytes`() async throws {
        try await withLedger { ledger, _, directory, _ in
            let source = directory + "/copy"
            let created = try await ledger.createArchive(until: 1_024, in: source, program: "test")
            func put(_ file: String, at place: String, _ change: (inout [UInt8]) -> Void = { _ in }) async throws {
                let bucket = try #require(try ArchiveBucket(place, ledger.settings))
                var bytes = try #require(readFile("\(source)/\(file)"))
                change(&bytes)
                let sent = bytes
                try await onOwnThread {
                    try bucket.write(file, sent)
                    try bucket.synchronize()
                }
            }
            // All but the manifest and a bundle, under a checkpoint that is no longer the newest one.
            for file in OpenLogTests.files(source) where file != "1-512/manifest" && file != "1-512/tile/entries/001" {
                try await put(file, at: Self.place)
            }
            _ = try await OpenLogTests.grow(ledger, to: 1_200)
            let resumed = try await ledger.createArchive(until: 1_024, in: Self.place, program: "test")
            #expect(resumed.written.map(\.first) == [1] && resumed.kept.map(\.first) == [513])
            let report = try await verify(Self.place, created, ledger)
            #expect(report.isVerified && report.verified.map(\.checkpointSize) == [1_100, 1_100], "\(report.faults)")

            // Somebody else's bytes stay, and the range gets no manifest.
            let other = "s3://\(ObjectServer.bucket)/other"
            try await put("1-512/tile/entries/001", at: other) { $0[7] ^= 1 }
            await #expect(throws: ArchiveError.self) { try await ledger.createArchive(until: 512, in: other, program: "test") }
            #expect(try await verify(other, created, ledger).faults.first?.contains("manifest is missing") == true)

            // A byte of any object that is not what it was is found.
            for (number, file) in OpenLogTests.files(source + "/1-512").enumerated() {
                let altered = "s3://\(ObjectServer.bucket)/altered-\(number)"
                for each in OpenLogTests.files(source + "/1-512") {
                    try await put("1-512/\(each)", at: altered) { if each == file { $0[$0.count / 2] ^= 4 } }
                }
                #expect(try await verify(altered, created, ledger).faults.count == 1, "\(file)")
            }
        }
    }

    @Test func `a range is detached to a bucket, read from it by whoever has its credentials, and attached from it`() async throws {
        try await withLedger { ledger, uri, directory, _ in
            let folder = directory + "/copy"
            for place in [folder, Self.place] { _ = try await ledger.createArchive(until: 512, in: place, program: "test") }
            let before = try await ledger.events(after: 0, limit: 1_100).events
            await #expect(throws: ArchiveError.onePlace(Self.place, Self.place + "/x")) {
                _ = try await ledger.detachArchive(1, 512, copies: [Self.place, Self.place + "/x"])
            }
            let range = try await ledger.detachArchive(1, 512, copies: [folder, Self.place + "/"])
            #expect(range.copies.count == 2 && range.copies[1] == Self.place)
            #expect(try await ledger.events(after: 0, limit: 1_100).events == before)
            try FileManager.default.moveItem(atPath: folder, toPath: folder + ".away")
            #expect(try await ledger.events(after: 0, limit: 1_100).events == before)
            let audit = try await ledger.audit()
            #expect(audit.isVerified, "\(audit.problems)")

            // A program without the credentials says what it can't read.
            let poor = try await Ledger.open(
                Settings(environment: ledgerEnvironment(uri, [:])), Resources(root: projectRoot), writes: false)
            do {
                _ = try await poor.event(at: 300)
                Issue.record("answered without credentials")
            } catch LedgerError.archiveUnreachable(let position, let problem) {
                #expect(position == 300 && problem.contains("\(Self.place)/1-512/tile/entries/001"), "\(problem)")
            }
            await poor.close()

            let connection = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
            try await connection.run { try $0.executeScript("DROP TABLE IF EXISTS ledger.detached_1") }
            await connection.close()
            #expect(try await ledger.attachArchive(1, 512))
            #expect(try await ledger.events(after: 0, limit: 1_100).events == before)
        }
    }
}
