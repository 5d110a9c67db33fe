import Crypto
import LedgerJSON
import LedgerProjections

/// One projection's part in a pass over the log: first its fold, then the tally of all its versions, if the fold keeps
/// one, and the digest of the resulting rows, if the fold holds them all.
///
/// Unchecked: its state is read and changed under the pass's lock. The fold is used only by the worker whose batch is
/// next, and the hash only by the worker that holds ``isBusy``. Any number of workers may write rows.
final class DigestLane: @unchecked Sendable {
    /// The number of entities whose rows are written at a time.
    private static let entitiesPerPart = 64
    /// The number of parts that may be written ahead of the next part to hash.
    private static let partsAhead = 8

    let fold: WholeFold
    private let omitted: [String]
    /// The number of the next batch to fold.
    var nextBatch = 0
    /// Whether a worker is hashing.
    var isBusy = false

    private var order: [Int32] = []
    private var nextPart = 0
    private var nextHashed = 0
    private var written: [Int: RowWriter] = [:]
    private var spare: [RowWriter] = []
    private var hash = SHA256()
    private(set) var rows = 0
    /// Set after the fold if the fold keeps a tally.
    private(set) var tally: VersionTally?

    init(_ fold: WholeFold, _ columns: ColumnSet) {
        self.fold = fold
        omitted = columns.undigested
    }

    /// Takes the results of the fold: the tally of versions, or the order of the rows to digest.
    func endFold(subjects: [Int32]) {
        if fold.poison != nil { return }
        tally = fold.tally()
        if fold.holdsEverything { order = fold.order(subjects: subjects) }
    }

    private var parts: Int { (order.count + Self.entitiesPerPart - 1) / Self.entitiesPerPart }

    /// Whether the digest is complete.
    var isDigested: Bool { nextHashed == parts }

    /// The digest in lower-case hex; nil if the fold was stopped or does not hold every row.
    var digest: String? { fold.poison == nil && fold.holdsEverything ? hash.finalize().hex : nil }

    // MARK: Under the lock

    /// The next part to write, with a writer for it; nil if no part is left, or if too many parts wait to be hashed.
    func takePart() -> (part: Int, rows: RowWriter)? {
        guard nextPart < parts, nextPart - nextHashed < Self.partsAhead else { return nil }
        nextPart += 1
        return (nextPart - 1, spare.popLast() ?? RowWriter(documentsOmitting: omitted, reservingCapacity: 1 << 16))
    }

    func put(_ part: Int, _ rows: RowWriter) { written[part] = rows }

    /// The next part to hash, if it is written and nobody is hashing. The caller then counts as busy.
    func takeWritten() -> RowWriter? {
        guard !isBusy, let next = written.removeValue(forKey: nextHashed) else { return nil }
        isBusy = true
        return next
    }

    func putHashed(_ rows: RowWriter) {
        isBusy = false
        nextHashed += 1
        spare.append(rows)
    }

    // MARK: Outside the lock

    func write(_ part: Int, to rows: inout RowWriter) {
        rows.removeAll()
        let start = part * Self.entitiesPerPart
        fold.writeRows(of: order[start..<min(order.count, start + Self.entitiesPerPart)], to: &rows)
    }

    func addToHash(_ written: borrowing RowWriter) {
        written.out.withBytes { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        rows += written.out.lines
    }
}
