import LedgerEvents
import LedgerMerkle
import LedgerProjections
import LedgerValues

/// One pass over a bundle's events: the log is checked as in a database, and every view is folded from zero.
struct BundleReplay {
    private let manifest: BundleManifest
    private let registry: EventRegistry
    private let definitions: [ProjectionDefinition]
    private let folds: [CompleteFold]
    /// The promotions of the views that the log records; the last one of a version counts.
    private var promotions: [ProjectionPromotedPayload] = []
    private var checker = LogChecker()
    private(set) var faults: [BundleFault] = []

    /// Makes a replay of a bundle.
    ///
    /// - Parameter definitions: the definitions of the manifest's views; empty if they can't be folded.
    init(_ manifest: BundleManifest, _ registry: EventRegistry, _ definitions: [ProjectionDefinition]) {
        self.manifest = manifest
        self.registry = registry
        self.definitions = definitions
        folds = definitions.map { $0.completeFold() }
    }

    /// The number of events in order.
    var events: Int64 { checker.position }
    /// The root of the log's tree; nil if there is a fault.
    var root: Digest32? { faults.isEmpty ? checker.tree.root : nil }

    /// Reads the file of events to its end, or to the first faulty event.
    mutating func read(_ source: any BundleSource, progress: (Int64, Int64) -> Void) throws {
        let lines = LineReader(try source.open(BundlePaths.events))
        let decoder = EventDecoder(definitions)
        do {
            while let line = try lines.next() {
                if let fault = try take(line, number: lines.line, decoder) {
                    faults.append(fault)
                    return
                }
                if checker.position % 50_000 == 0 { progress(checker.position, manifest.position) }
            }
        } catch let error as LineError {
            faults.append(event(error.line, error.description))
            return
        }
        if checker.position < manifest.position {
            faults.append(event(lines.line + 1, "the event is missing: the file ends before it"))
            return
        }
        progress(checker.position, manifest.position)
        if checker.tree.root != manifest.root {
            faults.append(
                BundleFault(
                    .badCheckpoint, file: BundlePaths.events,
                    "the root over its events is \(checker.tree.root), not \(manifest.root): events and their hashes were rewritten"))
        }
        if let fault = manifest.fault(of: BundlePaths.events, bytes: lines.bytes, sha256: try lines.finish()) { faults.append(fault) }
    }

    /// A fault at the next expected event.
    private func event(_ line: Int, _ problem: String) -> BundleFault {
        BundleFault(.badEvent, file: BundlePaths.events, line: line, position: checker.position + 1, problem)
    }

    private mutating func take(_ line: [UInt8], number: Int, _ decoder: EventDecoder) throws -> BundleFault? {
        let record: RecordedEvent
        do {
            record = try EventLine.event(line)
        } catch {
            return event(number, "\(error)")
        }
        if record.position > manifest.position, checker.position == manifest.position {
            return event(number, "it lies beyond the bundle's position")
        }
        let due = checker.position + 1
        if let fault = record.withBytes({ checker.check($0) }) {
            return BundleFault(.badEvent, file: BundlePaths.events, line: number, position: fault.position, fault.problem)
        }
        var canonical: [UInt8] = []
        canonical.reserveCapacity(line.count + 1)
        EventLine.append(checker.leaf, hash: record.leafHash, to: &canonical)
        guard canonical.dropLast().elementsEqual(line) else {
            return BundleFault(
                .badEvent, file: BundlePaths.events, line: number, position: due, "the line is not in canonical form")
        }
        return fold(record, decoder, number)
    }

    private mutating func fold(_ record: RecordedEvent, _ decoder: EventDecoder, _ line: Int) -> BundleFault? {
        if EventType(record.type) == .projectionPromoted,
            let promotion = try? registry.payload(of: record).payload(as: ProjectionPromotedPayload.self)
        {
            promotions.removeAll {
                $0.projection == promotion.projection && $0.newVersion == promotion.newVersion
                    && $0.codeVersion == promotion.codeVersion
            }
            promotions.append(promotion)
        }
        guard let read = decoder.read(record) else { return nil }
        for (definition, fold) in zip(definitions, folds) {
            do throws(PoisonEvent) {
                try fold.apply(read)
            } catch {
                return BundleFault(
                    .badEvent, file: BundlePaths.events, line: line, position: record.position,
                    "\(definition.identity.name) can't be folded: \(error.problem)")
            }
        }
        return nil
    }

    /// Compares a view's file and figures with the fold, and its rules with those that the log recorded for the version.
    func compare(_ view: BundleManifest.View, at index: Int, _ source: any BundleSource) throws -> (
        faults: [BundleFault], areRulesRecorded: Bool
    ) {
        let file = BundlePaths.view(view.projection)
        var faults: [BundleFault] = []
        let recorded = promotions.last {
            $0.projection == view.projection && $0.newVersion == view.version && $0.codeVersion == view.codeVersion
        }
        if let recorded, recorded.rules != view.rules {
            faults.append(
                BundleFault(
                    .badRules, file: BundlePaths.manifest,
                    "the rule files of \(view.projection) \(view.version) are not those that the log recorded when it was promoted"))
        }
        let lines = LineReader(try source.open(file))
        var tree = RowTree(definitions[index].columns)
        do {
            try folds[index].forEachRow { key, document in
                try tree.add(document)
                guard let line = try lines.next() else {
                    throw LineError(line: lines.line + 1, .rowMissing(key))
                }
                guard line == document else { throw LineError(line: lines.line, .otherRow(key)) }
            }
            if try lines.next() != nil { throw LineError(line: lines.line, .unknownRow) }
        } catch let error as LineError {
            faults.append(BundleFault(.badRow, file: file, line: error.line, error.description))
            return (faults, recorded != nil)
        }
        if let fault = manifest.fault(of: file, bytes: lines.bytes, sha256: try lines.finish()) { faults.append(fault) }
        let found = tree.summary
        if found != view.tree {
            faults.append(
                BundleFault(
                    .badDigest, file: file,
                    "its \(found.rows) rows have digest \(found.digest) and root \(found.root), not the manifest's \(view.tree.rows) with \(view.tree.digest) and \(view.tree.root)"
                ))
        }
        return (faults, recorded != nil)
    }
}
