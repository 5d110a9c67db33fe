import Foundation
import LedgerEvents
import LedgerNotes
import LedgerPostgres
import LedgerStore
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import Operations

/// Copies of closed partitions that are verified by themselves.
@Suite struct ArchiveTests {
    /// A ledger whose partitions of 512 positions are filled up to 1300, with a signed head.
    private func withArchived(
        _ body: (_ ledger: Ledger, _ created: CreatedArchive, _ out: String) async throws -> Void
    ) async throws {
        try await OpenLogTests.withEmptyLog { ledger, uri, directory in
            _ = try await OpenLogTests.grow(ledger, to: 10)
            let migrator = Migrator(try ledger.resources.files.migrations(), TradeLedger.names)
            #expect(try await Ledger.partition(uri, migrator, size: 512) { _, _ in }.map(\.last) == [512, 1_024])
            await #expect(throws: ArchiveError.nothingClosed(until: 2_000, published: 10)) {
                try await ledger.createArchive(until: 2_000, in: directory + "/none", program: "test")
            }
            _ = try await OpenLogTests.grow(ledger, to: 1_300)
            let out = directory + "/archive"
            let first = try await ledger.createArchive(until: 1_023, in: out, program: "test")
            #expect(first.written.map(\.last) == [512] && first.kept.isEmpty)
            let created = try await ledger.createArchive(until: 5_000, in: out, program: "test")
            #expect(created.written.map(\.first) == [513] && created.kept.map(\.first) == [1])
            try await body(ledger, created, out)
        }
    }

    private func verify(
        _ out: String, _ created: CreatedArchive, archiveKey: NoteVerifier? = nil, logKey: NoteVerifier? = nil
    ) async throws -> ArchiveReport {
        try await ArchiveVerifier(archiveKey: archiveKey ?? created.archiveKey, logKey: logKey ?? created.logKey)
            .verify(out, Settings(environment: [:]))
    }

    @Test func `closed partitions are written once, and verify without the ledger`() async throws {
        try await withArchived { ledger, created, out in
            let report = try await verify(out, created)
            #expect(report.isVerified, "\(report.faults)")
            #expect(report.verified.map { [$0.first, $0.last, $0.checkpointSize] } == [[1, 512, 1_300], [513, 1_024, 1_300]])
            let manifest = try SignedNote(parsing: try #require(readFile("\(out)/513-1024/manifest")))
            #expect(String(decoding: manifest.text, as: UTF8.self).hasPrefix("alpha-ledger/archive/v1\n"))
            #expect(throws: NoteError.self) { try Checkpoint(parsing: manifest.text) }
            #expect(throws: NoteError.self) { try manifest.verify(created.logKey) }
            #expect(created.archiveKey.publicKey != created.logKey.publicKey)
            // A log that goes on leaves the archive as good as it was.
            _ = try await OpenLogTests.grow(ledger, to: 1_400)
            #expect(try await verify(out, created).isVerified)
        }
    }

    @Test func `every kind of change of an archive is found in its range`() async throws {
        try await withArchived { _, created, out in
            let seed = UInt64.random(in: 0 ... .max)
            var random = SeededGenerator(seed: seed)
            let range = "513-1024"
            let files = OpenLogTests.files("\(out)/\(range)")
            #expect(files.count == 6, "\(files)")
            for file in files {
                let path = "\(out)/\(range)/\(file)"
                let bytes = try #require(readFile(path))
                for _ in 0..<6 {
                    var altered = bytes
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    altered[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                    try Data(altered).write(to: URL(filePath: path))
                    let report = try await verify(out, created)
                    #expect(
                        report.faults.count == 1 && report.faults[0].hasPrefix("\(range): ") && report.verified.count == 1,
                        "seed \(seed): \(file) at \(place): \(report.faults)")
                }
                try FileManager.default.removeItem(atPath: path)
                #expect(try await verify(out, created).faults.count == 1, "\(file)")
                try Data(bytes).write(to: URL(filePath: path))
            }
            // Whole and signed, in another range's place.
            try FileManager.default.moveItem(atPath: "\(out)/\(range)", toPath: "\(out)/1025-1536")
            #expect(try await verify(out, created).faults.count == 1)
            try FileManager.default.moveItem(atPath: "\(out)/1025-1536", toPath: "\(out)/\(range)")
            #expect(try await verify(out, created).isVerified)

            // Two bundles that changed places have all leaves, in another order.
            let tiles = files.filter { $0.contains("entries") }.map { URL(filePath: "\(out)/\(range)/\($0)") }
            let contents = try tiles.map { try Data(contentsOf: $0) }
            for (tile, content) in zip(tiles, contents.reversed()) { try content.write(to: tile) }
            #expect(try await verify(out, created).faults.count == 1)
        }
    }

    @Test func `the Parquet files of a range have its events, and nothing else passes for them`() async throws {
        try await withArchived { ledger, created, out in
            for (first, last) in [(1, 512), (513, 1_024)] {
                let report = try ExportVerifier.verify(["\(out)/\(first)-\(last)/parquet"])
                #expect(report.isVerified && report.hasManifest && report.rows == 512, "\(report.faults)")
                #expect(report.basis?.position == Int64(last) && report.basis?.isComplete == (first == 1))
            }
            // The first range is a whole log; the second one continues it.
            let head = try await ledger.pool.run { session in try LogReader().root(at: 512, session).description }
            #expect(try ExportVerifier.verify(["\(out)/1-512/parquet"]).root == head)

            // Files of another range, under a manifest that is signed as it should be.
            let path = "\(out)/513-1024"
            func manifest(_ path: String) throws -> ArchiveManifest {
                let note = try SignedNote(parsing: try #require(readFile("\(path)/manifest")))
                return try #require(ArchiveManifest(parsing: note.text))
            }
            let (own, others) = (try manifest(path), try manifest("\(out)/1-512"))
            #expect(own.files.map(\.path) == ["parquet/part-00000.parquet", "parquet/_manifest.json"])
            try FileManager.default.removeItem(atPath: "\(path)/parquet")
            try FileManager.default.copyItem(atPath: "\(out)/1-512/parquet", toPath: "\(path)/parquet")
            func sign(_ files: [ArchiveManifest.File]) async throws {
                let changed = ArchiveManifest(
                    origin: own.origin, first: own.first, last: own.last, size: own.size, root: own.root, bytes: own.bytes,
                    digest: own.digest, peaks: own.peaks, consistency: own.consistency, files: files)
                let key = try #require(try SigningKeyFile(ofArchivesBeside: SigningKeyFile(ledger.settings)).read())
                let note = try SignedNote(signing: changed.text, with: key.named(created.archiveKey.name))
                try Data(note.bytes).write(to: URL(filePath: "\(path)/manifest"))
            }
            try await sign(others.files)
            let report = try await verify(out, created)
            #expect(report.faults.count == 1 && report.faults[0].contains("parquet"), "\(report.faults)")
            // A range that an earlier program wrote has no such files.
            try await sign([])
            #expect(try await verify(out, created).isVerified)
        }
    }

    @Test func `keys of others, an empty directory and one that is not there are never verified`() async throws {
        try await withArchived { _, created, out in
            let other = try NoteSigner.generate(name: created.archiveKey.name).verifier
            #expect(try await verify(out, created, archiveKey: other).faults.count == 2)
            let fork = try NoteSigner.generate(name: created.logKey.name).verifier
            #expect(try await verify(out, created, logKey: fork).verified.isEmpty)
            let empty = out + ".empty"
            try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: false)
            #expect(try await !verify(empty, created).isVerified)
            await #expect(throws: ArchiveSourceError.unreachable(out + ".gone")) { try await verify(out + ".gone", created) }
        }
    }

    @Test func `a log whose events are not those of the published checkpoint is not archived`() async throws {
        try await OpenLogTests.withEmptyLog { ledger, uri, directory in
            _ = try await OpenLogTests.grow(ledger, to: 10)
            let migrator = Migrator(try ledger.resources.files.migrations(), TradeLedger.names)
            _ = try await Ledger.partition(uri, migrator, size: 512) { _, _ in }
            _ = try await OpenLogTests.grow(ledger, to: 600)
            let connection = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
            try await connection.run { session in
                try session.executeScript(
                    """
                    ALTER TABLE ledger.events DISABLE TRIGGER append_only; ALTER TABLE ledger.events_1 DISABLE TRIGGER append_only;
                    UPDATE ledger.events_1 SET run_id = gen_random_uuid() WHERE position = 300
                    """)
            }
            await connection.close()
            await #expect(
                throws: LedgerError.corrupt(position: 300, problem: "the leaf hash does not match the row")
            ) { try await ledger.createArchive(until: 512, in: directory + "/archive", program: "test") }
            #expect(readFile("\(directory)/archive/1-512/manifest") == nil)
        }
    }
}
