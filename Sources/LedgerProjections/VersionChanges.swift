public import LedgerEvents

/// One version of a row or of an entity's facts. It is valid from the position that made it up to, but not including, the
/// position that ended it.
public struct DocumentVersion: Sendable {
    public let key: RowKey
    public let origin: VersionOrigin
    /// The position that ended it; nil while it is current.
    public fileprivate(set) var validTo: Int64?
    public let stored: [StoredValue]
    public let document: [UInt8]
}

/// The effect of a batch of events on the rows or facts of a version: the documents made, and the earlier documents that
/// ended.
public struct VersionChanges: Sendable {
    /// The documents that the batch made, ended or current.
    public private(set) var made: [DocumentVersion] = []
    /// The keys of documents from before the batch that ended, each with the position that ended it.
    public private(set) var ended: [(key: RowKey, validTo: Int64)] = []

    public init() {}

    public var isEmpty: Bool { made.isEmpty && ended.isEmpty }

    /// Ends the current document of a key.
    ///
    /// - Parameter madeAt: the document's index in `made`; nil if it was made before the batch.
    mutating func end(_ key: RowKey, madeAt: Int?, at position: Int64) {
        if let madeAt {
            made[madeAt].validTo = position
        } else {
            ended.append((key, position))
        }
    }

    /// Adds a document that is current from its origin on, and returns its index in `made`.
    mutating func make(_ key: RowKey, _ document: [UInt8], _ stored: [StoredValue], _ origin: VersionOrigin) -> Int {
        made.append(DocumentVersion(key: key, origin: origin, validTo: nil, stored: stored, document: document))
        return made.count - 1
    }
}

/// The effect of a batch of events: the changes of rows, and the changes of facts if these are stored apart.
public struct FoldChanges: Sendable {
    public private(set) var rows = VersionChanges()
    public private(set) var facts = VersionChanges()

    public init() {}

    subscript(kind: DocumentKind) -> VersionChanges {
        get { kind == .row ? rows : facts }
        _modify {
            switch kind {
            case .row: yield &rows
            case .facts: yield &facts
            }
        }
    }
}
