import LedgerJSON
import LedgerMerkle
import LedgerProjections
import LedgerValues
import Parquet

/// Puts documents into the columns of a file, and reads them back.
struct ExportRows: Sendable {
    let schema: ExportSchema
    private let names: [[UInt8]]
    private let kinds: [ColumnSet.Kind]

    init(_ schema: ExportSchema) {
        self.schema = schema
        names = schema.columns.columns.map { Array($0.name.utf8) }
        kinds = schema.columns.columns.map(\.kind)
    }

    /// Appends a document, whose members must be exactly the table's columns in their order.
    func append(_ document: JSONDocument, to writer: inout ParquetWriter) throws {
        var index = 0
        for member in document.root.memberViews {
            guard index < names.count, member.isNamed(names[index]) else {
                let expected = index < names.count ? schema.columns.columns[index].name : "no further column"
                throw ExportError.otherColumns(row: row(document), problem: "has the column \(member.key) where \(expected) is due")
            }
            try append(member.value, index, document, to: &writer)
            index += 1
        }
        guard index == names.count else {
            throw ExportError.otherColumns(row: row(document), problem: "lacks the column \(schema.columns.columns[index].name)")
        }
        guard schema.hasLeaf else { return }
        document.bytes.withUnsafeBytes { leaf in
            writer.append(leaf, to: index)
            let hash = MerkleHash.leaf(leaf).bytes
            hash.withUnsafeBytes { writer.append($0, to: index + 1) }
        }
    }

    private func append(_ value: JSONValue, _ index: Int, _ document: JSONDocument, to writer: inout ParquetWriter) throws {
        if value.isNull { return writer.appendNull(to: index) }
        var fits = false
        switch kinds[index] {
        case .text:
            fits =
                value.withUnescapedUTF8 { text in
                    text.withUnsafeBytes { writer.append($0, to: index) }
                    return true
                } ?? false
        case .texts, .object:
            let range = value.sourceRange
            document.bytes.withUnsafeBytes { writer.append(UnsafeRawBufferPointer(rebasing: $0[range]), to: index) }
            fits = true
        case .instant:
            if let instant = value.withUnescapedUTF8({ Instant(parsing: $0) }) ?? nil {
                writer.append(instant.microseconds, to: index)
                fits = true
            }
        case .date:
            if let date = value.withUnescapedUTF8({ CalendarDate(parsing: $0) }) ?? nil {
                writer.append(Int64(date.daysSinceEpoch), to: index)
                fits = true
            }
        case .decimal:
            if value.kind == .string, let decimal = value.publishedDecimal {
                fits = writer.append(decimal: decimal.units, to: index)
            }
        case .integer:
            if let integer = value.integer {
                writer.append(integer, to: index)
                fits = true
            }
        case .boolean:
            if let bool = value.bool {
                writer.append(bool, to: index)
                fits = true
            }
        }
        if fits { return }
        throw ExportError.doesNotFit(
            row: row(document), column: schema.columns.columns[index].name, value: String(value.sourceText.prefix(80)),
            type: "\(schema.parquet[index].type)")
    }

    /// A row's name in messages.
    private func row(_ document: JSONDocument) -> String { schema.key(of: document.root).joined(separator: "|") }

    /// The document of a row of a file. Nil if its values are none that a document can have.
    func document(_ values: [ParquetValues], _ row: Int) -> [UInt8]? {
        var out = JSONWriter(reservingCapacity: 512)
        out.beginObject()
        for (index, column) in schema.columns.columns.enumerated() {
            out.key(column.name)
            let values = values[index]
            if values.isNull(row) {
                out.null()
                continue
            }
            let number = values.number
            switch column.kind {
            case .text:
                guard let text = values.bytes(row), let valid = String(validating: text, as: UTF8.self) else { return nil }
                out.string(valid)
            case .texts, .object:
                guard let json = values.bytes(row) else { return nil }
                out.raw(Array(json))
            case .instant:
                guard let instant = number(row).flatMap({ Int64(exactly: $0) }).flatMap({ Instant(microseconds: $0) }) else { return nil }
                out.instant(instant)
            case .date:
                guard let date = number(row).flatMap({ Int(exactly: $0) }).flatMap({ CalendarDate(checkingDaysSinceEpoch: $0) }) else {
                    return nil
                }
                out.date(date)
            case .decimal: out.decimalString(number(row).map { FixedDecimal(units: $0) })
            case .integer: out.integer(number(row).map { Int64(truncatingIfNeeded: $0) })
            case .boolean: out.bool(values.bool(row))
            }
        }
        out.endObject()
        return out.bytes
    }
}

extension JSONValue.Member {
    fileprivate func isNamed(_ name: [UInt8]) -> Bool {
        withKeyBytes { key in
            guard key.count == name.count else { return false }
            for index in name.indices where key[index] != name[index] { return false }
            return true
        } ?? false
    }
}

extension ParquetType: CustomStringConvertible {
    /// The type as people name it.
    package var description: String {
        switch self {
        case .string: "STRING"
        case .bytes: "BYTE_ARRAY"
        case .int64: "INT64"
        case .boolean: "BOOLEAN"
        case .date: "DATE"
        case .timestamp: "TIMESTAMP"
        case .decimal(let precision, let scale): "DECIMAL(\(precision),\(scale))"
        }
    }
}

extension ExportRows {
    /// The key of a row of a file, as its document shows it.
    func key(_ values: [ParquetValues], _ row: Int) -> [String] {
        schema.columns.key.map { name in
            guard let index = schema.columns.columns.firstIndex(where: { $0.name.isBytewiseEqual(to: name) }) else { return "" }
            let values = values[index]
            switch schema.columns.columns[index].kind {
            case .text, .texts, .object: return values.bytes(row).map { String(decoding: $0, as: UTF8.self) } ?? ""
            case .boolean: return values.bool(row).map { "\($0)" } ?? ""
            case .integer: return values.number(row).map { "\($0)" } ?? ""
            case .decimal: return values.number(row).map { FixedDecimal(units: $0).description } ?? ""
            case .instant: return values.number(row).flatMap { Instant(microseconds: Int64(truncatingIfNeeded: $0)) }?.description ?? ""
            case .date:
                return values.number(row).flatMap { CalendarDate(checkingDaysSinceEpoch: Int(truncatingIfNeeded: $0)) }?.description ?? ""
            }
        }
    }
}
