import Glibc
import JSON
import Values

/// Reads an execution payload straight from its bytes where every key is there and in canonical order, as in all
/// that the log holds.
///
/// It reads a subset of what the general decoder reads, to the same result, and gives up (false or nil) at
/// anything else; the general decoder then decides and says what is wrong.
struct CanonicalExecutionReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0

    /// The payload, or nil where it takes the general decoder.
    static func payload(_ bytes: [UInt8]) -> ExecutionPayload? {
        bytes.withUnsafeBufferPointer { buffer in
            var reader = CanonicalExecutionReader(bytes: buffer)
            return reader.payload()
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    private mutating func payload() -> ExecutionPayload? {
        var changedFields: [ChangedField]?
        if take(#"{"changed_fields":["#) {
            guard let changes = changes(), take(#","contract_multiplier":"#) else { return nil }
            changedFields = changes
        } else {
            guard take(#"{"contract_multiplier":"#) else { return nil }
        }
        var row = ExecutionRow(
            sourceTradeID: "", sourceUpdatedAt: .minimum, tradeDate: .minimum, tradeStatus: .filled, source: "")
        var (currency, scopeKey): (String?, String?)
        guard decimal(&row.contractMultiplier), take(#","currency":"#), text(&currency),
            fieldsUpToReconStatus(&row), take(#","scope_key":"#), text(&scopeKey),
            fieldsFromSource(&row), take(#","unknown_fields":"#), let unknown = unknownFields(), let scopeKey
        else { return nil }
        return ExecutionPayload(row: row, scopeKey: scopeKey, unknownFields: unknown, changedFields: changedFields)
    }

    private mutating func fieldsUpToReconStatus(_ row: inout ExecutionRow) -> Bool {
        take(#","direction":"#) && enumeration(&row.direction)
            && take(#","expiry":"#) && date(&row.expiry)
            && take(#","fees_usd":"#) && decimal(&row.feesUSD)
            && take(#","instrument":"#) && text(&row.instrument)
            && take(#","is_synthetic":"#) && truth(&row.isSynthetic)
            && take(#","notes":"#) && text(&row.notes)
            && take(#","option_symbol":"#) && text(&row.optionSymbol)
            && take(#","option_type":"#) && enumeration(&row.optionType)
            && take(#","pending_quantity":"#) && decimal(&row.pendingQuantity)
            && take(#","premium_usd":"#) && decimal(&row.premiumUSD)
            && take(#","price":"#) && decimal(&row.price)
            && take(#","price_currency":"#) && text(&row.priceCurrency)
            && take(#","quantity":"#) && decimal(&row.quantity)
            && take(#","quantity_unit":"#) && text(&row.quantityUnit)
            && take(#","recon_status":"#) && text(&row.reconStatus)
    }

    private mutating func fieldsFromSource(_ row: inout ExecutionRow) -> Bool {
        take(#","source":"#) && text(&row.source)
            && take(#","source_broker":"#) && text(&row.sourceBroker)
            && take(#","source_created_at":"#) && instant(&row.sourceCreatedAt)
            && take(#","source_created_by":"#) && text(&row.sourceCreatedBy)
            && take(#","source_execution_type":"#) && text(&row.sourceExecutionType)
            && take(#","source_portfolio":"#) && text(&row.sourcePortfolio)
            && take(#","source_portfolio_id":"#) && text(&row.sourcePortfolioID)
            && take(#","source_security_id":"#) && text(&row.sourceSecurityID)
            && take(#","source_trade_id":"#) && text(&row.sourceTradeID)
            && take(#","source_trade_ticket_id":"#) && text(&row.sourceTradeTicketID)
            && take(#","source_updated_at":"#) && instant(&row.sourceUpdatedAt)
            && take(#","spot_at_trade":"#) && decimal(&row.spotAtTrade)
            && take(#","strike":"#) && decimal(&row.strike)
            && take(#","trade_date":"#) && instant(&row.tradeDate)
            && take(#","trade_status":"#) && status(&row.tradeStatus)
            && take(#","traded_iv":"#) && decimal(&row.tradedIV)
            && take(#","underlying_symbol":"#) && text(&row.underlyingSymbol)
            && take(#","underlying_type":"#) && text(&row.underlyingType)
    }

    /// What stands between the key and the payload's closing brace, which must be its last byte.
    private mutating func unknownFields() -> [(key: String, sourceText: String)]? {
        if take("{}}") { return at == bytes.count ? [] : nil }
        guard bytes.last == UInt8(ascii: "}"), at < bytes.count - 1,
            let document = try? JSONDocument(parsing: Array(bytes[at..<bytes.count - 1]))
        else { return nil }
        return try? ExecutionPayload.unknownFields(document.root)
    }

    /// The elements of `changed_fields`, up to and with the closing bracket.
    private mutating func changes() -> [ChangedField]? {
        var changes: [ChangedField] = []
        repeat {
            var name: String?
            guard take(#"{"field":"#), text(&name), let name, let field = ExecutionField.named(name),
                take(#","new":"#), let new = node(of: field), take(#","old":"#), let old = node(of: field), take("}")
            else { return nil }
            changes.append(ChangedField(field: name, old: old, new: new))
        } while take(",")
        return take("]") ? changes : nil
    }

    private mutating func node(of field: ExecutionField) -> JSONNode? {
        if field.isDecimal {
            var value: FixedDecimal?
            return decimal(&value) ? .optional(value) : nil
        }
        if take("true") { return .bool(true) }
        if take("false") { return .bool(false) }
        var value: String?
        return text(&value) ? .optional(value) : nil
    }
}

// MARK: - Values

extension CanonicalExecutionReader {
    @inline(__always)
    private mutating func take(_ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard let base = bytes.baseAddress, count <= bytes.count - at, memcmp(base + at, literal.utf8Start, count) == 0
        else { return false }
        at += count
        return true
    }

    /// The bytes of a string without escapes, past its closing quote; nil where the value is something else.
    @inline(__always)
    private mutating func plainString() -> UnsafeBufferPointer<UInt8>? {
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { return nil }
        let start = at + 1
        var end = start
        let raw = UnsafeRawBufferPointer(bytes)
        while end &+ 8 <= bytes.count {
            let special = special(raw.loadUnaligned(fromByteOffset: end, as: UInt64.self))
            if special != 0 {
                end &+= special.trailingZeroBitCount >> 3
                break
            }
            end &+= 8
        }
        while end < bytes.count {
            let byte = bytes[end]
            if byte == UInt8(ascii: "\"") {
                at = end + 1
                return UnsafeBufferPointer(rebasing: bytes[start..<end])
            }
            if byte < 0x20 || byte == UInt8(ascii: "\\") { return nil }
            end &+= 1
        }
        return nil
    }

    /// The high bit of each of eight bytes that is a quote, a backslash or a control character; the lowest one set
    /// is exact.
    @inline(__always)
    private func special(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let word = UInt64(littleEndian: word)
        let (quote, backslash) = (word ^ (ones &* 0x22), word ^ (ones &* 0x5c))
        return ((word &- ones &* 0x20) & ~word | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash)
            & (ones &* 0x80)
    }

    /// A string with escapes, read by the general parser.
    private mutating func escapedString() -> String? {
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { return nil }
        var end = at + 1
        while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
            end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard end < bytes.count, let document = try? JSONDocument(parsing: Array(bytes[at...end])) else { return nil }
        at = end + 1
        return document.root.string
    }

    /// The text of some bytes, nil where they are not well-formed UTF-8.
    @inline(__always)
    private func string(_ utf8: UnsafeBufferPointer<UInt8>) -> String? {
        // Validating is slow, and nearly all texts are ASCII.
        var all: UInt64 = 0
        let raw = UnsafeRawBufferPointer(utf8)
        var at = 0
        while at &+ 8 <= utf8.count {
            all |= raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            at &+= 8
        }
        while at < utf8.count {
            all |= UInt64(utf8[at])
            at &+= 1
        }
        if all & 0x8080_8080_8080_8080 == 0 { return String(decoding: utf8, as: UTF8.self) }
        return String(validating: utf8, as: UTF8.self)
    }

    private mutating func text(_ value: inout String) -> Bool {
        if let plain = plainString() {
            guard let text = string(plain) else { return false }
            value = text
            return true
        }
        guard let text = escapedString() else { return false }
        value = text
        return true
    }

    private mutating func text(_ value: inout String?) -> Bool {
        if take("null") { return true }
        var text = ""
        guard self.text(&text) else { return false }
        value = text
        return true
    }

    private mutating func decimal(_ value: inout FixedDecimal?) -> Bool {
        if take("null") { return true }
        guard let plain = plainString(), let decimal = try? FixedDecimal(parsing: plain.span) else { return false }
        value = decimal
        return true
    }

    private mutating func instant(_ value: inout Instant) -> Bool {
        guard let plain = plainString(), let instant = Instant(parsing: plain.span) else { return false }
        value = instant
        return true
    }

    private mutating func instant(_ value: inout Instant?) -> Bool {
        if take("null") { return true }
        guard let plain = plainString(), let instant = Instant(parsing: plain.span) else { return false }
        value = instant
        return true
    }

    private mutating func date(_ value: inout CalendarDate?) -> Bool {
        if take("null") { return true }
        guard let plain = plainString(), let date = CalendarDate(parsing: plain.span) else { return false }
        value = date
        return true
    }

    private mutating func truth(_ value: inout Bool?) -> Bool {
        if take("null") { return true }
        if take("true") {
            value = true
        } else {
            guard take("false") else { return false }
            value = false
        }
        return true
    }

    private mutating func enumeration(_ value: inout Direction?) -> Bool {
        if take("null") { return true }
        if take(#""buy""#) {
            value = .buy
        } else {
            guard take(#""sell""#) else { return false }
            value = .sell
        }
        return true
    }

    private mutating func enumeration(_ value: inout OptionType?) -> Bool {
        if take("null") { return true }
        if take(#""call""#) {
            value = .call
        } else {
            guard take(#""put""#) else { return false }
            value = .put
        }
        return true
    }

    private mutating func status(_ value: inout TradeStatus) -> Bool {
        if take(#""FILLED""#) {
            value = .filled
            return true
        }
        guard let plain = plainString(), let text = string(plain),
            let status = TradeStatus(rawValue: text)
        else { return false }
        value = status
        return true
    }
}
