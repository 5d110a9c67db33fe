import LedgerValues

/// The type of an event, by the name that the log stores. Two types are equal if their names have the same bytes.
public struct EventType: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public init(_ name: String) { rawValue = name }

    public init(stringLiteral name: String) { rawValue = name }

    public static func == (left: EventType, right: EventType) -> Bool { left.rawValue.isBytewiseEqual(to: right.rawValue) }

    public func hash(into hasher: inout Hasher) { hasher.combine(ByteKey(rawValue)) }

    public var description: String { rawValue }
}

extension EventType {
    /// A projection version became the served one. This is the only type that the engine itself writes.
    public static let projectionPromoted = EventType("ProjectionPromoted")
}
