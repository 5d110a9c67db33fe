/// The deadlines of one connection: a pure state machine over parts, bytes and instants.
///
/// A client has a fixed time for a whole request, head and body, starting at its first byte. Time during which the
/// service owes an answer does not count. A client that takes no bytes of an answer for some time is dropped.
struct ConnectionClock {
    typealias Instant = ContinuousClock.Instant

    /// The action due at an instant.
    enum Verdict: Equatable {
        /// The client has no deadline at present.
        case quiet
        case waitUntil(Instant)
        /// The request did not arrive in time.
        case requestTooSlow
        /// The client does not take the answer.
        case answerStalled
    }

    private let requestDeadline: Duration
    private let stallTimeout: Duration

    /// Complete requests received and complete answers sent. An early answer can end before its request.
    private var readRequests = 0
    private var endedAnswers = 0
    /// The time from which a request is being read, excluding time that is not the client's fault.
    private var readingSince: Instant?
    /// The time from which the connection is idle.
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

    /// Whether the service owes the client an answer or is sending one.
    var isBusy: Bool { readRequests > endedAnswers }

    /// The time from which the service waits for the client. Nil while the service owes an answer.
    var waitingSince: Instant? { isBusy ? nil : readingSince ?? idleSince }

    /// Bytes arrived.
    mutating func received(at now: Instant) {
        if readingSince == nil { readingSince = now }
        idleSince = nil
    }

    /// A request is complete.
    mutating func requestEnded(at now: Instant) {
        readRequests += 1
        readingSince = nil
        if !isBusy { idleSince = now }
    }

    /// An answer is complete on the service's side.
    mutating func answerEnded(at now: Instant) {
        endedAnswers += 1
        // After an early answer its request is still unread; in other cases more answers are owed.
        guard endedAnswers == readRequests else { return }
        // The next request may have begun during this answer.
        if readingSince != nil { readingSince = now } else { idleSince = now }
    }

    /// Bytes were handed to the connection.
    mutating func wrote(_ bytes: Int, at now: Instant) {
        if takenBytes == writtenBytes { lastTaken = now }
        writtenBytes += bytes
    }

    /// - Parameter buffered: the number of bytes that the client has not taken yet
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
