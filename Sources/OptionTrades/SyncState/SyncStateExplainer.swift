import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerValues

/// Explains rows of `sync_state` from the scope's runs. Each column shows a value that one of the runs reported.
struct SyncStateExplainer: ViewExplainer {
    let cursor: SyncStateProjection.CursorSource

    static func needs(_ row: RowMembers) -> ExplanationNeeds {
        .latest(
            stream: Streams.sync(scopeKey: row.text("scope_key")),
            ExecutionEventTypes.all.flatMap { types in
                [
                    LatestEvent(types.completed), LatestEvent(types.completed, having: "cursor"),
                    LatestEvent(types.completed, having: "watermark"), LatestEvent(types.failed),
                ]
            })
    }

    func explain(_ field: String, _ sheet: inout Worksheet) throws(ExplanationError) {
        guard let latest = sheet.row.events.last else {
            throw .missingEvent(view: SyncStateProjection.name, position: nil, expected: "run")
        }
        switch field {
        case "last_error", "last_error_at": failure(field, &sheet)
        case "scope_key", "source_name", "scope_details": scope(field, latest, &sheet)
        default: success(field, &sheet)
        }
    }

    private func failure(_ field: String, _ sheet: inout Worksheet) {
        let failed = sheet.row.events.last { event in
            event.payload(as: SyncFailedPayload.self) != nil
        }
        guard let failed, let payload = failed.payload(as: SyncFailedPayload.self) else {
            return sheet.null(field, because: "no run of the scope has failed")
        }
        sheet.input("run_id", Shown(payload.runID.description), failed)
        if field == "last_error" {
            sheet.input("error.code", Shown(payload.errorCode), failed)
            sheet.input("error.message", Shown(payload.errorMessage), failed)
            sheet.step("of the latest run that failed", "code: message", Shown(payload.errorText))
        } else {
            sheet.input("recorded_at", Shown(failed.record.recordedAt), failed)
            sheet.step("when the latest failure was recorded", "recorded_at", Shown(failed.record.recordedAt))
        }
    }

    private func scope(_ field: String, _ latest: DecodedEvent, _ sheet: inout Worksheet) {
        let (source, key, details): (String, String, [UInt8])
        if let payload = latest.payload(as: SyncCompletedPayload.self) {
            (source, key, details) = (payload.sourceName, payload.scopeKey, payload.scopeDetails)
        } else if let payload = latest.payload(as: SyncFailedPayload.self) {
            (source, key, details) = (payload.sourceName, payload.scopeKey, payload.scopeDetails)
        } else {
            return
        }
        switch field {
        case "source_name": sheet.copy(field, Shown(source), latest)
        case "scope_key": sheet.copy(field, Shown(key), latest)
        default: sheet.copy(field, Shown(json: String(decoding: details, as: UTF8.self)), latest)
        }
    }

    private func success(_ field: String, _ sheet: inout Worksheet) {
        var found: (event: DecodedEvent, payload: SyncCompletedPayload)?
        for event in sheet.row.events {
            guard let payload = event.payload(as: SyncCompletedPayload.self) else { continue }
            // A run of an empty scope has no watermark, so the earlier one stays. Code version 1 kept the earlier
            // cursor too.
            if field == "last_successful_cursor", cursor == .latestRunWithCursor, payload.cursor == nil { continue }
            if field == "last_successful_watermark", payload.watermark == nil { continue }
            found = (event, payload)
        }
        guard let (event, payload) = found else {
            return sheet.null(field, because: "no run of the scope has ended well and reported it")
        }
        sheet.input("run_id", Shown(event.record.runID.description), event)
        switch field {
        case "last_successful_cursor":
            sheet.input("cursor", Shown(payload.cursor), event)
            let run = cursor == .latestRun ? "of the latest run that ended well" : "of the latest run that had one"
            sheet.step(run, "cursor", Shown(payload.cursor))
            if payload.cursor == nil { sheet.note("the run had no second page, so no cursor") }
        case "last_successful_watermark":
            sheet.input("watermark", Shown(payload.watermark), event)
            sheet.step("of the latest run that had one", "watermark", Shown(payload.watermark))
        case "last_successful_sync_at":
            sheet.input("recorded_at", Shown(event.record.recordedAt), event)
            sheet.step("when the latest run that ended well was recorded", "recorded_at", Shown(event.record.recordedAt))
        default:
            // The row shows the summary's decimals as numbers, so this compares them in that form.
            let summary = Self.numbers(payload.summary)
            sheet.input("summary", summary, event)
            sheet.step("of the latest run that ended well", "summary", summary)
        }
    }

    private static let decimals: Set<ByteKey> = [
        "local_premium_usd", "local_quantity", "premium_delta_usd", "quantity_delta", "source_premium_usd",
        "source_quantity",
    ]

    /// A run's summary with its decimals as numbers.
    private static func numbers(_ summary: [UInt8]) -> Shown {
        guard let document = try? JSONDocument(parsing: summary) else { return .null }
        return Shown(node(document.root, isDecimal: false))
    }

    private static func node(_ value: JSONValue, isDecimal: Bool) -> JSONNode {
        switch value.kind {
        case .null: .null
        case .bool: .bool(value.bool ?? false)
        case .number: value.integer.map { .integer($0) } ?? value.publishedDecimal.map { .decimal($0) } ?? .null
        case .string:
            isDecimal ? value.publishedDecimal.map { .decimal($0) } ?? .string(value.string ?? "") : .string(value.string ?? "")
        case .array: .array(value.elements.map { node($0, isDecimal: isDecimal) })
        case .object:
            .object(value.members.map { ($0.key, node($0.value, isDecimal: decimals.contains(ByteKey($0.key)))) })
        }
    }
}
