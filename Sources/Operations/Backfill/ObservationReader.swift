import Events
public import OptionTrades
public import Postgres
import PostgresStore
import Values

/// Reads market observations from the log itself, as they were known at a position.
public struct ObservationReader: Sendable {
    public init() {}

    /// Streams the observations of some kinds that are current as of a position, without holding them; one that a later
    /// observation of its identity superseded by then is left out. They come in an order of their own, which is not that
    /// of positions.
    ///
    /// A range of the stream index per kind: O(observations of these kinds and subject).
    ///
    /// - Parameters:
    ///   - kinds: each at most once.
    ///   - subject: a currency or an underlying; nil for all.
    ///   - position: the last position that is read.
    public func forEach(
        kinds: [MarketKind], subject: String?, upTo position: Int64, _ session: PostgresSession,
        body: (Int64, MarketObservedPayload) throws -> Void
    ) throws {
        for kind in kinds {
            let prefix = Streams.market(kind: kind.rawValue, subject: subject)
            try LogReader().forEachLatest(ofStreamsPrefixed: prefix, upTo: position, session) { header, bytes in
                let payload = try Self.payload(header, bytes)
                // A subject may itself hold a colon: the prefix is then also that of a longer one.
                if let subject, !subject.isBytewiseEqual(to: payload.subject) { return }
                try body(header.position, payload)
            }
        }
    }

    private static func payload(_ header: EventHeader, _ bytes: [UInt8]) throws -> MarketObservedPayload {
        let decoded = try TradeEvents.registry.payload(
            type: .marketObserved, schemaVersion: header.schemaVersion, bytes: bytes)
        guard let payload = decoded.payload(as: MarketObservedPayload.self) else {
            throw LedgerError.schemaViolation(type: EventType.marketObserved.rawValue, problem: "an observation was expected")
        }
        return payload
    }
}
