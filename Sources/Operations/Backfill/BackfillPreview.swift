package import LedgerJSON
package import LedgerValues
import OptionTrades

/// What a backfill would ask for, found without a look-up: nothing is sent to a vendor and nothing is appended.
package struct BackfillPreview: Sendable, Equatable {
    /// The largest number of trades that are named.
    static let namedTrades = 100

    package var kind: BackfillKind
    /// The rules that decide what is asked for, as in `outcomes@v1`.
    package var rules: String
    /// The source of quotes that would be asked. Nil for context.
    package var quoteSource: String?
    /// The last position that was read.
    package var position: Int64
    /// The instant of the preview, by which horizons must have matured.
    package var readAt: Instant
    /// The stamps, benchmarks or marks that the log lacks, plus those to look up again.
    package var wanted = 0
    /// Marks without a new look-up whose spot or realized vol has changed.
    package var refreshed = 0
    /// The number of trades with any of these.
    package var trades = 0
    /// The earliest of these trades.
    package var firstTrades: [Trade] = []
    /// Wanted marks by horizon.
    package var byHorizon: [ByteKey: Int] = [:]
    /// Wanted answers that would be recorded without a look-up, by the reason.
    package var byError: [ByteKey: Int] = [:]
    /// The number of different contracts and windows to look up.
    package var lookups = 0
    /// The look-ups that search a wider window if their first one holds no quote.
    package var widenable = 0
    /// The requests to a vendor if every first window holds a quote and none is repeated.
    package var leastCalls = 0
    /// The markets whose observations these stamps, or these marks of directly mapped symbols, follow from, ascending.
    package var markets: [String] = []

    /// A trade by its source and id.
    package struct Trade: Sendable, Equatable {
        package var source: String
        package var id: String
    }

    init(kind: BackfillKind, rules: String, position: Int64, readAt: Instant) {
        self.kind = kind
        self.rules = rules
        self.position = position
        self.readAt = readAt
    }

    /// Takes what is wanted of a source of quotes.
    mutating func take(_ items: [some QuoteItem], from quotes: QuoteChoice) {
        var executions: [ByteKey: WantedExecution] = [:]
        for item in items {
            executions[item.execution.key] = item.execution
            guard item.isWanted else { continue }
            if let horizon = item.horizonKey { byHorizon[ByteKey(horizon), default: 0] += 1 }
            if item.lookup == nil, let problem = item.problem { byError[ByteKey(problem), default: 0] += 1 }
        }
        wanted = items.count { $0.isWanted }
        refreshed = items.count - wanted
        trades = executions.count
        firstTrades = executions.values.sorted(by: WantedExecution.precedes).prefix(Self.namedTrades).map {
            Trade(source: $0.source, id: $0.id)
        }
        let asked = Set(items.compactMap(\.lookup)).sorted()
        lookups = asked.count
        widenable = asked.count { $0.widened != nil }
        quoteSource = quotes.name
        leastCalls = quotes.leastCalls(for: asked)
    }

    /// The preview as a JSON object, with `wanted` under the name `asked` as in the summary.
    package var node: JSONNode {
        .object([
            ("kind", .string(kind.rawValue)),
            ("preview", .bool(true)),
            ("rules", .string(rules)),
            ("quote_source", quoteSource.map(JSONNode.string) ?? .null),
            ("position", .integer(position)),
            ("read_at", .string(readAt.description)),
            ("asked", .count(wanted)),
            ("refreshed", .count(refreshed)),
            ("appended_at_most", .count(wanted + refreshed)),
            ("trades", .count(trades)),
            (
                "first_trades",
                .array(firstTrades.map { .object([("source", .string($0.source)), ("source_trade_id", .string($0.id))]) })
            ),
            ("by_horizon", .counts(byHorizon)),
            ("by_error", .counts(byError)),
            ("lookups", .count(lookups)),
            ("widenable", .count(widenable)),
            ("calls_at_least", .count(leastCalls)),
            ("markets", .array(markets.map(JSONNode.string))),
        ])
    }
}
