public import Events
public import Values

/// Where a ``WholeFold`` with a tally begins: at position 0 with nothing, or at a later position with what was counted up to it.
public struct FoldStart: Sendable {
    /// The position up to which everything is in the tally.
    let position: Int64
    /// Of every version made up to the position, those that hold at it as current ones.
    let tally: VersionTally
    /// The entities that later events touch; one that is absent has nothing at the position.
    let entities: [RowKey: StandingEntity]

    /// Before the first event.
    public init(_ key: TallyKey) { self.init(after: 0, VersionTally(key), [:]) }

    public init(after position: Int64, _ tally: VersionTally, _ entities: [RowKey: StandingEntity]) {
        self.position = position
        self.tally = tally
        self.entities = entities
    }
}

/// An entity as its tables have it as of a position: all that a fold needs to go on from there.
public struct StandingEntity: Sendable {
    /// A version that holds at the position.
    struct Version: Sendable {
        let key: RowKey
        /// Of its document.
        let document: Digest32
        let digest: VersionDigest
    }

    private(set) var rows: [Version] = []
    private(set) var facts: Version?
    /// The document that its facts are read from; nil if there are none.
    public var factsDocument: [UInt8]?

    public init() {}

    /// Adds a version that holds at the position.
    ///
    /// - Parameter document: the digest of its document.
    public mutating func add(_ kind: DocumentKind, _ key: RowKey, document: Digest32, _ digest: VersionDigest) {
        let version = Version(key: key, document: document, digest: digest)
        switch kind {
        case .row: rows.append(version)
        case .facts: facts = version
        }
    }
}
