public import LedgerEvents
import LedgerValues

/// Decodes each event once for any number of projections.
public struct EventDecoder: Sendable {
    private let events: EventRegistry
    /// Whether an event type is consumed, by the type's index in the registry.
    private let isConsumed: [Bool]

    /// Makes a decoder of the types that these projections consume.
    ///
    /// - Parameter definitions: projections over the same registry of events.
    public init(_ definitions: some Sequence<ProjectionDefinition>) {
        let definitions = Array(definitions)
        events = definitions.first?.events ?? EventRegistry([])
        var flags = Array(repeating: false, count: events.count)
        for definition in definitions { for place in definition.consumedTypes.places { flags[place] = true } }
        isConsumed = flags
    }

    /// The types that at least one of the projections consumes, bytewise sorted.
    public var types: [String] {
        isConsumed.indices.filter { isConsumed[$0] }.map { events.type(at: $0).rawValue }.sorted { $0.isBytewiseLess(than: $1) }
    }

    /// The index of a consumed type in the registry, by its name; nil for a type that no projection consumes.
    public func place(of type: String) -> Int? { events.place(of: EventType(type)).flatMap { isConsumed[$0] ? $0 : nil } }

    /// The index of a consumed type by the bytes of its name, without allocation; nil for a type that no projection
    /// consumes.
    public func place(utf8 name: Span<UInt8>) -> Int? { events.place(utf8: name).flatMap { isConsumed[$0] ? $0 : nil } }

    /// The name of the type at an index.
    public func name(at place: Int) -> String { events.type(at: place).rawValue }

    /// Reads an event, or returns nil if no projection consumes its type.
    public func read(_ record: RecordedEvent) -> ReadEvent? {
        place(of: record.type).map { ReadEvent(record.header, $0, payload: record.payload, events) }
    }

    /// Reads an event of the consumed type at an index from its bytes, in place if possible.
    ///
    /// - Parameters:
    ///   - header: the event's other columns.
    ///   - place: the index of its type.
    ///   - payload: its payload.
    ///   - pool: keeps texts that events share from call to call.
    public func read(
        _ header: EventHeader, _ place: Int, payload: UnsafeBufferPointer<UInt8>, _ pool: TextPool
    ) -> ReadEvent {
        let canonical = events.canonicalPayload(at: place, schemaVersion: header.schemaVersion, bytes: payload, pool: pool)
        if let canonical { return ReadEvent(DecodedEvent(record: header, payload: canonical), place) }
        return ReadEvent(header, place, payload: Array(payload), events)
    }
}

/// An event that was read once for all projections that consume it.
public struct ReadEvent: Sendable {
    public let position: Int64
    /// The index of the event's type in the registry.
    let place: Int
    let schemaVersion: Int
    /// The event or why its payload can't be read. An unreadable payload is poison for a projection that consumes its
    /// type, and of no concern to the others.
    let event: Result<DecodedEvent, UpcastError>
    let subject: RowKey?
    let subjectHash: Int

    init(_ decoded: DecodedEvent, _ place: Int) {
        position = decoded.record.position
        self.place = place
        schemaVersion = decoded.record.schemaVersion
        event = .success(decoded)
        subject = decoded.payload.subjectKey
        subjectHash = subject?.hashValue ?? 0
    }

    private init(_ header: EventHeader, _ place: Int, _ problem: UpcastError) {
        position = header.position
        self.place = place
        schemaVersion = header.schemaVersion
        event = .failure(problem)
        subject = nil
        subjectHash = 0
    }

    init(_ header: EventHeader, _ place: Int, payload: [UInt8], _ events: EventRegistry) {
        do throws(UpcastError) {
            let payload = try events.payload(at: place, schemaVersion: header.schemaVersion, bytes: payload)
            self.init(DecodedEvent(record: header, payload: payload), place)
        } catch {
            self.init(header, place, error)
        }
    }
}

/// The event types that a projection consumes, with the schema versions that it understands.
struct ConsumedTypes: Sendable {
    /// The known schema versions by the type's index in the registry; nil for a type that is not consumed.
    private let versions: [[Int]?]
    private let events: EventRegistry

    /// Makes the set for a registry. Types that the registry lacks never occur.
    init(_ consumes: [EventType: Set<Int>], _ events: EventRegistry) {
        var versions = [[Int]?](repeating: nil, count: events.count)
        for (type, known) in consumes {
            if let place = events.place(of: type) { versions[place] = known.sorted() }
        }
        self.versions = versions
        self.events = events
    }

    var places: [Int] { versions.indices.filter { versions[$0] != nil } }

    @inline(__always)
    func contains(_ place: Int) -> Bool { versions[place] != nil }

    /// The event as the projection folds it. The projection must consume the event's type.
    ///
    /// Throws `PoisonEvent` for a schema version that the projection does not know, and for an unreadable payload.
    @inline(__always)
    func event(_ read: borrowing ReadEvent) throws(PoisonEvent) -> DecodedEvent {
        let (place, schemaVersion, position) = (read.place, read.schemaVersion, read.position)
        guard versions[place]?.contains(schemaVersion) ?? false else {
            throw PoisonEvent(position: position, problem: "\(events.type(at: place)) has the unknown schema version \(schemaVersion)")
        }
        switch read.event {
        case .success(let event): return event
        case .failure(let error): throw PoisonEvent(position: position, problem: "\(error)")
        }
    }
}

extension ProjectionDefinition {
    /// The event as this projection folds it, or nil if the projection does not consume its type.
    ///
    /// Throws `PoisonEvent` for a schema version that the projection does not know, and for an unreadable payload.
    public func event(_ read: ReadEvent) throws(PoisonEvent) -> DecodedEvent? {
        consumedTypes.contains(read.place) ? try consumedTypes.event(read) : nil
    }
}
