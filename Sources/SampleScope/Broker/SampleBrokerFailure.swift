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
