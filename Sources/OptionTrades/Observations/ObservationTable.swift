import LedgerEvents
import LedgerJSON
import LedgerValues

/// A table of observations: whose observations it shows, and its columns.
struct ObservationTable: Sendable {
    /// The projection's.
    let name: String
    let kind: MarketKind
    /// The columns in canonical order of their names.
    private let columns: [(key: StaticString, source: Source)]

    /// Where a column comes from.
    enum Source: Sendable {
        /// A field of the observation.
        case field(Int)
        /// The snapshot of the market that the observation is a part of; see ``snapshot(of:)``.
        case snapshotID
        /// Sources that failed when the observation was made. Version 1 of the event names none.
        case missingSources
        /// Who observed it. Version 1 of the event does not say.
        case observedSource
        /// The event's position.
        case observedPosition
        /// When the event was recorded.
        case recordedAt
    }

    /// - Parameter own: columns beside the kind's fields and those that every table has.
    init(_ name: String, of kind: MarketKind, own: KeyValuePairs<StaticString, Source> = [:]) {
        self.name = name
        self.kind = kind
        let fields = kind.fields.indices.map { (key: kind.fields[$0].key, source: Source.field($0)) }
        let all: KeyValuePairs<StaticString, Source> = [
            "observed_position": .observedPosition, "observed_source": .observedSource, "recorded_at": .recordedAt,
        ]
        columns = (fields + own.map { (key: $0.key, source: $0.value) } + all.map { (key: $0.key, source: $0.value) })
            .sorted { "\($0.key)".isBytewiseLess(than: "\($1.key)") }
    }

    /// The name of the field that names the market.
    var subject: String { kind.fields[kind.shape.subject].name }

    /// Where a column comes from; nil for one that the table does not have.
    func source(of column: String) -> Source? { columns.first { "\($0.key)".isBytewiseEqual(to: column) }?.source }

    /// A row, canonical JSON in event encoding.
    func document(of observed: MarketObservedPayload, _ record: EventHeader) -> [UInt8] {
        JSONWriter.bytes(reservingCapacity: 512) { out in
            out.beginObject()
            for (key, source) in columns {
                out.key(key)
                switch source {
                case .field(let index): observed.values[index].write(to: &out)
                case .snapshotID: out.string(snapshot(of: observed).id)
                case .missingSources:
                    out.beginArray()
                    out.endArray()
                case .observedSource: out.null()
                case .observedPosition: out.integer(record.position)
                case .recordedAt: out.instant(record.recordedAt)
                }
            }
            out.endObject()
        }
    }

    /// The snapshot that an observation is a part of: all of its kind for one market and UTC day.
    ///
    /// - Returns: the canonical JSON array of market, date and kind, and the first 16 hexadecimal digits of its SHA-256.
    func snapshot(of observed: MarketObservedPayload) -> (key: String, id: String) {
        let key = JSONNode.array([
            .string(observed.subject), .string(observed.timestamp.date.description), .string(kind.rawValue),
        ]).canonicalBytes()
        return (String(decoding: key, as: UTF8.self), String(Digest32(sha256Of: key).description.prefix(16)))
    }
}
