import Foundation
import LedgerBundle
import LedgerEvents
import LedgerJSON
import LedgerMerkle
import LedgerNotes
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import Operations

@Suite struct BundleTests {
    /// A ledger with some executions, and some of them corrected; its bundle at a position, and the key.
    static func withBundle(
        _ body: (_ ledger: Ledger, _ uri: String, _ bundle: MemoryBundle, _ key: NoteVerifier, _ directory: String) async throws -> Void
    ) async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await withDatabase { uri in
            try await SignedHeadTests.opened(uri, directory + "/key") { ledger in
                try await fill(ledger)
                let bundle = try await export(ledger, nil, directory + "/bundle")
                try await body(ledger, uri, bundle, try await ledger.verifierKey(), directory)
            }
        }
    }

    static func fill(_ ledger: Ledger) async throws {
        let rows = try (0..<18).map { try sampleRow("b\($0)", quantity: 1 + $0) }
        try await ledger.log.append(rows.map(recorded), runID: UniqueID(high: 9, low: 9))
        for row in rows.prefix(5) {
            let changed = try sampleRow(row.sourceTradeID, updatedAt: 60, price: "13.25")
            try await ledger.log.append([updated(changed, from: row, previous: 1)], runID: UniqueID(high: 9, low: 8))
        }
    }

    static func export(_ ledger: Ledger, _ position: Int64?, _ target: String) async throws -> MemoryBundle {
        _ = try await ledger.exportBundle(asOf: position, to: target) { _, _, _ in }
        return try MemoryBundle(directory: target)
    }

    @Test func `a bundle verifies at every position, and is the same bytes whenever it is exported`() async throws {
        try await Self.withBundle { ledger, _, whole, key, directory in
            let head = try await SignedHeadTests.head(ledger).position
            let later = activations + 11
            var earlier: [Int64: MemoryBundle] = [:]
            for position in [0, 1, activations, activations + 1, later, head] {
                let bundle = try await Self.export(ledger, position, "\(directory)/at-\(position)")
                let report = try BundleVerifier(bundle, TradeLedger.model, key: key).verify()
                #expect(report.isVerified && report.signature == .trusted, "\(position): \(report.faults)")
                #expect(report.events == position && report.views.count == Int(activations))
                // The promotions are the log's first events.
                #expect(report.views.allSatisfy { $0.areRulesRecorded } == (position >= activations))
                earlier[position] = bundle
            }
            #expect(earlier[head]?.files == whole.files)
            // What the manifest says is what the service says.
            for found in try await ledger.verifyProjections() {
                let view = try #require(
                    try BundleManifest(decoding: whole.files["manifest.json"] ?? [], of: TradeLedger.names).views.first {
                        $0.projection == found.name
                    })
                #expect(view.tree.digest == found.storedDigest && view.tree.rows == found.rows)
            }
            // Later events change no earlier bundle, signed heads in between neither.
            try await SignedHeadTests.append(ledger, 500..<520)
            _ = try await ledger.signCheckpoint()
            #expect(try await Self.export(ledger, later, directory + "/again").files == earlier[later]?.files)
            #expect(try await ledger.verifyCheckpoints().count == 7)
        }
    }

    @Test func `nothing is written over, nothing half, and nothing that was altered`() async throws {
        try await Self.withBundle { ledger, uri, _, _, directory in
            let before = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
            func code(_ target: String, _ position: Int64? = nil) async throws -> Int32? {
                do {
                    _ = try await ledger.exportBundle(asOf: position, to: target) { _, _, _ in }
                    return nil
                } catch let error as BundleError {
                    return error.exitCode
                }
            }
            #expect(try await code(directory + "/bundle") == 2)
            #expect(try await code(directory + "/key") == 2)
            await #expect(throws: LedgerError.positionUnknown(position: 1000, head: activations + 23)) {
                try await ledger.exportBundle(asOf: 1000, to: directory + "/none") { _, _, _ in }
            }
            // Rows altered behind the projection's back are replayed before they are signed.
            try await SignedHeadTests.tamper(
                uri, "UPDATE projection.trades_v1_c1 SET document = replace(document, '\"quantity\":\"9\"', '\"quantity\":\"8\"')")
            let altered = activations + 5
            let signed = try Data(contentsOf: URL(filePath: directory + "/key.checkpoints"))
            #expect(try await code(directory + "/none") == 1)
            try await SignedHeadTests.tamper(
                uri, "UPDATE ledger.events SET payload = replace(payload, 'MSTR', 'COIN') WHERE position = \(altered)")
            let error = await #expect(throws: BundleError.self) {
                try await ledger.exportBundle(asOf: nil, to: directory + "/none") { _, _, _ in }
            }
            #expect("\(try #require(error))".hasPrefix("position \(altered): "))
            #expect(try Data(contentsOf: URL(filePath: directory + "/key.checkpoints")) == signed)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == before)
            // An empty directory is taken.
            try await SignedHeadTests.tamper(
                uri,
                """
                UPDATE ledger.events SET payload = replace(payload, 'COIN', 'MSTR') WHERE position = \(altered);
                UPDATE projection.trades_v1_c1 SET document = replace(document, '\"quantity\":\"8\"', '\"quantity\":\"9\"') WHERE source_trade_id = 'b8'
                """)
            try FileManager.default.createDirectory(atPath: directory + "/none", withIntermediateDirectories: false)
            #expect(try await code(directory + "/none/") == nil)
        }
    }

    @Test func `a row is proven by the tree over its view, and by no other row, tree or note`() async throws {
        try await Self.withBundle { ledger, _, bundle, key, _ in
            let manifest = try BundleManifest(decoding: bundle.files["manifest.json"] ?? [], of: TradeLedger.names)
            let view = try #require(manifest.views.first { $0.projection == "trades" })
            let definition = try #require(ledger.registry.newestDefinition("trades", version: "v1"))
            for (index, line) in bundle.lines("views/trades.ndjson").enumerated() {
                let id = try #require(try JSONDocument(parsing: line).root["source_trade_id"]?.string)
                let proof = try await ledger.proveRow(.trades, key: ["alpha_sync", id], asOf: nil)
                var tree = RowTree(definition.columns)
                let leaf = try tree.add(line.dropLast())
                #expect(proof.leaf == leaf && proof.line + [10] == tree.line && proof.index == index)
                #expect(proof.root == view.tree.root && proof.rows == view.tree.rows && proof.digest == view.tree.digest)
                func holds(_ leaf: Digest32, _ index: Int64) -> Bool {
                    verifyInclusion(leaf: leaf, position: index, size: proof.rows, path: proof.path, root: view.tree.root)
                }
                #expect(holds(leaf, proof.index) && !holds(leaf.flipped(3), proof.index) && !holds(leaf, proof.index ^ 1))
                let checkpoint = try Checkpoint.verified(proof.note, key)
                #expect(checkpoint.size == manifest.position && checkpoint.root == manifest.root)
                #expect(checkpoint.extensions == ["alpha-ledger/rows trades v1 c1 \(view.tree.rows) sha256:\(view.tree.root)"])
            }
            // The heads signed for proofs and bundles count like all others.
            #expect(try await ledger.verifyCheckpoints().count >= 2)
            await #expect(throws: BundleError.noSuchRow(position: activations + 23)) {
                try await ledger.proveRow(.trades, key: ["alpha_sync", "b99"], asOf: nil)
            }
            await #expect(throws: BundleError.noSuchRow(position: 7)) {
                try await ledger.proveRow(.trades, key: ["alpha_sync", "b1"], asOf: 7)
            }
            await #expect(throws: BundleError.badKey(columns: ["source", "source_trade_id"])) {
                try await ledger.proveRow(.trades, key: ["b1"], asOf: nil)
            }
        }
    }

    @Test func `row paths of trees of every size verify`() {
        let leaves = (0..<70).map { MerkleHash.leaf([UInt8($0)]) }
        for size in 1...70 {
            var tree = MerkleFrontier()
            for leaf in leaves[..<size] { tree.append(leaf) }
            for index in 0..<size {
                let path = RowTree.path(of: index, in: Array(leaves[..<size]))
                #expect(verifyInclusion(leaf: leaves[index], position: Int64(index), size: Int64(size), path: path, root: tree.root))
            }
        }
    }
}
