package import LedgerEvents
package import LedgerValues

// Each payload makes its own event, because type, stream, identity and expected version belong together.

extension ExecutionPayload {
    /// `AlphaExecutionRecorded` or `ExecutionRecorded`: the first event of its stream.
    package func recordedEvent() -> NewEvent {
        precondition(changedFields == nil, "a first recording has no changed fields")
        return NewEvent(
            ExecutionEventTypes.of(source: row.source).recorded,
            identity: Identity.executionRecorded(source: row.source, id: row.sourceTradeID),
            stream: Streams.execution(source: row.source, id: row.sourceTradeID),
            effectiveAt: row.tradeDate, payload: encode(), expectedVersion: 0)
    }

    /// `AlphaExecutionUpdated` after the given version of its stream.
    package func updatedEvent(previousVersion: Int64) -> NewEvent {
        precondition(changedFields != nil, "an update has changed fields")
        return NewEvent(
            ExecutionEventTypes.of(source: row.source).updated,
            identity: Identity.executionUpdated(
                source: row.source, id: row.sourceTradeID, previous: previousVersion, digest: row.contentDigest),
            stream: Streams.execution(source: row.source, id: row.sourceTradeID),
            effectiveAt: row.tradeDate, payload: encode(), expectedVersion: previousVersion)
    }
}

extension PresencePayload {
    /// `AlphaExecutionMissing`, `ExecutionMissing` or the same of `Reappeared`, after the given version of its stream.
    package func event(previousVersion: Int64) -> NewEvent {
        let types = ExecutionEventTypes.of(source: source)
        return NewEvent(
            isMissing ? types.missing : types.reappeared,
            identity: isMissing
                ? Identity.missing(source: source, id: sourceTradeID, previous: previousVersion)
                : Identity.reappeared(source: source, id: sourceTradeID, previous: previousVersion),
            stream: Streams.execution(source: source, id: sourceTradeID), payload: encode(), expectedVersion: previousVersion)
    }
}

extension RejectedRowPayload {
    /// `AlphaRowRejected` or `RowRejected`. The same row with the same reasons makes one event, no matter which runs saw it.
    package func event() -> NewEvent {
        NewEvent(
            ExecutionEventTypes.of(source: source).rejected, schemaVersion: schemaVersion,
            identity: Identity.rejected(source: source, rawDigest: rawDigest, reasonsDigest: reasonsDigest),
            stream: Streams.rejections(source: source), payload: encode())
    }
}

extension SyncCompletedPayload {
    /// `AlphaSyncCompleted` or `SyncCompleted` of a run.
    package func event(runID: UniqueID) -> NewEvent {
        NewEvent(
            ExecutionEventTypes.of(feed: sourceName).completed, schemaVersion: schemaVersion,
            identity: Identity.syncCompleted(runID: runID),
            stream: Streams.sync(scopeKey: scopeKey),
            payload: encode())
    }
}

extension SyncFailedPayload {
    /// `AlphaSyncFailed` or `SyncFailed` of its run.
    package func event() -> NewEvent {
        NewEvent(
            ExecutionEventTypes.of(feed: sourceName).failed, schemaVersion: schemaVersion, identity: Identity.syncFailed(runID: runID),
            stream: Streams.sync(scopeKey: scopeKey),
            payload: encode())
    }
}

extension MarketObservedPayload {
    /// `MarketObserved` after the given version of its stream (0 for the first observation).
    package func event(previousVersion: Int64) -> NewEvent {
        EncodedObservation(self).event(previousVersion: previousVersion)
    }

    /// The stream that holds the observation and its later corrections.
    package var stream: String {
        Streams.market(kind: kind.rawValue, subject: subject, identifyingDigest: identifyingDigest)
    }
}

extension ContextStampedPayload {
    /// `ContextStamped` after the given version of its stream. Its valid time is the trade's date, or the time of the
    /// latest observation used if that is later.
    package func event(previousVersion: Int64, effectiveAt: Instant) -> NewEvent {
        NewEvent(
            .contextStamped,
            identity: Identity.contextStamped(
                source: self.source, id: self.sourceTradeID, contextKey: self.contextKey, previous: previousVersion,
                digest: contentDigest),
            stream: Streams.context(source: self.source, id: self.sourceTradeID), effectiveAt: effectiveAt, payload: encode(),
            expectedVersion: previousVersion)
    }
}

extension ExecutionBenchmarkPayload {
    /// `ExecutionBenchmarkRecorded` after the given version of its stream.
    package func event(previousVersion: Int64, effectiveAt: Instant) -> NewEvent {
        NewEvent(
            .executionBenchmarkRecorded,
            identity: Identity.benchmarkRecorded(
                source: self.source, id: self.sourceTradeID, previous: previousVersion, digest: contentDigest),
            stream: Streams.benchmark(source: self.source, id: self.sourceTradeID), effectiveAt: effectiveAt,
            payload: encode(), expectedVersion: previousVersion)
    }

    /// The same event with ``effectiveAt`` as its valid time.
    package func event(previousVersion: Int64) -> NewEvent {
        event(previousVersion: previousVersion, effectiveAt: effectiveAt)
    }
}

extension ForwardMarkPayload {
    /// `ForwardMarkRecorded` after the given version of its stream.
    package func event(previousVersion: Int64, effectiveAt: Instant) -> NewEvent {
        NewEvent(
            .forwardMarkRecorded,
            identity: Identity.markRecorded(
                source: self.source, id: self.sourceTradeID, horizonKey: self.horizonKey, previous: previousVersion,
                digest: contentDigest),
            stream: Streams.mark(source: self.source, id: self.sourceTradeID, horizonKey: self.horizonKey),
            effectiveAt: effectiveAt, payload: encode(), expectedVersion: previousVersion)
    }

    /// The same event with ``effectiveAt`` as its valid time.
    package func event(previousVersion: Int64) -> NewEvent {
        event(previousVersion: previousVersion, effectiveAt: effectiveAt)
    }
}
