package import LedgerBundle
import LedgerEvents
import LedgerMerkle
package import LedgerNotes
import LedgerPostgres
import LedgerProjections
import LedgerRules
import LedgerStore
import OptionTrades

/// An exported bundle.
package struct ExportedBundle: Sendable {
    package let manifest: BundleManifest
    /// The signed note for the log's head at the manifest's position and for the manifest.
    package let note: SignedNote
}

/// A served version with its code.
private struct ServedView: Sendable {
    let version: ProjectionVersion
    let definition: ProjectionDefinition
}

extension Ledger {
    /// Writes events, rows, rules and digests at a position into a directory that can be verified without a database.
    ///
    /// Everything is read in one snapshot. Before the bundle is signed and moves to its place, it is replayed. A bundle
    /// whose rows do not follow from its events is therefore never published. The log is proven to continue every head
    /// signed before. Memory: that of a replay.
    ///
    /// - Parameters:
    ///   - position: nil for the head
    ///   - directory: must not exist, or be empty
    ///   - progress: the current step, and how far it has got
    /// - Throws: `BundleError`, `AuditError`, and `LedgerError.projectionBehind` if a view does not reach the position
    ///   within two seconds.
    package func exportBundle(
        asOf position: Int64?, to directory: String, progress: @Sendable (_ step: String, _ done: Int64, _ of: Int64) -> Void
    ) async throws -> ExportedBundle {
        let output = try BundleOutput(for: directory)
        do {
            _ = try await verifyCheckpoints()
            let manifest = try await withFreshCatalog {
                output.clear()
                let (position, views) = try await servedViews(at: position)
                return try await write(output, position, views, progress)
            }
            try checkReplay(manifest, output, progress)
            let note = try await sign(
                at: manifest.position, root: manifest.root, extensions: [TradeLedger.names.manifestExtension(sha256: manifest.digest)])
            try output.write(BundlePaths.checkpoint) { $0.pending += note.bytes }
            if let witnessed = try await witnessed(manifest) { try output.write(BundlePaths.witnessed) { $0.pending += witnessed.bytes } }
            try output.commit()
            return ExportedBundle(manifest: manifest, note: note)
        } catch {
            output.discard()
            throw error
        }
    }

    /// The plain checkpoint of the bundle's tree with its cosignatures. Nil if nobody cosigned this tree. For a bundle of the head every
    /// witness is asked once.
    private func witnessed(_ manifest: BundleManifest) async throws -> SignedNote? {
        guard let witnesses else { return nil }
        if try await pool.run({ session in try LogReader().head(session).position }) == manifest.position {
            _ = try await signWitnessedCheckpoint()
        }
        return try await witnesses.cosigned(of: manifest.origin, size: manifest.position, root: manifest.root)
    }

    /// The served versions, each with its code and folded up to the position.
    private func servedViews(at asked: Int64?) async throws -> (position: Int64, views: [ServedView]) {
        try await bringUpToDate(registry.names)
        let head = try await pool.run { session in try LogReader().head(session).position }
        let position = asked ?? head
        guard 0...head ~= position else { throw LedgerError.positionUnknown(position: position, head: head) }
        var views: [ServedView] = []
        let deadline = ContinuousClock.now + .seconds(2)
        for name in registry.names {
            while true {
                let view = try await pool.run { session in try self.servedView(name, session) }
                if view.version.position >= position {
                    views.append(view)
                    break
                }
                guard ContinuousClock.now < deadline, view.version.poison == nil else {
                    throw LedgerError.projectionBehind(
                        projection: name, position: position, checkpoint: view.version.position)
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        return (position, views)
    }

    private func servedView(_ name: String, _ session: PostgresSession) throws -> ServedView {
        guard let version = try catalog.served(name, session) else { throw ViewError.notActivated(projection: name) }
        guard let definition = registry.definition(of: version) else {
            throw BundleError.frozen(projection: name, codeVersion: version.codeVersion)
        }
        return ServedView(version: version, definition: definition)
    }

    /// Writes all files except the checkpoint.
    private func write(
        _ output: BundleOutput, _ position: Int64, _ views: [ServedView],
        _ progress: @Sendable (String, Int64, Int64) -> Void
    ) async throws -> BundleManifest {
        let box = UncheckedBox(output)
        let resources = resources
        return try await pool.run { session in
            let output = box.value
            let manifest = try session.transaction(.snapshot) {
                let id = try LogReader().head(session).ledgerID
                var checker = LogChecker()
                try output.write(BundlePaths.events) { file in
                    try LogReader().forEachBytes(after: 0, upTo: position, session) { event in
                        if let fault = checker.check(event) {
                            throw BundleError.alteredLog(position: fault.position, problem: fault.problem)
                        }
                        EventLine.append(checker.leaf, hash: event.leafHash, to: &file.pending)
                        try file.flushFull()
                        if checker.position % 50_000 == 0 { progress("events", checker.position, position) }
                    }
                }
                guard checker.position == position else {
                    throw BundleError.alteredLog(position: checker.position + 1, problem: "the event is missing")
                }
                var described: [BundleManifest.View] = []
                for (index, view) in views.enumerated() {
                    progress("views", Int64(index), Int64(views.count))
                    described.append(try Self.write(view, at: position, output, session))
                }
                for path in Self.ruleFiles(of: views) {
                    guard let bytes = try resources.files.projectionFile(path) else {
                        throw BundleError.files(problem: "projections/\(path) is missing")
                    }
                    try output.write(BundlePaths.rules + path) { $0.pending += bytes }
                }
                return BundleManifest(
                    names: TradeLedger.names, ledgerID: id, position: position, root: checker.tree.root, files: output.files,
                    views: described)
            }
            try output.write(BundlePaths.manifest) { $0.pending += manifest.encode() }
            return manifest
        }
    }

    private static func write(
        _ view: ServedView, at position: Int64, _ output: BundleOutput, _ session: PostgresSession
    ) throws -> BundleManifest.View {
        let identity = view.definition.identity
        var tree = RowTree(view.definition.columns)
        try output.write(BundlePaths.view(identity.name)) { file in
            try StoredRows(view.version, view.definition.columns).forEach(at: position, session) { _, document in
                try tree.add(document)
                file.pending += document
                file.pending.append(UInt8(ascii: "\n"))
                try file.flushFull()
            }
        }
        return BundleManifest.View(
            projection: identity.name, version: identity.version, codeVersion: identity.codeVersion,
            rules: identity.promotedRules, tree: tree.summary)
    }

    /// The paths below `projections/`: every rule file that a view reads, and the view's columns.
    private static func ruleFiles(of views: [ServedView]) -> [String] {
        var paths = Set(views.flatMap { $0.definition.identity.rules.map(\.path) })
        paths.formUnion(views.map { "\($0.definition.identity.name)/columns.json" })
        return paths.sorted()
    }

    /// Replays the written files before they are signed.
    private func checkReplay(
        _ manifest: BundleManifest, _ output: BundleOutput, _ progress: @Sendable (String, Int64, Int64) -> Void
    ) throws {
        let report = try BundleVerifier(BundleDirectory(output.directory), TradeLedger.model, key: nil).verify {
            progress("replay", $0, $1)
        }
        if let fault = report.faults.first(where: { $0.file != BundlePaths.checkpoint }) {
            throw BundleError.alteredRows(problem: "\(fault)")
        }
    }
}

/// Passes a value that only one task uses at a time to the thread of a connection.
///
/// Unchecked: the export's task waits for the end of the connection's work before it continues, so that the two never
/// use the value at the same time. The compiler cannot see this order.
private struct UncheckedBox<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
