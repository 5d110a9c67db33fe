import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerValues

/// Explains rows of observations: each column shows what the event at `observed_position` says.
struct ObservationsExplainer: ViewExplainer {
    let table: ObservationTable

    static func needs(_ row: RowMembers) -> ExplanationNeeds {
        .positions(row.root["observed_position"]?.integer.map { [$0] } ?? [])
    }

    func explain(_ field: String, _ sheet: inout Worksheet) throws(ExplanationError) {
        guard let event = sheet.row.events.last, let observed = event.payload(as: MarketObservedPayload.self),
            observed.kind == table.kind
        else { throw .missingEvent(view: table.name, position: nil, expected: "observation of \(table.kind.rawValue)") }
        switch table.source(of: field) {
        case .field(let index): sheet.copy(field, Shown(observed.values[index]), event)
        case .recordedAt: sheet.copy(field, Shown(event.record.recordedAt), event)
        case .time: sheet.copy(field, Shown(observed.timestamp), event)
        case .observedPosition:
            sheet.input(field, Shown(event.record.position), event)
            sheet.step("the latest event of its identity", field, Shown(event.record.position))
        case .snapshotID:
            let (key, id) = table.snapshot(of: observed)
            sheet.input(table.subject, Shown(observed.subject), event)
            sheet.input("timestamp", Shown(observed.timestamp), event)
            sheet.step("market, UTC date and snapshot type as canonical JSON", "[\(table.subject), date, type]", Shown(key))
            sheet.step("the first 16 hexadecimal digits of its SHA-256", "snapshot_id", Shown(id))
        case .missingSources: sheet.copy(field, Shown(observed.provenance.missingSources), event)
        case .observedSource: sheet.copy(field, Shown(observed.provenance.observedSource), event)
        case nil: throw .unknownField(field, view: table.name, known: [])
        }
    }
}

extension Shown {
    /// A field of an observation as a row shows it.
    init(_ value: MarketValue) {
        self =
            switch value {
            case .null: .null
            case .text(let text): Shown(text)
            case .instant(let instant): Shown(instant)
            case .date(let date): Shown(date)
            case .decimal(let decimal): Shown(decimal)
            case .integer(let integer): Shown(integer)
            case .optionType(let type): Shown(type.rawValue)
            case .rows(let rows): Shown(json: String(decoding: rows.publishedJSON(), as: UTF8.self))
            }
    }
}
