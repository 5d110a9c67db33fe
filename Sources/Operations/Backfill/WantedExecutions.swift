import LedgerEvents
import LedgerPostgres
import LedgerRules
import LedgerStore
import LedgerValues
import OptionTrades

/// Reads from the log which executions exist at a position, and their latest enrichments.
struct WantedExecutions: Sendable {
    /// The last position to read.
    let position: Int64
    /// Trades of ``TradeLedger/standardSource``. Empty for all trades of all sources.
    let tradeIDs: [String]

    /// Visits the latest row of every trade that counts as an execution, in no meaningful order. O(trades).
    ///
    /// Throws `BackfillError.badOptions` if a named trade is not in the log.
    func forEach(_ rules: TradesRules, _ session: PostgresSession, _ body: (ExecutionRow) throws -> Void) throws {
        var found: Set<ByteKey> = []
        let streams = tradeIDs.map { Streams.execution(source: TradeLedger.standardSource, id: $0) }
        try latest(prefix: "execution-", streams, types: TradeEvents.executions, session) { (_, payload: ExecutionPayload) in
            if !tradeIDs.isEmpty { found.insert(ByteKey(payload.row.sourceTradeID)) }
            if payload.row.isExecution(rules) { try body(payload.row) }
        }
        if let unknown = tradeIDs.first(where: { !found.contains(ByteKey($0)) }) {
            throw BackfillError.badOptions("no trade has the id \(unknown)")
        }
    }

    /// Visits the latest benchmark of every stream of benchmarks, with the stream's version.
    func forEachBenchmark(
        _ session: PostgresSession, _ body: (Int64, ExecutionBenchmarkPayload) throws -> Void
    ) throws {
        let streams = tradeIDs.map { Streams.benchmark(source: TradeLedger.standardSource, id: $0) }
        try latest(prefix: "benchmark-", streams, types: [.executionBenchmarkRecorded], session) {
            try body($0, $1)
        }
    }

    /// Visits the latest mark of every stream of marks at some horizons, with the stream's version.
    func forEachMark(
        horizons: [Horizon], _ session: PostgresSession, _ body: (Int64, ForwardMarkPayload) throws -> Void
    ) throws {
        let streams = tradeIDs.flatMap { id in
            horizons.map { Streams.mark(source: TradeLedger.standardSource, id: id, horizonKey: $0.key) }
        }
        try latest(prefix: "mark-", streams, types: [.forwardMarkRecorded], session) {
            try body($0, $1)
        }
    }

    /// Visits the last event of the given types in each of the given streams. Without given streams, it visits all
    /// streams with a prefix.
    private func latest<Payload: EventPayload>(
        prefix: StaticString, _ streams: [String], types: [EventType], _ session: PostgresSession,
        _ body: (Int64, Payload) throws -> Void
    ) throws {
        let read: StreamSet = tradeIDs.isEmpty ? .prefixed(prefix) : .named(streams)
        try LogReader().forEachLatest(of: types, in: read, upTo: position, session) { streamVersion, stored in
            if let payload = try stored.decoded().payload(as: Payload.self) { try body(streamVersion, payload) }
        }
    }
}

/// The facts about an execution that its benchmark and marks are made from.
struct WantedExecution: Sendable {
    let source: String
    let id: String
    let createdAt: Instant?
    /// The basis, without a target.
    let basis: Basis
    /// Nil unless the row has all four parts.
    let contract: OptionContract?
    /// Whether the option symbol's root belongs to an adjusted contract or to another underlying.
    let hasForeignRoot: Bool

    init(_ row: ExecutionRow, _ rules: TradesRules) {
        source = row.source
        id = row.sourceTradeID
        createdAt = row.sourceCreatedAt
        basis = Basis(of: row)
        contract = OptionContract(of: row)
        let root = row.optionSymbol.flatMap { OptionSymbol($0)?.root }
        hasForeignRoot =
            OptionRoot(root: root, underlying: row.underlyingSymbol, aliases: rules.rootAliases) != .matches
    }

    /// Identifies the trade among those of all sources.
    var key: ByteKey { ByteKey(Streams.execution(source: source, id: id)) }

    /// The reason why the contract cannot be looked up. Nil if it can.
    func problem(adjustedRoots: Bool) -> String? {
        if contract == nil { return LookupProblem.incompleteContract }
        return hasForeignRoot && !adjustedRoots ? LookupProblem.adjustedRoot : nil
    }

    /// The order of executions (docs/contract/trades.md, "Order of executions").
    static func precedes(_ left: WantedExecution, _ right: WantedExecution) -> Bool {
        if left.basis.tradeDate != right.basis.tradeDate { return left.basis.tradeDate < right.basis.tradeDate }
        switch (left.createdAt, right.createdAt) {
        case (let a?, let b?) where a != b: return a < b
        case (_?, nil): return true
        case (nil, _?): return false
        default: return left.id.isBytewiseLess(than: right.id)
        }
    }
}
