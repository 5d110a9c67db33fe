public import Values

// Each payload makes its event: type, stream, identity and expected version belong together.

extension ExecutionPayload {
    /// `AlphaExecutionRecorded`: the first event of its stream.
    public func recordedEvent() -> NewEvent {
        precondition(changedFields == nil, "a first recording has no changed fields")
        return NewEvent(
            identity: Identity.executionRecorded(source: row.source, id: row.sourceTradeID),
            stream: Streams.execution(source: row.source, id: row.sourceTradeID), type: .alphaExecutionRecorded,
            effectiveAt: row.tradeDate, payload: encode(), expectedVersion: 0)
    }

    /// `AlphaExecutionUpdated` after that version of its stream.
    public func updatedEvent(previousVersion: Int64) -> NewEvent {
        precondition(changedFields != nil, "an update has changed fields")
        return NewEvent(
            identity: Identity.executionUpdated(
                source: row.source, id: row.sourceTradeID, previous: previousVersion, digest: row.contentDigest),
            stream: Streams.execution(source: row.source, id: row.sourceTradeID), type: .alphaExecutionUpdated,
            effectiveAt: row.tradeDate, payload: encode(), expectedVersion: previousVersion)
    }
}

extension PresencePayload {
    /// `AlphaExecutionMissing` after that version of its stream.
    public func missingEvent(previousVersion: Int64) -> NewEvent {
        event(
            .alphaExecutionMissing, Identity.missing(source: source, id: sourceTradeID, previous: previousVersion),
            previousVersion)
    }

    /// `AlphaExecutionReappeared` after that version of its stream.
    public func reappearedEvent(previousVersion: Int64) -> NewEvent {
        event(
            .alphaExecutionReappeared,
            Identity.reappeared(source: source, id: sourceTradeID, previous: previousVersion), previousVersion)
    }

    private func event(_ type: EventType, _ identity: String, _ previousVersion: Int64) -> NewEvent {
        NewEvent(
            identity: identity, stream: Streams.execution(source: source, id: sourceTradeID), type: type,
            payload: encode(), expectedVersion: previousVersion)
    }
}

extension RejectedRowPayload {
    /// `AlphaRowRejected`; the same row with the same reasons is one event, whatever run saw it.
    public func event() -> NewEvent {
        NewEvent(
            identity: Identity.rejected(source: source, rawDigest: rawDigest, reasonsDigest: reasonsDigest),
            stream: Streams.rejections(source: source), type: .alphaRowRejected, payload: encode())
    }
}

extension SyncCompletedPayload {
    /// `AlphaSyncCompleted` of a run.
    public func event(runID: UniqueID) -> NewEvent {
        NewEvent(
            identity: Identity.syncCompleted(runID: runID), stream: Streams.sync(scopeKey: scopeKey),
            type: .alphaSyncCompleted, payload: encode())
    }
}

extension SyncFailedPayload {
    /// `AlphaSyncFailed` of its run.
    public func event() -> NewEvent {
        NewEvent(
            identity: Identity.syncFailed(runID: runID), stream: Streams.sync(scopeKey: scopeKey),
            type: .alphaSyncFailed, payload: encode())
    }
}

extension ProjectionPromotedPayload {
    /// `ProjectionPromoted` by a run.
    public func event(runID: UniqueID) -> NewEvent {
        NewEvent(
            identity: Identity.projectionPromoted(name: projection, runID: runID),
            stream: Streams.projection(name: projection), type: .projectionPromoted, payload: encode())
    }
}
