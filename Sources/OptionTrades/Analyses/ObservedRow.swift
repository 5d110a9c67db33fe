import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerValues

/// A row of a table of observations.
struct ObservedRow: Sendable {
    let timestamp: Instant
    /// The event's.
    let position: Int64
    private let document: JSONDocument
    private let kind: MarketKind?

    /// Nil for a row that lacks its time or its position.
    ///
    /// - Parameter kind: that of its observation, for who asks for columns of any type.
    init?(_ document: JSONDocument, _ kind: MarketKind? = nil) {
        guard let timestamp = document.root["timestamp"]?.instant,
            let position = document.root["observed_position"]?.integer
        else { return nil }
        self.timestamp = timestamp
        self.position = position
        self.document = document
        self.kind = kind
    }

    /// A figure of the observation; nil where it is null.
    func decimal(_ column: String) -> FixedDecimal? { document.root[column]?.decimal }

    func integer(_ column: String) -> Int? { document.root[column]?.integer.map { Int($0) } }

    func text(_ column: String) -> String? { document.root[column]?.string }

    /// A column as a document shows it.
    func value(_ column: String) -> FigureValue {
        guard let value = document.root[column], !value.isNull else { return .null }
        return switch kind?.fields.first(where: { $0.name.isBytewiseEqual(to: column) })?.type {
        case .decimal: FigureValue(value.decimal)
        case .integer: FigureValue(integer(column))
        default: FigureValue(value.string)
        }
    }

    /// A column as an explanation shows it.
    func shown(_ column: String) -> Shown { value(column).shown }
}

extension ObservationTable {
    /// The observations of a market from an instant up to now.
    func range(of market: String, from: Instant, through now: Instant) -> RowRange {
        RowRange(name, equals: [subject: market], time: "timestamp", from: from, through: now)
    }
}
