import LedgerPostgres
import LedgerProjections

/// A column of a projection's rows as SQL: its type, and how it is read from a row's document.
struct TypedColumn {
    let name: String
    /// The type as `format_type` writes it.
    let type: String
    /// The value, from an expression of the document as `jsonb`.
    private let read: (_ document: String) -> String

    init(_ column: ColumnSet.Column) {
        let name = quoteLiteral(column.name)
        self.name = column.name
        type = Self.type(of: column.kind)
        let cast: String? =
            switch column.kind {
            case .text, .texts, .object: nil
            case .instant: "timestamptz"
            case .date: "date"
            case .decimal: "numeric"
            case .integer: "bigint"
            case .boolean: "boolean"
            }
        let isJSON = column.kind == .texts || column.kind == .object
        read = { document in "(\(document) \(isJSON ? "->" : "->>") \(name))\(cast.map { "::\($0)" } ?? "")" }
    }

    func expression(of document: String) -> String { read(document) }

    /// The type of a column of the kind.
    static func type(of kind: ColumnSet.Kind) -> String {
        switch kind {
        case .text: "text"
        case .instant: "timestamp with time zone"
        case .date: "date"
        case .decimal: "numeric"
        case .integer: "bigint"
        case .boolean: "boolean"
        case .texts, .object: "jsonb"
        }
    }
}
