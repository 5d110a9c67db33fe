import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerValues

/// Explains rows of `snapshots` from the captures of their stream.
struct SnapshotsExplainer: ViewExplainer {
    static func needs(_ row: RowMembers) -> ExplanationNeeds {
        .stream("snapshot-\(row.text("currency")):\(row.text("snapshot_date")):\(row.text("snapshot_type"))")
    }

    private typealias Capture = (event: DecodedEvent, payload: SnapshotCapturedPayload)

    func explain(_ field: String, _ sheet: inout Worksheet) throws(ExplanationError) {
        let all: [Capture] = sheet.row.events.compactMap { event in
            event.payload(as: SnapshotCapturedPayload.self).map { (event, $0) }
        }
        guard let first = all.first, let last = all.last else {
            throw .missingEvent(view: SnapshotsProjection.name, position: nil, expected: "capture")
        }
        let latest = Self.latestOfEachHour(all)
        switch field {
        case "currency": sheet.copy(field, Shown(last.payload.currency), last.event)
        case "snapshot_date": sheet.copy(field, Shown(last.payload.snapshotDate), last.event)
        case "snapshot_type": sheet.copy(field, Shown(last.payload.snapshotType), last.event)
        case "observed_source": sheet.copy(field, Shown(last.payload.observedSource), last.event)
        case "recorded_at": sheet.copy(field, Shown(last.event.record.recordedAt), last.event)
        case "created_at":
            sheet.input(field, Shown(first.event.record.recordedAt), first.event)
            sheet.step("when the first capture was recorded", field, Shown(first.event.record.recordedAt))
        case "observed_position":
            sheet.input(field, Shown(last.event.record.position), last.event)
            sheet.step("the latest capture", field, Shown(last.event.record.position))
        case "id":
            let id = SnapshotID(currency: last.payload.currency, date: last.payload.snapshotDate, type: last.payload.snapshotType)
            sheet.input("hour", Shown(last.payload.hour), last.event)
            sheet.step("market, UTC date and type as canonical JSON", "[currency, date, type]", Shown(id.key))
            sheet.step("the first 16 hexadecimal digits of its SHA-256", field, Shown(id.id))
        case "first_capture", "last_capture": bound(field, latest, &sheet)
        case "hours_covered", "record_count": sum(field, latest, &sheet)
        default: throw .unknownField(field, view: SnapshotsProjection.name, known: [])
        }
    }

    private func bound(_ field: String, _ latest: [Capture], _ sheet: inout Worksheet) {
        let isFirst = field == "first_capture"
        guard let capture = isFirst ? latest.first : latest.last else { return }
        sheet.input("hour", Shown(capture.payload.hour), capture.event)
        sheet.step(isFirst ? "the earliest hour" : "the latest hour", field, Shown(capture.payload.hour))
    }

    private func sum(_ field: String, _ latest: [Capture], _ sheet: inout Worksheet) {
        for capture in latest {
            sheet.input("record_count of \(capture.payload.hour)", Shown(capture.payload.recordCount), capture.event)
        }
        if field == "hours_covered" {
            let count = latest.count { $0.payload.recordCount > 0 }
            sheet.step("hours whose latest capture has observations", field, Shown(Int64(count)))
        } else {
            sheet.step("the sum over the latest capture of each hour", field, Shown(latest.reduce(0) { $0 + $1.payload.recordCount }))
        }
    }

    /// In order of the hours.
    private static func latestOfEachHour(_ all: [Capture]) -> [Capture] {
        var byHour: [Instant: Capture] = [:]
        for capture in all { byHour[capture.payload.hour] = capture }
        return byHour.values.sorted { $0.payload.hour < $1.payload.hour }
    }
}
