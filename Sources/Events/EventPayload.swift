/// What an event says, in the current schema's terms, whatever version it was stored in.
public protocol EventPayload: Sendable, Equatable {
    /// The key of what the event is about, if events of several types and several projections are about the same things: a pass
    /// over the log looks such a key up once for all of them. Nil for an event about nothing of that kind.
    var subjectKey: RowKey? { get }
}

extension EventPayload {
    public var subjectKey: RowKey? { nil }

    /// The payload as a type of its own; nil if it is of another one.
    ///
    /// Unsafe in name only: the types were compared just before, so that the cast is from a type to itself, which the compiler can't
    /// see. A dynamic cast would ask the runtime to compare conformances for every event and projection.
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
    /// The type has no such schema version here: a newer program may have written it.
    case unknownVersion(type: String, version: Int)
    /// The payload is not what its type and version say.
    case malformed(type: String, version: Int, PayloadError)

    /// One sentence, without any value of the payload.
    public var description: String {
        switch self {
        case .unknownType(let type): "unknown event type \(type)"
        case .unknownVersion(let type, let version): "unknown schema version \(version) of \(type)"
        case .malformed(let type, let version, let error): "malformed payload of \(type).v\(version): \(error)"
        }
    }
}
