import AlphaFeed
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
    let source: String
    let scope: FeedScope

    private static let rowTypes = TradeEvents.executions.map(\.rawValue)
    private static let presenceTypes = [
        EventType.alphaExecutionMissing.rawValue, EventType.alphaExecutionReappeared.rawValue,
    ]

    /// Whether a trade belongs to the local side of the scope: its portfolio is in the scope, or null and last
    /// fetched under the same scope; pending ones only where the scope includes them.
    func isInScope(_ row: ExecutionRow, fetchedBy scopeKey: String) -> Bool {
        if row.tradeStatus == .pending && !scope.includePending { return false }
        guard let portfolio = row.sourcePortfolio else { return scopeKey.isBytewiseEqual(to: scope.scopeKey) }
        return scope.portfolios.contains { $0.isBytewiseEqual(to: portfolio) }
    }

    /// The latest rows of some trades, by trade id. Two index reads a trade.
    func load(_ ids: [String], _ session: PostgresSession) throws -> [ByteKey: LocalTrade] {
        try Self.load(ids: ids, source: source, session)
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
        let result = try session.execute(
            """
            SELECT DISTINCT ON (stream) stream, type FROM ledger.events
            WHERE type = ANY ($1) ORDER BY stream, stream_version DESC
            """, [.textArray(Self.presenceTypes)])
        let prefix = Streams.execution(source: source, id: "").utf8.count
        var ids: Set<ByteKey> = []
        for row in result where try row.text(1) == EventType.alphaExecutionMissing.rawValue {
            ids.insert(ByteKey(String(decoding: try row.text(0).utf8.dropFirst(prefix), as: UTF8.self)))
        }
        return ids
    }

    /// Streams the latest row of every trade of the source, in stream order.
    func forEach(_ session: PostgresSession, _ body: (ExecutionPayload) throws -> Void) throws {
        // Type names and the source are compiled in, never a user's text: COPY takes no parameters.
        let types = Self.rowTypes.map { "'\($0)'" }.joined(separator: ", ")
        try session.copyOut(
            """
            COPY (SELECT DISTINCT ON (stream) type, schema_version, payload FROM ledger.events
                  WHERE type IN (\(types)) ORDER BY stream, stream_version DESC)
            TO STDOUT (FORMAT binary)
            """
        ) { row in
            let payload = try Self.execution(try row.text(0), Int(try row.int4(1)), try row.utf8(2))
            if payload.row.source.isBytewiseEqual(to: source) { try body(payload) }
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
