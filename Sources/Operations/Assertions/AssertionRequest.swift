import LedgerEvents
import LedgerJSON
import LedgerValues
package import OptionTrades

/// The fields of a statement as a program or a person gives them, in text.
package struct AssertionFields: Sendable {
    package var id: String?
    package var source: String?
    package var portfolio: String?
    package var contract: String?
    package var kind: String?
    package var asOf: String?
    package var value: String?
    package var tolerance: String?
    package var statedBy: String?
    package var reason: String?

    package init() {}
}

/// A statement that was read field by field.
package struct AssertionRequest: Sendable, Equatable {
    package let payload: AssertionStatedPayload

    /// Throws `AssertionError.badField`. Without an id, the id follows from what is stated: who states the same twice states it
    /// once.
    package init(_ fields: AssertionFields) throws(AssertionError) {
        let holding = HoldingKey(
            source: try Self.text("source", fields.source ?? TradeLedger.standardSource),
            sourcePortfolio: try Self.text("portfolio", fields.portfolio),
            contractKey: Self.contract(try Self.text("contract", fields.contract)))
        guard let kind = fields.kind.flatMap({ AssertionKind(rawValue: $0) }) else {
            throw .badField(name: "kind", expected: AssertionKind.allCases.map(\.rawValue).joined(separator: ", "))
        }
        guard let asOf = fields.asOf.flatMap({ Instant($0) }) else {
            throw .badField(name: "as_of", expected: Instant.expected(insteadOf: fields.asOf ?? ""))
        }
        let value = try Self.decimal("value", fields.value)
        let tolerance = try fields.tolerance.map { text throws(AssertionError) in try Self.decimal("tolerance", text) }
        if let tolerance, tolerance.isNegative { throw .badField(name: "tolerance", expected: "a number, zero or more") }
        let id = try fields.id.map { text throws(AssertionError) in try Self.id(text) }
        payload = AssertionStatedPayload(
            assertionID: id ?? Self.id(holding, kind, asOf, value, tolerance), holding: holding, kind: kind, asOf: asOf, value: value,
            tolerance: tolerance, statedBy: try Self.text("by", fields.statedBy, atMost: 128),
            reason: try Self.text("reason", fields.reason, atMost: 1_000))
    }

    /// `asr_` and 16 hex digits of the SHA-256 of what is stated.
    private static func id(
        _ holding: HoldingKey, _ kind: AssertionKind, _ asOf: Instant, _ value: FixedDecimal, _ tolerance: FixedDecimal?
    ) -> String {
        let bytes = JSONWriter.bytes(reservingCapacity: 256) { out in
            out.beginArray()
            out.string(holding.source)
            out.string(holding.sourcePortfolio)
            out.string(holding.contractKey)
            out.string(kind.rawValue)
            out.instant(asOf)
            out.decimalString(value)
            out.decimalString(tolerance)
            out.endArray()
        }
        return "asr_\(Digest32(sha256Of: bytes).firstHalf.prefix(16))"
    }

    /// An id as an operator gives it: it stands in a stream's name.
    package static func id(_ text: String) throws(AssertionError) -> String {
        let isGood = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isGood, (1...64).contains(text.utf8.count) else {
            throw .badField(name: "id", expected: "up to 64 letters, digits, -, _ and .")
        }
        return text
    }

    /// A text that is there, without U+0000 and not too long.
    static func text(_ name: String, _ text: String?, atMost limit: Int = 256) throws(AssertionError) -> String {
        guard let text, !text.isEmpty, text.unicodeScalars.count <= limit, !text.unicodeScalars.contains("\0") else {
            throw .badField(name: name, expected: "a text of up to \(limit) characters that is not empty")
        }
        return text
    }

    private static func decimal(_ name: String, _ text: String?) throws(AssertionError) -> FixedDecimal {
        guard let text, let value = try? FixedDecimal(text) else {
            throw .badField(name: name, expected: "a number of up to 18 digits before and 10 after the point")
        }
        return value
    }

    /// An option symbol in its padded form names the contract of its compact form, which executions have.
    private static func contract(_ text: String) -> String {
        Array(text.utf8).withUnsafeBufferPointer { OptionSymbol(parsing: $0.span) }.map { "\($0)" } ?? text
    }
}
