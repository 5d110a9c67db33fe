import LedgerEvents
package import LedgerPostgres
import LedgerStore
import LedgerValues
package import OptionTrades

/// Reads market observations from the log, in their state at a position.
package struct ObservationReader: Sendable {
    package init() {}

    /// Streams the observations of some kinds that are current at a position, without holding them. An observation
    /// superseded by then by a later one of the same identity is omitted. The order is not that of positions.
    ///
    /// One range of the stream index for each kind: O(observations of these kinds and subject).
    ///
    /// - Parameters:
    ///   - kinds: each at most once
    ///   - subject: a currency or an underlying; nil for all
    ///   - position: the last position to read
    package func forEach(
        kinds: [MarketKind], subject: String?, upTo position: Int64, _ session: PostgresSession,
        body: (Int64, MarketObservedPayload) throws -> Void
    ) throws {
        for kind in kinds {
            let prefix = Streams.market(kind: kind.rawValue, subject: subject)
            try LogReader().forEachLatest(ofStreamsPrefixed: prefix, upTo: position, session) { header, bytes in
                let payload = try Self.payload(header, bytes)
                // A subject may itself contain a colon, so the prefix can match a longer subject too.
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
