import LedgerJSON
import LedgerProjections
package import OptionTrades

/// A view's rows as lines of CSV (RFC 4180), made from the rows of a page, so that both say the same.
///
/// Null is an empty field; an empty text is `""`. Texts, dates, instants, numbers and truth values stand as in the JSON without
/// its quotes and escapes, a list or an object as its JSON. No cell is changed for the sake of spreadsheets, which may take a
/// text for a formula: whoever reads the lines back gets what JSON says.
package struct CSVLines: Sendable {
    private let columns: [String]

    /// The lines of rows with these columns, in this order.
    init(_ columns: [String]) { self.columns = columns }

    /// The names of the columns.
    var header: [UInt8] { Self.line(columns.map { Array($0.utf8) }) }

    /// A row in the form of HTTP and the command line.
    func line(_ row: [UInt8]) throws -> [UInt8] {
        let root = try JSONDocument(parsing: row).root
        return Self.line(columns.map { Self.cell(root[$0]) })
    }

    private static func cell(_ value: JSONValue?) -> [UInt8] {
        guard let value, !value.isNull else { return [] }
        let bytes = value.string.map { Array($0.utf8) } ?? Array(value.documentBytes[value.sourceRange])
        let isPlain = !bytes.isEmpty && bytes.allSatisfy { !Self.special.contains($0) }
        if isPlain { return bytes }
        var out = [quote]
        for byte in bytes {
            if byte == quote { out.append(quote) }
            out.append(byte)
        }
        out.append(quote)
        return out
    }

    private static func line(_ cells: [[UInt8]]) -> [UInt8] {
        Array(cells.joined(separator: [UInt8(ascii: ",")])) + [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    }

    private static let quote = UInt8(ascii: "\"")
    private static let special = [quote, UInt8(ascii: ","), UInt8(ascii: "\r"), UInt8(ascii: "\n")]
}

extension Ledger {
    /// The CSV of a view: all columns of its rows' documents, in their order there.
    package func csv(of view: View) -> CSVLines {
        CSVLines(registry.firstDefinition(view.projection)?.columns.columns.map(\.name) ?? [])
    }
}

extension ViewPage {
    /// The header, if it is wanted, and a line a row.
    package func csv(_ lines: CSVLines, hasHeader: Bool = true) throws -> [UInt8] {
        try rows.reduce(into: hasHeader ? lines.header : []) { try $0.append(contentsOf: lines.line($1)) }
    }
}
