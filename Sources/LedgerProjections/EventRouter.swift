public import LedgerEvents
import LedgerValues

/// Finds the entities that each event touches in each of several projections.
public struct EventRouter: Sendable {
    /// A set of projections, by their indices in the router's list.
    public typealias Places = UInt64
    /// The largest number of projections of one router.
    public static let limit = Places.bitWidth

    /// An event with the entities that it touches.
    public struct Routed: Sendable {
        public let event: DecodedEvent
        /// Each touched entity once, with the projections that fold the event into it.
        public internal(set) var touched: [(key: RowKey, places: Places)] = []
        /// The projections that consume the event and can fold it.
        public internal(set) var consumers: Places = 0
    }

    private struct Consumer: Sendable {
        let place: Int
        let schemaVersions: Set<Int>
        /// Whether the entity that an event touches is always the event's subject.
        let isOfSubjects: Bool
    }

    /// The decoder of the event types that the projections consume.
    public let decoder: EventDecoder
    private let definitions: [ProjectionDefinition]
    /// The consumers of each event type, by the type's index in the registry.
    private let consumers: [[Consumer]]

    /// Makes a router for some projections.
    ///
    /// - Parameter definitions: at most ``limit``.
    public init(_ definitions: [ProjectionDefinition]) {
        precondition(definitions.count <= Self.limit)
        self.definitions = definitions
        decoder = EventDecoder(definitions)
        var consumers = [[Consumer]](repeating: [], count: definitions.first?.events.count ?? 0)
        for (place, definition) in definitions.enumerated() {
            for (type, versions) in definition.consumes {
                guard let kind = definition.events.place(of: type) else { continue }
                consumers[kind].append(
                    Consumer(place: place, schemaVersions: versions, isOfSubjects: definition.entitiesAreSubjects))
            }
        }
        self.consumers = consumers
    }

    /// Decodes and routes an event; nil if no projection consumes its type or its payload can't be read.
    ///
    /// - Parameters:
    ///   - record: the event.
    ///   - poison: receives each projection that can't fold the event, with the reason.
    public func route(_ record: RecordedEvent, poison: (Int, PoisonEvent) -> Void) -> Routed? {
        decoder.read(record).flatMap { route($0, poison: poison) }
    }

    /// Routes an event; nil if its payload can't be read.
    ///
    /// - Parameters:
    ///   - read: the event.
    ///   - poison: receives each projection that can't fold the event, with the reason.
    public func route(_ read: ReadEvent, poison: (Int, PoisonEvent) -> Void) -> Routed? {
        let consumers = consumers[read.place]
        guard case .success(let event) = read.event else {
            for consumer in consumers {
                do throws(PoisonEvent) {
                    _ = try definitions[consumer.place].event(read)
                } catch {
                    poison(consumer.place, error)
                }
            }
            return nil
        }
        var routed = Routed(event: event)
        for consumer in consumers {
            let place = consumer.place
            do throws(PoisonEvent) {
                if !consumer.schemaVersions.contains(read.schemaVersion) { _ = try definitions[place].event(read) }
                if consumer.isOfSubjects {
                    if let subject = read.subject { routed.touch(subject, place) }
                } else {
                    for key in try definitions[place].entities(touchedBy: event) { routed.touch(key, place) }
                }
                routed.consumers |= 1 << place
            } catch {
                poison(place, error)
            }
        }
        return routed
    }
}

extension EventRouter.Routed {
    fileprivate mutating func touch(_ key: RowKey, _ place: Int) {
        if let known = touched.firstIndex(where: { $0.key == key }) {
            touched[known].places |= 1 << place
        } else {
            touched.append((key, 1 << place))
        }
    }
}

extension RowKey {
    /// A hash of the key's bytes alone, the same in every process: FNV-1a.
    public var stableHash: UInt64 {
        var hash = StableHash()
        for part in parts { hash.add(part.text.utf8) }
        return hash.value
    }
}

/// ``RowKey/stableHash`` of a key that is given part by part.
package struct StableHash {
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    /// Adds the next part by its UTF-8 bytes.
    @inline(__always)
    package mutating func add(_ part: some Sequence<UInt8>) {
        for byte in part { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        hash = (hash ^ 0xff) &* 0x0000_0100_0000_01b3
    }

    package var value: UInt64 { hash ^ (hash >> 32) }
}
