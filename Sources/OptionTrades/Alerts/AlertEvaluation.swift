import LedgerAnalyses
package import LedgerJSON
import LedgerRules
package import LedgerValues

/// How an alert of a market stands between two evaluations.
package struct AlertState: Sendable, Equatable {
    package var isRaised = false
    /// Since when the condition has held without a break; nil while it does not.
    package var since: Instant?
    /// The figure when `changed` last saw it, as JSON; nil for other conditions.
    package var lastValue: String?
    /// The version of the alert's stream.
    package var version: Int64 = 0

    package init() {}
}

/// What an evaluation says.
package enum AlertChange: Sendable, Equatable {
    case raised(AlertRaisedPayload)
    case cleared(AlertClearedPayload)
}

/// Evaluates alerts: a pure function of documents and of how the alerts stood.
package struct AlertEvaluation: Sendable {
    package let rules: AlertRules
    /// The position that the documents are as of.
    package let position: Int64
    package let now: Instant

    package init(rules: AlertRules, position: Int64, now: Instant) {
        self.rules = rules
        self.position = position
        self.now = now
    }

    /// The change of one alert, if there is one.
    ///
    /// - Parameters:
    ///   - currency: the market; `-` for an alert of the ledger.
    ///   - document: the analysis's document; nil if it could not be made, which is as if its figures were null.
    ///   - state: how the alert stood; updated. Its version is not: who appends the event does that.
    package func change(of rule: AlertRules.Rule, currency: String, document: JSONValue?, _ state: inout AlertState) -> AlertChange? {
        // Null neither raises nor clears, and breaks no condition that holds.
        guard let document, let value = FieldPath(rule.path).value(in: document), !value.isNull else { return nil }
        if case .changed = rule.condition { return edge(of: rule, currency, value.sourceText, &state) }
        guard let holds = holds(rule.condition, value, isRaised: state.isRaised) else { return nil }
        if state.isRaised {
            if holds { return nil }
            state.isRaised = false
            state.since = nil
            return .cleared(cleared(rule, currency, value.sourceText, state))
        }
        guard holds else {
            state.since = nil
            return nil
        }
        let since = state.since ?? now
        state.since = since
        guard now.microseconds - since.microseconds >= Int64(rule.forMinutes) * 60_000_000 else { return nil }
        state.isRaised = true
        return .raised(raised(rule, currency, value.sourceText, since, state))
    }

    /// Whether a condition holds: against the threshold, or while the alert is raised against the one that clears it. Nil for a
    /// figure of another kind.
    private func holds(_ condition: AlertRules.Condition, _ value: JSONValue, isRaised: Bool) -> Bool? {
        switch condition {
        case .number(let comparison, let threshold, let clear):
            guard value.kind == .number else { return nil }
            return value.publishedDecimal.map { comparison.holds($0, isRaised ? clear : threshold) }
        case .text(let text): return value.string.map { $0.isBytewiseEqual(to: text) }
        case .changed: return nil
        }
    }

    /// One edge for each change, cleared at the next evaluation, whatever the figure is then.
    private func edge(of rule: AlertRules.Rule, _ currency: String, _ value: String, _ state: inout AlertState) -> AlertChange? {
        if state.isRaised {
            state.isRaised = false
            state.since = nil
            return .cleared(cleared(rule, currency, value, state))
        }
        defer { state.lastValue = value }
        guard let last = state.lastValue, !last.isBytewiseEqual(to: value) else { return nil }
        state.isRaised = true
        state.since = now
        return .raised(raised(rule, currency, value, now, state))
    }

    private func raised(
        _ rule: AlertRules.Rule, _ currency: String, _ value: String, _ since: Instant, _ state: AlertState
    ) -> AlertRaisedPayload {
        AlertRaisedPayload(
            alertID: rule.id, analysis: rule.analysis, currency: currency, now: now, path: rule.path, position: position,
            rulesDigest: rules.file.digest, rulesVersion: Int64(rules.file.version), severity: rule.severity.rawValue, since: since,
            text: rule.text, threshold: rule.condition.shown, value: value)
    }

    private func cleared(_ rule: AlertRules.Rule, _ currency: String, _ value: String, _ state: AlertState) -> AlertClearedPayload {
        AlertClearedPayload(
            alertID: rule.id, currency: currency, now: now, position: position, threshold: rule.condition.clearShown, value: value)
    }
}

extension AlertRules.Condition {
    /// The threshold that raises, as text; nil for a change.
    var shown: String? {
        switch self {
        case .number(_, let threshold, _): threshold.description
        case .text(let text): text
        case .changed: nil
        }
    }

    /// The threshold that clears.
    var clearShown: String? {
        if case .number(_, _, let clear) = self { clear.description } else { shown }
    }
}
