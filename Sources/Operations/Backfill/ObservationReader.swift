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
            var latest: Observed?
            func settle() throws {
                guard let found = latest else { return }
                let payload = try found.payload()
                // A subject may itself hold a colon: the prefix is then also that of a longer one.
                if let subject, !subject.isBytewiseEqual(to: payload.subject) { return }
                try body(found.position, payload)
            }
            try session.copyOut(Self.copy(kind, subject, upTo: position)) { row in
                let next = Observed(
                    stream: try row.utf8(0), position: try row.int8(1), schemaVersion: Int(try row.int4(2)),
                    bytes: try row.utf8(3))
                if latest?.stream != next.stream { try settle() }
                latest = next
            }
            try settle()
        }
    }

    private struct Observed {
        let stream: [UInt8]
        let position: Int64
        let schemaVersion: Int
        let bytes: [UInt8]

        func payload() throws -> MarketObservedPayload {
            let decoded = try TradeEvents.registry.payload(type: .marketObserved, schemaVersion: schemaVersion, bytes: bytes)
            guard let payload = decoded.payload(as: MarketObservedPayload.self) else {
                throw LedgerError.schemaViolation(
                    type: EventType.marketObserved.rawValue, problem: "an observation was expected")
            }
            return payload
        }
    }

    /// COPY takes no parameters: the prefix goes in as hexadecimal digits, whatever a subject holds.
    private static func copy(_ kind: MarketKind, _ subject: String?, upTo position: Int64) -> String {
        let prefix = Array("market-\(kind.rawValue):".utf8) + (subject.map { Array("\($0):".utf8) } ?? [])
        // Both prefixes end in a colon, and the next byte is a semicolon: the bounds hold all that begins so.
        let end = Array(prefix.dropLast()) + [UInt8(ascii: ";")]
        return """
            COPY (SELECT stream, position, schema_version, payload FROM ledger.events
                  WHERE stream >= \(literal(prefix)) AND stream < \(literal(end)) AND position <= \(position)
                  ORDER BY stream, stream_version)
            TO STDOUT (FORMAT binary)
            """
    }

    private static func literal(_ bytes: [UInt8]) -> String {
        let digits = bytes.map { byte in
            let hex = String(byte, radix: 16)
            return byte < 16 ? "0" + hex : hex
        }
        return "convert_from(decode('\(digits.joined())', 'hex'), 'UTF8')"
    }
}
