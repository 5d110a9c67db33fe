package import LedgerJSON
import LedgerRules
import LedgerValues
package import OptionTrades

/// What would be decided on a purchase that nobody intended. Nothing is sent and nothing is recorded.
package struct WhatIf: Sendable {
    package static let keys = ["source", "ticker", "instrument_type", "strategy", "quantity"]

    private let ledger: Ledger
    private let rules: DispatchRules
    private let intent: TradeIntent

    /// - Parameters:
    ///   - root: an object with members of ``keys``
    ///   - source: the source of an intent that names none
    package init(_ ledger: Ledger, _ root: JSONValue, source: BrokerSource) async throws {
        self.ledger = ledger
        rules = try await BrokerDesk(ledger, source: source).rules()
        for member in root.members where !Self.keys.contains(where: { $0.isBytewiseEqual(to: member.key) }) {
            throw BrokerError.badField(name: member.key, expected: "no such field; fields are \(Self.keys.joined(separator: ", "))")
        }
        var members = root.members.map { ($0.key, Self.node($0.value)) }
        members += [("intent_id", .string("what-if")), ("action", .string(IntentAction.buy.rawValue))]
        // The intent never enters the log, so its expiry is of no account.
        members.append(("expires_at", .string(Instant.maximum.description)))
        let whole = try JSONDocument(parsing: JSONNode.object(members).canonicalBytes()).root
        intent = try IntentReading(source: source, rules: rules, now: ledger.now()).intent(whole).intent
    }

    /// A text, a whole number or null as it is; anything else as a value that no field accepts.
    private static func node(_ value: JSONValue) -> JSONNode {
        if let text = value.string { return .string(text) }
        return value.isNull ? .null : value.integer.map { .integer($0) } ?? .bool(false)
    }

    package var source: BrokerSource { BrokerSource(rawValue: intent.source) ?? .alpacaPaper }

    /// From what was recorded last for the ticker and the type; nil if nothing was.
    package func recorded(_ summary: SourceSummary) -> JSONNode? {
        guard let found = summary.markets[SourceSummary.marketKey(intent.ticker, intent.instrument)], let account = found.account else {
            return nil
        }
        var day = found.day ?? DayFacts()
        day.date = day.date ?? rules.newYork.date(at: found.market.now)
        let facts = DecisionFacts(intent: intent, market: found.market, account: account.account, day: day)
        return node(
            facts, Decider(rules).decide(facts),
            [
                ("facts", .string("recorded")), ("intent_id", .string(found.intentID)),
                ("market_position", .integer(found.marketPosition)), ("day_is_recorded", .bool(found.day != nil)),
            ])
    }

    /// From the broker's market and account of now.
    package func live(_ dispatch: DispatchService?) async throws -> JSONNode {
        let (facts, decision): (DecisionFacts, Decision)
        if let dispatch, dispatch.source == source {
            (facts, decision) = try await dispatch.whatIf(intent)
        } else {
            guard source != .sampleBroker else {
                throw BrokerError.notConfigured("the sample broker is only there in `serve --dispatch --sample`")
            }
            let connection: BrokerConnection
            do {
                connection = try BrokerConnection(ledger.settings.values, live: source == .alpacaLive)
            } catch {
                throw BrokerError.notConfigured("\(error)")
            }
            (facts, decision) = try await DispatchRunner(ledger, connection).whatIf(intent)
        }
        return node(
            facts, decision,
            [("facts", .string("live")), ("intent_id", .null), ("market_position", .null), ("day_is_recorded", .bool(true))])
    }

    private func node(_ facts: DecisionFacts, _ decision: Decision, _ origin: [(String, JSONNode)]) -> JSONNode {
        let asked: [(String, JSONNode)] = [
            ("source", .string(intent.source)), ("ticker", .string(intent.ticker)),
            ("instrument_type", .string(intent.instrument.rawValue)), ("strategy", .string(intent.strategy.rawValue)),
        ]
        let result: [(String, JSONNode)] = [
            ("now", facts.market.map { .string($0.now.description) } ?? .null), ("decision", FieldCoder.node(decision)),
            ("day", FieldCoder.node(facts.day)), ("arithmetic", .array(SizeArithmetic.steps(decision, facts, rules))),
            (
                "rules",
                .object([("version", .integer(Int64(rules.file.version))), ("digest", .string(rules.file.digest))])
            ),
        ]
        return .object(asked + origin + result)
    }
}
