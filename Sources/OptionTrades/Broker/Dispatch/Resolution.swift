package import LedgerValues

/// What is done about an order of which nothing is known.
package enum ResolutionStep: Sendable, Equatable {
    /// Ask for it by the client's id, and in the list of all orders.
    case look
    /// Send the same body again, with the same id.
    case resend
    /// It never reached the broker: the intent ends.
    case giveUp
    /// Nothing before this.
    case wait(until: Instant)
}

/// How an order of unknown outcome is looked for: pure, from what was recorded and what this process has seen.
package struct Resolution: Sendable, Equatable {
    /// When looks ended without finding the order, oldest first.
    package private(set) var emptyLooks: [Instant] = []
    /// The looks of this process since the last POST, whatever their end.
    package private(set) var looks = 0
    package private(set) var nextLook: Instant?
    /// When a POST may be tried after a 429.
    package var postAgainAt: Instant?

    package init() {}

    /// How long an empty look speaks for now.
    private static let freshSeconds = 10.0
    /// The longest wait that a limit asks for.
    private static let longestLimitSeconds = 300.0

    /// Plans the looks after a POST of this process.
    package mutating func posted(at now: Instant, _ timings: DispatchTimings) {
        emptyLooks = []
        looks = 0
        postAgainAt = nil
        nextLook = DispatchTimings.after(now, timings.looks.first ?? timings.lookEvery)
    }

    /// Takes over the end of a look.
    package mutating func looked(at now: Instant, wasEmpty: Bool, lastPost: Instant, _ timings: DispatchTimings) {
        looks += 1
        if wasEmpty { emptyLooks.append(now) }
        let wait =
            looks < timings.looks.count
            ? max(0, timings.looks[looks] - Double(now.microseconds - lastPost.microseconds) / 1_000_000) : timings.lookEvery
        nextLook = DispatchTimings.after(now, wait)
    }

    /// Takes over that the last look, which had an end, found nothing.
    package mutating func sawNothing(at now: Instant) { emptyLooks.append(now) }

    /// Forgets the times that were seen and planned before the clock was set back.
    package mutating func clockWasSetBack() { (emptyLooks, nextLook, postAgainAt) = ([], nil, nil) }

    /// The next step.
    ///
    /// - Parameters:
    ///   - state: the intent, whose order is unresolved
    ///   - isSameSession: whether now lies in the session of the submission
    package func step(
        _ state: IntentState, now: Instant, isHalted: Bool, isSameSession: Bool, _ timings: DispatchTimings
    ) -> ResolutionStep {
        guard let submission = state.submission else { return .wait(until: .maximum) }
        let lastPost = state.lastPostAt ?? submission.now
        let isYoung = now <= DispatchTimings.after(submission.now, timings.resendWithin)
        let mayBeSent = isYoung && isSameSession && state.cancelRequest == nil && now < state.intent.expiresAt
        if state.isRateLimited, state.posts == 0, mayBeSent {
            let asked = postAgainAt ?? DispatchTimings.after(state.lastUnknown?.now ?? lastPost, 60)
            // What was recorded before a clock was set back does not wait longer than any limit.
            let again = min(asked, DispatchTimings.after(now, Self.longestLimitSeconds))
            return now < again || isHalted ? .wait(until: max(again, DispatchTimings.after(now, 1))) : .resend
        }
        // What was not found long enough after the last POST is not there, as far as a look of now can say.
        let settled = DispatchTimings.after(lastPost, timings.notFoundFor)
        let late = emptyLooks.filter { $0 >= settled && $0 <= now }
        if let last = late.last, now <= DispatchTimings.after(last, Self.freshSeconds) {
            if mayBeSent {
                if !isHalted { return .resend }
            } else if late.contains(where: { DispatchTimings.after($0, timings.emptyLooksApart) <= last }) {
                return .giveUp
            }
        }
        if let nextLook, now < nextLook { return .wait(until: nextLook) }
        return .look
    }
}
