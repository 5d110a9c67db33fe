import Foundation
import LedgerEvents
import LedgerJSON
import LedgerMerkle
import LedgerNotes
import LedgerPostgres
import LedgerStore
import LedgerValues
import Logging
import TestSupport
import Testing

@testable import Operations

/// The log as tiles in a directory, read by a client that was written from the C2SP texts.
@Suite(.enabled(if: hasPython, "there is no python3")) struct OpenLogTests {
    /// An open ledger without any event, whose key and files are in a directory of its own.
    static func withEmptyLog(
        _ environment: [String: String] = [:], _ body: (Ledger, _ uri: String, _ directory: String) async throws -> Void
    ) async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await withDatabase { uri in
            let key = ["ALPHA_LEDGER_SIGNING_KEY_FILE": directory + "/key"]
            let settings = try Settings(environment: ledgerEnvironment(uri, key.merging(environment) { $1 }))
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let ledger = try await Ledger.open(
                settings, Resources(root: projectRoot), migration: .always, writes: false, logger: logger)
            let result: Result<Void, any Error>
            do { result = .success(try await body(ledger, uri, directory)) } catch { result = .failure(error) }
            await ledger.close()
            try result.get()
        }
    }

    /// Appends events until the log has a size, and signs it.
    static func grow(_ ledger: Ledger, to size: Int64) async throws -> SignedNote {
        var head = try await SignedHeadTests.head(ledger).position
        while head < size {
            let end = min(size, head + 10_000)
            try await ledger.log.append((head..<end).map { recorded(try sampleRow("t\($0)")) }, runID: ledger.newID())
            head = end
        }
        return try await ledger.signCheckpoint()
    }

    /// The exit code of the client over a directory.
    static func client(
        _ ledger: Ledger, _ directory: String, heads: [SignedNote] = [], proofs: [Int64: [UInt8]] = [:], entries: Bool = true
    ) async throws -> Int32 {
        let input = JSONNode.object([
            ("vkey", .string(try await ledger.verifierKey().vkey)), ("directory", .string(directory)), ("entries", .bool(entries)),
            ("heads", .array(heads.map { .string(String(decoding: $0.bytes, as: UTF8.self)) })),
            (
                "proofs",
                .object(
                    proofs.sorted { $0.key < $1.key }.map { ("\($0.key)", .string(String(decoding: $0.value, as: UTF8.self))) })
            ),
        ]).httpBytes()
        return try runPython("AuditTests/tile_client.py", input)
    }

    /// The paths of all files below a directory.
    static func files(_ directory: String) -> [String] {
        let found = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
        return found.filter { !FileManager.default.isDirectory("\(directory)/\($0)") }.sorted()
    }

    @Test func `an independent client works out every published tree anew from its tiles, partial ones included`() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let sizes = Set([0, 1, 255, 256, 257] + (0..<6).map { _ in Int64.random(in: 2...1200, using: &random) }).sorted()
        try await Self.withEmptyLog { ledger, _, directory in
            var heads: [SignedNote] = []
            for size in sizes { heads.append(try await Self.grow(ledger, to: size)) }
            #expect(try heads.map { try Checkpoint(parsing: $0.text).size } == sizes, "seed \(seed)")
            let out = directory + "/log"
            let exported = try await ledger.exportTiles(TileExport(directory: out, content: .all))
            #expect(exported.checkpoint.size == sizes.last && exported.faults.isEmpty)
            var proofs: [Int64: [UInt8]] = [:]
            for position in Set([1, 2, 256, 257, sizes.last ?? 0] as [Int64]) where position <= sizes.last ?? 0 {
                proofs[position] = try await ledger.tileProof(of: position)
            }
            #expect(try await Self.client(ledger, out, heads: heads, proofs: proofs) == 0, "seed \(seed)")

            // There is nothing but what the published trees have.
            var expected = PublishedSizes()
            for size in sizes { expected.insert(size) }
            var paths: Set<String> = ["checkpoint"]
            expected.forEachTile(upTo: .max) { tile in
                paths.insert("tile/\(TileResource.hashes(tile).path)")
                if tile.level == 0 { paths.insert("tile/\(TileResource.entries(tile).path)") }
            }
            #expect(Set(Self.files(out)) == paths, "seed \(seed)")

            // Nothing new is nothing written; what is new is added to what is there.
            #expect(try await ledger.exportTiles(TileExport(directory: out, content: .all)).written == 0)
            heads.append(try await Self.grow(ledger, to: 1400))
            #expect(try await ledger.exportTiles(TileExport(directory: out, content: .all)).written > 0)
            #expect(try await Self.client(ledger, out, heads: heads) == 0, "seed \(seed)")
        }
    }

    @Test func `a tree of more than one level of full tiles is that of its leaves`() async throws {
        try await Self.withEmptyLog { ledger, _, directory in
            var heads: [SignedNote] = []
            for size in [65_535, 65_536, 65_537] as [Int64] { heads.append(try await Self.grow(ledger, to: size)) }
            let out = directory + "/log"
            _ = try await ledger.exportTiles(TileExport(directory: out, content: .all))
            #expect(Self.files(out).contains("tile/1/000") && Self.files(out).contains("tile/2/000.p/1"))
            #expect(try await Self.client(ledger, out, heads: heads) == 0)
        }
    }

    @Test func `content and size are those asked for, and modes keep others out unless the log is public`() async throws {
        try await Self.withEmptyLog { ledger, _, directory in
            for size in [3, 300, 700] as [Int64] { _ = try await Self.grow(ledger, to: size) }
            func export(_ name: String, _ content: TileContent, until: Int64? = nil, isPublic: Bool = false) async throws -> Int64 {
                try await ledger.exportTiles(
                    TileExport(directory: "\(directory)/\(name)", content: content, until: until, isPublic: isPublic)
                ).checkpoint.size
            }
            func mode(_ path: String) throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: "\(directory)/\(path)")[.posixPermissions] as? Int
            }
            #expect(try await export("head", .checkpoint) == 700 && Self.files(directory + "/head") == ["checkpoint"])
            #expect(try await export("part", .hashes, until: 699, isPublic: true) == 300)
            #expect(try await Self.client(ledger, directory + "/part", entries: false) == 0)
            #expect(!Self.files(directory + "/part").contains { $0.hasPrefix("tile/entries") })
            #expect(try mode("part") == 0o755 && mode("part/tile/0") == 0o755 && mode("part/tile/0/000") == 0o644)
            #expect(try await export("part", .all, until: 300) == 300)
            #expect(try await Self.client(ledger, directory + "/part") == 0)
            #expect(try await export("all", .all, until: 300) == 300)
            #expect(try mode("all") == 0o700 && mode("all/tile") == 0o700 && mode("all/checkpoint") == 0o600)
            #expect(try mode("all/tile/entries/000") == 0o600)
            await #expect(throws: TileError.noCheckpoint) { _ = try await export("none", .all, until: 2) }
            #expect(!FileManager.default.fileExists(atPath: directory + "/none"))
        }
    }

    @Test func `a changed byte of any file is found, and so is a proof of another event`() async throws {
        try await Self.withEmptyLog { ledger, _, directory in
            var heads: [SignedNote] = []
            for size in [40, 300] as [Int64] { heads.append(try await Self.grow(ledger, to: size)) }
            let out = directory + "/log"
            _ = try await ledger.exportTiles(TileExport(directory: out, content: .all))
            for path in Self.files(out) {
                let url = URL(filePath: "\(out)/\(path)")
                let bytes = try Data(contentsOf: url)
                var changed = bytes
                changed[bytes.count / 2] ^= 1
                try changed.write(to: url)
                #expect(try await Self.client(ledger, out, heads: heads) == 1, "\(path)")
                try bytes.write(to: url)
            }
            let proof = try await ledger.tileProof(of: 7)
            #expect(try await Self.client(ledger, out, proofs: [7: proof]) == 0)
            #expect(try await Self.client(ledger, out, proofs: [8: proof]) == 1)
            for index in stride(from: 0, to: proof.count, by: 97) where proof[index] != 0x0a {
                var changed = proof
                changed[index] ^= 2
                #expect(try await Self.client(ledger, out, proofs: [7: changed]) == 1, "byte \(index)")
            }
        }
    }

    @Test func `a directory of another log, of a larger one, or of one that ours does not continue is left as it is`() async throws {
        try await Self.withEmptyLog { ledger, uri, directory in
            let small = try await Self.grow(ledger, to: 20)
            let key = try await ledger.verifierKey()
            let forger = try NoteSigner.generate(name: key.name)
            let root = try Checkpoint(parsing: small.text).root
            let foreign = try NoteSigner.generate(name: "alpha-ledger/other")
            let kept: [(String, [UInt8], String)] = [
                ("foreign", try Checkpoint(origin: "alpha-ledger/other", size: 20, root: root).signed(by: foreign).bytes, "origin"),
                ("larger", try Checkpoint(origin: key.name, size: 21, root: root).signed(by: forger).bytes, "size 20"),
                ("forked", try Checkpoint(origin: key.name, size: 19, root: root).signed(by: forger).bytes, "another root"),
                ("nonsense", Array("hello\n".utf8), "not a checkpoint"),
            ]
            for (name, bytes, part) in kept {
                let out = "\(directory)/\(name)"
                try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: false)
                try Data(bytes).write(to: URL(filePath: out + "/checkpoint"))
                let error = await #expect(throws: TileError.self, "\(name)") {
                    _ = try await ledger.exportTiles(TileExport(directory: out, content: .all))
                }
                let text = "\(try #require(error))"
                #expect(text.contains(part) && text.contains("nothing was written"), "\(name): \(text)")
                #expect(Self.files(out) == ["checkpoint"] && FileManager.default.contents(atPath: out + "/checkpoint") == Data(bytes))
            }
            // A tile that a killed run left beyond the checkpoint is not believed.
            let out = directory + "/log"
            _ = try await ledger.exportTiles(TileExport(directory: out, content: .all))
            let heads = [small, try await Self.grow(ledger, to: 60)]
            for path in ["tile/0/000.p/60", "tile/entries/000.p/60", "tile/0/000.p/60.new"] {
                try Data([1, 2, 3]).write(to: URL(filePath: "\(out)/\(path)"))
            }
            _ = try await ledger.exportTiles(TileExport(directory: out, content: .all))
            #expect(try await Self.client(ledger, out, heads: heads) == 0)
            // A database that was restored signs nothing, and so writes nothing.
            let before = Self.files(out)
            try await SignedHeadTests.restore(uri, to: 40)
            await #expect(throws: AuditError.self) { _ = try await ledger.exportTiles(TileExport(directory: out, content: .all)) }
            #expect(Self.files(out) == before)
        }
    }

    @Test func `a leaf from before the limit keeps its bundle away and nothing else`() async throws {
        try await Self.withEmptyLog { ledger, uri, directory in
            _ = try await Self.grow(ledger, to: 256)
            // The event at an odd position is the first leaf of its pair, so no stored node hangs on it yet.
            _ = try await Self.grow(ledger, to: 257)
            let event = try #require(try await ledger.event(at: 257))
            let payload = Array("{\"a\":\"\(String(repeating: "x", count: 70_000))\"}".utf8)
            let leaf = RecordedEvent.leafBytes(
                position: 257, eventID: event.eventID, stream: event.stream, streamVersion: event.streamVersion, type: event.type,
                schemaVersion: event.schemaVersion, recordedAt: event.recordedAt, effectiveAt: event.effectiveAt,
                runID: event.runID, payload: payload)
            try await SignedHeadTests.tamper(
                uri,
                """
                UPDATE ledger.events SET payload = '\(String(decoding: payload, as: UTF8.self))', \
                leaf_hash = '\\x\(MerkleHash.leaf(leaf))' WHERE position = 257
                """)
            // The heads signed so far are of another history.
            try FileManager.default.removeItem(atPath: directory + "/key.checkpoints")
            try await SignedHeadTests.tamper(
                uri,
                """
                ALTER TABLE ledger.signed_heads DISABLE TRIGGER ALL; DELETE FROM ledger.signed_heads;
                ALTER TABLE ledger.signed_heads ENABLE ALWAYS TRIGGER append_only
                """)
            try await SignedHeadTests.opened(uri, directory + "/key") { other in
                let note = try await other.signCheckpoint()
                let exported = try await other.exportTiles(TileExport(directory: directory + "/log", content: .all))
                #expect(exported.faults == [.entryTooLong(position: 257, bytes: leaf.count)])
                #expect(!Self.files(directory + "/log").contains { $0.hasPrefix("tile/entries/001") })
                #expect(try await Self.client(other, directory + "/log", heads: [note], entries: false) == 0)
                let size = try Checkpoint(parsing: note.text).size
                let tile = try #require(Tile(level: 0, index: 1, width: Int(size - 256)))
                await #expect(throws: TileError.entryTooLong(position: 257, bytes: leaf.count)) { try await other.tile(.entries(tile)) }
                #expect(try await other.tile(.hashes(tile)).bytes.prefix(32).elementsEqual(MerkleHash.leaf(leaf).bytes))
                let proof = try await other.tileProof(of: 257)
                #expect(try await Self.client(other, directory + "/log", proofs: [257: proof], entries: false) == 0)
            }
        }
    }
}

extension FileManager {
    fileprivate func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }
}
