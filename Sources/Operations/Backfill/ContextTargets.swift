import LedgerEvents
import LedgerPostgres
import LedgerRules
import LedgerStore
import LedgerValues
import OptionTrades

/// An execution to stamp.
struct ContextTarget: Sendable {
    let row: ExecutionRow
    /// The version of the execution's stream of stamps. 0 for an empty stream.
    let streamVersion: Int64
    /// The content of the stream's latest stamp.
    let latestContent: Digest32?
}

/// Reads from the log which executions want a stamp at a position.
struct ContextTargets {
    private let position: Int64
    /// Empty for all trades.
    private let tradeIDs: [String]

    init(upTo position: Int64, tradeIDs: [String]) {
        self.position = position
        self.tradeIDs = tradeIDs
    }

    /// The contents of a trade's stream of stamps.
    private struct Stamped {
        var version: Int64 = 0
        var content: Digest32?
        /// The latest stamp under each context key: its basis and its rules.
        var latest: [ByteKey: (basis: Basis, rules: [RuleReference])] = [:]
    }

    /// The selection of executions.
    enum Selection {
        /// Executions without a stamp for their current basis under their current context key.
        case unstamped
        /// Executions without such a stamp by the stamper's own rules.
        case unstampedByTheseRules
        case all
    }

    /// The executions of a selection, in no meaningful order.
    ///
    /// O(trades + stamps), or one index read for each named trade.
    func load(_ stamper: ContextStamper, _ selection: Selection, _ session: PostgresSession) throws -> [ContextTarget] {
        var stamped: [ByteKey: Stamped] = [:]
        try forEachStamp(session) { version, stamp in
            let trade = ByteKey(Streams.context(source: stamp.source, id: stamp.sourceTradeID))
            var known = stamped[trade] ?? Stamped()
            known.version = version
            known.content = stamp.contentDigest
            known.latest[ByteKey(stamp.contextKey)] = (stamp.basis, stamp.rules)
            stamped[trade] = known
        }
        var targets: [ContextTarget] = []
        let executions = WantedExecutions(position: position, tradeIDs: tradeIDs)
        try executions.forEach(stamper.rules.trades, session) { row in
            let known = stamped[ByteKey(Streams.context(source: row.source, id: row.sourceTradeID))] ?? Stamped()
            if let latest = known.latest[ByteKey(stamper.contextKey(of: row))], latest.basis == Basis(of: row) {
                switch selection {
                case .unstamped: return
                case .unstampedByTheseRules: if latest.rules == stamper.ruleReferences { return }
                case .all: break
                }
            }
            targets.append(
                ContextTarget(row: row, streamVersion: known.version, latestContent: known.content))
        }
        return targets
    }

    /// Visits the stamps in the order of their streams and versions.
    private func forEachStamp(
        _ session: PostgresSession, _ body: (Int64, ContextStampedPayload) throws -> Void
    ) throws {
        let streams = tradeIDs.map { Streams.context(source: TradeLedger.standardSource, id: $0) }
        let read: StreamSet = tradeIDs.isEmpty ? .prefixed("context-") : .named(streams)
        try LogReader().forEachEvent(in: read, upTo: position, session) { version, stored in
            guard let stamp = try stored.decoded().payload(as: ContextStampedPayload.self) else {
                throw LedgerError.schemaViolation(
                    type: EventType.contextStamped.rawValue, problem: "a stamp was expected")
            }
            try body(version, stamp)
        }
    }
}
