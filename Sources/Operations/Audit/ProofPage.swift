import LedgerBundle
import LedgerEvents
import LedgerJSON
package import LedgerNotes
import LedgerProjections
import LedgerStore
import LedgerValues
package import OptionTrades

/// All that shows somebody without this ledger that a row holds a figure, and what the figure was made from: the row's proof,
/// the explanation, the events behind it with their places in the log, and the signed head that binds them together.
package struct ProofPage: Sendable {
    /// The document, with every `<` as `\u003c`, so that it can stand in a page as it is. Its SHA-256 stands in the head.
    package let document: [UInt8]
    /// The signed head at the row's position. Its extension lines name the tree of rows and the document.
    package let note: SignedNote
    /// The key that verifies the head.
    package let key: NoteVerifier
    package let position: Int64
    /// What is proven, in words.
    package let title: String
}

extension Ledger {
    /// The largest log whose rows are proven on request over HTTP: a proof folds every event up to its position.
    package static let provenOverHTTP: Int64 = 200_000

    /// Proves a figure of a row, or all of a row, to whoever opens one file.
    ///
    /// The rows are those that a fold of all events gives, as for ``proveRow(_:key:asOf:)``. Linear in the log.
    ///
    /// - Parameters:
    ///   - field: a column, nil for the whole row
    ///   - position: nil for the projection's checkpoint
    /// - Throws: `BundleError`, `AuditError`, `ExplainError`, `LedgerError.projectionBehind`.
    package func proofPage(_ view: View, key: [String], field: String?, asOf position: Int64?) async throws -> ProofPage {
        try await bringUpToDate([view.projection])
        let row = try await foundRow(view, key, position)
        var ask = try ExplainRequest(view: view.name, key: key, field: field)
        ask.asOfPosition = row.position
        let explanation = try await explain(ask)
        let explained = try JSONDocument(parsing: explanation.json())
        let positions = Set(explained.root["inputs"]?.elements.compactMap { $0["position"]?.integer } ?? []).sorted()
        var out = JSONWriter(keyOrder: .given)
        out.beginObject()
        out.key("format"); out.string("\(TradeLedger.names.program)/proof-page/v1")
        out.key("view"); out.string(view.name)
        out.key("key"); out.strings(key)
        out.key("field"); out.string(field)
        out.key("row"); out.string(String(decoding: row.line, as: UTF8.self))
        out.key("index"); out.integer(Int64(row.index))
        out.key("rows"); out.integer(row.tree.rows)
        out.key("path"); out.strings(row.path.map(\.description))
        out.key("explanation"); out.raw(explained.bytes)
        out.key("events")
        out.beginArray()
        for position in positions where position <= row.position {
            guard let event = try await event(at: position) else {
                throw BundleError.alteredLog(position: position, problem: "the event is missing")
            }
            let path = try await proveInclusion(position: position, size: row.position).proof.path
            var leaf: [UInt8] = []
            event.appendLeaf(to: &leaf)
            out.beginObject()
            out.key("position"); out.integer(position)
            out.key("leaf"); out.string(String(decoding: leaf, as: UTF8.self))
            out.key("path"); out.strings(path.map(\.description))
            out.endObject()
        }
        out.endArray()
        out.endObject()
        let document = Self.escaped(out.bytes)
        let names = TradeLedger.names
        let note = try await sign(
            at: row.position, root: row.root,
            extensions: [
                names.rowsExtension(
                    projection: view.projection, version: row.version.version, codeVersion: row.version.codeVersion, tree: row.tree),
                names.proofPageExtension(sha256: "\(Digest32(sha256Of: document))"),
            ])
        return ProofPage(
            document: document, note: note, key: try await verifierKey(), position: row.position,
            title: "\(field.map { $0.replacing("_", with: " ") } ?? "a row") of \(view.title.asciiFolded)")
    }

    private static func escaped(_ document: [UInt8]) -> [UInt8] {
        document.reduce(into: []) { out, byte in
            if byte == UInt8(ascii: "<") { out.append(contentsOf: Array("\\u003c".utf8)) } else { out.append(byte) }
        }
    }
}
