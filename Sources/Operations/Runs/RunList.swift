import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerStore
import LedgerValues
import OptionTrades

/// The runs that the last events of the log come from, and the rows that they rejected. A run that appended nothing and ended
/// without an event, as a backfill without work, is not in the log.
package struct RunList: Sendable {
    /// What a run did, by the events that it appended.
    enum Kind: String {
        case sync, context, benchmarks, marks, captures, observations, assertions, alerts, broker, promotion, other

        /// What the other events of a run stand for. A capture appends observations too, and counts as what it is.
        fileprivate static let ofTypes: [(Kind, Set<EventType>)] = [
            (.context, [.contextStamped]), (.benchmarks, [.executionBenchmarkRecorded]), (.marks, [.forwardMarkRecorded]),
            (.captures, [.snapshotCaptured, .captureFailed]), (.observations, [.marketObserved]),
            (.assertions, [.assertionStated, .assertionWithdrawn]),
            (.alerts, [.alertRaised, .alertCleared, .alertDelivered, .alertDeliveryFailed]),
            (.broker, Set(BrokerEvents.ofIntents + BrokerEvents.ofSources)), (.promotion, [.projectionPromoted]),
        ]
    }

    enum Status: String {
        /// A sync or a backfill that ended, or a sync that failed.
        case completed, failed
        /// A sync without an event of its end.
        case unfinished
        /// A run whose end is no event.
        case recorded
    }

    struct Run {
        let logged: LoggedRun
        let kind: Kind
        let status: Status
        let scopeKey: String?
        let startedAt: Instant
        let finishedAt: Instant
        /// Who started it, or stated its assertion: the name of a key, `cli` or `schedule`. Nil if the log does not say so.
        let actor: String?
        /// Counts of the summary; nil but for a sync that ended well and a backfill whose end is an event.
        let counts: [(String, JSONNode)]?
        /// `code: message` of a sync that failed.
        let error: String?
    }

    let runs: [Run]
    let rejected: [RecordedEvent]
    /// The first and the last position that was looked at; the last is 0 in an empty log.
    let from: Int64
    let to: Int64
    let head: Int64

    /// How many events one page goes back.
    package static let window: Int64 = 20_000
    private static let shownEnds = 1_000
    private static let shownRejected = 50

    /// `{"runs":[…],"rejected":[…],"from":…,"to":…,"older_before":…,"head_position":…}`
    package func json() -> [UInt8] {
        JSONNode.object([
            ("runs", .array(runs.map(\.node))), ("rejected", .array(rejected.compactMap(Self.node))), ("from", .integer(from)),
            ("to", .integer(to)), ("older_before", from > 1 ? .integer(from) : .null), ("head_position", .integer(head)),
        ]).httpBytes()
    }

    private static func node(_ event: RecordedEvent) -> JSONNode? {
        let type = EventType(event.type)
        guard
            let read = try? TradeEvents.registry.payload(type: type, schemaVersion: event.schemaVersion, bytes: event.payload),
            let payload = read.payload(as: RejectedRowPayload.self)
        else { return nil }
        return .object([
            ("position", .integer(event.position)), ("recorded_at", .string("\(event.recordedAt)")),
            ("run_id", .string("\(event.runID)")), ("source", .string(payload.source)),
            ("source_trade_id", payload.sourceTradeID.map(JSONNode.string) ?? .null),
            ("reasons", .array(payload.reasons.map(JSONNode.string))),
            ("raw", .string(payload.raw ?? payload.rawPrefix ?? "")), ("raw_bytes", .integer(Int64(payload.rawByteCount))),
            ("is_cut", .bool(payload.raw == nil)),
        ])
    }
}

extension RunList.Run {
    fileprivate var node: JSONNode {
        .object([
            ("run_id", .string("\(logged.runID)")), ("kind", .string(kind.rawValue)), ("status", .string(status.rawValue)),
            ("scope_key", scopeKey.map(JSONNode.string) ?? .null), ("actor", actor.map(JSONNode.string) ?? .null),
            ("started_at", .string("\(startedAt)")),
            ("finished_at", .string("\(finishedAt)")), ("first_position", .integer(logged.first)),
            ("last_position", .integer(logged.last)), ("begins_before", .bool(logged.beginsBefore)),
            ("events", .integer(logged.types.reduce(0) { $0 + $1.count })),
            ("types", .object(logged.types.map { ($0.type, .integer($0.count)) })),
            ("counts", counts.map(JSONNode.object) ?? .null), ("error", error.map(JSONNode.string) ?? .null),
        ])
    }

    private static let counted = [
        "fetched", "rejected", "inserted", "updated", "unchanged", "stale_ignored", "duplicates", "missing", "reappeared",
    ]

    fileprivate init(_ logged: LoggedRun, end: RecordedEvent?) throws {
        self.logged = logged
        let types = Set(logged.types.map { EventType($0.type) })
        let payload = try end.map {
            try TradeEvents.registry.payload(type: EventType($0.type), schemaVersion: $0.schemaVersion, bytes: $0.payload)
        }
        if let completed = payload?.payload(as: SyncCompletedPayload.self) {
            let summary = try JSONDocument(parsing: completed.summary).root
            (kind, status, scopeKey, actor, error) = (.sync, .completed, completed.scopeKey, completed.actor, nil)
            counts = Self.counted.compactMap { name in summary[name]?.integer.map { (name, .integer($0)) } }
            startedAt = summary["started_at"]?.string.flatMap { Instant($0) } ?? logged.firstRecordedAt
            finishedAt = summary["finished_at"]?.string.flatMap { Instant($0) } ?? logged.lastRecordedAt
            return
        }
        if let failed = payload?.payload(as: SyncFailedPayload.self) {
            (kind, status, scopeKey, error, counts) = (.sync, .failed, failed.scopeKey, failed.errorText, nil)
            (actor, startedAt, finishedAt) = (failed.actor, failed.startedAt, failed.finishedAt)
            return
        }
        (scopeKey, error) = (nil, nil)
        if let backfill = payload?.payload(as: BackfillCompletedPayload.self) {
            (kind, status, actor) = (RunList.Kind(rawValue: backfill.kind) ?? .other, .completed, backfill.actor)
            (startedAt, finishedAt) = (backfill.startedAt, backfill.finishedAt)
            counts = [
                ("asked", backfill.asked), ("appended", backfill.appended), ("unchanged", backfill.unchanged),
                ("refreshed", backfill.refreshed), ("failed", backfill.failed), ("calls", backfill.calls),
            ].map { ($0, .integer($1)) }
            return
        }
        counts = nil
        actor =
            payload?.payload(as: AssertionStatedPayload.self)?.statedBy ?? payload?.payload(as: AssertionWithdrawnPayload.self)?.withdrawnBy
        (startedAt, finishedAt) = (logged.firstRecordedAt, logged.lastRecordedAt)
        let ofSync = TradeEvents.executions + TradeEvents.presences + RunList.rejections
        if !types.isDisjoint(with: ofSync) {
            (kind, status) = (.sync, .unfinished)
            return
        }
        status = .recorded
        kind = RunList.Kind.ofTypes.first { !types.isDisjoint(with: $0.1) }?.0 ?? .other
    }
}

extension RunList {
    /// The events that end a run, or say who it is of.
    fileprivate static let ends: [EventType] = [
        .alphaSyncCompleted, .alphaSyncFailed, .syncCompleted, .syncFailed, .backfillCompleted, .assertionStated, .assertionWithdrawn,
    ]
    fileprivate static let rejections: [EventType] = [.alphaRowRejected, .rowRejected]

    fileprivate init(before: Int64?, _ session: PostgresSession) throws {
        let log = LogReader()
        head = try log.head(session).position
        to = min(head, before.map { $0 - 1 } ?? head)
        let start = max(0, to - Self.window)
        from = min(start + 1, max(to, 1))
        let logged = try log.runs(after: start, upTo: to, session)
        var ends: [UniqueID: RecordedEvent] = [:]
        for event in try log.last(Self.shownEnds, ofTypes: Self.ends, after: start, upTo: to, session) {
            // A run ends once; a killed one that was named again ends with its latest event.
            if ends[event.runID] == nil { ends[event.runID] = event }
        }
        runs = try logged.map { try Run($0, end: ends[$0.runID]) }
        rejected = try log.last(Self.shownRejected, ofTypes: Self.rejections, after: start, upTo: to, session)
    }
}

extension Ledger {
    /// The runs of the log's last events below a position, or of the last ones.
    package func runs(before: Int64?) async throws -> RunList {
        try await pool.run { session in try session.transaction(.snapshot) { try RunList(before: before, session) } }
    }
}
