import Curl
import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerStore
package import LedgerValues
import Logging
import OptionTrades

/// Tells the channels what was raised and cleared, at least once each. What was not delivered follows from the log alone.
package struct AlertDelivery: Sendable {
    private let ledger: Ledger
    private let channels: [AlertChannel]
    private let transport = CurlTransport(upstream: "alerts")
    private let now: @Sendable () -> Instant
    private var queue: AlertQueue
    /// Of the streams of alerts, each with a colon at its end.
    private var prefixes: [String] = []
    private var readUpTo: Int64 = 0

    /// - Parameter now: the clock by which attempts wait
    package init(_ ledger: Ledger, channels: [AlertChannel], now: @escaping @Sendable () -> Instant) {
        self.ledger = ledger
        self.channels = channels
        self.now = now
        queue = AlertQueue(channels: channels.map(\.name))
    }

    /// Reads what the log has since the last look, and sends what is due: at most one message over each channel.
    ///
    /// - Returns: how many messages were sent, delivered or not
    package mutating func round() async throws -> Int {
        try await read()
        var due: [(channel: AlertChannel, notices: [AlertNotice])] = []
        for channel in channels {
            let notices = queue.next(channel.name, now: now())
            if notices.isEmpty { continue }
            queue.leaves(channel.name, now: now())
            due.append((channel, notices))
        }
        // A receiver that hangs holds up no other one.
        let sent = try await withThrowingTaskGroup(of: (Int, AlertChannel.Outcome).self) { [transport, due] group in
            for (index, one) in due.enumerated() {
                group.addTask { (index, try await one.channel.send(one.channel.message(one.notices), transport)) }
            }
            var outcomes: [(Int, AlertChannel.Outcome)] = []
            for try await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
        for (index, outcome) in sent { try await record(outcome, due[index].channel, due[index].notices) }
        return due.count
    }

    private mutating func read() async throws {
        let registry = ledger.registry.events
        let isFirst = prefixes.isEmpty
        let installed = isFirst ? try AlertEvaluator(ledger, currencies: []).rules.rules.map(\.id) : []
        let (head, found, events) = try await ledger.pool.run { [prefixes, readUpTo] session in
            let head = try LogReader().head(session).position
            var ids = Set(installed)
            if isFirst {
                // Alerts of rules that are no longer installed are told of too.
                try LogReader().forEachEvent(in: .prefixed(Streams.alerts), upTo: head, session) { _, stored in
                    let payload = try registry.payload(
                        type: EventType(stored.type), schemaVersion: stored.schemaVersion, bytes: stored.bytes)
                    if let key = payload.subjectKey { ids.insert(key.parts[0].text) }
                }
            }
            let found = isFirst ? ids.sorted { $0.isBytewiseLess(than: $1) }.map { "alert-\($0):" } : prefixes
            return (
                head, found,
                found.isEmpty
                    ? [] : try LogReader().events(inStreamsPrefixed: found, after: readUpTo, upTo: head, session)
            )
        }
        for event in events { queue.record(event, try registry.payload(of: event)) }
        (prefixes, readUpTo) = (found, head)
    }

    private func record(_ outcome: AlertChannel.Outcome, _ channel: AlertChannel, _ notices: [AlertNotice]) async throws {
        let attempt = queue.attempt(channel.name)
        var payloads: [AlertDeliveryPayload] = []
        switch outcome {
        case .delivered:
            payloads = notices.map {
                AlertDeliveryPayload(
                    alertID: $0.change.alertID, attempts: attempt, channel: channel.name, currency: $0.change.currency,
                    position: $0.position)
            }
        case .failed(let error, let asked):
            let seconds = AlertQueue.waitSeconds(afterAttempt: attempt, asked: asked)
            let retryAt = now().advanced(byMicroseconds: seconds * 1_000_000) ?? .maximum
            ledger.logger.warning(
                "an alert was not delivered",
                metadata: ["channel": "\(channel.name)", "attempt": "\(attempt)", "reason": "\(error)", "retry_at": "\(retryAt)"])
            // The channel failed, not each event: one event says so.
            payloads = notices.prefix(1).map {
                AlertDeliveryPayload(
                    alertID: $0.change.alertID, attempts: attempt, channel: channel.name, currency: $0.change.currency,
                    failure: (error, retryAt), position: $0.position)
            }
        }
        try await ledger.appendOfAlerts(
            payloads.map { payload in
                (Streams.alert(id: payload.alertID, currency: payload.currency), { payload.event(previousVersion: $0) })
            })
    }
}

extension Ledger {
    /// Where messages about alerts go; empty if nobody is told.
    package var alertChannels: [AlertChannel] { settings.alertChannels }

    /// Tells the channels of alerts until it is cancelled, while no other service does. Evaluations do not wait for it.
    package func deliverAlerts() async {
        while !Task.isCancelled {
            do {
                if let lock = try await AdvisoryLock.acquire("alert-delivery", serviceConfiguration) {
                    defer { Task { await lock.release() } }
                    var delivery = AlertDelivery(self, channels: alertChannels) { Self.systemClock() }
                    while !Task.isCancelled, await lock.isHeld() {
                        if try await delivery.round() == 0 { try await Task.sleep(for: .seconds(1)) }
                    }
                }
            } catch is CancellationError {
                return
            } catch {
                logger.error("alerts were not delivered", metadata: ["reason": "\(redact("\(error)"))"])
            }
            // Another service holds the lease, or something failed.
            try? await Task.sleep(for: .seconds(10))
        }
    }

    /// Sends a message about nothing over each channel once.
    package func testAlertChannels() async throws -> [(channel: String, outcome: AlertChannel.Outcome)] {
        let transport = CurlTransport(upstream: "alerts")
        var outcomes: [(channel: String, outcome: AlertChannel.Outcome)] = []
        for channel in alertChannels {
            outcomes.append((channel.name, try await channel.send(channel.test(newID(), at: now()), transport)))
        }
        return outcomes
    }

    /// Silences an alert until an instant: what is recorded of it before then is not delivered. A later silence replaces an earlier one.
    ///
    /// - Parameters:
    ///   - id: the id of an installed rule. Throws `SilenceProblem` for another one.
    ///   - currency: the market; nil for all that the service evaluates
    /// - Returns: the markets whose alert is silent
    package func silenceAlert(_ id: String, currency: String?, until: Instant, by: String, reason: String) async throws -> [String] {
        let rules = try AlertEvaluator(self, currencies: alertCurrencies).rules.rules
        guard let rule = rules.first(where: { $0.id.isBytewiseEqual(to: id) }) else {
            throw SilenceProblem(
                "there is no alert `\(id)`; expected one of \(rules.map(\.id).joined(separator: ", "))\(Suggestion.question(id, among: rules.map(\.id)))"
            )
        }
        for (name, text) in [("--by", by), ("--reason", reason)] where text.trimmed.isEmpty {
            throw SilenceProblem("\(name): expected a text that is not empty")
        }
        if let currency, currency.isEmpty || currency.utf8.count > 64 || (currency == "-") != rule.isOfLedger {
            throw SilenceProblem("--currency: expected \(rule.isOfLedger ? "-, for an alert of the ledger" : "a market, for example BTC")")
        }
        let markets = currency.map { [$0] } ?? (rule.isOfLedger ? ["-"] : alertCurrencies)
        guard !markets.isEmpty else { throw SilenceProblem("--currency: expected a market, since ALPHA_LEDGER_ALERTS names none") }
        try await appendOfAlerts(
            markets.map { market in
                let payload = AlertSilencedPayload(alertID: id, currency: market, reason: reason, silencedBy: by, until: until)
                return (Streams.alert(id: id, currency: market), { payload.event(previousVersion: $0) })
            })
        return markets
    }
}

/// Why an alert can't be silenced.
package struct SilenceProblem: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
