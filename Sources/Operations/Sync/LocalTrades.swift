import Events
import JSON
import OptionTrades
import Postgres
import PostgresStore
import Values

/// A trade as the log has it now.
struct LocalTrade: Sendable {
    /// The latest row and the scope that fetched it.
    var row: ExecutionRow
    var scopeKey: String
    var streamVersion: Int64
}

/// Reads trades from the log itself: a sync never depends on how far a projection has come.
struct LocalTrades: Sendable {
    let scope: ExecutionScope

    private static let rowTypes = TradeEvents.executions.map(\.rawValue)

    /// The latest rows of some trades, by trade id. Two index reads a trade.
    func load(_ ids: [String], _ session: PostgresSession) throws -> [ByteKey: LocalTrade] {
        try Self.load(ids: ids, source: scope.source, session)
    }

    /// The same, whatever the scope.
    static func load(ids: [String], source: String, _ session: PostgresSession) throws -> [ByteKey: LocalTrade] {
        let streams = ids.map { Streams.execution(source: source, id: $0) }
        let result = try session.execute(
            """
            SELECT s.ord, e.type, e.schema_version, e.payload, h.stream_version
            FROM unnest($1::text[]) WITH ORDINALITY AS s (stream, ord)
            CROSS JOIN LATERAL (
                SELECT stream_version FROM ledger.events WHERE stream = s.stream
                ORDER BY stream_version DESC LIMIT 1
            ) h
            CROSS JOIN LATERAL (
                SELECT type, schema_version, payload FROM ledger.events
                WHERE stream = s.stream AND type = ANY ($2) ORDER BY stream_version DESC LIMIT 1
            ) e
            """, [.textArray(streams), .textArray(rowTypes)])
        var trades: [ByteKey: LocalTrade] = [:]
        for row in result {
            let payload = try execution(try row.text(1), Int(try row.int4(2)), try row.utf8(3))
            trades[ByteKey(ids[Int(try row.int8(0)) - 1])] = LocalTrade(
                row: payload.row, scopeKey: payload.scopeKey, streamVersion: try row.int8(4))
        }
        return trades
    }

    /// Trade ids that are flagged missing: their latest presence event says so.
    func missing(_ session: PostgresSession) throws -> Set<ByteKey> {
        let types = ExecutionEventTypes.of(source: scope.source)
        let result = try session.execute(
            """
            SELECT DISTINCT ON (stream) stream, type FROM ledger.events
            WHERE type = ANY ($1) ORDER BY stream, stream_version DESC
            """, [.textArray([types.missing.rawValue, types.reappeared.rawValue])])
        let prefix = Array(Streams.execution(source: scope.source, id: "").utf8)
        var ids: Set<ByteKey> = []
        for row in result where try row.text(1) == types.missing.rawValue {
            let stream = try row.text(0).utf8
            // Sources that are not the standard one share their types.
            guard stream.starts(with: prefix) else { continue }
            ids.insert(ByteKey(String(decoding: stream.dropFirst(prefix.count), as: UTF8.self)))
        }
        return ids
    }

    /// Streams the latest row of every trade of the source, in stream order.
    func forEach(_ session: PostgresSession, _ body: (ExecutionPayload) throws -> Void) throws {
        let own = ExecutionEventTypes.of(source: scope.source)
        // Type names are compiled in, never a user's text: COPY takes no parameters.
        let types = [own.recorded, own.updated].map { "'\($0)'" }.joined(separator: ", ")
        try session.copyOut(
            """
            COPY (SELECT DISTINCT ON (stream) type, schema_version, payload FROM ledger.events
                  WHERE type IN (\(types)) ORDER BY stream, stream_version DESC)
            TO STDOUT (FORMAT binary)
            """
        ) { row in
            let payload = try Self.execution(try row.text(0), Int(try row.int4(1)), try row.utf8(2))
            if payload.row.source.isBytewiseEqual(to: scope.source) { try body(payload) }
        }
    }

    private static func execution(_ type: String, _ version: Int, _ bytes: [UInt8]) throws -> ExecutionPayload {
        let decoded = try TradeEvents.registry.payload(type: EventType(type), schemaVersion: version, bytes: bytes)
        guard let payload = decoded.payload(as: ExecutionPayload.self) else {
            throw LedgerError.schemaViolation(type: type, problem: "an execution was expected")
        }
        return payload
    }
}
