import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
package import OptionTrades
import Parquet

/// What is exported.
package enum ExportTable: Sendable {
    case view(View)
    /// The log: an event a row, with its leaf.
    case events
    /// The observations of the market, of all kinds, an event a row.
    case observations

    /// The table that a person names.
    package static func named(_ name: String) -> ExportTable? {
        switch name.asciiFolded {
        case "events": .events
        case "observations": .observations
        default: View.named(name).map(ExportTable.view)
        }
    }

    package var name: String {
        switch self {
        case .view(let view): view.name
        case .events: "events"
        case .observations: "observations"
        }
    }

    /// The parameters that select rows.
    package var filterParameters: [String] {
        switch self {
        case .view(let view): view.filterParameters
        case .events: ["type", "stream", "from", "to"]
        case .observations: ["kind", "currency", "from", "to"]
        }
    }
}

/// The columns of an exported table, and their types in the files.
///
/// A row is a document in event encoding, as it is stored and digested. A file has a column for each of its members, so the document
/// follows from the file.
struct ExportSchema: Sendable {
    let columns: ColumnSet
    /// Whether a row is a leaf of the log, which stands beside its members with its hash.
    let hasLeaf: Bool
    /// The columns of a file, in order: those of the document, then the leaf and its hash.
    let parquet: [ParquetColumn]

    /// The digits before and after the point of a value that came from outside, and of a figure that was worked out.
    private static let (inputDigits, figureDigits) = (28, 38)

    /// - Parameter inputs: the decimal columns whose values came from outside; `nil` if all did.
    init(_ columns: ColumnSet, hasLeaf: Bool, inputs: Set<String>?) {
        self.columns = columns
        self.hasLeaf = hasLeaf
        var all = columns.columns.map { column in
            let isInput = inputs?.contains { $0.isBytewiseEqual(to: column.name) } ?? true
            return ParquetColumn(
                column.name, Self.type(of: column.kind, digits: isInput ? Self.inputDigits : Self.figureDigits),
                hasBounds: column.kind != .texts && column.kind != .object)
        }
        if hasLeaf { all += [ParquetColumn("leaf", .bytes, hasBounds: false), ParquetColumn("leaf_hash", .bytes)] }
        parquet = all
    }

    private static func type(of kind: ColumnSet.Kind, digits: Int) -> ParquetType {
        switch kind {
        case .text, .texts, .object: .string
        case .instant: .timestamp
        case .date: .date
        case .decimal: .decimal(precision: digits, scale: FixedDecimal.fractionDigits)
        case .integer: .int64
        case .boolean: .boolean
        }
    }

    static func view(_ view: View, _ columns: ColumnSet) -> ExportSchema {
        ExportSchema(columns, hasLeaf: false, inputs: view.inputColumns)
    }

    /// The events of the log. The members are those of a leaf.
    static func events() throws -> ExportSchema {
        ExportSchema(
            try columns(
                key: ["position"],
                [
                    ("effective_at", .instant), ("event_id", .text), ("payload", .object), ("position", .integer),
                    ("recorded_at", .instant),
                    ("run_id", .text), ("schema_version", .integer), ("stream", .text), ("stream_version", .integer), ("type", .text),
                ]), hasLeaf: true, inputs: nil)
    }

    /// The observations: who observed which kind of which market, and all fields as JSON.
    static func observations() throws -> ExportSchema {
        ExportSchema(
            try columns(
                key: ["position"],
                [
                    ("currency", .text), ("event_id", .text), ("fields", .object), ("kind", .text), ("observed_source", .text),
                    ("position", .integer), ("recorded_at", .instant), ("timestamp", .instant),
                ]), hasLeaf: false, inputs: nil)
    }

    private static func columns(key: [String], _ columns: [(String, ColumnSet.Kind)]) throws -> ColumnSet {
        try ColumnSet(parsing: description(key: key, columns.map { ($0, $1, true) }).httpBytes())
    }

    /// The columns of the documents in the form of `columns.json`: what a digest of the rows needs.
    var description: String {
        let node = Self.description(key: columns.key, columns.columns.map { ($0.name, $0.kind, $0.isDigested) })
        return String(decoding: node.httpBytes(), as: UTF8.self)
    }

    private static func description(
        key: [String], _ columns: [(name: String, kind: ColumnSet.Kind, isDigested: Bool)]
    ) -> JSONNode {
        .object([
            ("key", .array(key.map(JSONNode.string))), ("stored", .array([])),
            (
                "columns",
                .object(
                    columns.map {
                        ($0.name, .object([("type", .string($0.kind.rawValue)), ("digested", .bool($0.isDigested))]))
                    })
            ),
        ])
    }

    /// Reads the description that a file has of its rows, which its own columns must follow. Nil if they do not.
    init?(_ description: String, hasLeaf: Bool, of file: [ParquetColumn]) {
        guard let columns = try? ColumnSet(parsing: Array(description.utf8)) else { return nil }
        let inputs = file.filter { $0.type == .decimal(precision: Self.inputDigits, scale: FixedDecimal.fractionDigits) }.map(\.name)
        self.init(columns, hasLeaf: hasLeaf, inputs: Set(inputs))
        guard parquet.map(\.name) == file.map(\.name), parquet.map(\.type) == file.map(\.type) else { return nil }
    }

    /// The key of a row as its document shows it.
    func key(of document: JSONValue) -> [String] {
        columns.key.map { name in document[name].map { $0.string ?? $0.sourceText } ?? "" }
    }
}
