package import LedgerEvents
package import LedgerJSON
package import LedgerProjections
import LedgerRules
package import LedgerValues

/// The sync state: one row a scope, what its last runs reported (docs/contract/alpha-feed.md, "Sync state").
package struct SyncStateProjection: Projection {
    package static let name = "sync_state"
    /// The second version adds who started the run, which no row has.
    package static let consumes = [EventType: Set<Int>](
        uniqueKeysWithValues: ExecutionEventTypes.all.flatMap { [$0.completed, $0.failed] }.map { ($0, [1, 2]) })

    /// Which run's cursor a scope shows.
    package enum CursorSource: Sendable {
        /// Code version 1: the cursor of the last successful run that had one.
        case latestRunWithCursor
        /// From code version 2 on: the last successful run's cursor, null if it had none.
        case latestRun

        package init(codeVersion: Int) { self = codeVersion < 2 ? .latestRunWithCursor : .latestRun }
    }

    package struct Facts: Sendable {
        var sourceName: String
        var scopeKey: String
        /// Canonical JSON.
        var scopeDetails: [UInt8]
        var cursor: String?
        var watermark: Instant?
        var syncedAt: Instant?
        var error: String?
        var errorAt: Instant?
        /// Canonical JSON. Nil before a first success.
        var summary: [UInt8]?
    }

    package let identity: ProjectionIdentity
    private let rules: SyncStateRules
    private let cursorSource: CursorSource

    package init(rules: SyncStateRules, codeVersion: Int = 1) {
        identity = ProjectionIdentity(
            name: Self.name, codeVersion: codeVersion, ownRules: rules.file, rules: [rules.file])
        self.rules = rules
        cursorSource = CursorSource(codeVersion: codeVersion)
    }

    /// The same rules, folded with the code of another version.
    func folding(as codeVersion: Int) -> Self { Self(rules: rules, codeVersion: codeVersion) }

    package static var rowsAreFacts: Bool { true }

    package func entities(touchedBy event: DecodedEvent) -> [RowKey] {
        if let payload = event.payload(as: SyncCompletedPayload.self) { return [RowKey([payload.sourceName, payload.scopeKey])] }
        if let payload = event.payload(as: SyncFailedPayload.self) { return [RowKey([payload.sourceName, payload.scopeKey])] }
        return []
    }

    package func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) {
        if let payload = event.payload(as: SyncCompletedPayload.self) {
            var state = facts ?? Self.empty(payload.sourceName, payload.scopeKey)
            state.scopeDetails = payload.scopeDetails
            // A run with a single page has no cursor.
            switch cursorSource {
            case .latestRunWithCursor: state.cursor = payload.cursor ?? state.cursor
            case .latestRun: state.cursor = payload.cursor
            }
            // An empty scope has no watermark. The stored one stays, because the next run starts there.
            state.watermark = payload.watermark ?? state.watermark
            state.syncedAt = event.record.recordedAt
            state.summary = payload.summary
            facts = state
        } else if let payload = event.payload(as: SyncFailedPayload.self) {
            var state = facts ?? Self.empty(payload.sourceName, payload.scopeKey)
            state.scopeDetails = payload.scopeDetails
            state.error = payload.errorText
            state.errorAt = event.record.recordedAt
            facts = state
        }
    }

    private static func empty(_ sourceName: String, _ scopeKey: String) -> Facts {
        Facts(sourceName: sourceName, scopeKey: scopeKey, scopeDetails: Array("{}".utf8))
    }

    /// A run has no valid time, so the state is the same at every instant.
    package func facts(_ facts: Facts, effectiveBy instant: Instant) -> Facts? { facts }

    package func writeRows(of facts: Facts, to rows: inout RowWriter) {
        encode(facts, to: &rows.out)
        rows.endRow(RowKey([facts.sourceName, facts.scopeKey]))
    }

    package func encode(_ facts: Facts, to out: inout JSONWriter) {
        out.beginObject()
        out.key("last_error"); out.string(facts.error)
        out.key("last_error_at"); out.instant(facts.errorAt)
        out.key("last_run_summary")
        if let summary = facts.summary { out.raw(summary) } else { out.null() }
        out.key("last_successful_cursor"); out.string(facts.cursor)
        out.key("last_successful_sync_at"); out.instant(facts.syncedAt)
        out.key("last_successful_watermark"); out.instant(facts.watermark)
        out.key("scope_details"); out.raw(facts.scopeDetails)
        out.key("scope_key"); out.string(facts.scopeKey)
        out.key("source_name"); out.string(facts.sourceName)
        out.endObject()
    }

    package func facts(from document: [UInt8]) throws -> Facts {
        let parsed = try JSONDocument(parsing: document)
        let root = parsed.root
        guard let source = root["source_name"]?.string, let scope = root["scope_key"]?.string,
            let details = root["scope_details"], let summary = root["last_run_summary"]
        else { throw RowProblem(description: "a stored sync state row lacks a column") }
        return Facts(
            sourceName: source, scopeKey: scope, scopeDetails: Array(parsed.bytes[details.sourceRange]),
            cursor: root["last_successful_cursor"]?.string,
            watermark: root["last_successful_watermark"]?.string.flatMap { Instant($0) },
            syncedAt: root["last_successful_sync_at"]?.string.flatMap { Instant($0) },
            error: root["last_error"]?.string, errorAt: root["last_error_at"]?.string.flatMap { Instant($0) },
            summary: summary.isNull ? nil : Array(parsed.bytes[summary.sourceRange]))
    }
}
