package import LedgerEvents
import LedgerJSON
package import LedgerValues

/// The payload of `AlphaSyncCompleted` and `SyncCompleted`: what a real run that ended well leaves behind.
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

    package init(
        scopeKey: String, scopeDetails: [UInt8], sourceName: String, summary: [UInt8],
        cursor: String?, watermark: Instant?
    ) {
        self.scopeKey = scopeKey
        self.scopeDetails = scopeDetails
        self.sourceName = sourceName
        self.summary = summary
        self.cursor = cursor
        self.watermark = watermark
    }

    /// The canonical JSON of the payload.
    package func encode() -> [UInt8] {
        var out = JSONWriter(reservingCapacity: summary.count + 512)
        out.beginObject()
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

    package init(decoding payload: [UInt8]) throws(PayloadError) {
        let reader = try PayloadReader(
            try PayloadReader.document(payload),
            keys: ["cursor", "scope_details", "scope_key", "source_name", "summary", "watermark"])
        self.init(
            scopeKey: try reader.string("scope_key"), scopeDetails: try reader.object("scope_details"),
            sourceName: try reader.string("source_name"), summary: try reader.object("summary"),
            cursor: try reader.optionalString("cursor"), watermark: try reader.optionalInstant("watermark"))
    }
}

/// The payload of `AlphaSyncFailed`: the reason why a real run stored no rows.
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

    package init(
        runID: UniqueID, scopeKey: String, scopeDetails: [UInt8], sourceName: String,
        errorCode: String, errorMessage: String, startedAt: Instant, finishedAt: Instant
    ) {
        self.runID = runID
        self.scopeKey = scopeKey
        self.scopeDetails = scopeDetails
        self.sourceName = sourceName
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }

    /// The error as one line: `code: message`.
    package var errorText: String { "\(errorCode): \(errorMessage)" }

    /// The canonical JSON of the payload.
    package func encode() -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 640)
        out.beginObject()
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

    package init(decoding payload: [UInt8]) throws(PayloadError) {
        let reader = try PayloadReader(
            try PayloadReader.document(payload),
            keys: ["error", "finished_at", "run_id", "scope_details", "scope_key", "source_name", "started_at"])
        let error = try PayloadReader(try reader.value("error"), pointer: "/error", keys: ["code", "message"])
        self.init(
            runID: try reader.uniqueID("run_id"), scopeKey: try reader.string("scope_key"),
            scopeDetails: try reader.object("scope_details"), sourceName: try reader.string("source_name"),
            errorCode: try error.string("code"), errorMessage: try error.string("message"),
            startedAt: try reader.instant("started_at"), finishedAt: try reader.instant("finished_at"))
    }
}
