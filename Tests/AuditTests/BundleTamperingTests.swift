import Foundation
import LedgerBundle
import LedgerEvents
import LedgerNotes
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// What who holds a bundle can do to it, with and without making its manifest agree, and what its verification says.
@Suite struct BundleTamperingTests {
    /// Verifies a mutation and records an issue unless `isRight` likes what was found.
    static func expect(
        _ bundle: MemoryBundle, _ key: NoteVerifier, _ what: String, _ isRight: (BundleFault) -> Bool
    ) throws {
        let faults = try BundleVerifier(bundle, TradeLedger.model, key: key).verify().faults
        if !faults.contains(where: isRight) { Issue.record("\(what): \(faults)") }
    }

    /// Both as it is, and with a manifest that names the altered file: then the checkpoint does not vouch for it.
    static func expectBoth(
        _ bundle: MemoryBundle, _ key: NoteVerifier, _ what: String, _ isRight: (BundleFault) -> Bool
    ) throws {
        try expect(bundle, key, what, isRight)
        var repaired = bundle
        try repaired.repairManifest()
        let faults = try BundleVerifier(repaired, TradeLedger.model, key: key).verify().faults
        if !faults.contains(where: isRight) || !faults.contains(where: { $0.file == BundlePaths.checkpoint }) {
            Issue.record("\(what), manifest repaired: \(faults)")
        }
    }

    @Test func `a flipped bit in any file is found, with its line and position`() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        try await BundleTests.withBundle { _, _, bundle, key, _ in
            var random = SeededGenerator(seed: seed)
            for (path, bytes) in bundle.files.sorted(by: { $0.key < $1.key }) where !bytes.isEmpty {
                let rounds = path == BundlePaths.events ? 30 : path.hasPrefix("views/") ? 5 : 2
                for _ in 0..<rounds {
                    let at = Int.random(in: bytes.indices, using: &random)
                    let bit = UInt8.random(in: 0..<8, using: &random)
                    var changed = bundle
                    changed.files[path]?[at] ^= 1 << bit
                    let line = bytes[..<at].count { $0 == 0x0a } + 1
                    let what = "\(path) byte \(at) bit \(bit), seed \(seed)"
                    if path == BundlePaths.events {
                        try Self.expectBoth(changed, key, what) { $0.position == Int64(line) && $0.line == line && $0.file == path }
                    } else if path.hasPrefix("views/") {
                        try Self.expectBoth(changed, key, what) { $0.line == line && $0.file == path }
                    } else if path == BundlePaths.manifest || path == BundlePaths.checkpoint {
                        try Self.expect(changed, key, what) { $0.file == BundlePaths.manifest || $0.file == BundlePaths.checkpoint }
                    } else {
                        try Self.expect(changed, key, what) { $0.file == path && $0.code == .fileChanged }
                        // With the manifest repaired: other rules are not what the version names; the columns are what the
                        // checkpoint does not vouch for.
                        try changed.repairManifest()
                        try Self.expect(changed, key, "\(what), manifest repaired") { $0.file == BundlePaths.checkpoint }
                    }
                }
            }
            #expect(try BundleVerifier(bundle, TradeLedger.model, key: key).verify().isVerified)
        }
    }

    @Test func `lines dropped, swapped, repeated, moved or cut off are found where they begin to differ`() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        try await BundleTests.withBundle { _, _, bundle, key, _ in
            var random = SeededGenerator(seed: seed)
            for path in [BundlePaths.events, "views/trades.ndjson", "views/outcomes.ndjson"] {
                let lines = bundle.lines(path)
                let isEvents = path == BundlePaths.events
                func expect(_ changed: [[UInt8]], at line: Int, _ what: String) throws {
                    var mutation = bundle
                    mutation.set(path, changed)
                    try Self.expectBoth(mutation, key, "\(path): \(what), seed \(seed)") {
                        $0.file == path && $0.line == line && $0.position == (isEvents ? Int64(line) : nil)
                    }
                }
                for _ in 0..<(isEvents ? 6 : 2) {
                    let first = Int.random(in: 0..<lines.count - 1, using: &random)
                    let second = Int.random(in: (first + 1)..<lines.count, using: &random)
                    var changed = lines
                    changed.remove(at: first)
                    try expect(changed, at: first + 1, "line \(first + 1) dropped")
                    changed = lines
                    changed.swapAt(first, second)
                    try expect(changed, at: first + 1, "lines \(first + 1) and \(second + 1) swapped")
                    changed = lines
                    changed.insert(lines[first], at: first)
                    try expect(changed, at: first + 2, "line \(first + 1) repeated")
                    changed = lines
                    changed.append(changed.remove(at: first))
                    try expect(changed, at: first + 1, "line \(first + 1) moved to the end")
                    try expect(Array(lines[...first]), at: first + 2, "cut after line \(first + 1)")
                    changed = lines
                    changed[first].removeLast()
                    try expect(changed, at: first + 1, "line \(first + 1) joined with the next")
                    changed = lines
                    changed[lines.count - 1].removeLast(2)
                    try expect(changed, at: lines.count, "the last line cut")
                    changed = lines
                    changed[first].insert(0x20, at: 1)
                    try expect(changed, at: first + 1, "a space in line \(first + 1)")
                    try expect(lines + [lines[first]], at: lines.count + 1, "a line too many")
                }
            }
        }
    }

    @Test func `files added, taken away, or from another ledger are found, and keys of others are not trusted`() async throws {
        try await BundleTests.withBundle { _, _, bundle, key, directory in
            for path in bundle.files.keys.sorted() {
                var changed = bundle
                changed.files[path] = nil
                try Self.expect(changed, key, "\(path) removed") { $0.file == path && $0.code == .fileMissing }
                changed = bundle
                changed.files[path + "x"] = bundle.files[path]
                try Self.expect(changed, key, "\(path) doubled") { $0.file == path + "x" && $0.code == .fileUnexpected }
            }
            let untrusted = try BundleVerifier(bundle, TradeLedger.model, key: nil).verify()
            #expect(untrusted.faults.map(\.code) == [.signatureUntrusted] && untrusted.signature == .untrusted)
            #expect(untrusted.views.allSatisfy { $0.isVerified })
            let impostor = try NoteSigner.generate(name: key.name)
            let report = try BundleVerifier(bundle, TradeLedger.model, key: impostor.verifier).verify()
            #expect(report.faults.map(\.code) == [.badSignature] && report.signature == .invalid)

            // The same events by another ledger and key: its files, one by one and all together.
            try await withDatabase { uri in
                try await SignedHeadTests.opened(uri, directory + "/other") { other in
                    try await BundleTests.fill(other)
                    let foreign = try await BundleTests.export(other, nil, directory + "/foreign")
                    let foreignKey = try await other.verifierKey()
                    #expect(try BundleVerifier(foreign, TradeLedger.model, key: foreignKey).verify().isVerified)
                    try Self.expect(foreign, key, "another ledger's bundle") { $0.code == .badSignature }
                    for path in foreign.files.keys.sorted() where foreign.files[path] != bundle.files[path] {
                        var changed = bundle
                        changed.files[path] = foreign.files[path]
                        let isOfNote = path == BundlePaths.manifest || path == BundlePaths.checkpoint
                        try Self.expect(changed, key, "\(path) of another ledger") {
                            isOfNote ? $0.file == BundlePaths.checkpoint : $0.file == path
                        }
                    }
                }
            }
        }
    }

    @Test func `figures of the manifest that are not those of the rows are found`() async throws {
        try await BundleTests.withBundle { _, _, bundle, key, _ in
            let manifest = try BundleManifest(decoding: bundle.files[BundlePaths.manifest] ?? [], of: TradeLedger.names)
            for (index, view) in manifest.views.enumerated() {
                let tree = view.tree
                let digest = String(repeating: "0", count: 64)
                let mutations: [BundleManifest.View] = [
                    view.with(tree: .init(rows: tree.rows + 1, digest: tree.digest, root: tree.root)),
                    view.with(tree: .init(rows: tree.rows, digest: digest, root: tree.root)),
                    view.with(tree: .init(rows: tree.rows, digest: tree.digest, root: tree.root.flipped(9))),
                ]
                for mutation in mutations {
                    try Self.expect(bundle.with(manifest, index, mutation), key, "\(view.projection)") {
                        $0.code == .badDigest && $0.file == BundlePaths.view(view.projection)
                    }
                }
                try Self.expect(bundle.with(manifest, index, view.with(codeVersion: view.codeVersion + 1)), key, "code") {
                    $0.code == .codeVersionDiffers && $0.problem.contains("code version \(view.codeVersion + 1) of \(view.projection)")
                }
                let rules = view.rules.map { rule in
                    var changed = rule
                    if rule == view.rules.last { changed = .init(file: rule.file, version: rule.version, digest: digest) }
                    return changed
                }
                try Self.expect(bundle.with(manifest, index, view.with(rules: rules)), key, "rules") { $0.code == .badRules }
            }
        }
    }
}

extension BundleManifest.View {
    func with(
        tree: RowTree.Summary? = nil, codeVersion: Int? = nil, rules: [ProjectionPromotedPayload.Rule]? = nil
    ) -> BundleManifest.View {
        BundleManifest.View(
            projection: projection, version: version, codeVersion: codeVersion ?? self.codeVersion, rules: rules ?? self.rules,
            tree: tree ?? self.tree)
    }
}

extension MemoryBundle {
    /// With one view of the manifest put in another's place, and nothing else.
    func with(_ manifest: BundleManifest, _ index: Int, _ view: BundleManifest.View) -> MemoryBundle {
        var (changed, views) = (self, manifest.views)
        views[index] = view
        changed.files[BundlePaths.manifest] = BundleManifest(
            names: manifest.names, ledgerID: manifest.ledgerID, position: manifest.position, root: manifest.root, files: manifest.files,
            views: views
        ).encode()
        return changed
    }
}
