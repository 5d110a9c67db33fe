import LedgerEvents
import LedgerJSON
import LedgerValues

extension Dispatcher {
    // MARK: - Sending

    /// Sends an order and records what came of it. Its submission, or its being sent again, is committed.
    func post(_ key: ByteKey, _ body: OrderBody) async throws(StepError) {
        let outcome = await broker.submit(body, timeoutSeconds: timings.postTimeout)
        let now = try await now()
        guard let state = book.intents[key], state.isUnresolved else { return }
        var resolution = Resolution()
        resolution.posted(at: now, timings)
        resolutions[key] = resolution
        sleepUntil(resolution.nextLook ?? now)
        switch outcome {
        case .accepted(let order): try await acknowledge(key, order, seenBy: "post")
        case .refused(let status, let code, let message): try await refused(key, status, code, message, now)
        case .duplicate:
            try await unknown(state, .afterPost, "an order of this client order id exists", 422, now)
            try await look(key)
        case .rateLimited(let seconds):
            resolutions[key]?.postAgainAt = DispatchTimings.after(now, seconds)
            try await unknown(state, .rateLimited, "the broker takes no more requests now", 429, now)
        case .unauthorized:
            try await unknown(state, .afterPost, "the broker does not accept the credentials", 401, now)
            try await halt("unauthorized")
        case .unknown(let status, let seen): try await unknown(state, .afterPost, seen, status, now)
        }
    }

    private func unknown(
        _ state: IntentState, _ phase: OutcomePhase, _ seen: String, _ status: Int?, _ now: Instant, guarded: Bool = false
    ) async throws(StepError) {
        var payload = OrderOutcomeUnknownPayload()
        (payload.source, payload.intentID, payload.now, payload.phase) = (source, state.intent.intentID, now, phase)
        (payload.seen, payload.httpStatus) = (seen, status.map { Int64($0) })
        try await append(payload, state, guarded: guarded)
    }

    /// A definite no ends the intent only if no other POST may have arrived, and if the order can't be found.
    private func refused(_ key: ByteKey, _ status: Int, _ code: Int64, _ message: String, _ now: Instant) async throws(StepError) {
        guard let state = book.intents[key], let submission = state.submission else { return }
        guard state.posts == 1 else { return try await unknown(state, .resendRefused, message, status, now) }
        let found: BrokerOrder?
        do throws(BrokerFailure) {
            found = try await broker.order(clientOrderID: submission.body.clientOrderID)
        } catch {
            return try await unknown(state, .afterPost, message, status, now)
        }
        if let found { return try await acknowledge(key, found, seenBy: "look_up") }
        var payload = OrderRefusedPayload()
        (payload.source, payload.intentID, payload.httpStatus) = (source, state.intent.intentID, Int64(status))
        (payload.code, payload.message) = (code, message)
        try await append(payload, state)
    }

    /// Records that the broker has the order. Another order under its id halts the source.
    private func acknowledge(_ key: ByteKey, _ order: BrokerOrder, seenBy: String) async throws(StepError) {
        guard let state = book.intents[key], let submission = state.submission, state.isUnresolved else { return }
        guard order.isOf(submission.body) else { return try await halt("foreign_order") }
        var payload = OrderAcknowledgedPayload()
        (payload.source, payload.intentID, payload.brokerOrderID) = (source, state.intent.intentID, order.id)
        (payload.clientOrderID, payload.status, payload.submittedAt) = (order.clientOrderID, order.status, order.submittedAt)
        payload.seenBy = seenBy
        var events = [payload.event(previousVersion: state.version)]
        if order.filledQuantity > .zero || OrderStatus.isTerminal(order.status) || OrderStatus.isReplaced(order.status) {
            events.append(
                order.update(source: source, intentID: state.intent.intentID).event(previousVersion: state.version + 1))
        }
        try await append(events)
        resolutions[key] = nil
    }

    // MARK: - Resolving

    /// Takes an order of unknown outcome a step further: looks for it, sends it again, or ends it.
    func resolve(_ key: ByteKey) async throws(StepError) {
        for _ in 0..<3 {
            guard let state = book.intents[key], let submission = state.submission, state.isUnresolved else { return }
            let now = try await now()
            let (then, current) = (session(at: submission.now), session(at: now))
            let isSame = then != nil && then == current && isOpen(now)
            let resolution = resolutions[key] ?? Resolution()
            let isHeld = book.isHalted || !isAccountRight
            let step = resolution.step(state, now: now, isHalted: isHeld, isSameSession: isSame, timings)
            if step == .resend || step == .giveUp {
                // Both stand on the time that has passed since the POST.
                let clock = try await ask { () async throws(BrokerFailure) in try await self.broker.clock() }
                if isSkewed(clock, now) { return wait("clock_skew", key, until: DispatchTimings.after(now, 1)) }
            }
            switch step {
            case .wait(let until): return wait("unresolved", key, until: until)
            case .look: try await look(key)
            case .resend:
                round.waiting["unresolved", default: 0] += 1
                try await unknown(state, .beforeResend, "the same body is sent again", nil, now, guarded: true)
                round.resent += 1
                return try await post(key, submission.body)
            case .giveUp:
                try await append(
                    IntentExpiredPayload(source: source, intentID: state.intent.intentID, now: now, reason: "never_reached_broker"), state)
                resolutions[key] = nil
                return
            }
        }
    }

    /// Looks for an order by the client's id, and then in the list of all orders.
    private func look(_ key: ByteKey) async throws(StepError) {
        guard let state = book.intents[key], let submission = state.submission else { return }
        var resolution = resolutions[key] ?? Resolution()
        let lastPost = state.lastPostAt ?? submission.now
        // A look that fails says nothing; the next one comes at its time.
        resolution.looked(at: try await now(), wasEmpty: false, lastPost: lastPost, timings)
        resolutions[key] = resolution
        sleepUntil(resolution.nextLook ?? lastPost)
        let id = submission.body.clientOrderID
        var found = try await ask { () async throws(BrokerFailure) in try await self.broker.order(clientOrderID: id) }
        if found == nil {
            let since = submission.now.advanced(byMicroseconds: -Int64(timings.ordersBeforeSubmission * 1_000_000))
            let orders = try await ask { () async throws(BrokerFailure) in try await self.broker.orders(submittedAfter: since) }
            found = orders.first { $0.clientOrderID.isBytewiseEqual(to: id) }
        }
        if let found { return try await acknowledge(key, found, seenBy: "look_up") }
        // A look at a time that the broker's clock contradicts says nothing: the order would count as missing too early.
        let seenAt = try await now()
        let clock = try await ask { () async throws(BrokerFailure) in try await self.broker.clock() }
        if !isSkewed(clock, seenAt) { resolutions[key]?.sawNothing(at: seenAt) }
    }

    // MARK: - Following

    /// Asks once for all open orders, and for each that is no longer among them.
    func follow() async throws(StepError) {
        let open = book.order.filter { key in book.intents[key].map { $0.isOpenOrder } ?? false }
        try await lookForLateFills()
        if open.isEmpty { return }
        let now = try await now()
        let next = DispatchTimings.after(followedAt ?? .minimum, timings.followEvery)
        if followedAt != nil, now < next { return sleepUntil(next) }
        followedAt = now
        sleepUntil(DispatchTimings.after(now, timings.followEvery))
        let orders = try await ask { () async throws(BrokerFailure) in try await self.broker.openOrders() }
        for key in open { try await follow(key, among: orders, now) }
    }

    private func follow(_ key: ByteKey, among orders: [BrokerOrder], _ now: Instant) async throws(StepError) {
        guard let state = book.intents[key], let id = state.followedOrderID else { return }
        var order = orders.first { $0.id.isBytewiseEqual(to: id) }
        if order == nil { order = try await ask { () async throws(BrokerFailure) in try await self.broker.order(id: id) } }
        guard let order else { return }
        try await update(key, order)
        guard let after = book.intents[key], after.isOpenOrder else {
            lateLooks[key] = (
                DispatchTimings.after(now, timings.lookEvery), DispatchTimings.after(now, timings.lateFillsWithin)
            )
            return
        }
        if after.cancelRequest != nil, cancels[key].map({ DispatchTimings.after($0, timings.lookEvery) <= now }) ?? true {
            cancels[key] = now
            let followed = after.followedOrderID ?? id
            _ = try await ask { () async throws(BrokerFailure) in try await self.broker.cancel(id: followed) }
        }
    }

    /// Records an order if it changed. An older state of it, or fewer fills at the same time, is dropped.
    private func update(_ key: ByteKey, _ order: BrokerOrder) async throws(StepError) {
        guard let state = book.intents[key] else { return }
        let payload = order.update(source: source, intentID: state.intent.intentID)
        if let last = state.update, last.brokerOrderID.isBytewiseEqual(to: order.id) {
            if last == payload { return }
            if let before = last.updatedAt, let after = order.updatedAt {
                if after < before { return }
                if after == before, order.filledQuantity < last.filledQuantity { return }
            }
        } else if state.update == nil, let acknowledgement = state.acknowledgement,
            acknowledgement.status.isBytewiseEqual(to: order.status), order.filledQuantity.isZero
        {
            return
        }
        try await append(payload, state)
    }

    /// A cancelled or expired order may have been filled all the same: it is looked at for some time after its end.
    private func lookForLateFills() async throws(StepError) {
        if lateLooks.isEmpty { return }
        let now = try await now()
        for (key, look) in lateLooks.sorted(by: { $0.key < $1.key }) {
            if now >= look.last { lateLooks[key] = nil }
            guard now >= look.next, let state = book.intents[key], let id = state.followedOrderID else { continue }
            lateLooks[key]?.next = DispatchTimings.after(now, timings.lookEvery)
            let found = try await ask { () async throws(BrokerFailure) in try await self.broker.order(id: id) }
            if let found { try await update(key, found) }
        }
    }

    // MARK: - Executions

    /// Brings the executions of all fills up to date.
    func recordExecutions() async throws(StepError) {
        // What an intent's events say does not change before its next event.
        let states = book.states.filter { $0.acknowledgement != nil && settled[ByteKey($0.intent.intentID)] != $0.version }
        if states.isEmpty { return }
        let rows = states.compactMap { state in
            let id = state.acknowledgement?.brokerOrderID ?? ""
            return BrokerFillRow(state, isRecorded: book.executions[ByteKey(id)] != nil)
        }
        var found: [JSONValue] = []
        let fills: BrokerFills
        do {
            fills = try BrokerFills(rows, source: source, portfolio: portfolio)
            _ = try await fills.pages(SourceQuery(updatedSince: nil, lowestWatermark: nil)) { page, _ in found += page }
        } catch {
            throw .log(.unavailable("\(error)"))
        }
        for row in found { try await record(row, of: fills) }
        for state in states { settled[ByteKey(state.intent.intentID)] = state.version }
    }

    /// Settles a row as a sync does.
    private func record(_ row: JSONValue, of fills: BrokerFills) async throws(StepError) {
        switch fills.normalize(fills.redact(row)) {
        case .accepted(let execution, let unknown):
            let known = book.executions[ByteKey(execution.sourceTradeID)]
            switch ExecutionSettlement(execution, unknown: unknown, scopeKey: fills.scope.key, after: known, order: fills.order) {
            case .inserted(let event), .updated(let event, _): try await append([event])
            case .unchanged, .stale, .conflicting: break
            }
        case .rejected(let raw, let reasons, let id, _):
            try await append([RejectedRowPayload(source: source, raw: raw, reasons: reasons, sourceTradeID: id).event()])
        }
    }

    // MARK: - Comparing

    /// Compares all orders of the broker with the ledger's, once a day.
    func compareDaily() async throws(StepError) {
        let now = try await now()
        if let comparedAt, now < DispatchTimings.after(comparedAt, 86_400) { return }
        let since = now.advanced(byMicroseconds: -3 * 86_400_000_000)
        let problems = try await compareOrders(since: since)
        comparedAt = now
        if problems.contains(where: { $0.hasPrefix("late_order") }) {
            try await halt("late_order")
        } else if !problems.isEmpty {
            try await halt("foreign_order")
        }
    }

    /// What the broker's `al-` orders and the ledger's do not agree on, a sentence each.
    func compareOrders(since: Instant?) async throws(StepError) -> [String] {
        let orders = try await ask { () async throws(BrokerFailure) in try await self.broker.orders(submittedAfter: since) }
        var problems: [String] = []
        for order in orders where order.clientOrderID.hasPrefix("al-") && order.replaces == nil {
            guard let state = book.intent(clientOrderID: order.clientOrderID) else {
                problems.append("foreign_order: the ledger has no submission of \(order.clientOrderID)")
                continue
            }
            if state.expiry?.reason == "never_reached_broker" || state.refusal != nil {
                problems.append("late_order: \(order.clientOrderID) exists, and its intent has ended")
            }
        }
        return problems
    }
}
