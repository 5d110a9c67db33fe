import Crypto
import JSON
import Projections

/// One projection's part in a pass over the log: its fold, and then the digest of the rows that it comes to or the tally of all its
/// versions.
///
/// Unchecked: its state is read and changed under the pass's lock; the fold is used by the one worker whose batch is next, the
/// hash by the one that holds ``isBusy``, rows are written by any number.
final class DigestLane: @unchecked Sendable {
    /// Entities whose rows are written at a time.
    private static let entitiesPerPart = 64
    /// Parts that may be written before the one that is hashed next.
    private static let partsAhead = 8

    let fold: WholeFold
    private let omitted: [String]
    /// The batch that is folded next.
    var nextBatch = 0
    /// Whether a worker hashes.
    var isBusy = false

    private var order: [Int32] = []
    private var nextPart = 0
    private var nextHashed = 0
    private var written: [Int: RowWriter] = [:]
    private var spare: [RowWriter] = []
    private var hash = SHA256()
    private(set) var rows = 0
    /// Set once everything is folded, if the fold keeps one: then no rows are digested.
    private(set) var tally: VersionTally?

    init(_ fold: WholeFold, _ columns: ColumnSet) {
        self.fold = fold
        omitted = columns.undigested
    }

    /// Takes what is known once everything is folded: the tally of versions, or the order of the rows to digest.
    func endFold(subjects: [Int32]) {
        if fold.poison != nil { return }
        tally = fold.tally()
        if tally == nil { order = fold.order(subjects: subjects) }
    }

    private var parts: Int { (order.count + Self.entitiesPerPart - 1) / Self.entitiesPerPart }

    /// Whether the digest is complete.
    var isDigested: Bool { nextHashed == parts }

    /// Lower-case hex; nil where the fold was stopped.
    var digest: String? { fold.poison == nil ? hash.finalize().hex : nil }

    // MARK: Under the lock

    /// The next part to write, with what to write it to; nil where none is left, or too many wait for being hashed.
    func takePart() -> (part: Int, rows: RowWriter)? {
        guard nextPart < parts, nextPart - nextHashed < Self.partsAhead else { return nil }
        nextPart += 1
        return (nextPart - 1, spare.popLast() ?? RowWriter(documentsOmitting: omitted, reservingCapacity: 1 << 16))
    }

    func put(_ part: Int, _ rows: RowWriter) { written[part] = rows }

    /// The part to hash next, where it is written and nobody hashes; the caller is busy then.
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

    // MARK: Outside of it

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
