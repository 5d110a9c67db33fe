import LedgerEvents
package import LedgerJSON
import LedgerProjections
package import LedgerValues
package import OptionTrades

/// What the log says of a source in short: where each intent stands, and the last account, halt and market.
///
/// It keeps no candidates but those of the last market of each ticker and type, so that it stays small over years.
package struct SourceSummary: Sendable {
    /// Facts that a decision was, or could have been, made from.
    package struct Consulted: Sendable {
        package let intentID: String
        package var market: MarketConsultedPayload
        package var marketPosition: Int64
        package var account: AccountConsultedPayload?
        /// What the decision saw of the source's other intents; nil if none was recorded.
        package var day: DayFacts?
    }

    package let source: BrokerSource
    /// The intents, without their markets, accounts, decisions and signals.
    package private(set) var intents: [ByteKey: IntentState] = [:]
    /// The intents' ids by the client's id of their order.
    package private(set) var orders: [ByteKey: ByteKey] = [:]
    package private(set) var halt: (payload: DispatchHaltedPayload, at: Instant)?
    /// The account that the source's orders go to, as it was recorded.
    package private(set) var recorded: (payload: BrokerAccountRecordedPayload, at: Instant)?
    /// The account as it was consulted last.
    package private(set) var consulted: (payload: AccountConsultedPayload, position: Int64)?
    /// The last consulted market by ticker and type.
    package private(set) var markets: [ByteKey: Consulted] = [:]
    package private(set) var throughPosition: Int64 = 0

    init(source: BrokerSource) { self.source = source }

    /// `{"queued":…,"intents_per_minute":…,"seconds_at_least":…}`: the intents that wait for a decision, and how long the broker's limit
    /// makes the last of them wait at least.
    package var queue: JSONNode {
        let queued = intents.values.count { $0.isPending }
        let rate = source.intentsPerMinute
        func count(_ number: Int) -> JSONNode { .integer(Int64(number)) }
        return .object([
            ("queued", count(queued)), ("intents_per_minute", rate.map(count) ?? .null),
            ("seconds_at_least", rate.map { count((queued * 60 + $0 - 1) / $0) } ?? .null),
        ])
    }

    package static func marketKey(_ ticker: String, _ instrument: InstrumentType) -> ByteKey { ByteKey("\(ticker)|\(instrument.rawValue)") }

    mutating func take(_ events: [DecodedEvent], through position: Int64) {
        for event in events { take(event) }
        throughPosition = max(throughPosition, position)
    }

    private mutating func take(_ event: DecodedEvent) {
        if let halted = event.payload(as: DispatchHaltedPayload.self) {
            halt = (halted, event.record.recordedAt)
        } else if event.payload(as: DispatchResumedPayload.self) != nil {
            halt = nil
        } else if let account = event.payload(as: BrokerAccountRecordedPayload.self) {
            recorded = (account, event.record.recordedAt)
        } else if let subject = event.payload.subjectKey, subject.parts.count == 2, event.record.stream.hasPrefix("intent-") {
            fold(event, subject.parts[1])
        }
    }

    private mutating func fold(_ event: DecodedEvent, _ key: ByteKey) {
        guard var state = IntentState.folding(event, into: intents[key]) else { return }
        let market = Self.marketKey(state.intent.ticker, state.intent.instrument)
        if let payload = state.market, let position = state.marketPosition, state.intent.action == .buy {
            markets[market] = Consulted(intentID: state.intent.intentID, market: payload, marketPosition: position)
        }
        if let payload = state.account {
            consulted = (payload, state.accountPosition ?? 0)
            if markets[market]?.intentID == state.intent.intentID { markets[market]?.account = payload }
        }
        if let submission = state.submission { orders[ByteKey(submission.body.clientOrderID)] = key }
        if markets[market]?.intentID == state.intent.intentID, let day = state.day { markets[market]?.day = day }
        (state.market, state.account) = (nil, nil)
        state.submission?.decision = Decision()
        state.submission?.day = DayFacts()
        state.simulation?.decision = Decision()
        state.simulation?.day = DayFacts()
        state.intended.intent.signal = nil
        intents[key] = state
    }
}

/// The summaries of all sources, brought up to the log's end when somebody asks.
package actor BrokerSummaries {
    private let ledger: Ledger
    private var summaries: [BrokerSource: SourceSummary] = [:]

    package init(_ ledger: Ledger) { self.ledger = ledger }

    package func summary(of source: BrokerSource) async throws -> SourceSummary {
        var summary = summaries[source] ?? SourceSummary(source: source)
        let (events, through) = try await StoreDispatchLog.events(ledger, of: source.rawValue, after: summary.throughPosition)
        // Another caller may have gone further in the meantime.
        if let known = summaries[source], known.throughPosition >= through { return known }
        if let known = summaries[source], known.throughPosition > summary.throughPosition {
            summary = known
        }
        summary.take(events.filter { $0.record.position > summary.throughPosition }, through: through)
        summaries[source] = summary
        return summary
    }
}
