import RandomSupport

/// A failure of one call of the sample broker.
package enum SampleBrokerFailure: Sendable, CaseIterable {
    /// No answer in time; the call had no effect, or it had.
    case timeOutBefore, timeOutAfter
    /// The connection breaks; the call had no effect, or it had.
    case resetBefore, resetAfter
    /// A 500 without an effect, or after it.
    case errorBefore, errorAfter
    /// A 200 whose body is cut, after the effect.
    case unreadable
    /// A 429 with reset headers, without an effect.
    case rateLimited

    /// Whether the call takes effect all the same.
    var hasEffect: Bool {
        switch self {
        case .timeOutAfter, .resetAfter, .errorAfter, .unreadable: true
        case .timeOutBefore, .resetBefore, .errorBefore, .rateLimited: false
        }
    }
}

/// What became of a call of the sample broker.
package enum SampleBrokerReply: Sendable {
    case answer(status: Int, headers: [(name: String, value: String)], body: [UInt8])
    case timeOut
    case reset
}

/// What the sample broker does with an order.
package enum SampleOrderFate: Sendable {
    case fills
    /// A third, rounded up, and no more.
    case fillsInPart
    /// It stays open until it is cancelled.
    case rests
    /// It is accepted and rejected at the next look.
    case isRejected
    /// It rests, and is filled although a cancel was requested.
    case fillsLate
    /// It is replaced by another order, which fills.
    case isReplaced
}

/// Failures that follow from a seed and the number of a call alone, so that a run can be repeated.
package struct SampleBrokerPlan: Sendable {
    private let seed: UInt64
    private let oneIn: (post: UInt64, other: UInt64)
    private let kinds: [SampleBrokerFailure]

    /// - Parameters:
    ///   - seed: chooses which calls fail, and how
    ///   - postOneIn: one in so many POSTs fails
    ///   - otherOneIn: one in so many other calls fails
    ///   - kinds: how calls fail
    package init(
        seed: UInt64, postOneIn: UInt64 = 2, otherOneIn: UInt64 = 12, kinds: [SampleBrokerFailure] = SampleBrokerFailure.allCases
    ) {
        (self.seed, self.kinds) = (seed, kinds)
        oneIn = (max(1, postOneIn), max(1, otherOneIn))
    }

    /// The failure of a call; nil for a proper answer.
    package func failure(_ method: String, _ path: String, _ call: Int) -> SampleBrokerFailure? {
        let mixed = SeededGenerator.mixed(
            seed &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(truncatingIfNeeded: call) &* 0xbf58_476d_1ce4_e5b9)
        guard !kinds.isEmpty, mixed % (method == "POST" ? oneIn.post : oneIn.other) == 0 else { return nil }
        return kinds[Int((mixed >> 20) % UInt64(kinds.count))]
    }
}
