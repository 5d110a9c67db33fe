import Foundation
import LedgerBundle
import LedgerJSON
import LedgerNotes
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// Bundles and row proofs judged by a program in another language that shares nothing with ours.
@Suite struct IndependentBundleTests {
    static func status(_ directory: String, _ vkey: String, row: JSONNode? = nil) throws -> Int32 {
        try SignedHeadTests.python(
            JSONNode.object(
                [("vkey", .string(vkey)), ("bundle", .string(directory))] + (row.map { [("row", $0)] } ?? [])
            ).httpBytes())
    }

    @Test func `a verifier in another language agrees with bundles and row proofs, and refuses altered ones`() async throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/python3") else { return }
        try await BundleTests.withBundle { ledger, _, bundle, key, directory in
            let target = directory + "/bundle"
            if try Self.status(target, key.vkey) == 77 { return }
            for (view, id) in [(View.trades, ["alpha_sync", "b3"]), (.alignment, ["alpha_sync", "b17"])] {
                let proof = try await ledger.proveRow(view, key: id, asOf: nil)
                #expect(try Self.status(target, key.vkey, row: proof.node) == 0)
                let text = String(decoding: proof.node.httpBytes(), as: UTF8.self)
                let changed = try JSONDocument(
                    parsing: Array(text.replacing("12.5", with: "12.6").replacing("\"index\":", with: "\"index\":1").utf8))
                #expect(try Self.status(target, key.vkey, row: changed.root.node) == 1)
            }
            let other = try NoteSigner.generate(name: key.name)
            #expect(try Self.status(target, other.verifier.vkey) == 1)
            // A changed byte of each file, put back again.
            for (path, bytes) in bundle.files.sorted(by: { $0.key < $1.key }) where !bytes.isEmpty {
                let url = URL(filePath: "\(target)/\(path)")
                var changed = bytes
                changed[bytes.count / 2] ^= 1
                try Data(changed).write(to: url)
                #expect(try Self.status(target, key.vkey) == 1, "\(path)")
                try Data(bytes).write(to: url)
            }
            #expect(try Self.status(target, key.vkey) == 0)
        }
    }
}

extension JSONValue {
    /// The same value for writing.
    fileprivate var node: JSONNode {
        switch kind {
        case .object: .object(members.map { ($0.key, $0.value.node) })
        case .array: .array(elements.map(\.node))
        case .string: .string(string ?? "")
        default: integer.map { .integer($0) } ?? .null
        }
    }
}
