import LedgerEvents
package import LedgerProjections
package import LedgerValues

/// Everything that the log says of a source: its intents, whether it is halted, its account and its executions.
package struct SourceBook: Sendable {
    package let source: String
    package private(set) var intents: [ByteKey: IntentState] = [:]
    /// The intents' ids in the order in which they were intended.
    package private(set) var order: [ByteKey] = []
    /// The last halt that no resume followed.
    package private(set) var halt: DispatchHaltedPayload?
    package private(set) var haltVersion: Int64 = 0
    package private(set) var account: BrokerAccountRecordedPayload?
    package private(set) var accountVersion: Int64 = 0
    package private(set) var positions: BrokerPositionsObservedPayload?
    package private(set) var positionsVersion: Int64 = 0
    /// The activities by id, type and symbol.
    package private(set) var activities: [ByteKey: BrokerActivityRecordedPayload] = [:]
    /// The last row of each execution, and the version of its stream.
    package private(set) var executions: [ByteKey: (row: ExecutionRow, version: Int64)] = [:]
    package private(set) var throughPosition: Int64 = 0

    package init(source: String) { self.source = source }

    /// Takes over events in the order of the log.
    package mutating func take(_ events: [DecodedEvent], through position: Int64) {
        for event in events { take(event) }
        throughPosition = max(throughPosition, position)
    }

    private mutating func take(_ event: DecodedEvent) {
        throughPosition = max(throughPosition, event.record.position)
        if let execution = event.payload(as: ExecutionPayload.self) {
            executions[ByteKey(execution.row.sourceTradeID)] = (execution.row, event.record.streamVersion)
        } else if let halted = event.payload(as: DispatchHaltedPayload.self) {
            (halt, haltVersion) = (halted, event.record.streamVersion)
        } else if event.payload(as: DispatchResumedPayload.self) != nil {
            (halt, haltVersion) = (nil, event.record.streamVersion)
        } else if let recorded = event.payload(as: BrokerAccountRecordedPayload.self) {
            (account, accountVersion) = (recorded, event.record.streamVersion)
        } else if let observed = event.payload(as: BrokerPositionsObservedPayload.self) {
            (positions, positionsVersion) = (observed, event.record.streamVersion)
        } else if let activity = event.payload(as: BrokerActivityRecordedPayload.self) {
            activities[ByteKey("\(activity.activityID)|\(activity.activityType)|\(activity.symbol)")] = activity
        } else if let subject = event.payload.subjectKey, subject.parts.count == 2 {
            let key = subject.parts[1]
            let before = intents[key]
            intents[key] = IntentState.folding(event, into: before)
            if before == nil, intents[key] != nil { order.append(key) }
        }
    }

    package var isHalted: Bool { halt != nil }

    package var states: [IntentState] { order.compactMap { intents[$0] } }

    // MARK: - What other intents leave

    /// What the source's other intents leave for one.
    package func day(for intent: TradeIntent, now: Instant, newYork: NewYorkRules) -> DayFacts {
        var day = DayFacts()
        day.date = newYork.date(at: now)
        day.throughPosition = throughPosition
        for state in states where !state.intent.intentID.isBytewiseEqual(to: intent.intentID) {
            guard let submission = state.submission, state.intent.action == .buy else { continue }
            let cost = Self.cost(submission)
            if day.date != nil, newYork.date(at: submission.now) == day.date {
                day.orders += 1
                day.premium = day.premium.adding(cost) ?? day.premium
            }
            if state.isUnresolved { day.reserved = day.reserved.adding(cost) ?? day.reserved }
        }
        if intent.action == .sell { day.holdings = holdings() }
        return day
    }

    /// Limit × quantity × multiplier; of a market order the ask stands for the limit.
    private static func cost(_ submission: OrderSubmittedPayload) -> FixedDecimal {
        guard let price = submission.body.limitPrice ?? submission.decision.limitPrice else { return .zero }
        let multiplier = submission.decision.multiplier ?? FixedDecimal(1)
        return (ExactNumber(price) * ExactNumber(multiplier) * ExactNumber(Int(submission.body.quantity))).rounded() ?? .zero
    }

    /// The open long positions, by symbol: what was bought and not sold, with what activities changed.
    package func holdings() -> [Holding] {
        var held: [ByteKey: (quantity: FixedDecimal, closing: Int64)] = [:]
        for state in states {
            guard let submission = state.submission else { continue }
            let key = ByteKey(submission.body.symbol)
            var entry = held[key] ?? (.zero, 0)
            let filled = state.filledQuantity
            if state.intent.action == .buy {
                entry.quantity += filled
            } else {
                entry.quantity -= filled
                let open = state.isUnresolved || state.isOpenOrder
                if open { entry.closing += max(0, submission.body.quantity - Int64(filled.units / FixedDecimal.unitsPerOne)) }
            }
            held[key] = entry
        }
        for activity in activities.values {
            guard activity.status != "canceled", let quantity = activity.quantity, let entry = held[ByteKey(activity.symbol)] else {
                continue
            }
            held[ByteKey(activity.symbol)] = (entry.quantity + quantity, entry.closing)
        }
        return held.filter { $0.value.quantity > .zero }.sorted { $0.key < $1.key }.map { key, entry in
            Holding(symbol: key.text, quantity: Int64(entry.quantity.units / FixedDecimal.unitsPerOne), closing: entry.closing)
        }
    }

    /// The intent of a client order id; nil if none has it.
    package func intent(clientOrderID: String) -> IntentState? {
        states.first { $0.submission?.body.clientOrderID.isBytewiseEqual(to: clientOrderID) ?? false }
    }
}
