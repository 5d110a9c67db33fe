import Console
import Crypto
import LedgerValues
import Operations
import Synchronization

/// The sessions of the console: random tokens, kept only in memory, so that a restart signs everybody out.
///
/// Only a token's digest is stored, never the token and never a key.
final class ConsoleSessions: Sendable {
    /// The time for which a session may read, and for which it may act.
    static let readingTime: Duration = .seconds(12 * 3600)
    static let actingTime: Duration = .seconds(30 * 60)
    private static let limit = 1000

    struct Session: Sendable {
        /// The token that every form of the session sends back.
        let formToken: String
        let ends: ContinuousClock.Instant
        let actsUntil: ContinuousClock.Instant?
        let tradesUntil: ContinuousClock.Instant?
        /// The name of the key that began it; nil for a key without a name.
        let actor: String?
        var run: SyncCard.Run?
        var preview: Preview<SyncCard.Options>?
        /// For each kind of backfill the form as it was sent last, what would be asked for, and the preview that permits it.
        var backfillFields: [BackfillKind: [String: String]] = [:]
        var backfillsFound: [BackfillKind: Loaded] = [:]
        var backfillPreviews: [BackfillKind: Preview<BackfillRequest>] = [:]
        var notice: Notice?
        /// What the broker was asked last.
        var whatIf: Loaded?

        func mayAct(at now: ContinuousClock.Instant) -> Bool { actsUntil.map { now < $0 } ?? false }
        func mayTrade(at now: ContinuousClock.Instant) -> Bool { tradesUntil.map { now < $0 } ?? false }
    }

    /// A preview that permits a single real run with the same options.
    struct Preview<Options: Sendable>: Sendable {
        let id: String
        let options: Options
        let ends: ContinuousClock.Instant
        /// The same instant by the wall clock.
        let endsAt: Instant

        /// The preview as pages show it.
        var shown: RunPreview { RunPreview(id: id, ends: endsAt.description, hasExpired: ends <= .now) }
    }

    private let sessions = Mutex<[Digest32: Session]>([:])

    /// Starts a session. Returns the token for its cookie.
    func start(mayAct: Bool, mayTrade: Bool = false, actor: String? = nil, now: ContinuousClock.Instant = .now) -> String {
        let token = Self.randomText()
        let session = Session(
            formToken: Self.randomText(), ends: now + Self.readingTime, actsUntil: mayAct ? now + Self.actingTime : nil,
            tradesUntil: mayTrade ? now + Self.actingTime : nil, actor: actor)
        sessions.withLock { sessions in
            sessions = sessions.filter { now < $0.value.ends }
            if sessions.count >= Self.limit, let oldest = sessions.min(by: { $0.value.ends < $1.value.ends }) {
                sessions[oldest.key] = nil
            }
            sessions[Self.digest(token)] = session
        }
        return token
    }

    /// The session of a token. Nil if it does not exist or has ended.
    func session(_ token: String, now: ContinuousClock.Instant = .now) -> Session? {
        sessions.withLock { $0[Self.digest(token)] }.flatMap { now < $0.ends ? $0 : nil }
    }

    /// Changes a session's state.
    func update(_ token: String, _ change: (inout Session) -> Void) {
        sessions.withLock { sessions in
            guard var session = sessions[Self.digest(token)] else { return }
            change(&session)
            sessions[Self.digest(token)] = session
        }
    }

    /// Takes the notice that is to be shown once.
    func takeNotice(_ token: String) -> Notice? {
        sessions.withLock { sessions in
            let notice = sessions[Self.digest(token)]?.notice
            sessions[Self.digest(token)]?.notice = nil
            return notice
        }
    }

    /// Takes the preview with the given id, so that it can be used only once. Throws if it does not exist or has expired.
    ///
    /// - Parameter place: where the session keeps previews of this kind
    func takePreview<Options>(
        _ token: String, id: String, _ place: WritableKeyPath<Session, Preview<Options>?>, now: ContinuousClock.Instant = .now
    ) throws(Problem) -> Preview<Options> {
        let key = Self.digest(token)
        let preview = sessions.withLock { sessions -> Preview<Options>? in
            guard let preview = sessions[key]?[keyPath: place], preview.id.isBytewiseEqual(to: id) else { return nil }
            if now < preview.ends { sessions[key]?[keyPath: place] = nil }
            return preview
        }
        guard let preview else {
            throw Problem(.conflict, "a real run follows a preview of the same options, once: make the preview first")
        }
        guard now < preview.ends else {
            throw Problem(.conflict, "the preview expired at \(preview.endsAt): make it again")
        }
        return preview
    }

    func end(_ token: String) {
        sessions.withLock { $0[Self.digest(token)] = nil }
    }

    private static func digest(_ token: String) -> Digest32 { Digest32(Array(SHA256.hash(data: Array(token.utf8)))) }

    /// 256 random bits as hex digits.
    private static func randomText() -> String {
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        for _ in 0..<4 {
            let word: UInt64 = generator.next()
            for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
        }
        return Digest32(bytes).description
    }
}
