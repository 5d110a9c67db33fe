import LedgerEvents
import LedgerValues
import OptionTrades

/// Reads observations from CSV records, after the header.
struct CSVObservation {
    /// The role of a column in records of one kind.
    private enum Column {
        case field(Int)
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
            || MarketKind.allCases.contains { $0.field(named: name) != nil }
    }

    private static func column(_ name: String, _ kind: MarketKind) -> Column {
        if let index = kind.fields.firstIndex(where: { $0.name.isBytewiseEqual(to: name) }) { return .field(index) }
        return Column.shared.first { $0.name.isBytewiseEqual(to: name) }?.column ?? .foreign
    }

    /// Reads the observation of a record, or throws the record's fault. An empty cell is null.
    func read(_ record: CSVReader.Record) throws(LineFault) -> MarketObservedPayload {
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
        for index in columns.indices {
            guard let range = cell(index) else { continue }
            let bytes = span.extracting(range)
            switch columns[index] {
            case .kind, .unit: break
            case .field(let field):
                switch draft.fields[field].type {
                case .text, .identifier, .choice: try checkText(record.bytes[range], names[index])
                case .instant, .date, .decimal, .integer, .optionType: break
                }
                draft.set(field, try draft.fields[field].value(bytes, isNumber: false, unit: unit))
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
        return try draft.observation()
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
