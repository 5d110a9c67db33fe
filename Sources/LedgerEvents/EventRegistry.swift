import LedgerValues

/// An event type with the readers of its schema versions.
public struct EventDefinition: Sendable {
    /// Reads a stored payload into the current schema's terms.
    public typealias Reader = @Sendable (_ payload: [UInt8]) throws(PayloadError) -> any EventPayload
    /// Reads canonical bytes in place. Nil leaves the payload to the reader of its schema version, which then decides.
    package typealias InPlaceReader = @Sendable (inout CanonicalReader) -> (any EventPayload)?

    public let type: EventType
    let readers: [Int: Reader]
    let readsInPlace: (version: Int, read: InPlaceReader)?

    /// Makes the definition of a type.
    ///
    /// - Parameters:
    ///   - type: the type, by its name in the log.
    ///   - readers: by schema version; all of them return the same type of payload.
    public init(_ type: EventType, readers: [Int: Reader]) {
        self.type = type
        self.readers = readers
        readsInPlace = nil
    }

    /// Makes the definition of a type whose payloads can also be read in place.
    ///
    /// - Parameter inPlace: reads payloads of schema version 1, for types that occur by the hundred thousand.
    package init(_ type: EventType, readers: [Int: Reader], inPlace: @escaping InPlaceReader) {
        self.type = type
        self.readers = readers
        readsInPlace = (1, inPlace)
    }
}

/// The event types that a program knows. Stored payloads become typed ones only here, so that payloads of older schema
/// versions are upcast in one place.
public struct EventRegistry: Sendable {
    private let definitions: [EventDefinition]
    private let names: [[UInt8]]
    private let places: [EventType: Int]

    /// Makes a registry of definitions.
    ///
    /// - Parameter definitions: each type once; `ProjectionPromoted` is always known and need not be among them.
    public init(_ definitions: [EventDefinition]) {
        let all = definitions + [.projectionPromoted]
        self.definitions = all
        names = all.map { Array($0.type.rawValue.utf8) }
        var places: [EventType: Int] = [:]
        for (place, definition) in all.enumerated() {
            precondition(places.updateValue(place, forKey: definition.type) == nil, "the event type \(definition.type) is defined twice")
        }
        self.places = places
    }

    /// The known types, in the order of their definitions.
    public var types: [EventType] { definitions.map(\.type) }

    /// The number of types.
    public var count: Int { definitions.count }

    /// The index of a type among all known types, from 0; nil for an unknown type.
    public func place(of type: EventType) -> Int? { places[type] }

    /// The index of the type with that stored name, or nil for an unknown name. Without allocation.
    public func place(utf8 name: Span<UInt8>) -> Int? {
        for (place, known) in names.enumerated() where name.isBytewiseEqual(to: known.span) { return place }
        return nil
    }

    /// The type at an index.
    public func type(at place: Int) -> EventType { definitions[place].type }

    // MARK: Payloads

    /// The typed payload of an event, read from its type, its schema version and its stored bytes.
    public func payload(type: EventType, schemaVersion: Int, bytes: [UInt8]) throws(UpcastError) -> any EventPayload {
        guard let place = places[type] else { throw .unknownType(type.rawValue) }
        return try payload(at: place, schemaVersion: schemaVersion, bytes: bytes)
    }

    /// The typed payload of a recorded event.
    public func payload(of event: RecordedEvent) throws(UpcastError) -> any EventPayload {
        try payload(type: EventType(event.type), schemaVersion: event.schemaVersion, bytes: event.payload)
    }

    /// The typed payload of an event whose type has that index.
    public func payload(at place: Int, schemaVersion: Int, bytes: [UInt8]) throws(UpcastError) -> any EventPayload {
        let definition = definitions[place]
        guard let read = definition.readers[schemaVersion] else {
            throw .unknownVersion(type: definition.type.rawValue, version: schemaVersion)
        }
        do {
            return try read(bytes)
        } catch {
            throw .malformed(type: definition.type.rawValue, version: schemaVersion, error)
        }
    }

    /// The typed payload, if its type has a reader in place and the bytes are canonical, as they are in the log.
    /// Otherwise nil: ``payload(at:schemaVersion:bytes:)`` then reads the same payload, or reports what is wrong.
    ///
    /// - Parameter pool: keeps texts that payloads share from call to call.
    package func canonicalPayload(
        at place: Int, schemaVersion: Int, bytes: UnsafeBufferPointer<UInt8>, pool: TextPool
    ) -> (any EventPayload)? {
        guard let (version, read) = definitions[place].readsInPlace, version == schemaVersion else { return nil }
        var reader = CanonicalReader(bytes, pool)
        return read(&reader)
    }
}

extension EventDefinition {
    static let projectionPromoted = EventDefinition(
        .projectionPromoted,
        readers: [1: { payload throws(PayloadError) in try ProjectionPromotedPayload(decoding: payload) }])
}
