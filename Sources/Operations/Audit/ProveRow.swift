import LedgerBundle
import LedgerEvents
package import LedgerJSON
import LedgerMerkle
package import LedgerNotes
import LedgerPostgres
import LedgerProjections
import LedgerStore
package import LedgerValues
package import OptionTrades

/// A proof that a row is among the rows of a view at a position.
package struct RowProof: Sendable {
    package let projection: String
    package let version: String
    package let codeVersion: Int
    package let position: Int64
    package let key: [String]
    /// The row's digest line without its newline. The leaf includes the newline.
    package let line: [UInt8]
    /// From 0, in key order.
    package let index: Int64
    package let rows: Int64
    package let digest: String
    package let leaf: Digest32
    package let root: Digest32
    /// RFC 6962 section 2.1.1, lowest node first.
    package let path: [Digest32]
    /// The log's signed head at the position. Its extension line contains the tree's root.
    package let note: SignedNote

    /// The output of `audit prove row --json`.
    package var node: JSONNode {
        .object([
            ("projection", .string(projection)), ("version", .string(version)),
            ("code_version", .integer(Int64(codeVersion))), ("position", .integer(position)),
            ("key", .array(key.map { .string($0) })), ("row", .string(String(decoding: line, as: UTF8.self))),
            ("index", .integer(index)), ("rows", .integer(rows)), ("digest", .string(digest)),
            ("leaf_hash", .string(leaf.description)), ("rows_root_hash", .string(root.description)),
            ("path", .array(path.map { .string($0.description) })),
            ("checkpoint", .string(String(decoding: note.bytes, as: UTF8.self))),
        ])
    }
}

extension Ledger {
    /// Proves a row with the tree over the digest lines of its view. The head at that position is signed with the
    /// tree's root in an extension line. Linear in the log: every event is checked, and the rows are those that a fold
    /// of the events gives.
    ///
    /// If the table holds other rows, `BundleError.alteredRows` is thrown, because the caller may have seen one of them.
    ///
    /// - Parameter position: nil for the projection's checkpoint
    /// - Throws: `BundleError`, `AuditError`, `LedgerError.projectionBehind`.
    package func proveRow(_ view: View, key: [String], asOf position: Int64?) async throws -> RowProof {
        try await bringUpToDate([view.projection])
        let found = try await foundRow(view, key, position)
        let tree = found.tree
        let note = try await sign(
            at: found.position, root: found.root,
            extensions: [
                TradeLedger.names.rowsExtension(
                    projection: view.projection, version: found.version.version, codeVersion: found.version.codeVersion,
                    tree: tree)
            ])
        return RowProof(
            projection: view.projection, version: found.version.version, codeVersion: found.version.codeVersion,
            position: found.position, key: key, line: found.line, index: Int64(found.index), rows: tree.rows,
            digest: tree.digest, leaf: found.leaf, root: tree.root, path: found.path, note: note)
    }

    /// A row of a view, its place in the tree of rows, and the log under it.
    struct FoundRow: Sendable {
        let version: ProjectionVersion
        let position: Int64
        let line: [UInt8]
        let index: Int
        let leaf: Digest32
        let path: [Digest32]
        let tree: RowTree.Summary
        /// The root of the log's tree over the folded events.
        let root: Digest32
    }

    /// Finds a row as of a position, nil for the projection's checkpoint, among those that a fold of the events gives.
    func foundRow(_ view: View, _ key: [String], _ position: Int64?) async throws -> FoundRow {
        try await withFreshCatalog {
            try await pool.run { session in
                try session.transaction(.snapshot) { try self.findRow(view, key, position, session) }
            }
        }
    }

    private func findRow(_ view: View, _ key: [String], _ asked: Int64?, _ session: PostgresSession) throws -> FoundRow {
        let head = try LogReader().head(session).position
        guard let version = try catalog.served(view.projection, session) else {
            throw ViewError.notActivated(projection: view.projection)
        }
        guard let definition = registry.definition(of: version) else {
            throw BundleError.frozen(projection: version.name, codeVersion: version.codeVersion)
        }
        guard key.count == definition.columns.key.count, let wanted = definition.columns.rowKey(key) else {
            throw BundleError.badKey(columns: definition.columns.describedKey)
        }
        let position = asked ?? version.position
        guard 0...head ~= position else { throw LedgerError.positionUnknown(position: position, head: head) }
        guard position <= version.position else {
            throw LedgerError.projectionBehind(
                projection: version.name, position: position, checkpoint: version.position)
        }
        var tree = RowTree(definition.columns)
        var leaves: [Digest32] = []
        var found: (index: Int, line: [UInt8])?
        let fold = definition.completeFold()
        let root = try replay(fold, definition, upTo: position, session)
        try fold.forEachRow { key, document in
            leaves.append(try tree.add(document))
            if key == wanted { found = (leaves.count - 1, tree.line.dropLast()) }
        }
        let stored = try ProjectionVerifier.digest(of: version, definition.columns, at: position, session)
        guard stored.digest.isBytewiseEqual(to: tree.summary.digest) else {
            throw BundleError.alteredRows(problem: "projection \(version.name) \(version.reference) as of position \(position)")
        }
        guard let found else { throw BundleError.noSuchRow(position: position) }
        return FoundRow(
            version: version, position: position, line: found.line, index: found.index, leaf: leaves[found.index],
            path: RowTree.path(of: found.index, in: leaves), tree: tree.summary, root: root)
    }

    /// Folds the events up to a position, with the checks of `audit verify`. Returns the root over them.
    private func replay(
        _ fold: CompleteFold, _ definition: ProjectionDefinition, upTo position: Int64, _ session: PostgresSession
    ) throws -> Digest32 {
        var checker = LogChecker()
        while checker.position < position {
            let events = try LogReader().events(after: checker.position, upTo: position, limit: 2_000, session)
            for event in events {
                if let fault = event.withBytes({ checker.check($0) }) {
                    throw BundleError.alteredLog(position: fault.position, problem: fault.problem)
                }
                if let decoded = try definition.decode(event) { try fold.apply(decoded) }
            }
            if events.isEmpty { throw BundleError.alteredLog(position: checker.position + 1, problem: "the event is missing") }
        }
        return checker.tree.root
    }
}
