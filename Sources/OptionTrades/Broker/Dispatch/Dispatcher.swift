import LedgerEvents
import LedgerProjections
package import LedgerValues

/// Carries intents to a broker: consults, decides, submits, resolves and follows. At most one order an intent, ever.
///
/// It keeps nothing that it can't lose: after a restart everything is read from the log, and an order of which nothing is
/// known is looked for before anything else happens.
package actor Dispatcher {
    /// What a round did.
    package struct Round: Sendable, Equatable {
        /// Orders that were sent for the first time.
        package var submitted = 0
        package var resent = 0
        package var simulated = 0
        /// Intents that wait, by the reason.
        package var waiting: [String: Int] = [:]
        /// Errors that a later round tries again.
        package var problems: [String] = []
        /// When something is to be done next.
        package var next: Instant = .maximum
    }

    let log: any DispatchLog
    let broker: any BrokerAPI
    let rules: DispatchRules
    let timings: DispatchTimings
    let source: String
    let ledgerID: String
    /// The account's name in the configuration, for the executions.
    let portfolio: String
    /// This process, as `OrderSubmitted` names it.
    let dispatcher: UniqueID
    var book: SourceBook
    var resolutions: [ByteKey: Resolution] = [:]
    /// When an intent that waits is looked at again.
    var retries: [ByteKey: Instant] = [:]
    /// Cancels that were asked for, and when.
    var cancels: [ByteKey: Instant] = [:]
    /// Orders that ended, and how long late fills are looked for.
    var lateLooks: [ByteKey: (next: Instant, last: Instant)] = [:]
    /// The versions of the intents whose fills are recorded.
    var settled: [ByteKey: Int64] = [:]
    var account: BrokerAccount?
    /// The latest time that the clock has shown since it was set back.
    private var latest: Instant?
    var comparedAt: Instant?
    var followedAt: Instant?
    var round = Round()

    package init(
        log: any DispatchLog, broker: any BrokerAPI, rules: DispatchRules, timings: DispatchTimings? = nil, source: BrokerSource,
        ledgerID: String, dispatcher: UniqueID, portfolio: String
    ) {
        self.log = log
        self.broker = broker
        self.rules = rules
        self.timings = timings ?? rules.timings
        self.source = source.rawValue
        self.ledgerID = ledgerID
        self.dispatcher = dispatcher
        self.portfolio = portfolio
        book = SourceBook(source: source.rawValue)
    }

    /// Goes once through everything that there is to do. Errors of one intent leave the others alone.
    package func runOnce() async throws(DispatchLogError) -> Round {
        round = Round()
        try await refresh()
        try await noticeClock()
        await attempt("account") { () async throws(StepError) in try await self.checkAccount() }
        for key in book.order {
            guard let state = book.intents[key] else { continue }
            if state.isPending || state.isUnresolved { await attempt(key.text) { () async throws(StepError) in try await self.step(key) } }
        }
        await attempt("orders") { () async throws(StepError) in try await self.follow() }
        await attempt("executions") { () async throws(StepError) in try await self.recordExecutions() }
        await attempt("comparison") { () async throws(StepError) in try await self.compareDaily() }
        return round
    }

    /// Reads what the log has since the last time.
    func refresh() async throws(DispatchLogError) {
        let (events, through) = try await log.events(of: source, after: book.throughPosition)
        // A what-if may have read further meanwhile: an event is folded once.
        let last = book.throughPosition
        book.take(events.filter { $0.record.position > last }, through: through)
    }

    /// Waits that were planned before the clock was set back would end too late.
    private func noticeClock() async throws(DispatchLogError) {
        let now = try await log.now()
        if let latest, now < latest {
            (retries, cancels, followedAt, comparedAt) = ([:], [:], nil, nil)
            for key in resolutions.keys { resolutions[key]?.clockWasSetBack() }
            for key in lateLooks.keys {
                lateLooks[key] = (now, DispatchTimings.after(now, timings.lateFillsWithin))
            }
        }
        latest = now
    }

    /// Whether the broker's clock contradicts the time that was read before it was asked. An answer without a date does not.
    func isSkewed(_ clock: BrokerClock, _ now: Instant) -> Bool {
        // A `Date` has no fraction of its second.
        clock.date.map { abs(Double($0.microseconds - now.microseconds)) > (timings.clockSkewThrough + 1) * 1_000_000 } ?? false
    }

    /// Why a step ended early.
    enum StepError: Error {
        case log(DispatchLogError)
        case broker(BrokerFailure)
    }

    private func attempt(_ what: String, _ step: () async throws(StepError) -> Void) async {
        do throws(StepError) {
            try await step()
        } catch {
            switch error {
            case .log(let problem): round.problems.append("\(what): \(problem)")
            case .broker(let failure):
                round.problems.append("\(what): \(failure.message)")
                if failure.kind == .unauthorized { await haltQuietly("unauthorized") }
            }
        }
    }

    func read<Value: Sendable>(_ body: () async throws(DispatchLogError) -> Value) async throws(StepError) -> Value {
        do throws(DispatchLogError) { return try await body() } catch { throw .log(error) }
    }

    func ask<Value: Sendable>(_ body: () async throws(BrokerFailure) -> Value) async throws(StepError) -> Value {
        do throws(BrokerFailure) { return try await body() } catch { throw .broker(error) }
    }

    func now() async throws(StepError) -> Instant {
        let now = try await read { () async throws(DispatchLogError) in try await self.log.now() }
        latest = max(latest ?? now, now)
        return now
    }

    func sleepUntil(_ instant: Instant) { round.next = min(round.next, instant) }

    func wait(_ reason: String, _ key: ByteKey, until instant: Instant) {
        round.waiting[reason, default: 0] += 1
        retries[key] = instant
        sleepUntil(instant)
    }

    // MARK: - Appending

    /// Appends an event and reads the log again, so that the book has it. Returns whether it is new.
    @discardableResult
    func append(_ events: [NewEvent], guardedBy submission: SubmissionGuard? = nil) async throws(StepError) -> Bool {
        let isNew = try await read { () async throws(DispatchLogError) in try await self.log.append(events, guardedBy: submission) }
        try await read { () async throws(DispatchLogError) in try await self.refresh() }
        return isNew
    }

    @discardableResult
    func append(_ payload: some IntentPayload, _ state: IntentState, guarded: Bool = false) async throws(StepError) -> Bool {
        let submission = guarded ? SubmissionGuard(source: source, throughPosition: book.throughPosition) : nil
        return try await append([payload.event(previousVersion: state.version)], guardedBy: submission)
    }

    /// Halts the source. A halt that stands already stays.
    func halt(_ reason: String) async throws(StepError) {
        if book.isHalted { return }
        let payload = DispatchHaltedPayload(source: source, requestedBy: "dispatcher", reason: reason)
        try await append([payload.event(previousVersion: book.haltVersion)])
    }

    private func haltQuietly(_ reason: String) async {
        do throws(StepError) {
            try await halt(reason)
        } catch {
            round.problems.append("halt: the halt could not be recorded")
        }
    }

    // MARK: - Account

    /// The broker's account against the recorded one; recorded at first use.
    func checkAccount() async throws(StepError) {
        if account != nil { return }
        let found = try await ask { () async throws(BrokerFailure) in try await self.broker.account() }
        guard let recorded = book.account else {
            try await append([accountEvent(found, "first_use")])
            account = found
            return
        }
        account = found
        if recorded.accountDigest != found.facts.accountDigest {
            try await halt("account_changed")
        } else if !recorded.ledgerID.isBytewiseEqual(to: ledgerID) {
            try await halt("ledger_restored")
        }
    }

    func accountEvent(_ account: BrokerAccount, _ reason: String) -> NewEvent {
        var payload = BrokerAccountRecordedPayload()
        (payload.source, payload.accountDigest, payload.lastFour) = (source, account.facts.accountDigest, account.facts.lastFour)
        (payload.ledgerID, payload.reason) = (ledgerID, reason)
        return payload.event(previousVersion: book.accountVersion)
    }

    /// Whether orders may leave: the account and the ledger are the recorded ones.
    var isAccountRight: Bool {
        guard let account, let recorded = book.account else { return false }
        return recorded.accountDigest == account.facts.accountDigest && recorded.ledgerID.isBytewiseEqual(to: ledgerID)
    }

    /// `al-` and the first 40 hexadecimal digits of SHA-256 over `<source>|<account id>|<intent_id>`.
    package static func clientOrderID(source: String, accountID: String, intentID: String) -> String {
        "al-\(Digest32(sha256Of: "\(source)|\(accountID)|\(intentID)").description.prefix(40))"
    }

    // MARK: - Sessions

    func session(at instant: Instant) -> SessionRules.Session? { timings.session ?? rules.sessions.session(at: instant) }

    func isOpen(_ instant: Instant) -> Bool { session(at: instant).map { instant >= $0.open && instant < $0.close } ?? false }
}
