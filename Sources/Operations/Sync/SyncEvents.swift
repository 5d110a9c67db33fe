import AlphaFeed
import Events
import JSON
import Values

/// The events of a sync besides the executions themselves.
enum SyncEvents {
    static let sourceName = "alpha_trade_feed"

    static func rejected(raw: String, reasons: [String], tradeID: String?, scopeKey: String) -> NewEvent {
        let payload = RejectedRowPayload(
            source: SyncOperation.source, scopeKey: scopeKey, raw: raw, reasons: reasons, sourceTradeID: tradeID)
        return NewEvent(
            identity: payload.identity, stream: Streams.rejections(source: SyncOperation.source),
            type: .alphaRowRejected, payload: payload.encode())
    }

    static func presence(id: String, isMissing: Bool, previous: Int64, scopeKey: String) -> NewEvent {
        let source = SyncOperation.source
        return NewEvent(
            identity: isMissing
                ? Identity.missing(source: source, id: id, previous: previous)
                : Identity.reappeared(source: source, id: id, previous: previous),
            stream: Streams.execution(source: source, id: id),
            type: isMissing ? .alphaExecutionMissing : .alphaExecutionReappeared,
            payload: PresencePayload(source: source, sourceTradeID: id, scopeKey: scopeKey).encode(),
            expectedVersion: previous)
    }

    static func completed(_ summary: SyncSummary, scope: FeedScope, cursor: String?, watermark: Instant?) -> NewEvent {
        let payload = SyncCompletedPayload(
            sourceName: sourceName, scopeKey: scope.scopeKey, scopeDetails: details(scope),
            summary: summary.node.canonicalBytes(), cursor: cursor, watermark: watermark)
        return NewEvent(
            identity: Identity.syncCompleted(runID: summary.runID), stream: Streams.sync(scopeKey: scope.scopeKey),
            type: .alphaSyncCompleted, payload: payload.encode())
    }

    static func failed(
        summary: SyncSummary, scope: FeedScope, code: String, message: String, finishedAt: Instant
    ) -> NewEvent {
        let payload = SyncFailedPayload(
            sourceName: sourceName, scopeKey: scope.scopeKey, scopeDetails: details(scope), runID: summary.runID,
            errorCode: code, errorMessage: message, startedAt: summary.startedAt, finishedAt: finishedAt)
        return NewEvent(
            identity: Identity.syncFailed(runID: summary.runID), stream: Streams.sync(scopeKey: scope.scopeKey),
            type: .alphaSyncFailed, payload: payload.encode())
    }

    private static func details(_ scope: FeedScope) -> [UInt8] {
        JSONNode.object([
            ("portfolios", .array(scope.portfolios.map(JSONNode.string))),
            ("include_pending", .bool(scope.includePending)),
        ]).canonicalBytes()
    }
}
