// Made by `swift run payload-generator` from schema/events/OrderSubmitted.v1.json. Change the schema, not this file.
package import LedgerEvents
import LedgerValues

/// An open position of a source, as the ledger has it.
package struct Holding: CodedFields {
    /// `closing`: What open orders are closing already.
    package var closing: Int64 = 0
    /// `quantity`
    package var quantity: Int64 = 0
    /// `symbol`: The contract, or the ticker of shares.
    package var symbol: String = ""

    package init() {}

    package init(
        symbol: String, quantity: Int64, closing: Int64
    ) {
        self.symbol = symbol
        self.quantity = quantity
        self.closing = closing
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.integer("closing", &closing)
        try fields.integer("quantity", &quantity)
        try fields.text("symbol", &symbol)
    }
}

extension Holding: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: Holding, right: Holding) -> Bool {
        guard left.closing == right.closing,
            left.quantity == right.quantity,
            left.symbol.isBytewiseEqual(to: right.symbol)
        else { return false }
        return true
    }
}
