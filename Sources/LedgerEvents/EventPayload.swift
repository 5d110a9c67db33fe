/// The content of an event, in the terms of the current schema, whatever schema version it was stored in.
public protocol EventPayload: Sendable, Equatable {
    /// The key of the event's subject, or nil if the event has no such subject. If events of several types and several
    /// projections share subjects, a pass over the log looks each key up once for all of them.
    var subjectKey: RowKey? { get }
}

extension EventPayload {
    public var subjectKey: RowKey? { nil }

    /// The payload as a concrete type, or nil if it has another type.
    ///
    /// Unsafe in name only: the types were compared just before, so the cast is from a type to itself, which the compiler
    /// can't see. A dynamic cast would ask the runtime to compare conformances for every event and projection.
    @inlinable
    public func payload<Payload: EventPayload>(as type: Payload.Type = Payload.self) -> Payload? {
        Self.self == type ? unsafeBitCast(self, to: type) : nil
    }

    /// Whether another payload has the same type and is equal.
    public func isEqual(to other: any EventPayload) -> Bool { other.payload(as: Self.self) == self }
}

/// Why a stored payload can't be read.
public enum UpcastError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No event type has that name.
    case unknownType(String)
    /// The registry knows no such schema version of the type: a newer program may have written it.
    case unknownVersion(type: String, version: Int)
    /// The payload does not match its type and version.
    case malformed(type: String, version: Int, PayloadError)

    /// One sentence that quotes no value of the payload.
    public var description: String {
        switch self {
        case .unknownType(let type): "unknown event type \(type)"
        case .unknownVersion(let type, let version): "unknown schema version \(version) of \(type)"
        case .malformed(let type, let version, let error): "malformed payload of \(type).v\(version): \(error)"
        }
    }
}
