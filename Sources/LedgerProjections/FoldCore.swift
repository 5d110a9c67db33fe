import LedgerEvents
import LedgerJSON

// What all folds of a projection have in common. An event changes the facts of the entities that it touches; an entity's documents
// are written again; and those that differ from the current versions take their place. Folds differ in where they find an entity,
// and in their strategy: what they keep of a current version, and what they do when a version ends or begins.

extension Projection {
    /// The entities that an event changes. Any error is the event's poison.
    @inline(__always)
    func touched(by event: DecodedEvent) throws(PoisonEvent) -> [RowKey] {
        do {
            return try entities(touchedBy: event)
        } catch {
            throw PoisonEvent(event, error)
        }
    }

    /// Folds one event into the facts of one of its entities. Any error is the event's poison.
    @inline(__always)
    func fold(_ event: DecodedEvent, into facts: inout Facts?, of entity: RowKey) throws(PoisonEvent) {
        do {
            try apply(event, to: &facts, of: entity)
        } catch {
            throw PoisonEvent(event, error)
        }
    }
}

extension PoisonEvent {
    /// The poison of an event that can't be folded for any reason.
    init(_ event: DecodedEvent, _ error: any Error) {
        self = error as? PoisonEvent ?? PoisonEvent(position: event.record.position, problem: "\(error)")
    }
}

/// The places of an entity's documents in the bytes of an ``EntityDocuments``.
struct DocumentPlaces {
    private let places: [RowWriter.Place]
    private let rowCount: Int

    fileprivate init(_ places: [RowWriter.Place], rowCount: Int) {
        self.places = places
        self.rowCount = rowCount
    }

    /// The documents of a kind in key order. Facts are at most one document, under the entity's key; there are none if they are
    /// not stored apart.
    subscript(kind: DocumentKind) -> ArraySlice<RowWriter.Place> {
        switch kind {
        case .row: places[..<rowCount]
        case .facts: places[rowCount...]
        }
    }
}

/// The documents that follow from an entity's facts: its rows, then the facts' own document if it is stored apart.
///
/// A fold uses one value for all entities, which saves allocations.
struct EntityDocuments {
    private var writer = RowWriter()
    private var rowCount = 0

    /// Writes an entity's documents in place of those written before; an entity without facts has none.
    @inline(__always)
    mutating func write<P: Projection>(_ facts: P.Facts?, of entity: RowKey, _ projection: P) {
        writer.removeAll()
        rowCount = 0
        guard let facts else { return }
        projection.writeRows(of: facts, to: &writer)
        rowCount = writer.places.count
        if P.rowsAreFacts { return }
        projection.encode(facts, to: &writer.out)
        writer.endRow(entity)
    }

    var places: DocumentPlaces { DocumentPlaces(writer.places, rowCount: rowCount) }

    var byteCount: Int { writer.out.count }

    /// Calls `body` with the bytes of all documents.
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        try writer.out.withBytes(body)
    }
}

/// What a fold keeps of the current versions of documents, and what it does when a version ends or begins.
protocol VersionStrategy {
    /// The current versions of one entity's rows, or of its facts, in key order.
    associatedtype Versions
    /// What the strategy compares of a document.
    associatedtype Document

    /// What is compared of a document, given by its bytes, which are valid during the call of ``replace(_:_:by:in:at:)``.
    func document(_ bytes: UnsafeBufferPointer<UInt8>) -> Document

    func count(of versions: Versions) -> Int

    /// The index of the current version with a key, at or after another index. If there is none, it is the index of a version that
    /// comes after the key, or just the other index.
    mutating func find(
        _ kind: DocumentKind, _ key: RowKey, in versions: Versions, from index: Int
    ) -> (index: Int, isThere: Bool)

    /// Whether a current version has the same document.
    func isCurrent(_ document: Document, _ index: Int, of versions: Versions) -> Bool

    /// A current version stays. It is the next of the entity's versions.
    mutating func keep(_ index: Int, of versions: Versions)

    /// A current version ends.
    mutating func end(_ kind: DocumentKind, _ index: Int, of versions: Versions, at position: Int64)

    /// A version begins whose key was looked for just before. It is the next of the entity's versions.
    mutating func begin(_ kind: DocumentKind, _ row: RowWriter.Place, _ document: Document, from origin: VersionOrigin)
}

extension VersionStrategy {
    /// Ends the current versions that an event replaced or removed, and begins those that it made.
    ///
    /// - Parameters:
    ///   - kind: rows or facts.
    ///   - current: an entity's versions before the event.
    ///   - new: its documents after the event, in key order.
    ///   - bytes: the bytes in which the documents lie.
    ///   - position: the position of the event.
    @inline(__always)
    mutating func replace(
        _ kind: DocumentKind, _ current: Versions, by new: ArraySlice<RowWriter.Place>, in bytes: UnsafeBufferPointer<UInt8>,
        at position: Int64
    ) {
        var next = 0
        for row in new {
            let document = document(UnsafeBufferPointer(rebasing: bytes[row.document]))
            let (index, isThere) = find(kind, row.key, in: current, from: next)
            // Both lists are in key order, so the versions in between have no successor.
            while next < index {
                end(kind, next, of: current, at: position)
                next += 1
            }
            if isThere {
                next += 1
                if isCurrent(document, index, of: current) {
                    keep(index, of: current)
                    continue
                }
                end(kind, index, of: current, at: position)
            }
            begin(kind, row, document, from: VersionOrigin(at: position, isFirst: !isThere))
        }
        while next < count(of: current) {
            end(kind, next, of: current, at: position)
            next += 1
        }
    }
}

extension RowKey {
    /// The index of this key among keys in ascending order, at or after an index. If it is not there, the index of the first larger
    /// key.
    ///
    /// - Parameters:
    ///   - start: the index to begin with.
    ///   - end: the number of keys.
    ///   - key: the key at an index.
    @inline(__always)
    func place(from start: Int, to end: Int, _ key: (Int) -> RowKey) -> (index: Int, isThere: Bool) {
        var index = start
        while index < end {
            let other = key(index)
            if other == self { return (index, true) }
            if self < other { break }
            index += 1
        }
        return (index, false)
    }
}
