public import Events
import JSON
public import Rules
import Values

/// The sync state: one row a scope, what its last runs reported (spec 2, section 4).
public struct SyncStateProjection: Projection {
    public static let name = "sync_state"
    public static let codeVersion = 1
    public static let consumes: [EventType: Set<Int>] = [.alphaSyncCompleted: [1], .alphaSyncFailed: [1]]

    public struct Row: Sendable {
        var sourceName: String
        var scopeKey: String
        /// Canonical JSON.
        var scopeDetails: [UInt8]
        var cursor: String?
        var watermark: Instant?
        var syncedAt: Instant?
        var error: String?
        var errorAt: Instant?
        /// Canonical JSON; nil before a first success.
        var summary: [UInt8]?
    }

    public let identity: ProjectionIdentity

    public init(rules: SyncStateRules) {
        identity = ProjectionIdentity(
            name: Self.name, codeVersion: Self.codeVersion, ownRules: rules.file, rules: [rules.file])
    }

    public func keys(touchedBy event: DecodedEvent) -> [RowKey] {
        switch event.payload {
        case .syncCompleted(let payload): [RowKey([payload.sourceName, payload.scopeKey])]
        case .syncFailed(let payload): [RowKey([payload.sourceName, payload.scopeKey])]
        default: []
        }
    }

    public func apply(_ event: DecodedEvent, to rows: inout RowSet<Row>) throws {
        switch event.payload {
        case .syncCompleted(let payload):
            let key = RowKey([payload.sourceName, payload.scopeKey])
            var row = try rows.row(key) ?? Self.empty(payload.sourceName, payload.scopeKey)
            row.scopeDetails = payload.scopeDetails
            // A run without a second page has no cursor, and an empty scope no watermark: the stored ones stay.
            row.cursor = payload.cursor ?? row.cursor
            row.watermark = payload.watermark ?? row.watermark
            row.syncedAt = event.record.recordedAt
            row.summary = payload.summary
            try rows.set(key, row)
        case .syncFailed(let payload):
            let key = RowKey([payload.sourceName, payload.scopeKey])
            var row = try rows.row(key) ?? Self.empty(payload.sourceName, payload.scopeKey)
            row.scopeDetails = payload.scopeDetails
            row.error = payload.errorText
            row.errorAt = event.record.recordedAt
            try rows.set(key, row)
        default:
            break
        }
    }

    private static func empty(_ sourceName: String, _ scopeKey: String) -> Row {
        Row(sourceName: sourceName, scopeKey: scopeKey, scopeDetails: Array("{}".utf8))
    }

    public func storedValues(of row: Row) -> [StoredValue] { [] }

    public func document(of row: Row) -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 1024)
        out.beginObject()
        out.key("last_error"); out.string(row.error)
        out.key("last_error_at"); out.instant(row.errorAt)
        out.key("last_run_summary")
        if let summary = row.summary { out.raw(summary) } else { out.null() }
        out.key("last_successful_cursor"); out.string(row.cursor)
        out.key("last_successful_sync_at"); out.instant(row.syncedAt)
        out.key("last_successful_watermark"); out.instant(row.watermark)
        out.key("scope_details"); out.raw(row.scopeDetails)
        out.key("scope_key"); out.string(row.scopeKey)
        out.key("source_name"); out.string(row.sourceName)
        out.endObject()
        return out.bytes
    }

    public func row(from document: [UInt8]) throws -> Row {
        let parsed = try JSONDocument(parsing: document)
        let root = parsed.root
        guard let source = root["source_name"]?.string, let scope = root["scope_key"]?.string,
            let details = root["scope_details"], let summary = root["last_run_summary"]
        else { throw RowProblem(description: "a stored sync state row lacks a column") }
        return Row(
            sourceName: source, scopeKey: scope, scopeDetails: Array(parsed.bytes[details.sourceRange]),
            cursor: root["last_successful_cursor"]?.string,
            watermark: root["last_successful_watermark"]?.string.flatMap { Instant($0) },
            syncedAt: root["last_successful_sync_at"]?.string.flatMap { Instant($0) },
            error: root["last_error"]?.string, errorAt: root["last_error_at"]?.string.flatMap { Instant($0) },
            summary: summary.isNull ? nil : Array(parsed.bytes[summary.sourceRange]))
    }
}
