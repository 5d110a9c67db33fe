import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades

/// The column, or the part of its dates, that an export is divided by.
struct ExportPartition: Sendable, Equatable {
    /// As it was asked for: `underlying`, `trade_month`.
    let name: String
    let column: String
    /// The number of bytes of the value's text that count; nil if all do.
    let length: Int?
    /// The most partitions of an export.
    static let most = 10_000

    private static let parts = [("_year", 4), ("_month", 7), ("_day", 10)]

    /// Finds what a name means: a filter of the table, a column of texts, dates, whole numbers or truth values, or the year, month or
    /// day (UTC) of a column of dates or instants, named by the column without its `_at` or `_date`: `trade_month`.
    init(_ name: String, _ table: ExportTable, _ schema: ExportSchema) throws(ViewError) {
        let known = Self.known(table, schema)
        guard let found = known.first(where: { $0.name.isBytewiseEqual(to: name) }) else {
            let names = known.map(\.name)
            throw .badParameter(
                name: "partition_by", expected: "one of \(names.joined(separator: ", "))\(Suggestion.question(name, among: names))")
        }
        self = found
    }

    private init(name: String, column: String, length: Int? = nil) {
        self.name = name
        self.column = column
        self.length = length
    }

    /// All partitions of a table, each name once.
    private static func known(_ table: ExportTable, _ schema: ExportSchema) -> [ExportPartition] {
        var found: [ExportPartition] = []
        if case .view(let view) = table {
            found += view.filters.map { ExportPartition(name: $0.parameter, column: $0.column) }
        }
        for column in schema.columns.columns {
            switch column.kind {
            case .text, .integer, .boolean: found.append(ExportPartition(name: column.name, column: column.name))
            case .date, .instant:
                if column.kind == .date { found.append(ExportPartition(name: column.name, column: column.name)) }
                for (suffix, length) in parts {
                    found.append(ExportPartition(name: stem(of: column.name) + suffix, column: column.name, length: length))
                }
            case .texts, .object, .decimal: break
            }
        }
        var names: Set<ByteKey> = []
        return found.filter { names.insert(ByteKey($0.name)).inserted }
    }

    /// `trade_date` → `trade`, `opened_at` → `opened`; any other name as it is.
    private static func stem(of column: String) -> String {
        for ending in ["_date", "_at"] where column.hasSuffix(ending) { return String(column.dropLast(ending.count)) }
        return column
    }

    /// The partition of a row; nil for null.
    func value(of document: JSONValue) -> String? {
        guard let value = document[column], !value.isNull else { return nil }
        let text = value.string ?? value.sourceText
        return length.map { String(decoding: text.utf8.prefix($0), as: UTF8.self) } ?? text
    }

    /// The directory of a partition.
    func directory(of value: String?) -> String { "by_\(name)=\(value.map(Self.escaped) ?? "__HIVE_DEFAULT_PARTITION__")" }

    private static func escaped(_ value: String) -> String {
        let bytes = Array(value.utf8)
        var out = ""
        for (index, byte) in bytes.enumerated() {
            let isPlain =
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                case UInt8(ascii: "."): index > 0 && index < bytes.count - 1
                default: false
                }
            if isPlain {
                out.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                out += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return out
    }
}
