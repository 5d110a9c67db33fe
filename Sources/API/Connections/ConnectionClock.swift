/// What one connection is waited for, and since when: a pure state machine over parts, bytes and instants.
///
/// A client has a fixed time for a whole request, head and body, from its first byte on. Time during which the service owes
/// an answer does not count. A client that takes none of an answer's bytes for some time is given up.
struct ConnectionClock {
    typealias Instant = ContinuousClock.Instant

    /// What is to be done at an instant.
    enum Verdict: Equatable {
        /// Nothing is awaited from the client that must come in time.
        case quiet
        case waitUntil(Instant)
        /// The request did not come in time.
        case requestTooSlow
        /// The answer is not taken.
        case answerStalled
    }

    private let requestDeadline: Duration
    private let stallTimeout: Duration

    /// Requests that came whole, and answers that went out whole; early answers come before their requests' ends.
    private var readRequests = 0
    private var endedAnswers = 0
    /// Since when a request is read, as far as the client is to blame.
    private var readingSince: Instant?
    /// Since when nobody asks anything.
    private var idleSince: Instant?
    private var writtenBytes = 0
    private var takenBytes = 0
    private var lastTaken: Instant

    init(requestDeadline: Duration, stallTimeout: Duration, now: Instant) {
        self.requestDeadline = requestDeadline
        self.stallTimeout = stallTimeout
        idleSince = now
        lastTaken = now
    }

    /// Whether the service owes the client an answer, or is sending one.
    var isBusy: Bool { readRequests > endedAnswers }

    /// Since when the client is waited for; nil while the service owes it an answer.
    var waitingSince: Instant? { isBusy ? nil : readingSince ?? idleSince }

    /// Bytes came.
    mutating func received(at now: Instant) {
        if readingSince == nil { readingSince = now }
        idleSince = nil
    }

    /// A request is whole.
    mutating func requestEnded(at now: Instant) {
        readRequests += 1
        readingSince = nil
        if !isBusy { idleSince = now }
    }

    /// An answer is whole, as far as the service is concerned.
    mutating func answerEnded(at now: Instant) {
        endedAnswers += 1
        // An early answer leaves its request to be read, or more answers are owed.
        guard endedAnswers == readRequests else { return }
        // The next request may have begun while this one was answered.
        if readingSince != nil { readingSince = now } else { idleSince = now }
    }

    /// Bytes were handed to the connection.
    mutating func wrote(_ bytes: Int, at now: Instant) {
        if takenBytes == writtenBytes { lastTaken = now }
        writtenBytes += bytes
    }

    /// - Parameter buffered: bytes that the client has not taken yet.
    mutating func verdict(at now: Instant, buffered: Int) -> Verdict {
        let taken = writtenBytes - buffered
        if taken != takenBytes {
            takenBytes = taken
            lastTaken = now
        }
        var next: Instant?
        if buffered > 0 {
            let end = lastTaken + stallTimeout
            if now >= end { return .answerStalled }
            next = end
        }
        if let readingSince, !isBusy {
            let end = readingSince + requestDeadline
            if now >= end { return .requestTooSlow }
            next = min(next ?? end, end)
        }
        return next.map { .waitUntil($0) } ?? .quiet
    }
}
