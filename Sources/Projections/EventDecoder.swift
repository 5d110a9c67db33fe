public import Events

/// Decodes each event once for any number of projections.
public struct EventDecoder: Sendable {
    private let consumed: Set<EventType>
    /// By ``EventType/ordinal``.
    private let isConsumed: [Bool]

    public init(_ definitions: some Sequence<ProjectionDefinition>) {
        var consumed: Set<EventType> = []
        for definition in definitions { consumed.formUnion(definition.consumes.keys) }
        self.consumed = consumed
        var flags = Array(repeating: false, count: EventType.allCases.count)
        for type in consumed { flags[type.ordinal] = true }
        isConsumed = flags
    }

    /// The types that any of the projections consumes, bytewise sorted.
    public var types: [String] { consumed.map(\.rawValue).sorted() }

    /// Whether any of the projections consumes a type.
    public func consumes(_ type: EventType) -> Bool { isConsumed[type.ordinal] }

    /// Reads an event; nil where none of the projections consumes its type.
    public func read(_ record: RecordedEvent) -> ReadEvent? {
        guard let type = EventType(rawValue: record.type), consumes(type) else { return nil }
        return ReadEvent(record, type)
    }

    /// Reads an event of a consumed type from its bytes in place.
    ///
    /// - Parameter pool: where texts that events share are kept from call to call.
    public func read(
        _ header: EventHeader, _ type: EventType, payload: UnsafeBufferPointer<UInt8>, _ pool: TextPool
    ) -> ReadEvent {
        let canonical = Upcaster.canonicalPayload(
            type: type, schemaVersion: header.schemaVersion, bytes: payload, pool: pool)
        if let canonical { return ReadEvent(header, type, .success(canonical)) }
        return ReadEvent(header, type, ReadEvent.decode(header, type, Array(payload)))
    }
}

/// An event as it was read once, for whichever projection consumes it.
public struct ReadEvent: Sendable {
    public let position: Int64
    let type: EventType
    let schemaVersion: Int
    /// A payload that can't be read is poison to whoever consumes its type, and nothing to the others.
    let event: Result<DecodedEvent, UpcastError>
    /// The trade that it is about.
    let trade: RowKey?
    let tradeHash: Int

    init(_ record: RecordedEvent, _ type: EventType) {
        let header = record.header
        self.init(header, type, Self.decode(header, type, record.payload))
    }

    init(_ header: EventHeader, _ type: EventType, _ payload: Result<EventPayload, UpcastError>) {
        position = header.position
        self.type = type
        schemaVersion = header.schemaVersion
        switch payload {
        case .success(let payload):
            event = .success(DecodedEvent(record: header, payload: payload))
            trade = payload.trade
            tradeHash = trade?.hashValue ?? 0
        case .failure(let error):
            event = .failure(error)
            trade = nil
            tradeHash = 0
        }
    }

    static func decode(
        _ header: EventHeader, _ type: EventType, _ payload: [UInt8]
    ) -> Result<EventPayload, UpcastError> {
        do throws(UpcastError) {
            return .success(
                try Upcaster.payload(type: type, schemaVersion: header.schemaVersion, bytes: payload))
        } catch {
            return .failure(error)
        }
    }
}

/// The event types that a projection consumes, with the schema versions that it understands.
struct ConsumedTypes: Sendable {
    /// By ``EventType/ordinal``; nil where the type is not consumed.
    private let versions: [[Int]?]

    init(_ consumes: [EventType: Set<Int>]) {
        var versions = [[Int]?](repeating: nil, count: EventType.allCases.count)
        for (type, known) in consumes { versions[type.ordinal] = known.sorted() }
        self.versions = versions
    }

    func contains(_ type: EventType) -> Bool { versions[type.ordinal] != nil }

    /// What an event of a consumed type is to the projection.
    ///
    /// Throws `PoisonEvent` for a schema version that it does not know and for a payload that could not be read.
    @inline(__always)
    func event(_ read: borrowing ReadEvent) throws(PoisonEvent) -> DecodedEvent {
        let (type, schemaVersion, position) = (read.type, read.schemaVersion, read.position)
        guard versions[type.ordinal]?.contains(schemaVersion) ?? false else {
            throw PoisonEvent(position: position, problem: "\(type.rawValue) has the unknown schema version \(schemaVersion)")
        }
        switch read.event {
        case .success(let event): return event
        case .failure(let error): throw PoisonEvent(position: position, problem: "\(error)")
        }
    }
}

extension ProjectionDefinition {
    /// What an event is to this projection; nil for a type that it does not consume.
    ///
    /// Throws `PoisonEvent` for a schema version that it does not know and for a payload that could not be read.
    public func event(_ read: ReadEvent) throws(PoisonEvent) -> DecodedEvent? {
        consumedTypes.contains(read.type) ? try consumedTypes.event(read) : nil
    }
}
