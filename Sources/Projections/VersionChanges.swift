public import Events

/// One version of a row or of an entity's facts: valid from the position that made it up to, not including, the one
/// that ended it.
public struct DocumentVersion: Sendable {
    public let key: RowKey
    public let origin: VersionOrigin
    /// Null while current.
    public fileprivate(set) var validTo: Int64?
    public let stored: [StoredValue]
    public let document: [UInt8]
}

/// What a batch of events did to the rows or facts of a version: documents made, and documents from before the batch
/// that ended.
public struct VersionChanges: Sendable {
    public private(set) var made: [DocumentVersion] = []
    public private(set) var ended: [(key: RowKey, validTo: Int64)] = []

    public init() {}

    public var isEmpty: Bool { made.isEmpty && ended.isEmpty }

    /// Ends the current document of a key.
    ///
    /// - Parameter madeAt: its index in `made`, nil where it is from before the batch.
    mutating func end(_ key: RowKey, madeAt: Int?, at position: Int64) {
        if let madeAt {
            made[madeAt].validTo = position
        } else {
            ended.append((key, position))
        }
    }

    /// Adds a document that is current from its origin on; returns its index in `made`.
    mutating func make(_ key: RowKey, _ document: [UInt8], _ stored: [StoredValue], _ origin: VersionOrigin) -> Int {
        made.append(DocumentVersion(key: key, origin: origin, validTo: nil, stored: stored, document: document))
        return made.count - 1
    }
}

/// What a batch of events did: its rows, and the facts behind them where these are stored apart.
public struct FoldChanges: Sendable {
    public internal(set) var rows = VersionChanges()
    public internal(set) var facts = VersionChanges()

    public init() {}
}
