/// One version of a row: valid from the position that made it up to, not including, the one that ended it.
public struct RowVersion: Sendable {
    public let key: RowKey
    public let validFrom: Int64
    /// Null while current.
    public var validTo: Int64?
    public let stored: [StoredValue]
    public let document: [UInt8]
}

/// What a batch of events did to the rows: versions made, and versions from before the batch that ended.
public struct RowChanges: Sendable {
    public internal(set) var made: [RowVersion] = []
    public internal(set) var ended: [(key: RowKey, validTo: Int64)] = []

    public init() {}

    public var isEmpty: Bool { made.isEmpty && ended.isEmpty }
}

/// The rows that a fold works on.
///
/// A partial set holds what was loaded for a batch, and reading another key is a programming error that stops
/// the projection; a complete set starts empty at position 0 and holds every row.
public struct RowSet<Row: Sendable>: Sendable {
    struct Entry {
        var row: Row?
        var document: [UInt8]?
        /// Index in `changes.made` of the current version, where this batch made it.
        var made: Int?
    }

    private let isComplete: Bool
    private let encode: @Sendable (Row) -> (document: [UInt8], stored: [StoredValue])
    private(set) var entries: [RowKey: Entry] = [:]
    private(set) var changes = RowChanges()
    /// The position of the event being folded.
    public internal(set) var position: Int64 = 0

    init(isComplete: Bool, encode: @escaping @Sendable (Row) -> (document: [UInt8], stored: [StoredValue])) {
        self.isComplete = isComplete
        self.encode = encode
    }

    func isLoaded(_ key: RowKey) -> Bool { isComplete || entries[key] != nil }

    mutating func load(_ key: RowKey, row: Row?, document: [UInt8]?) {
        entries[key] = Entry(row: row, document: document, made: nil)
    }

    /// The current row of a key, or nil.
    public func row(_ key: RowKey) throws -> Row? {
        if let entry = entries[key] { return entry.row }
        guard isComplete else { throw PoisonEvent(position: position, problem: "row \(key) was not loaded") }
        return nil
    }

    /// Makes a row current from this position on, or removes it (nil). An identical row yields no version.
    public mutating func set(_ key: RowKey, _ row: Row?) throws {
        guard isLoaded(key) else { throw PoisonEvent(position: position, problem: "row \(key) was not loaded") }
        var entry = entries[key] ?? Entry()
        let encoded = row.map(encode)
        entry.row = row
        if encoded?.document == entry.document {
            entries[key] = entry
            return
        }
        if let made = entry.made {
            if changes.made[made].validFrom == position {
                // Set twice by one event: the last word of the event counts.
                changes.made[made] = RowVersion(key: key, validFrom: position, validTo: position, stored: [], document: [])
            } else {
                changes.made[made].validTo = position
            }
        } else if entry.document != nil {
            changes.ended.append((key, position))
        }
        entry.document = encoded?.document
        entry.made = nil
        if let encoded {
            entry.made = changes.made.count
            changes.made.append(
                RowVersion(
                    key: key, validFrom: position, validTo: nil, stored: encoded.stored, document: encoded.document))
        }
        entries[key] = entry
    }

    /// Hands over what changed since the last call; current rows stay.
    mutating func takeChanges() -> RowChanges {
        var taken = changes
        taken.made.removeAll { $0.validTo == $0.validFrom }
        changes = RowChanges()
        for key in taken.made.map(\.key) { entries[key]?.made = nil }
        return taken
    }
}
