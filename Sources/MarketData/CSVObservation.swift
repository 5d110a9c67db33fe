import LedgerEvents
import LedgerValues
import OptionTrades

/// Reads observations from CSV records, after the header.
struct CSVObservation {
    /// The role of a column in records of one kind.
    private enum Column {
        case field(Int)
        /// A field of the kind's rows: the line is a row.
        case row(Int)
        /// A field of other kinds. It must be empty in records of this kind.
        case foreign
        case kind, unit, rounded, unitSource, clampedIV
        case name(ObservationDraft.Name)

        /// The columns that records of every kind may have, by their names.
        static let shared: [(name: String, column: Column)] =
            [
                ("kind", .kind), ("unit", .unit), ("rounded", .rounded), ("unit_source", .unitSource), ("clamped_iv", .clampedIV),
            ] + ObservationDraft.Name.allCases.map { ($0.rawValue, .name($0)) }
    }

    private let options: ImportOptions
    private let names: [String]
    private let kindColumn: Int?
    private let unitColumn: Int?
    private var columns: [MarketKind: [Column]] = [:]

    /// Reads the header. Every column must be a field of some kind or one of ``Column/shared``, and must occur only once.
    init(header: CSVReader.Record, options: ImportOptions) throws(LineFault) {
        self.options = options
        var names: [String] = []
        for cell in 0..<header.count {
            let name = String(decoding: header.bytes[header.range(cell)], as: UTF8.self)
            guard Self.isKnown(name) else { throw LineFault("the header has the unknown column \"\(name)\"") }
            guard !names.contains(where: { $0.isBytewiseEqual(to: name) }) else {
                throw LineFault("the header has the column \(name) twice")
            }
            names.append(name)
        }
        self.names = names
        kindColumn = names.firstIndex { $0.isBytewiseEqual(to: "kind") }
        unitColumn = names.firstIndex { $0.isBytewiseEqual(to: "unit") }
        if kindColumn == nil, options.kind == nil { throw LineFault("the header lacks the column kind") }
        for kind in MarketKind.allCases { columns[kind] = names.map { Self.column($0, kind) } }
    }

    private static func isKnown(_ name: String) -> Bool {
        Column.shared.contains { $0.name.isBytewiseEqual(to: name) }
            || MarketKind.allCases.contains { kind in
                kind.field(named: name) != nil || kind.rowFields.contains { $0.name.isBytewiseEqual(to: name) }
            }
    }

    private static func column(_ name: String, _ kind: MarketKind) -> Column {
        if let index = kind.fields.firstIndex(where: { $0.name.isBytewiseEqual(to: name) }) { return .field(index) }
        if let index = kind.rowFields.firstIndex(where: { $0.name.isBytewiseEqual(to: name) }) { return .row(index) }
        return Column.shared.first { $0.name.isBytewiseEqual(to: name) }?.column ?? .foreign
    }

    /// What a record is.
    enum Content {
        case observation(MarketObservedPayload)
        case row(RowLine)
    }

    /// Reads a record, or throws its fault. An empty cell is null.
    func read(_ record: CSVReader.Record) throws(LineFault) -> Content {
        guard record.count == names.count else {
            throw LineFault("has \(record.count) cells where the header has \(names.count)")
        }
        let span = record.bytes.span
        func cell(_ index: Int?) -> Range<Int>? {
            guard let index else { return nil }
            let range = record.range(index)
            return range.isEmpty ? nil : range
        }
        let kind: MarketKind
        if let range = cell(kindColumn) {
            kind = try MarketData.kind(named: span.extracting(range))
        } else {
            guard let standard = options.kind else { throw LineFault("kind is missing") }
            kind = try MarketData.kind(named: standard.utf8Span.span)
        }
        var unit = options.unit
        if let range = cell(unitColumn) { unit = try MarketData.unit(named: span.extracting(range)) }
        var draft = ObservationDraft(kind: kind, unit: unit)
        guard let columns = columns[kind] else { throw LineFault("kind is missing") }
        var row = [MarketValue](repeating: .null, count: kind.rowFields.count)
        var fault: LineFault?
        for index in columns.indices {
            guard let range = cell(index) else { continue }
            let bytes = span.extracting(range)
            switch columns[index] {
            case .kind, .unit: break
            case .field(let field):
                switch draft.fields[field].type {
                case .text, .identifier, .choice: try checkText(record.bytes[range], names[index])
                case .instant, .date, .decimal, .integer, .ordinal, .optionType, .rows: break
                }
                draft.set(field, try draft.fields[field].value(bytes, isNumber: false, unit: unit))
            case .row(let field):
                // The line's other cells say which observation lacks the row.
                do throws(LineFault) {
                    row[field] = try kind.rowFields[field].value(bytes, isNumber: false, unit: unit)
                    if kind.rowFields[field].isVolatility, unit == .fraction { draft.noteConverted() }
                } catch {
                    fault = fault ?? error
                }
            case .foreign: throw LineFault("\(kind.rawValue) has no field \"\(names[index])\"")
            case .rounded: draft.isRounded = try Self.truth(record.bytes[range])
            case .unitSource:
                try checkText(record.bytes[range], names[index])
                guard range.count <= 64 else { throw LineFault("unit_source is not 1 to 64 bytes of text") }
                draft.unitSource = String(decoding: record.bytes[range], as: UTF8.self)
            case .clampedIV: draft.setClampedIV(try MarketField.clampedIV.value(bytes, isNumber: false, unit: unit))
            case .name(let name):
                try checkText(record.bytes[range], names[index])
                let text = String(decoding: record.bytes[range], as: UTF8.self)
                // A cell has the names of several sources with a space between two.
                for part in name == .missingSources ? text.split(separator: " ").map(String.init) : [text] {
                    try draft.set(name, part)
                }
            }
        }
        if kind.rowFields.isEmpty { return .observation(try draft.observation()) }
        return .row(try line(draft, row, fault))
    }

    /// A line that is a row. The part of a chain and the period of bars follow from the lines.
    private func line(_ draft: ObservationDraft, _ row: [MarketValue], _ fault: LineFault?) throws(LineFault) -> RowLine {
        var (draft, fault) = (draft, fault)
        for (index, field) in draft.fields.enumerated() where field.type == .ordinal && draft.has(index) {
            throw LineFault("\(field.name) is not empty: the parts of a chain are made from its lines")
        }
        for (field, value) in zip(draft.kind.rowFields, row) where field.isRequired {
            if case .null = value { fault = fault ?? LineFault("\(field.name) is missing") }
        }
        if draft.kind == .bars { try setPeriod(of: &draft, row) }
        return RowLine(draft: draft, row: fault.map { .failure($0) } ?? .success(row))
    }

    private func setPeriod(of draft: inout ObservationDraft, _ row: [MarketValue]) throws(LineFault) {
        guard let place = draft.fields.firstIndex(where: { $0.name.isBytewiseEqual(to: "period") }), !draft.has(place),
            case .instant(let time) = row.first, let isDaily = draft.isDaily
        else { return }
        draft.set(place, .text(Bar.period(of: time, isDaily: isDaily)))
    }

    private func checkText(_ bytes: ArraySlice<UInt8>, _ name: String) throws(LineFault) {
        guard String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0) else {
            throw LineFault("\(name) is not UTF-8 without U+0000")
        }
    }

    private static func truth(_ bytes: ArraySlice<UInt8>) throws(LineFault) -> Bool {
        if bytes.elementsEqual("true".utf8) { return true }
        if bytes.elementsEqual("false".utf8) { return false }
        throw LineFault("rounded is not true or false")
    }
}
