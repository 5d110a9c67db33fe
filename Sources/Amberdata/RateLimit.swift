/// Spaces requests evenly: each takes the next free moment and waits for it.
actor RateLimit {
    private let interval: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let sleep: @Sendable (ContinuousClock.Instant) async throws -> Void
    private var nextFree: ContinuousClock.Instant?

    init(
        perSecond: Int, now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now },
        sleep: @escaping @Sendable (ContinuousClock.Instant) async throws -> Void = {
            try await Task.sleep(until: $0, clock: .continuous)
        }
    ) {
        interval = .seconds(1) / max(1, perSecond)
        self.now = now
        self.sleep = sleep
    }

    /// Returns when the caller may send; throws where its task is cancelled before, which takes no turn, or meanwhile.
    func wait() async throws {
        try Task.checkCancellation()
        let present = now()
        let mine = max(present, nextFree ?? present)
        nextFree = mine + interval
        if mine > present { try await sleep(mine) }
    }
}
