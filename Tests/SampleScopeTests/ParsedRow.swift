import LedgerJSON
import LedgerValues
import SampleScope

/// A sample row read by the project's own reader, for tests.
struct ParsedRow {
    let id: String
    let document: JSONDocument
    var object: JSONValue { document.root }

    init(_ row: SampleRow) throws {
        try self.init(text: row.text)
    }

    init(text: String) throws {
        document = try JSONDocument(parsing: Array(text.utf8))
        id = document.root["tradeId"]?.string ?? ""
    }

    /// The text of a member; null and the empty string are nil.
    func string(_ key: String) -> String? {
        object[key]?.string.flatMap { $0.isEmpty ? nil : $0 }
    }

    func decimal(_ key: String) -> FixedDecimal? {
        object[key]?.decimal
    }

    func isNull(_ key: String) -> Bool {
        object[key].map { $0.isNull || $0.string?.isEmpty == true } ?? true
    }

    /// Price × quantity × 100, nil without price or quantity.
    var derivedPremium: FixedDecimal? {
        guard let price = decimal("price"), let quantity = decimal("filledQuantity") else { return nil }
        return FixedDecimal.roundedProduct(price, quantity, FixedDecimal(100))
    }

    var symbol: OptionSymbol? { string("optionSymbol").flatMap { OptionSymbol($0) } }
    var traded: Instant? { string("tradeDate").flatMap { Instant($0) } }
    var counts: Bool { ["FILLED", "PARTIALLY_FILLED"].contains(string("tradeStatus")) }

    static func all(_ phase: SampleScope.Phase = .initial, includePending: Bool = false) throws -> [ParsedRow] {
        try SampleScope.rows(phase: phase, includePending: includePending).map { try ParsedRow($0) }
    }
}
