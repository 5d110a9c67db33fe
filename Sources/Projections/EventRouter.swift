public import Events
import Values

/// Finds, for each event, the entities that it touches in each of some projections.
public struct EventRouter: Sendable {
    /// A set of projections, by their places in the router's list.
    public typealias Places = UInt64
    /// How many projections a router can tell apart.
    public static let limit = Places.bitWidth

    /// An event and what it touches.
    public struct Routed: Sendable {
        public let event: DecodedEvent
        /// Each entity once, with the projections that fold the event into it.
        public internal(set) var touched: [(key: RowKey, places: Places)] = []
        /// The projections that consume the event and can fold it.
        public internal(set) var consumers: Places = 0
    }

    private let definitions: [ProjectionDefinition]
    private let consumers: [EventType: [(place: Int, schemaVersions: Set<Int>)]]

    /// - Parameter definitions: at most ``limit``.
    public init(_ definitions: [ProjectionDefinition]) {
        precondition(definitions.count <= Self.limit)
        self.definitions = definitions
        var consumers: [EventType: [(place: Int, schemaVersions: Set<Int>)]] = [:]
        for (place, definition) in definitions.enumerated() {
            for (type, versions) in definition.consumes { consumers[type, default: []].append((place, versions)) }
        }
        self.consumers = consumers
    }

    /// The types that any of the projections consumes, bytewise sorted.
    public var types: [String] { consumers.keys.map(\.rawValue).sorted() }

    /// Routes an event; nil where none of the projections consumes its type or can read it.
    ///
    /// - Parameter poison: hears of each projection that can't fold the event, with the reason.
    public func route(_ record: RecordedEvent, poison: (Int, PoisonEvent) -> Void) -> Routed? {
        guard let type = EventType(rawValue: record.type), let consumers = consumers[type] else { return nil }
        let read = ReadEvent(record, type)
        guard case .success(let payload) = read.payload else {
            for (place, _) in consumers {
                do throws(PoisonEvent) {
                    _ = try definitions[place].event(read)
                } catch {
                    poison(place, error)
                }
            }
            return nil
        }
        var routed = Routed(event: DecodedEvent(record: record, payload: payload))
        for (place, schemaVersions) in consumers {
            do throws(PoisonEvent) {
                if !schemaVersions.contains(record.schemaVersion) { _ = try definitions[place].event(read) }
                for key in try definitions[place].entities(touchedBy: routed.event) {
                    if let known = routed.touched.firstIndex(where: { $0.key == key }) {
                        routed.touched[known].places |= 1 << place
                    } else {
                        routed.touched.append((key, 1 << place))
                    }
                }
                routed.consumers |= 1 << place
            } catch {
                poison(place, error)
            }
        }
        return routed
    }
}

extension RowKey {
    /// A number that depends on the key's bytes alone, the same in every process: FNV-1a.
    public var stableHash: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for part in parts {
            for byte in part.text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
            hash = (hash ^ 0xff) &* 0x0000_0100_0000_01b3
        }
        return hash ^ (hash >> 32)
    }
}
