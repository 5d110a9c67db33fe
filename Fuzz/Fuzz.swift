// The entry point of libFuzzer: every input goes through the JSON reader, its accessors and the canonical
// form, and through the readers of the small texts. A broken property traps, which libFuzzer reports.

import LedgerJSON
import LedgerValues

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    fuzzJSON(bytes)
    fuzzOptionSymbol(bytes.span)
    fuzzValues(bytes.span)
    return 0
}

/// A parsed document stays inside its bytes, and its canonical form is a fixed point.
private func fuzzJSON(_ bytes: [UInt8]) {
    let document: JSONDocument
    do {
        document = try JSONDocument(parsing: bytes)
    } catch {
        precondition((0...bytes.count).contains(error.offset), "an error's offset lies in the text")
        return
    }
    precondition(String(validating: bytes, as: UTF8.self) != nil, "what parses is UTF-8")
    visit(document.root, inside: 0..<bytes.count)
    guard let once = try? canonicalize(document.root) else { return }
    do {
        let twice = try canonicalize(JSONDocument(parsing: once).root)
        precondition(once == twice, "the canonical form is a fixed point")
    } catch {
        preconditionFailure("the canonical form does not parse: \(error)")
    }
}

/// Touches everything that a value offers.
private func visit(_ value: JSONValue, inside range: Range<Int>) {
    let source = value.sourceRange
    precondition(!source.isEmpty && range.contains(source.lowerBound) && source.upperBound <= range.upperBound)
    precondition(value.sourceText.utf8.count == source.count)
    switch value.kind {
    case .null, .bool: break
    case .number:
        if let decimal = value.decimal { roundTrip(decimal) }
        if let integer = value.integer, let decimal = value.decimal {
            precondition(decimal == FixedDecimal(Int(integer)))
        }
    case .string:
        _ = value.decimal
        precondition((value.string == nil) == (value.stringIssue == .unpairedSurrogate))
        if let text = value.string {
            let written = JSONNode.string(text).canonicalBytes()
            let read = (try? JSONDocument(parsing: written))?.root.string
            precondition(read?.isBytewiseEqual(to: text) == true, "a string is read as it was written")
        }
    case .array:
        var count = 0
        for element in value.elements {
            visit(element, inside: source)
            count += 1
        }
        precondition(count == value.count)
    case .object:
        var count = 0
        for member in value.memberViews {
            if member.keyIssue != .unpairedSurrogate {
                precondition(value[member.key]?.sourceRange == member.value.sourceRange, "a key finds its own value")
            }
            visit(member.value, inside: source)
            count += 1
        }
        precondition(count == value.count)
    }
}

/// A symbol's text reads as the same symbol.
private func fuzzOptionSymbol(_ text: Span<UInt8>) {
    guard let symbol = OptionSymbol(parsing: text) else { return }
    precondition(OptionSymbol(symbol.description) == symbol && symbol.strike > .zero)
    precondition((16...21).contains(symbol.description.utf8.count))
}

/// The texts of decimals, instants and dates read as the same values.
private func fuzzValues(_ text: Span<UInt8>) {
    if let decimal = try? FixedDecimal(parsing: text) { roundTrip(decimal) }
    if let instant = Instant(parsing: text) { precondition(Instant(instant.description) == instant) }
    if let date = CalendarDate(parsing: text) { precondition(CalendarDate(date.description) == date) }
}

private func roundTrip(_ decimal: FixedDecimal) {
    let again = try? FixedDecimal(decimal.description)
    precondition(again == decimal, "a decimal's text reads as the same decimal")
}
