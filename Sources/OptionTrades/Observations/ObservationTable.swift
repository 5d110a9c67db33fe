import LedgerEvents
import LedgerJSON
import LedgerValues

/// A table of observations: whose observations it shows, and its columns.
struct ObservationTable: Sendable {
    /// The projection's.
    let name: String
    let kind: MarketKind
    /// The type of the snapshots that its observations are parts of (docs/contract/market-data.md, "Tables"); nil if they are
    /// of none.
    private let snapshotType: String?
    /// The columns in canonical order of their names.
    private let columns: [(key: StaticString, source: Source)]

    /// Where a column comes from.
    enum Source: Sendable {
        /// A field of the observation.
        case field(Int)
        /// The snapshot of the market that the observation is a part of; see ``snapshot(of:)``.
        case snapshotID
        /// The sources that failed when the observation was made.
        case missingSources
        /// Who observed it.
        case observedSource
        /// The event's position.
        case observedPosition
        /// When the event was recorded.
        case recordedAt
        /// The time at which the observation holds, of a kind without such a field.
        case time
    }

    /// - Parameters:
    ///   - snapshotType: the type of its snapshots; nil for a table without `snapshot_id`.
    ///   - hasMissingSources: whether rows name the sources that failed.
    init(_ name: String, of kind: MarketKind, snapshots snapshotType: String? = nil, hasMissingSources: Bool = false) {
        self.name = name
        self.kind = kind
        self.snapshotType = snapshotType
        var columns = kind.fields.indices.map { (key: kind.fields[$0].key, source: Source.field($0)) }
        columns += [("observed_position", .observedPosition), ("observed_source", .observedSource), ("recorded_at", .recordedAt)]
        if !kind.hasTimeField { columns.append(("timestamp", .time)) }
        if snapshotType != nil { columns.append(("snapshot_id", .snapshotID)) }
        if hasMissingSources { columns.append(("missing_sources", .missingSources)) }
        self.columns = columns.sorted { "\($0.key)".isBytewiseLess(than: "\($1.key)") }
    }

    /// The name of the field that names the market.
    var subject: String { kind.fields[kind.shape.subject].name }

    /// The columns of the key: the identifying fields, in the order of the kind.
    var key: [String] { kind.fields.filter(\.isIdentifying).map(\.name) }

    /// Whether the time stands beside the document, since it is not a part of the key.
    var hasStoredTime: Bool { !kind.hasTimeField || !kind.fields[kind.shape.timestamp].isIdentifying }

    /// The key of an observation's row. Figures in it are in the order of their values.
    func key(of observed: MarketObservedPayload) -> RowKey {
        RowKey(zip(kind.fields, observed.values).filter { field, _ in field.isIdentifying }.map { $1.keyPart })
    }

    /// The key of a stored row; nil if it lacks a part of the key.
    func key(of row: JSONValue) -> RowKey? {
        var parts: [String] = []
        for field in kind.fields where field.isIdentifying {
            guard let value = row[field.name] else { return nil }
            let isFigure = field.type == .decimal || field.type == .integer
            guard let part = isFigure ? value.decimal.map(RowKey.part(of:)) : value.string else { return nil }
            parts.append(part)
        }
        return RowKey(parts)
    }

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
                    for source in observed.provenance.missingSources { out.string(source) }
                    out.endArray()
                case .observedSource: out.string(observed.provenance.observedSource)
                case .observedPosition: out.integer(record.position)
                case .recordedAt: out.instant(record.recordedAt)
                case .time: out.instant(observed.timestamp)
                }
            }
            out.endObject()
        }
    }

    /// The snapshot that an observation is a part of: all of its kind for one market and UTC day.
    ///
    /// - Returns: the canonical JSON array of market, date and type, and the first 16 hexadecimal digits of its SHA-256.
    func snapshot(of observed: MarketObservedPayload) -> (key: String, id: String) {
        let id = SnapshotID(currency: observed.subject, date: observed.timestamp.date, type: snapshotType ?? kind.rawValue)
        return (id.key, id.id)
    }
}

extension MarketValue {
    /// The value as a part of a row's key.
    fileprivate var keyPart: String {
        switch self {
        case .null: ""
        case .text(let text): text
        case .instant(let instant): instant.description
        case .date(let date): date.description
        case .decimal(let decimal): RowKey.part(of: decimal)
        case .integer(let integer): RowKey.part(of: FixedDecimal(Int(integer)))
        case .optionType(let type): type.rawValue
        case .rows: ""
        }
    }
}
