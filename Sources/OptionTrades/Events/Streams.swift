import LedgerEvents
package import LedgerValues

/// Stream names: events of one stream are versioned together (docs/contract/event-log.md, "Streams").
package enum Streams {
    /// `execution-<source>:<source_trade_id>`: the life of one trade.
    package static func execution(source: String, id: String) -> String { "execution-\(source):\(id)" }

    /// `rejections-<source>`: the rows of a source that broke the contract.
    package static func rejections(source: String) -> String { "rejections-\(source)" }

    /// `sync-<scope_key>`: the runs of one scope.
    package static func sync(scopeKey: String) -> String { "\(syncs)\(scopeKey)" }

    /// The prefix of the streams that hold the runs of all scopes.
    package static let syncs: StaticString = "sync-"

    /// `backfill-<kind>`: the ends of the backfills of one kind.
    package static func backfill(kind: String) -> String { "backfill-\(kind)" }

    /// `context-<source>:<id>`: the context stamps of one trade.
    package static func context(source: String, id: String) -> String { "context-\(source):\(id)" }

    /// `benchmark-<source>:<id>`: the benchmarks of one trade.
    package static func benchmark(source: String, id: String) -> String { "benchmark-\(source):\(id)" }

    /// `mark-<source>:<id>:<horizon_key>`: the marks of one trade at one horizon.
    package static func mark(source: String, id: String, horizonKey: String) -> String {
        "\(marks(source: source, id: id))\(horizonKey)"
    }

    /// The streams of one trade, except those of its marks.
    package static func ofTrade(source: String, id: String) -> [String] {
        [execution(source: source, id: id), context(source: source, id: id), benchmark(source: source, id: id)]
    }

    /// The prefix of the streams that hold the marks of one trade; a horizon's key follows.
    package static func marks(source: String, id: String) -> String { "mark-\(source):\(id):" }

    /// `assertion-<id>`: an assertion, and its withdrawal.
    package static func assertion(id: String) -> String { "assertion-\(id)" }

    /// `report-<manifest digest>`: that a report pack was shown.
    package static func report(manifest: Digest32) -> String { "report-\(manifest)" }

    /// `market-<kind>:<currency or underlying>:<digest of the identifying fields>`: one observation and its later
    /// corrections.
    package static func market(kind: String, subject: String, identifyingDigest: Digest32) -> String {
        "\(market(kind: kind, subject: subject))\(identifyingDigest)"
    }

    /// The prefix of the streams that hold observations of one kind: those of one subject, or of all subjects.
    package static func market(kind: String, subject: String?) -> String { "market-\(kind):\(subject.map { "\($0):" } ?? "")" }

    /// `snapshot-<currency>:<date>:<type>`: the captured hours of a series of a market on a UTC date.
    package static func snapshot(currency: String, date: CalendarDate, type: String) -> String { "snapshot-\(currency):\(date):\(type)" }

    /// `capture-<currency>:<type>`: the failures to capture a series of a market.
    package static func capture(currency: String, type: String) -> String { "capture-\(currency):\(type)" }

    /// `flow-<source>:<symbol>:<market_date>`: the trades of a contract on a market date, as a source has them.
    package static func flow(source: String, symbol: String, date: CalendarDate) -> String { "\(flows)\(source):\(symbol):\(date)" }

    /// The prefix of the streams that hold summaries of trades.
    package static let flows: StaticString = "flow-"
}
