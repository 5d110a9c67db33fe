package import LedgerEvents
import LedgerValues
import OptionTrades

/// A history of everything that the views depend on: executions with updates, busts, corrections that move them to
/// other positions, disappearances and returns; stamps, benchmarks and marks of current and stale rows; observations;
/// ends of runs. The same seed gives the same history.
package struct RandomHistory: Sendable {
    package private(set) var events: [NewEvent] = []
    private var random: RandomEnrichment
    private var trades: [String: Trade] = [:]
    private var versions: [String: Int64] = [:]

    private struct Trade {
        var row: ExecutionRow
        var isMissing = false
    }

    package init(seed: UInt64, trades count: Int, events total: Int) throws {
        random = RandomEnrichment(seed: seed)
        while events.count < total {
            let id = "T\(Int.random(in: 0..<count, using: &random.random))"
            guard let trade = trades[id] else {
                try record(id)
                continue
            }
            switch Int.random(in: 0..<12, using: &random.random) {
            case 0...2: try update(trade, id)
            case 3: change(presenceOf: trade, id)
            case 4, 5: stamp(trade.row)
            case 6, 7: try benchmark(trade.row)
            case 8, 9: mark(trade.row)
            case 10: try observe()
            default: try endRun()
            }
        }
    }

    private mutating func version(_ stream: String) -> Int64 { versions[stream] ?? 0 }

    private mutating func add(_ event: NewEvent) {
        versions[event.stream, default: 0] += 1
        events.append(event)
    }

    /// A row of one of few contracts, so that executions meet in the same contract.
    private mutating func row(_ id: String) throws -> ExecutionRow {
        var row = try random.row(id)
        row.strike = random.maybe(random.pick([FixedDecimal(340), FixedDecimal(350)]))
        row.sourcePortfolio = random.maybe(random.pick(["IMST", "Ärger"]))
        row.underlyingSymbol = random.pick(["MSTR", "MSTR", "BTC", "TSLA"])
        row.feesUSD = random.maybe(random.price(0...900))
        return row
    }

    private mutating func record(_ id: String) throws {
        let row = try row(id)
        trades[id] = Trade(row: row)
        add(recorded(row))
    }

    private mutating func update(_ trade: Trade, _ id: String) throws {
        var row = trade.row
        let other = try self.row(id)
        switch Int.random(in: 0..<6, using: &random.random) {
        case 0: row.tradeStatus = row.tradeStatus == .busted ? .filled : .busted
        case 1: row.price = other.price
        case 2: row.quantity = other.quantity
        case 3: (row.strike, row.sourcePortfolio) = (other.strike, other.sourcePortfolio)
        case 4: row.tradeDate = other.tradeDate
        default: row = other
        }
        row.sourceUpdatedAt = trade.row.sourceUpdatedAt.advanced(byMicroseconds: 1) ?? row.sourceUpdatedAt
        let stream = Streams.execution(source: row.source, id: id)
        trades[id]?.row = row
        add(updated(row, from: trade.row, previous: version(stream)))
    }

    private mutating func change(presenceOf trade: Trade, _ id: String) {
        let presence = PresencePayload(source: trade.row.source, sourceTradeID: id, scopeKey: "s", isMissing: !trade.isMissing)
        let version = version(Streams.execution(source: trade.row.source, id: id))
        trades[id]?.isMissing.toggle()
        add(presence.event(previousVersion: version))
    }

    /// An instant up to ten days after the trade.
    private mutating func later(_ row: ExecutionRow) -> Instant {
        let offset = random.pick([0, 1, 3_600_000_000, 10 * 86_400_000_000] as [Int64])
        return row.tradeDate.advanced(byMicroseconds: offset) ?? row.tradeDate
    }

    private mutating func stamp(_ row: ExecutionRow) {
        let stamp = random.stamp(row)
        let version = version(Streams.context(source: row.source, id: row.sourceTradeID))
        add(stamp.event(previousVersion: version, effectiveAt: later(row)))
    }

    private mutating func benchmark(_ row: ExecutionRow) throws {
        let benchmark = try random.benchmark(row)
        let version = version(Streams.benchmark(source: row.source, id: row.sourceTradeID))
        add(benchmark.event(previousVersion: version, effectiveAt: later(row)))
    }

    private mutating func mark(_ row: ExecutionRow) {
        let days = random.pick([1, 7, 14, 30])
        let target = row.tradeDate.advanced(byMicroseconds: Int64(days) * 86_400_000_000) ?? row.tradeDate
        let mark = random.mark(row, horizonDays: days, target: target)
        let version = version(Streams.mark(source: row.source, id: row.sourceTradeID, horizonKey: mark.horizonKey))
        add(mark.event(previousVersion: version, effectiveAt: target))
    }

    private mutating func observe() throws {
        // Few moments, so that an observation is superseded now and then; one of them within a second of another.
        let time =
            try instant("2026-01-01T00:00:00Z", plusSeconds: 3600 * random.pick([1, 2, 3, 400, 500]))
            .advanced(byMicroseconds: random.pick([0, 0, 500_000])) ?? .minimum
        let (kind, figure) = random.pick([
            (MarketKind.spot, "price"), (.volMetrics, "dvol"), (.volMetrics, "spot"), (.gexHourly, "net_gex"), (.gexHourly, "spot"),
            (.gexStrike, "gamma_level"), (.ivSurface, "iv"), (.openInterest, "oi_value"), (.termStructure, "forward_iv"),
            (.optionPrint, "price"), (.fundingRate, "rate"), (.futuresBasis, "basis_usd"), (.liquidation, "amount"),
            (.putCall, "puts_sold_contracts"), (.volume, "contracts"), (.volCone, "p50"),
        ])
        let market = random.pick(["BTC", "ETH"])
        let (identity, value) = (try sampleObserved(kind, market, at: time, number: events.count % 5), random.price(1...90_000))
        // A capture in place of some observations, of the same market and hour as others.
        if events.count % 5 == 4 {
            let captured = sampleCaptured(market, at: time, number: events.count % 3)
            return add(captured.event(previousVersion: version(captured.stream)))
        }
        let fields = zip(kind.fields, identity.values).filter { field, _ in field.isRequired }.map { ($0.name, $1) }
        guard let payload = MarketObservedPayload(kind: kind, fields: fields + [(figure, .decimal(value))]) else { throw BadSample() }
        add(payload.event(previousVersion: version(payload.stream)))
    }

    private mutating func endRun() throws {
        let scope = random.pick(["one", "two"])
        let details = ExecutionScope.details(portfolios: [scope], includePending: false)
        let run = UniqueID(high: 9, low: UInt64(events.count))
        let isFailed = random.chance(1, in: 3)
        // Trades of options were summarized in place of some runs.
        if events.count % 4 == 3 {
            var flow = try sampleFlow(events.count % 7)
            // Beside those of other samples.
            flow.marketDate = flow.marketDate.advanced(byDays: -1) ?? flow.marketDate
            return add(flow.event(previousVersion: version(flow.stream), effectiveAt: try instant("2026-01-30T21:00:00Z")))
        }
        if isFailed {
            add(
                SyncFailedPayload(
                    runID: run, scopeKey: scope, scopeDetails: details, sourceName: TradeLedger.standardFeed, errorCode: "timed_out",
                    errorMessage: "no answer",
                    startedAt: .minimum, finishedAt: .minimum
                ).event())
        } else {
            add(
                SyncCompletedPayload(
                    scopeKey: scope, scopeDetails: details, sourceName: TradeLedger.standardFeed,
                    summary: Array("{\"n\":\(events.count)}".utf8), cursor: nil,
                    watermark: nil
                ).event(runID: run))
        }
    }
}
