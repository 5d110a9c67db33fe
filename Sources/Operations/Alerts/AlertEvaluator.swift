import LedgerAnalyses
package import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
package import LedgerValues
package import OptionTrades

/// Evaluates the alerts of a ledger minute by minute, from the documents of analyses as of each minute.
package struct AlertEvaluator: Sendable {
    private let ledger: Ledger
    package let rules: AlertRules
    package let currencies: [String]
    /// How the alerts stand, by stream.
    private var states: [String: AlertState] = [:]

    /// Throws `RuleError` if the rules can't be used.
    package init(_ ledger: Ledger, currencies: [String]) throws {
        self.ledger = ledger
        self.currencies = currencies
        let files = try ledger.resources.files.analysisFiles()
        let prefix = "analyses/\(AlertRules.name)/rules.v"
        let versions = files.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".yaml") }.compactMap {
            Int($0.dropFirst(prefix.utf8.count).dropLast(5))
        }
        // Without a file, the first one is what is missing.
        rules = try AlertRules(version: versions.max() ?? 1, read: ledger.resources.files.analysisFile)
    }

    /// Reads how the alerts stand after the events up to a position.
    ///
    /// - Returns: the moment of the latest of them; nil without one.
    package mutating func load(upTo position: Int64) async throws -> Instant? {
        let registry = ledger.registry.events
        let found = try await ledger.pool.run { session -> (states: [String: AlertState], latest: Instant?) in
            var states: [String: AlertState] = [:]
            var latest: Instant?
            try LogReader().forEachEvent(in: .prefixed(Streams.alerts), upTo: position, session) { version, stored in
                let payload = try registry.payload(
                    type: EventType(stored.type), schemaVersion: stored.schemaVersion, bytes: stored.bytes)
                if let raised = payload.payload(as: AlertRaisedPayload.self) {
                    let stream = Streams.alert(id: raised.alertID, currency: raised.currency)
                    states[stream, default: AlertState()].isRaised = true
                    states[stream]?.since = raised.since
                    states[stream]?.lastValue = raised.value
                    states[stream]?.version = version
                    latest = max(latest ?? raised.now, raised.now)
                } else if let cleared = payload.payload(as: AlertClearedPayload.self) {
                    let stream = Streams.alert(id: cleared.alertID, currency: cleared.currency)
                    states[stream, default: AlertState()].isRaised = false
                    states[stream]?.since = nil
                    states[stream]?.version = version
                    latest = max(latest ?? cleared.now, cleared.now)
                } else if let delivery = payload.payload(as: AlertDeliveryPayload.self) {
                    states[Streams.alert(id: delivery.alertID, currency: delivery.currency), default: AlertState()].version = version
                }
            }
            return (states, latest)
        }
        states = found.states
        return found.latest
    }

    /// What changes at a minute: every document is as of it, and so is the position.
    ///
    /// - Parameter isHistory: whether the minute is evaluated again, so that the ledger's own figures, which nobody recorded, are
    ///   left out.
    package mutating func changes(at minute: Instant, isHistory: Bool) async throws -> [AlertChange] {
        var changes: [AlertChange] = []
        var position: Int64 = 0
        for currency in currencies {
            var documents: [String: JSONDocument] = [:]
            for name in rules.analyses {
                guard let analysis = MarketAnalysis.named(name) else { continue }
                var request = AnalysisRequest(analysis, ["currency": currency])
                request.asOf = minute
                do {
                    let answer = try await AnalysisReader(ledger, isBounded: false).answer(request)
                    documents[name] = answer.document
                    position = max(position, answer.position)
                } catch ViewError.rulesUnavailable(_) {
                    // A figure without rules is as if it were null.
                    continue
                }
            }
            for rule in rules.rules where !rule.isOfLedger {
                append(rule, currency, documents[rule.analysis]?.root, position, minute, to: &changes)
            }
        }
        guard !isHistory else { return changes }
        let own = try await ownDocument()
        for rule in rules.rules where rule.isOfLedger { append(rule, "-", own.root, position, minute, to: &changes) }
        return changes
    }

    private mutating func append(
        _ rule: AlertRules.Rule, _ currency: String, _ document: JSONValue?, _ position: Int64, _ minute: Instant,
        to changes: inout [AlertChange]
    ) {
        let evaluation = AlertEvaluation(rules: rules, position: position, now: minute)
        let stream = Streams.alert(id: rule.id, currency: currency)
        if let change = evaluation.change(of: rule, currency: currency, document: document, &states[stream, default: AlertState()]) {
            changes.append(change)
        }
    }

    /// Figures of the ledger itself. What it does not know is null.
    private func ownDocument() async throws -> JSONDocument {
        let stopped = try await ProjectionStatus.all(ledger).versions.count { $0.isServed && $0.poison != nil }
        // A view that can't be read now says nothing about its assertions.
        let broken = try? await ledger.brokenAssertions()
        return try JSONDocument(
            parsing: JSONNode.object([
                ("projections_stopped", .integer(Int64(stopped))),
                ("assertions_broken", broken.map { .integer(Int64($0)) } ?? .null),
            ]).httpBytes())
    }

    /// The event of a change, after the version of its stream, which the event raises.
    package mutating func event(of change: AlertChange) -> NewEvent {
        let stream = Streams.alert(id: change.alertID, currency: change.currency)
        let version = states[stream]?.version ?? 0
        states[stream, default: AlertState()].version = version + 1
        return change.event(previousVersion: version)
    }
}
