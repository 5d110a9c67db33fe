package import LedgerEvents
package import LedgerValues

extension Identity {
    /// `execution|source|id|recorded`
    package static func executionRecorded(source: String, id: String) -> String {
        join(["execution", source, id, "recorded"])
    }

    /// `execution|source|id|updated|prev|digest`: `prev` is the stream's previous version, `digest` that of the new
    /// content.
    package static func executionUpdated(source: String, id: String, previous: Int64, digest: Digest32) -> String {
        join(["execution", source, id, "updated", "\(previous)", "\(digest)"])
    }

    /// `execution|source|id|missing|prev`
    package static func missing(source: String, id: String, previous: Int64) -> String {
        join(["execution", source, id, "missing", "\(previous)"])
    }

    /// `execution|source|id|reappeared|prev`
    package static func reappeared(source: String, id: String, previous: Int64) -> String {
        join(["execution", source, id, "reappeared", "\(previous)"])
    }

    /// `rejected|source|raw digest|reasons digest`
    package static func rejected(source: String, rawDigest: Digest32, reasonsDigest: Digest32) -> String {
        join(["rejected", source, "\(rawDigest)", "\(reasonsDigest)"])
    }

    /// `sync|run_id`
    package static func syncCompleted(runID: UniqueID) -> String {
        join(["sync", "\(runID)"])
    }

    /// `syncfailed|run_id`
    package static func syncFailed(runID: UniqueID) -> String {
        join(["syncfailed", "\(runID)"])
    }

    /// `backfill|run_id`
    package static func backfillCompleted(runID: UniqueID) -> String {
        join(["backfill", "\(runID)"])
    }

    /// `context|source|id|context_key|prev|digest`
    package static func contextStamped(
        source: String, id: String, contextKey: String, previous: Int64, digest: Digest32
    ) -> String {
        join(["context", source, id, contextKey, "\(previous)", "\(digest)"])
    }

    /// `benchmark|source|id|prev|digest`
    package static func benchmarkRecorded(source: String, id: String, previous: Int64, digest: Digest32) -> String {
        join(["benchmark", source, id, "\(previous)", "\(digest)"])
    }

    /// `mark|source|id|horizon|prev|digest`
    package static func markRecorded(
        source: String, id: String, horizonKey: String, previous: Int64, digest: Digest32
    ) -> String {
        join(["mark", source, id, horizonKey, "\(previous)", "\(digest)"])
    }

    /// `assertion|id|stated`
    package static func assertionStated(id: String) -> String {
        join(["assertion", id, "stated"])
    }

    /// `assertion|id|withdrawn`
    package static func assertionWithdrawn(id: String) -> String {
        join(["assertion", id, "withdrawn"])
    }

    /// `report|manifest digest`
    package static func reportPublished(manifest: Digest32) -> String {
        join(["report", "\(manifest)"])
    }

    /// `market|kind|identifying digest|prev|digest`
    package static func marketObserved(
        kind: String, identifyingDigest: Digest32, previous: Int64, digest: Digest32
    ) -> String {
        join(["market", kind, "\(identifyingDigest)", "\(previous)", "\(digest)"])
    }

    /// `snapshot|currency|type|hour|prev|digest`
    package static func snapshotCaptured(currency: String, type: String, hour: Instant, previous: Int64, digest: Digest32) -> String {
        join(["snapshot", currency, type, hour.description, "\(previous)", "\(digest)"])
    }

    /// `flow|source|symbol|market_date|prev|digest`
    package static func flowSummarized(
        source: String, symbol: String, date: CalendarDate, previous: Int64, digest: Digest32
    ) -> String {
        join(["flow", source, symbol, date.description, "\(previous)", "\(digest)"])
    }

    /// `capturefailed|run_id|currency|type`
    package static func captureFailed(runID: UniqueID, currency: String, type: String) -> String {
        join(["capturefailed", "\(runID)", currency, type])
    }
}
