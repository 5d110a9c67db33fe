public import Events

/// Decodes each event once for any number of projections.
public struct EventDecoder: Sendable {
    private let consumed: Set<EventType>

    public init(_ definitions: some Sequence<ProjectionDefinition>) {
        var consumed: Set<EventType> = []
        for definition in definitions { consumed.formUnion(definition.consumes.keys) }
        self.consumed = consumed
    }

    /// The types that any of the projections consumes, bytewise sorted.
    public var types: [String] { consumed.map(\.rawValue).sorted() }

    /// Reads an event; nil where none of the projections consumes its type.
    public func read(_ record: RecordedEvent) -> ReadEvent? {
        guard let type = EventType(rawValue: record.type), consumed.contains(type) else { return nil }
        return ReadEvent(record, type)
    }
}

/// An event as it was read once, for whichever projection consumes it.
public struct ReadEvent: Sendable {
    public let record: RecordedEvent
    let type: EventType
    /// A payload that can't be read is poison to whoever consumes its type, and nothing to the others.
    let payload: Result<EventPayload, UpcastError>

    init(_ record: RecordedEvent, _ type: EventType) {
        self.record = record
        self.type = type
        do throws(UpcastError) {
            payload = .success(
                try Upcaster.payload(type: type, schemaVersion: record.schemaVersion, bytes: record.payload))
        } catch {
            payload = .failure(error)
        }
    }
}

extension ProjectionDefinition {
    /// What an event is to this projection; nil for a type that it does not consume.
    ///
    /// Throws `PoisonEvent` for a schema version that it does not know and for a payload that could not be read.
    public func event(_ read: ReadEvent) throws(PoisonEvent) -> DecodedEvent? {
        guard let versions = consumes[read.type] else { return nil }
        let record = read.record
        guard versions.contains(record.schemaVersion) else {
            throw PoisonEvent(
                position: record.position, problem: "\(record.type) has the unknown schema version \(record.schemaVersion)")
        }
        switch read.payload {
        case .success(let payload): return DecodedEvent(record: record, payload: payload)
        case .failure(let error): throw PoisonEvent(position: record.position, problem: "\(error)")
        }
    }
}
