package import LedgerEvents
import LedgerJSON
package import LedgerValues

/// The payload of `AlphaSyncCompleted` and `SyncCompleted`: what a real run that ended well leaves behind.
///
/// Version 2 of the payload says who started the run.
package struct SyncCompletedPayload: Sendable, Equatable {
    package let scopeKey: String
    /// Canonical JSON; see ``ExecutionScope/details``.
    package let scopeDetails: [UInt8]
    package let sourceName: String
    /// The whole run summary as a canonical JSON object; see ``RunSummary/canonicalBytes()``.
    package let summary: [UInt8]
    /// The last non-null cursor of the run.
    package let cursor: String?
    /// The watermark at which the next incremental run starts. Nil if the scope was empty.
    package let watermark: Instant?
    /// Who started the run; see ``RunActor``. Nil if that is not known.
    package let actor: String?

    package init(
        scopeKey: String, scopeDetails: [UInt8], sourceName: String, summary: [UInt8],
        cursor: String?, watermark: Instant?, actor: String? = nil
    ) {
        self.scopeKey = scopeKey
        self.scopeDetails = scopeDetails
        self.sourceName = sourceName
        self.summary = summary
        self.cursor = cursor
        self.watermark = watermark
        self.actor = actor
    }

    /// 2 for a run whose starter is known, 1 for others.
    package var schemaVersion: Int { actor == nil ? 1 : 2 }

    /// The canonical JSON of the payload.
    package func encode() -> [UInt8] {
        var out = JSONWriter(reservingCapacity: summary.count + 512)
        out.beginObject()
        if let actor {
            out.key("actor")
            out.string(actor)
        }
        out.key("cursor")
        out.string(cursor)
        out.key("scope_details")
        out.raw(scopeDetails)
        out.key("scope_key")
        out.string(scopeKey)
        out.key("source_name")
        out.string(sourceName)
        out.key("summary")
        out.raw(summary)
        out.key("watermark")
        out.instant(watermark)
        out.endObject()
        return out.bytes
    }

    /// Reads version 1 of the payload, or version 2 if it has an actor.
    package init(decoding payload: [UInt8], hasActor: Bool = false) throws(PayloadError) {
        let reader = try PayloadReader(
            try PayloadReader.document(payload),
            keys: (hasActor ? ["actor"] : []) + ["cursor", "scope_details", "scope_key", "source_name", "summary", "watermark"])
        self.init(
            scopeKey: try reader.string("scope_key"), scopeDetails: try reader.object("scope_details"),
            sourceName: try reader.string("source_name"), summary: try reader.object("summary"),
            cursor: try reader.optionalString("cursor"), watermark: try reader.optionalInstant("watermark"),
            actor: hasActor ? try reader.string("actor") : nil)
    }
}

/// The payload of `AlphaSyncFailed` and `SyncFailed`: the reason why a real run stored no rows.
///
/// Version 2 of the payload says who started the run.
package struct SyncFailedPayload: Sendable, Equatable {
    package let runID: UniqueID
    package let scopeKey: String
    /// Canonical JSON; see ``ExecutionScope/details``.
    package let scopeDetails: [UInt8]
    package let sourceName: String
    /// A stable code.
    package let errorCode: String
    /// One sentence, without secrets.
    package let errorMessage: String
    package let startedAt: Instant
    package let finishedAt: Instant
    /// Who started the run; see ``RunActor``. Nil if that is not known.
    package let actor: String?

    package init(
        runID: UniqueID, scopeKey: String, scopeDetails: [UInt8], sourceName: String,
        errorCode: String, errorMessage: String, startedAt: Instant, finishedAt: Instant, actor: String? = nil
    ) {
        self.runID = runID
        self.scopeKey = scopeKey
        self.scopeDetails = scopeDetails
        self.sourceName = sourceName
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.actor = actor
    }

    /// 2 for a run whose starter is known, 1 for others.
    package var schemaVersion: Int { actor == nil ? 1 : 2 }

    /// The error as one line: `code: message`.
    package var errorText: String { "\(errorCode): \(errorMessage)" }

    /// The canonical JSON of the payload.
    package func encode() -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 640)
        out.beginObject()
        if let actor {
            out.key("actor")
            out.string(actor)
        }
        out.key("error")
        out.beginObject()
        out.key("code")
        out.string(errorCode)
        out.key("message")
        out.string(errorMessage)
        out.endObject()
        out.key("finished_at")
        out.instant(finishedAt)
        out.key("run_id")
        out.uniqueID(runID)
        out.key("scope_details")
        out.raw(scopeDetails)
        out.key("scope_key")
        out.string(scopeKey)
        out.key("source_name")
        out.string(sourceName)
        out.key("started_at")
        out.instant(startedAt)
        out.endObject()
        return out.bytes
    }

    /// Reads version 1 of the payload, or version 2 if it has an actor.
    package init(decoding payload: [UInt8], hasActor: Bool = false) throws(PayloadError) {
        let reader = try PayloadReader(
            try PayloadReader.document(payload),
            keys: (hasActor ? ["actor"] : [])
                + ["error", "finished_at", "run_id", "scope_details", "scope_key", "source_name", "started_at"])
        let error = try PayloadReader(try reader.value("error"), pointer: "/error", keys: ["code", "message"])
        self.init(
            runID: try reader.uniqueID("run_id"), scopeKey: try reader.string("scope_key"),
            scopeDetails: try reader.object("scope_details"), sourceName: try reader.string("source_name"),
            errorCode: try error.string("code"), errorMessage: try error.string("message"),
            startedAt: try reader.instant("started_at"), finishedAt: try reader.instant("finished_at"),
            actor: hasActor ? try reader.string("actor") : nil)
    }
}
