import LedgerAnalyses
import LedgerEvents
import LedgerJSON
import LedgerNotes
import LedgerPostgres
import LedgerProjections
import LedgerRules
import LedgerStore
package import LedgerValues
import LedgerWitness
package import OptionTrades

/// When alerts are evaluated: after a capture for its market, and at each full minute for all markets and the ledger.
package struct EvaluationMoment: Sendable, Equatable {
    package let now: Instant
    package let position: Int64
    /// The market of a capture; nil for a full minute.
    package let captured: String?

    package init(now: Instant, position: Int64, captured: String?) {
        (self.now, self.position, self.captured) = (now, position, captured)
    }
}

/// Evaluates the alerts of a ledger, from the documents of analyses as of each moment.
package struct AlertEvaluator: Sendable {
    private let ledger: Ledger
    package let rules: AlertRules
    package let currencies: [String]
    /// How the alerts stand, by stream.
    private(set) var states: [String: AlertState] = [:]

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

    /// Goes on from how alerts stood. Alerts that the rules no longer have are forgotten.
    package mutating func resume(_ standings: [AlertStandingRecord]) {
        states = [:]
        for standing in standings where rules.rules.contains(where: { $0.id.isBytewiseEqual(to: standing.alertID) }) {
            var state = AlertState()
            (state.isRaised, state.since, state.lastValue) = (standing.isRaised, standing.since, standing.lastValue)
            states[Streams.alert(id: standing.alertID, currency: standing.currency)] = state
        }
    }

    /// Takes how alerts stand from what was recorded of them, for the rules that are to be taken so.
    package mutating func apply(_ changes: [AlertChange], where isTaken: (AlertRules.Rule) -> Bool) {
        for change in changes {
            guard let rule = rules.rules.first(where: { $0.id.isBytewiseEqual(to: change.alertID) }), isTaken(rule) else { continue }
            var state = states[Streams.alert(id: change.alertID, currency: change.currency)] ?? AlertState()
            if case .raised(let raised) = change {
                (state.isRaised, state.since) = (true, raised.since)
                if case .changed = rule.condition { state.lastValue = raised.value }
            } else {
                (state.isRaised, state.since) = (false, nil)
            }
            states[Streams.alert(id: change.alertID, currency: change.currency)] = state
        }
    }

    /// What stands at a moment, as an event says it.
    package func evaluated(_ moment: EvaluationMoment, isBegin: Bool) -> AlertsEvaluatedPayload {
        var payload = AlertsEvaluatedPayload()
        (payload.currencies, payload.isBegin) = (currencies, isBegin)
        (payload.now, payload.position) = (moment.now, moment.position)
        (payload.rulesDigest, payload.rulesVersion) = (rules.file.digest, Int64(rules.file.version))
        for rule in rules.rules {
            for currency in rule.isOfLedger ? ["-"] : currencies {
                guard let state = states[Streams.alert(id: rule.id, currency: currency)], state != AlertState() else { continue }
                var standing = AlertStandingRecord()
                (standing.alertID, standing.currency) = (rule.id, currency)
                (standing.isRaised, standing.since, standing.lastValue) = (state.isRaised, state.since, state.lastValue)
                payload.standings.append(standing)
            }
        }
        payload.standings.sort { ($0.alertID, $0.currency) < ($1.alertID, $1.currency) }
        return payload
    }

    /// What changes at a moment: every document is as of it.
    ///
    /// - Parameter isPresent: whether the moment is now, so that figures which nobody records are known. They are those of
    ///   ``AlertEvaluator/unrecorded``.
    package mutating func changes(at moment: EvaluationMoment, isPresent: Bool) async throws -> [AlertChange] {
        var changes: [AlertChange] = []
        for currency in moment.captured.map({ [$0] }) ?? currencies {
            var documents: [String: JSONDocument] = [:]
            for name in rules.analyses {
                guard let analysis = MarketAnalysis.named(name) else { continue }
                var request = AnalysisRequest(analysis, ["currency": currency])
                (request.asOfPosition, request.asOf) = (moment.position, moment.now)
                do {
                    documents[name] = try await AnalysisReader(ledger, isBounded: false).answer(request).document
                } catch ViewError.rulesUnavailable(_) {
                    // A figure without rules is as if it were null.
                    continue
                } catch let error as LedgerError {
                    // A projection that stopped will not come so far: its figures are as if they were null.
                    guard case .projectionBehind = error, try await stopped() > 0 else { throw error }
                }
            }
            for rule in rules.rules where !rule.isOfLedger {
                append(rule, currency, documents[rule.analysis]?.root, moment, to: &changes)
            }
        }
        guard moment.captured == nil else { return changes }
        let own = try await ownDocument(moment, isPresent: isPresent)
        for rule in rules.rules where rule.isOfLedger { append(rule, "-", own.root, moment, to: &changes) }
        return changes
    }

    private mutating func append(
        _ rule: AlertRules.Rule, _ currency: String, _ document: JSONValue?, _ moment: EvaluationMoment, to changes: inout [AlertChange]
    ) {
        let evaluation = AlertEvaluation(rules: rules, position: moment.position, now: moment.now)
        let stream = Streams.alert(id: rule.id, currency: currency)
        if let change = evaluation.change(of: rule, currency: currency, document: document, &states[stream, default: AlertState()]) {
            changes.append(change)
        }
    }

    // MARK: - Figures of the ledger itself

    /// Those that only the present knows. They do not follow from the log.
    package static let unrecorded = ["projections_stopped", "checkpoints_without_quorum"]
    /// The least age in microseconds of a head that lacks its quorum: witnesses need some time to answer.
    private static let quorumAge: Int64 = 60_000_000

    private func stopped() async throws -> Int {
        try await ProjectionStatus.all(ledger).versions.count { $0.isServed && $0.poison != nil }
    }

    /// What it does not know is null.
    private func ownDocument(_ moment: EvaluationMoment, isPresent: Bool) async throws -> JSONDocument {
        let stopped = isPresent ? try await stopped() : nil
        let figures: [(String, Int?)] = [
            ("projections_stopped", stopped),
            ("checkpoints_without_quorum", isPresent ? try await headsWithoutQuorum(moment) : nil),
            ("orders_unresolved", try await count(.dispatches, ("state", ExecutionMode.unresolved.rawValue), moment)),
            ("assertions_broken", try await count(.assertions, ("state", CheckedAssertion.State.broken.rawValue), moment)),
        ]
        return try JSONDocument(
            parsing: JSONNode.object(figures.map { ($0, $1.map { .integer(Int64($0)) } ?? .null) }).httpBytes())
    }

    /// The rows of a view with a state, as many as a list gives at once; nil if nobody serves the view.
    private func count(_ view: View, _ filter: (String, String), _ moment: EvaluationMoment) async throws -> Int? {
        var request = ViewRequest()
        request.filters = try ViewReader.filters(view, [filter])
        (request.asOfPosition, request.asOf) = (moment.position, moment.now)
        (request.limit, request.hasAggregates) = (ViewReader.maximumLimit, false)
        do {
            return try await ViewReader(ledger, isBounded: false).page(view, request).rows.count
        } catch ViewError.notActivated(_) {
            return nil
        } catch ViewError.rulesUnavailable(_) {
            return nil
        } catch let error as LedgerError {
            guard case .projectionBehind = error, try await stopped() > 0 else { throw error }
            return nil
        }
    }

    /// 1 if the newest signed head that has had a minute lacks its quorum, else 0; nil if nobody is asked to cosign.
    private func headsWithoutQuorum(_ moment: EvaluationMoment) async throws -> Int? {
        guard let witnesses = ledger.witnesses, !witnesses.policy.needsNobody else { return nil }
        let before = moment.now.advanced(byMicroseconds: -Self.quorumAge) ?? .minimum
        let position = try await ledger.pool.run { session in
            try LogReader().position(asOf: before, head: moment.position, session)
        }
        guard let newest = try await ledger.heads.signedLog()?.plain else { return nil }
        let origin = try Checkpoint(parsing: newest.text).origin
        guard let signed = try await ledger.heads.plainNote(of: origin, atMost: position) else { return 0 }
        let published = try await witnesses.published(of: origin, atMost: .max)
        let size = try published.map { try Checkpoint(parsing: $0.text).size } ?? 0
        return try Checkpoint(parsing: signed.text).size > size ? 1 : 0
    }
}
