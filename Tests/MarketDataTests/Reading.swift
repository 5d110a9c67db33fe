import LedgerEvents
import LedgerValues
import MarketData
import OptionTrades
import RandomSupport

/// What a reader tells of a text, read in pieces of a given size.
struct Reading {
    var observations: [(line: Int, payload: MarketObservedPayload)] = []
    var faults: [(line: Int, reason: String)] = []

    init(_ bytes: [UInt8], _ options: ImportOptions, piece: Int = .max) {
        var reader = MarketDataReader(options)
        var start = 0
        while start < bytes.count {
            let end = piece == .max ? bytes.count : min(start + piece, bytes.count)
            reader.read(bytes.span.extracting(start..<end)) { take($0) }
            start = end
        }
        reader.finish { take($0) }
    }

    init(_ text: String, _ format: ImportFormat, unit: VolatilityUnit = .points, kind: String? = nil, piece: Int = .max) {
        self.init(Array(text.utf8), ImportOptions(format: format, unit: unit, kind: kind), piece: piece)
    }

    private mutating func take(_ line: MarketDataReader.Line) {
        switch line.content {
        case .success(let payload): observations.append((line.number, payload))
        case .failure(let fault): faults.append((line.number, fault.reason))
        }
    }

    var lines: [Int] { observations.map(\.line) }
    var payloads: [MarketObservedPayload] { observations.map(\.payload) }
    var reasons: [String] { faults.map { "\($0.line): \($0.reason)" } }
}

func decimal(_ text: String) -> FixedDecimal {
    guard let decimal = try? FixedDecimal(text) else { preconditionFailure("\(text) is no decimal") }
    return decimal
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// An observation of any kind, its values written as NDJSON or CSV would write them.
struct RandomObservation {
    let kind: MarketKind
    /// Nil where the field is null.
    let texts: [String?]
    let payload: MarketObservedPayload

    init(_ random: inout SeededGenerator) {
        kind = MarketKind.written(in: 2).randomElement(using: &random) ?? .spot
        var texts: [String?] = []
        var values: [MarketValue] = []
        for field in kind.fields {
            if !field.isRequired, Int.random(in: 0...3, using: &random) == 0 {
                texts.append(nil)
                values.append(.null)
                continue
            }
            let (text, value) = Self.value(field, &random)
            texts.append(text)
            values.append(value)
        }
        self.texts = texts
        guard let payload = MarketObservedPayload(kind: kind, values: values) else {
            preconditionFailure("a generated observation is good")
        }
        self.payload = payload
    }

    private static func value(_ field: MarketField, _ random: inout SeededGenerator) -> (String, MarketValue) {
        switch field.type {
        case .choice(let values):
            let text = values.randomElement(using: &random) ?? ""
            return (text, .text(text))
        case .text, .identifier:
            let text = ["BTC", "MSTR", "a, b", "say \"x\"", "é", "e\u{301}", "𝄞"].randomElement(using: &random) ?? ""
            return (text, .text(text))
        case .instant:
            let whole = Int64.random(in: 0...7_000_000_000, using: &random)
            let instant =
                Instant(microseconds: whole * 1_000_000 + Int64.random(in: 0...1, using: &random) * 250_000)
                ?? .minimum
            return (instant.description, .instant(instant))
        case .date:
            let date = CalendarDate(checkingDaysSinceEpoch: Int.random(in: 0...40_000, using: &random)) ?? .minimum
            return (date.description, .date(date))
        case .ordinal, .rows: preconditionFailure("a kind without rows has no such field")
        case .integer:
            let number = Int64.random(in: 0...9_007_199_254_740_991, using: &random)
            return ("\(number)", .integer(number))
        case .optionType:
            let type = OptionType.allCases.randomElement(using: &random) ?? .call
            return (type.rawValue, .optionType(type))
        case .decimal:
            let units: Int128
            switch field.range {
            case .any: units = Int128(Int64.random(in: -1_000_000_000_000_000...1_000_000_000_000_000, using: &random))
            case .aboveZero: units = Int128(Int64.random(in: 1...1_000_000_000_000_000, using: &random))
            case .zeroOrAbove: units = Int128(Int64.random(in: 0...1_000_000_000_000_000, using: &random))
            case .unit: units = Int128(Int64.random(in: -10_000_000_000...10_000_000_000, using: &random))
            case .percent: units = Int128(Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &random))
            }
            let decimal = FixedDecimal(units: units)
            return (decimal.description, .decimal(decimal))
        }
    }

    /// A line of NDJSON: members in any order, decimals as numbers or strings, nulls written or left out.
    func json(_ random: inout SeededGenerator) -> String {
        var members = [#""kind":"\#(kind.rawValue)""#]
        for (field, text) in zip(kind.fields, texts) {
            guard let text else {
                if Bool.random(using: &random) { members.append(#""\#(field.name)":null"#) }
                continue
            }
            let isNumber = (field.type == .decimal || field.type == .integer) && Bool.random(using: &random)
            let escaped = text.replacing("\"", with: "\\\"")
            members.append(isNumber ? #""\#(field.name)":\#(text)"# : #""\#(field.name)":"\#(escaped)""#)
        }
        members.shuffle(using: &random)
        return "{" + members.joined(separator: Bool.random(using: &random) ? "," : " ,\t") + "}"
    }

    /// Its cells under some columns.
    func csv(_ columns: [String], _ random: inout SeededGenerator) -> String {
        columns.map { column in
            let text: String
            if column == "kind" {
                text = kind.rawValue
            } else if let index = kind.fields.firstIndex(where: { $0.name == column }) {
                text = texts[index] ?? ""
            } else {
                text = ""
            }
            let needsQuotes = text.contains { $0 == "," || $0 == "\"" || $0 == "\n" }
            guard needsQuotes || Int.random(in: 0...4, using: &random) == 0 else { return text }
            return "\"" + text.replacing("\"", with: "\"\"") + "\""
        }.joined(separator: ",")
    }
}
