import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerStore
import LedgerValues
import OptionTrades

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

    /// The latest rows of some trades, by trade id. Two index reads a trade.
    func load(_ ids: [String], _ session: PostgresSession) throws -> [ByteKey: LocalTrade] {
        try Self.load(ids: ids, source: scope.source, session)
    }

    /// The same, whatever the scope.
    static func load(ids: [String], source: String, _ session: PostgresSession) throws -> [ByteKey: LocalTrade] {
        let streams = ids.map { Streams.execution(source: source, id: $0) }
        var trades: [ByteKey: LocalTrade] = [:]
        try LogReader().forEachLatest(of: TradeEvents.executions, inEach: streams, session) { index, version, stored in
            let payload = try execution(stored)
            trades[ByteKey(ids[index])] = LocalTrade(row: payload.row, scopeKey: payload.scopeKey, streamVersion: version)
        }
        return trades
    }

    /// Trade ids that are flagged missing: their latest presence event says so.
    func missing(_ session: PostgresSession) throws -> Set<ByteKey> {
        let types = ExecutionEventTypes.of(source: scope.source)
        let prefix = Array(Streams.execution(source: scope.source, id: "").utf8)
        var ids: Set<ByteKey> = []
        let streams = try LogReader().streams(whoseLatestOf: [types.missing, types.reappeared], is: types.missing, session)
        // Sources that are not the standard one share their types.
        for stream in streams.map(\.utf8) where stream.starts(with: prefix) {
            ids.insert(ByteKey(String(decoding: stream.dropFirst(prefix.count), as: UTF8.self)))
        }
        return ids
    }

    /// Streams the latest row of every trade of the source, in stream order.
    func forEach(_ session: PostgresSession, _ body: (ExecutionPayload) throws -> Void) throws {
        let own = ExecutionEventTypes.of(source: scope.source)
        try LogReader().forEachLatest(of: [own.recorded, own.updated], session) { stored in
            let payload = try Self.execution(stored)
            if payload.row.source.isBytewiseEqual(to: scope.source) { try body(payload) }
        }
    }

    private static func execution(_ stored: StoredPayload) throws -> ExecutionPayload {
        guard let payload = try stored.decoded().payload(as: ExecutionPayload.self) else {
            throw LedgerError.schemaViolation(type: stored.type, problem: "an execution was expected")
        }
        return payload
    }
}
